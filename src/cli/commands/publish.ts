import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PublishedUnit, PublishResult } from '../../toolkit/publish';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { duration, plural, shortId } from '../format';
import { appendJobSummary, markdownTable } from '../job-summary';
import { toJson } from '../json';
import { addNarrowingOptions, addRemoteOptions, type NarrowingOptions, type RemoteOptions } from '../options';
import { pullRequestsMarkdown, renderPullRequests } from '../pull-requests';
import { type Cell, renderTable } from '../table';
import { warn } from '../warnings';

interface Options extends RemoteOptions, NarrowingOptions {
  readonly dryRun?: boolean;
  readonly sequence?: number;
  readonly outOfOrder?: boolean;
  readonly sign?: boolean;
  readonly signingKey?: string;
  readonly forge?: string;
  readonly receipt?: string;
  readonly queue?: 'auto' | 'always' | 'off';
  readonly queuePrefix?: string;
  readonly allowedSigners?: string;
  readonly takeOver?: readonly string[];
  readonly overwrite?: readonly string[];
  readonly delete?: readonly string[];
}

/** `publish`: the commit stage. */
export function addPublish(program: Command, attach: Attach): void {
  const command = program
    .command('publish')
    .description('publish everything that is declared to the environment repository, as one commit')
    .option('--dry-run', 'show what would be published, and write nothing')
    .option('--sequence <n>', "number of the pipeline's run, which tells where history does not", wholeNumber)
    .option('--out-of-order', 'publish even what a later commit of the source published')
    .option('--sign', "sign the commit (default: when a key is named, or git's commit.gpgSign is set)")
    .option('--no-sign', 'do not sign the commit')
    .option('--signing-key <key>', 'file of an SSH key, a public key of the agent, or id of an OpenPGP key')
    .option('--forge <kind>', 'where pull requests are opened: github, gitlab, gitea, forgejo, or none')
    .option('--take-over <name...>', 'publish these, which another source published last, e.g. dev/checkout')
    .option('--overwrite <name...>', 'publish over what was changed by hand in these')
    .option('--delete <name...>', 'delete these: dev/postgres/PersistentVolumeClaim/data, or all that goes from a unit')
    .addOption(
      new Option('--queue <mode>', 'when to queue up with other publishers on the remote (default: auto)').choices([
        'auto',
        'always',
        'off',
      ]),
    )
    .option('--queue-prefix <ref>', 'where the queue lies (default: refs/cdk8s-gitops/queue)')
    .option('--allowed-signers <file>', 'whose entries of the queue to land, as ssh-keygen reads it')
    .option('--receipt <file>', 'write what was done to a file, as JSON');
  addNarrowingOptions(addRemoteOptions(command));
  attach<Options>(command, async (context, options) => {
    const { remote, branch, environment, application, dryRun, sequence, outOfOrder, sign, signingKey, forge, receipt } =
      options;
    const { publish } = await import('../../toolkit/publish.js');
    const result = await publish({
      ...context.options,
      remote,
      branch,
      environments: environment,
      applications: application,
      dryRun,
      sequence,
      outOfOrder,
      sign,
      signingKey,
      forge,
      receipt,
      queue: { mode: options.queue, prefix: options.queuePrefix, allowedSigners: options.allowedSigners },
      acknowledged: { takeOver: options.takeOver, overwrite: options.overwrite, delete: options.delete },
    });
    context.print(context.json ? toJson(result) : await render(result, context));
    if (!context.json) await warn(result.issues, context);
    appendJobSummary(context.terminal.env, () => summaryOf(result), context.options.host);
    return EXIT.done;
  });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It has to be a whole number.');
  return Number(text);
}

/** What changes, as lines: clusters and environments first. */
function changesOf({ shared, units, pullRequests }: PublishResult): Change[] {
  const proposed = new Set(pullRequests.flatMap(({ sections }) => sections));
  const changes = [
    ...shared.map(({ name, change }) => ({ name, change })),
    ...units.map(({ environment, application, change, objects }) => ({
      name: `${environment}/${application}`,
      change,
      objects,
    })),
  ].filter(({ change }) => change !== 'unchanged');
  return changes.map((change) => ({ ...change, isProposed: proposed.has(change.name) }));
}

interface Change {
  readonly name: string;
  readonly change: PublishedUnit['change'];
  readonly objects?: number;
  /** A pull request holds it. */
  readonly isProposed: boolean;
}

async function render(result: PublishResult, context: Context): Promise<string> {
  const { colors } = context;
  const { outcome, repository, branch, commit } = result;
  const tone = {
    added: colors.green,
    changed: colors.yellow,
    removed: colors.red,
    unchanged: colors.dim,
    superseded: colors.dim,
  };
  const changes = changesOf(result);
  let text = '';
  if (context.interactive && changes.length > 0) {
    const rows = changes.map(({ name, change, objects, isProposed }): Cell[] => [
      name,
      { text: `${change}${isProposed ? ', proposed' : ''}`, paint: tone[change] },
      objects === undefined ? '' : String(objects),
    ]);
    text += await renderTable(['unit', 'change', 'objects'], rows, colors, 'change');
  } else {
    for (const { name, change, objects, isProposed } of changes) {
      const more = [...(objects === undefined ? [] : [plural(objects, 'object')]), ...(isProposed ? ['proposed'] : [])];
      text += `${tone[change](change)} ${name}${more.length === 0 ? '' : ` (${more.join(', ')})`}\n`;
    }
  }
  text += await renderPullRequests(result.pullRequests, context, outcome === 'planned');
  const unchanged = result.units.filter(({ change }) => change === 'unchanged').length;
  const where = `${repository} ${branch}`;
  const took = `in ${duration(context.elapsed())}`;
  const proposed = changes.filter(({ isProposed }) => isProposed).length;
  const counts = [
    plural(changes.length - (outcome === 'published' ? proposed : 0), 'change'),
    ...(proposed > 0 ? [`${proposed} proposed`] : []),
    `${plural(unchanged, 'unit')} unchanged`,
  ].join(', ');
  switch (outcome) {
    case 'published': {
      const id = colors.bold(shortId(commit ?? ''));
      return `${text}${colors.green('published')} ${id} to ${where}: ${counts}, ${took}\n`;
    }
    case 'planned':
      return `${text}${colors.yellow('planned')} for ${where}: ${counts}; nothing was written, ${took}\n`;
    case 'superseded':
      return `${text}${colors.yellow('superseded')}: all that would change in ${where} gives way to a later commit of the source, ${took}\n`;
    case 'proposed':
      return `${text}${colors.green('proposed')} for ${where}: ${counts}, ${took}\n`;
    case 'unchanged':
      if (result.pullRequests.length > 0) {
        return `${text}${colors.green('unchanged')}: nothing is new for ${where}, ${took}\n`;
      }
      return `${text}${colors.green('unchanged')}: ${where} holds all ${plural(unchanged, 'unit')} already, ${took}\n`;
  }
}

/** Rows of a job summary, which nobody reads beyond. */
const MAX_ROWS = 200;

function summaryOf(result: PublishResult): string {
  const { outcome, repository, branch, commit } = result;
  const changes = changesOf(result);
  const rows = changes
    .slice(0, MAX_ROWS)
    .map(({ name, change, objects, isProposed }) => [
      name,
      `${change}${isProposed ? ', proposed' : ''}`,
      objects === undefined ? '' : String(objects),
    ]);
  const rest = changes.length > MAX_ROWS ? `\n\n… and ${changes.length - MAX_ROWS} more` : '';
  const table = rows.length > 0 ? `\n\n${markdownTable(['unit', 'change', 'objects'], rows)}${rest}` : '';
  const id = commit === null ? '' : ` \`${shortId(commit)}\``;
  const proposed = pullRequestsMarkdown(result.pullRequests, outcome === 'planned');
  const text = `### cdk8s-gitops: ${outcome}${id}\n\n\`${repository}\` \`${branch}\`${table}${proposed}`;
  if (result.issues.length === 0) return `${text}\n`;
  const issues = result.issues.map(({ rule, severity, count }) => [rule, severity, String(count)]);
  return `${text}\n\n${markdownTable(['rule of the gate', 'severity', 'objects'], issues)}\n`;
}
