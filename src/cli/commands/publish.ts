import type { Command } from 'commander';
import type { PublishedUnit, PublishResult } from '../../toolkit/publish';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { duration, plural, shortId } from '../format';
import { toJson } from '../json';
import { addNarrowingOptions, addRemoteOptions, type NarrowingOptions, type RemoteOptions } from '../options';
import { type Cell, renderTable } from '../table';

interface Options extends RemoteOptions, NarrowingOptions {
  readonly dryRun?: boolean;
}

/** `publish`: the commit stage. */
export function addPublish(program: Command, attach: Attach): void {
  const command = program
    .command('publish')
    .description('publish everything that is declared to the environment repository, as one commit')
    .option('--dry-run', 'show what would be published, and write nothing');
  addNarrowingOptions(addRemoteOptions(command));
  attach<Options>(command, async (context, { remote, branch, environment, application, dryRun }) => {
    const { publish } = await import('../../toolkit/publish.js');
    const result = await publish({
      ...context.options,
      remote,
      branch,
      environments: environment,
      applications: application,
      dryRun,
    });
    context.print(context.json ? toJson(result) : await render(result, context));
    return EXIT.done;
  });
}

async function render(result: PublishResult, context: Context): Promise<string> {
  const { colors } = context;
  const { outcome, repository, branch, commit } = result;
  const tone = { added: colors.green, changed: colors.yellow, removed: colors.red, unchanged: colors.dim };
  const row = (name: string, change: PublishedUnit['change'], objects: string): Cell[] => [
    name,
    { text: change, paint: tone[change] },
    objects,
  ];
  const rows = [
    ...result.shared.filter(({ change }) => change !== 'unchanged').map(({ name, change }) => row(name, change, '')),
    ...result.units
      .filter(({ change }) => change !== 'unchanged')
      .map(({ environment, application, change, objects }) =>
        row(`${environment}/${application}`, change, String(objects)),
      ),
  ];
  let text = '';
  if (context.interactive && rows.length > 0) {
    text += await renderTable(['unit', 'change', 'objects'], rows, colors, 'change');
  } else {
    for (const [name, change, objects] of rows) {
      const count = objects === '' ? '' : ` (${plural(Number(objects), 'object')})`;
      text += `${typeof change === 'string' ? change : change?.text} ${name}${count}\n`;
    }
  }
  const unchanged = result.units.filter(({ change }) => change === 'unchanged').length;
  const where = `${repository} ${branch}`;
  const took = `in ${duration(context.elapsed())}`;
  const counts = `${plural(rows.length, 'change')}, ${plural(unchanged, 'unit')} unchanged`;
  switch (outcome) {
    case 'published': {
      const id = colors.bold(shortId(commit ?? ''));
      return `${text}${colors.green('published')} ${id} to ${where}: ${counts}, ${took}\n`;
    }
    case 'planned':
      return `${text}${colors.yellow('planned')} for ${where}: ${counts}; nothing was written, ${took}\n`;
    case 'unchanged':
      return `${text}${colors.green('unchanged')}: ${where} holds all ${plural(unchanged, 'unit')} already, ${took}\n`;
  }
}
