import { type Command, InvalidArgumentError } from 'commander';
import { escapeText } from '../../diff/escape';
import type { HistoryResult } from '../../toolkit/history';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { plural, shortId } from '../format';
import { toJson } from '../json';
import { addNarrowingOptions, addRemoteOptions, type NarrowingOptions, type RemoteOptions } from '../options';
import { type Cell, renderTable } from '../table';

interface Options extends RemoteOptions, NarrowingOptions {
  readonly limit?: number;
  readonly since?: Date;
  readonly allowedSigners?: string;
}

type Entry = HistoryResult['entries'][number];

/** `history`: who changed what, when, and from which source commit. */
export function addHistory(program: Command, attach: Attach): void {
  const command = program
    .command('history')
    .description('show who changed what in the environment repository, when, and from which source commit')
    .argument('[folder]', 'a clone of it (default: what the program declares, else the clone around)')
    .option('-n, --limit <count>', 'commits to show (default: 20)', countOf)
    .option('--since <date>', 'leave older ones out: 2026-03-01, or 12h, 7d, 4w ago', dateOf)
    .option('--allowed-signers <file>', 'check signatures against this file, as ssh-keygen reads it');
  addNarrowingOptions(addRemoteOptions(command));
  attach<Options>(command, async (context, options, [dir]) => {
    const { remote, branch, environment, application, limit, since, allowedSigners } = options;
    const { history } = await import('../../toolkit/history.js');
    const result = await history({
      ...context.options,
      ...{ remote, branch, dir, environments: environment, applications: application, limit, since, allowedSigners },
    });
    context.print(context.json ? toJson(result) : await render(result, context));
    return EXIT.done;
  });
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('Name a number from 1 to 999999.');
  return Number(text);
}

const HOURS = { h: 1, d: 24, w: 7 * 24 } as const;

function dateOf(text: string): Date {
  const [, count, unit] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  const date =
    count === undefined
      ? new Date(/^\d{4}-\d{2}/.test(text) ? text : Number.NaN)
      : new Date(Date.now() - Number(count) * HOURS[unit as keyof typeof HOURS] * 3_600_000);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('Name a date as 2026-03-01, or a time as 12h, 7d, 4w.');
  return date;
}

async function render(result: HistoryResult, context: Context): Promise<string> {
  const { colors, interactive } = context;
  const { entries, repository, branch, more, shallow } = result;
  const where = `${repository}${branch === undefined ? '' : ` ${branch}`}`;
  if (result.commit === null) return `${where} is empty\n`;
  const older = more
    ? shallow
      ? '; the clone is shallow, and older ones are not in it'
      : '; there are older ones'
    : '';
  const total = `${plural(entries.length, 'commit')} of ${where}${older}\n`;
  if (interactive && entries.length > 0) {
    const rows = entries.map((entry): Cell[] => [
      `${entry.time.slice(0, 16).replace('T', ' ')}\n${shortId(entry.commit)}`,
      entry.author.name,
      sourceOf(entry).join('\n'),
      lines(changesOf(entry), 8),
      { text: lines(notesOf(entry), 8), paint: isAlarming(entry) ? colors.red : colors.dim },
    ]);
    return `${await renderTable(['time (UTC)', 'author', 'source', 'changes', 'notes'], rows, colors, 'commit')}${total}`;
  }
  const text = entries.map((entry) => {
    const head = [shortId(entry.commit), entry.time, entry.author.name, sourceOf(entry).join(', ')].filter(
      (x) => x !== '',
    );
    const paint = isAlarming(entry) ? colors.red : colors.dim;
    return [
      colors.bold(escapeText(head.join('  '))),
      ...changesOf(entry).map((change) => `  ${escapeText(change)}`),
      ...notesOf(entry).map((note) => `  ${paint(escapeText(note))}`),
      '',
    ].join('\n');
  });
  return `${text.join('')}${total}`;
}

function isAlarming({ byHand, signature }: Entry): boolean {
  return byHand || signature.status === 'bad';
}

function sourceOf({ sources, byHand }: Entry): string[] {
  const named = sources.map(({ repository, commit }) =>
    commit === undefined ? repository : `${repository} ${shortId(commit)}`,
  );
  return byHand ? [...named, 'by hand'] : named;
}

function changesOf({ others, units, files }: Entry): string[] {
  return [
    ...others.map(({ name, change }) => `${change} ${name}`),
    ...units.map(({ environment, application, change }) => `${change} ${environment}/${application}`),
    ...files.map((file) => `changed ${file}`),
  ];
}

function notesOf(entry: Entry): string[] {
  const { subject, pullRequest, merged, trailers, signature, byHand, isPartial } = entry;
  const { status, signer, key } = signature;
  const who = signer ?? key ?? '';
  return [
    ...(byHand ? [subject] : []),
    ...(pullRequest === undefined ? [] : [`pull request #${pullRequest}`]),
    ...(merged.length === 0 ? [] : [`merged ${plural(merged.length, 'commit')}`]),
    ...trailers.map(({ name, value }) => `${name}: ${value}`),
    ...(isPartial ? ['the commit before it is missing from the clone'] : []),
    ...(status === 'none' ? [] : [`signature ${status}${who === '' ? '' : ` (${who})`}`]),
  ];
}

/** In a cell of a table: what is beyond is counted. */
function lines(texts: readonly string[], limit: number): string {
  if (texts.length <= limit) return texts.join('\n');
  return [...texts.slice(0, limit - 1), `and ${texts.length - limit + 1} more`].join('\n');
}
