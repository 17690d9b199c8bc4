import type { Command } from 'commander';
import type { StatusResult, UnitStatus } from '../../toolkit/status';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { imageTag, plural, shortId } from '../format';
import { toJson } from '../json';
import { addRemoteOptions, type RemoteOptions } from '../options';
import { renderTable } from '../table';

/** `status`: what is published where. */
export function addStatus(program: Command, attach: Attach): void {
  const command = program
    .command('status')
    .description('show what is published: applications by environments, with source commits and images');
  addRemoteOptions(command);
  attach<RemoteOptions>(command, async (context, { remote, branch }) => {
    const { status } = await import('../../toolkit/status.js');
    const result = await status({ ...context.options, remote, branch });
    for (const { message } of result.problems) context.options.host?.warn?.(message);
    context.print(context.json ? toJson(result) : await render(result, context));
    return EXIT.done;
  });
}

async function render(result: StatusResult, { colors, terminal }: Context): Promise<string> {
  const { environments, applications, units, commit, repository, branch } = result;
  const where = `${repository}${branch === undefined ? '' : ` ${branch}`}`;
  if (commit === null) return `${where} is empty\n`;
  if (units.length === 0) return `${where} at ${shortId(commit)} holds no units\n`;
  const byName = new Map(units.map((unit) => [`${unit.environment}/${unit.application}`, unit]));
  const rows = applications.map((application) => {
    const own = environments.flatMap((environment) => byName.get(`${environment}/${application}`) ?? []);
    const sources = [...new Set(own.map(({ source }) => source.repository))].join('\n');
    const cells = environments.map((environment) => cellOf(byName.get(`${environment}/${application}`)));
    return [{ text: application, paint: colors.bold }, ...cells, { text: sources, paint: colors.dim }];
  });
  const total = `${plural(units.length, 'unit')} in ${where} at ${shortId(commit)}\n`;
  const heads = ['application', ...environments, 'source'];
  const limit = terminal.stdout.isTTY ? undefined : Number.POSITIVE_INFINITY;
  return `${await renderTable(heads, rows, colors, 'application', limit)}${total}`;
}

/** The source commit, or else what tells the content; and the tags of the images. */
function cellOf(unit: UnitStatus | undefined): string {
  if (unit === undefined) return '';
  const id = unit.source.commit ?? unit.tree ?? '';
  return [shortId(id), ...new Set(unit.images.map(imageTag))].join('\n');
}
