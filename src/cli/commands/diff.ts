import type { Command } from 'commander';
import type { DiffResult } from '../../toolkit/diff';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { plural } from '../format';
import { appendJobSummary, fenced } from '../job-summary';
import { toJson } from '../json';
import { addNarrowingOptions, addRemoteOptions, type NarrowingOptions, type RemoteOptions } from '../options';

interface Options extends RemoteOptions, NarrowingOptions {
  readonly exitCode?: boolean;
  readonly full?: boolean;
}

/** `diff`: what publishing would change, object by object. */
export function addDiff(program: Command, attach: Attach): void {
  const command = program
    .command('diff')
    .description('show what publishing would change, object by object')
    .option('--exit-code', 'exit with 3 when there are differences')
    .option('--full', 'show all fields of objects that are added or removed');
  addNarrowingOptions(addRemoteOptions(command));
  attach<Options>(command, async (context, { remote, branch, environment, application, exitCode, full }) => {
    const { diff } = await import('../../toolkit/diff.js');
    const narrowed = { environments: environment, applications: application };
    const result = await diff({ ...context.options, remote, branch, ...narrowed });
    const text = await render(result, context, full === true);
    context.print(context.json ? toJson(result) : text.shown);
    appendJobSummary(context.terminal.env, () => summaryOf(result, text.plain), context.options.host);
    return exitCode && result.changed ? EXIT.differences : EXIT.done;
  });
}

async function render(
  result: DiffResult,
  { color, terminal }: Context,
  full: boolean,
): Promise<{ shown: string; plain: string }> {
  const [{ renderDiff }, { renderDangers }] = await Promise.all([
    import('../../diff/render.js'),
    import('../../diff/render-dangers.js'),
  ]);
  // Objects may be as they were while records are not: an environment's stage, or who approves.
  const others = result.sections.filter(({ kind }) => kind !== 'unit').map(({ name }) => name);
  const isSilent = result.changed && result.objects.length === 0;
  const note = isSilent ? `records change: ${others.join(', ') || plural(result.sections.length, 'unit')}\n` : '';
  const text = (colored: boolean) =>
    `${renderDiff(result.objects, { color: colored, width: terminal.stdout.columns, full })}\n${note}${renderDangers(result.dangers, colored)}`;
  return { shown: text(color), plain: text(false) };
}

function summaryOf({ repository, branch, changed }: DiffResult, text: string): string {
  const title = changed ? 'What publishing would change' : 'Publishing would change nothing';
  return `### ${title}\n\n\`${repository}\` \`${branch}\`\n\n${fenced(text)}\n`;
}
