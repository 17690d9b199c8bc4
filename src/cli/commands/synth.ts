import type { Command } from 'commander';
import type { Attach } from '../context';
import { EXIT } from '../exit-codes';
import { duration, plural } from '../format';
import { toJson } from '../json';
import { warn } from '../warnings';

interface Options {
  readonly output?: string;
}

/** `synth`: renders the tree to a folder. */
export function addSynth(program: Command, attach: Attach): void {
  const command = program
    .command('synth')
    .description('render everything that is declared to a folder')
    .option('-o, --output <folder>', "folder to write to (default: 'output' in cdk8s.yaml, else dist)");
  attach<Options>(command, async (context, { output }) => {
    const { synth } = await import('../../toolkit/synth.js');
    const result = await synth({ ...context.options, output });
    if (context.json) {
      context.print(toJson(result));
      return EXIT.done;
    }
    const { byRule } = await import('../../toolkit/issues.js');
    await warn(byRule(result.issues), context);
    const { colors } = context;
    const { written, removed, unchanged } = result;
    const what = `${plural(result.units, 'unit')}, ${plural(result.objects, 'object')}`;
    const files = `${written.length} written, ${removed.length} removed, ${unchanged} unchanged`;
    context.print(
      `${colors.green('synthesized')} ${what} to ${colors.bold(result.output)} (${files}) in ${duration(context.elapsed())}\n`,
    );
    return EXIT.done;
  });
}
