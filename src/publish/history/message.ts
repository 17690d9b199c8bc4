import { isLabel } from '../../model/layout';
import type { Change } from '../plan';
import { shown } from './commit';

/** What a commit says of itself. Anybody can write that: only a signature proves it. */
export interface Claims {
  readonly source: { readonly repository: string; readonly commit?: string };
  readonly generator?: string;
  /** Units by their names, with their change where the message tells. */
  readonly units: ReadonlyMap<string, Exclude<Change, 'unchanged'> | undefined>;
  /** Clusters, environments and folders by their names. */
  readonly others: ReadonlyMap<string, Exclude<Change, 'unchanged'>>;
  /** Whether the message names everything that the commit changes, and how. */
  readonly isComplete: boolean;
  /** Whatever else the trailers say, in their order: what was acknowledged, say. */
  readonly trailers: readonly Trailer[];
}

export interface Trailer {
  readonly name: string;
  readonly value: string;
}

const OWN = new Set(['Source-Repository', 'Source-Commit', 'Source-Sequence', 'Generator', 'Unit', 'More-Units']);

/**
 * Reads the message of a commit that this tool made; or of one that a forge made of several, with their messages in its own.
 * @returns undefined when nobody claims to have published it
 */
export function readClaims(message: string): Claims | undefined {
  const paragraphs = message
    .replace(/\r\n?/g, '\n')
    .trim()
    .split(/\n[ \t]*\n/);
  const blocks = paragraphs.map(trailersOf);
  const own = blocks.filter((block) => block.some(({ name }) => name === 'Source-Repository'));
  const [last] = own.slice(-1);
  if (last === undefined) return undefined;
  const value = (wanted: string) => last.find(({ name }) => name === wanted)?.value;
  const commit = value('Source-Commit');
  const generator = value('Generator');

  const units = new Map<string, Exclude<Change, 'unchanged'> | undefined>();
  const others = new Map<string, Exclude<Change, 'unchanged'>>();
  let isComplete = true;
  for (const { name, value: unit } of own.flat()) {
    if (name === 'Unit' && isUnit(unit)) units.set(unit, undefined);
    if (name === 'More-Units') isComplete = false;
  }
  for (const line of paragraphs.flatMap((paragraph) => paragraph.split('\n'))) {
    const [, change, name = ''] = /^(added|changed|removed) {1,3}(\S.{0,300}?) \(\d{1,9} files?\)$/.exec(line) ?? [];
    if (change === undefined) {
      if (/^and \d+ more$/.test(line)) isComplete = false;
    } else if (units.has(name)) units.set(name, change as Exclude<Change, 'unchanged'>);
    else if (/^(?:cluster|environment|folder) /.test(name))
      others.set(shown(name), change as Exclude<Change, 'unchanged'>);
  }
  // What a forge adds to a message, and who else was involved, comes in paragraphs of its own.
  const trailing = blocks.filter((block, i) => own.includes(block) || blocks.slice(i).every((each) => each.length > 0));
  return {
    source: {
      repository: value('Source-Repository') ?? '',
      ...(commit !== undefined && /^[0-9a-f]{7,64}$/.test(commit) ? { commit } : {}),
    },
    ...(generator === undefined ? {} : { generator }),
    units,
    others,
    isComplete: isComplete && [...units.values()].every((change) => change !== undefined),
    trailers: trailing.flat().filter(({ name }) => !OWN.has(name)),
  };
}

/** The trailers that a paragraph consists of; none when it is prose. Indented lines continue the one before. */
function trailersOf(paragraph: string): Trailer[] {
  const trailers: { name: string; value: string }[] = [];
  for (const line of paragraph.split('\n')) {
    const [, name, value] = /^([A-Za-z][A-Za-z0-9-]*): ?(.*)$/.exec(line) ?? [];
    const last = trailers.at(-1);
    if (name !== undefined && value !== undefined) trailers.push({ name, value });
    else if (/^[ \t]/.test(line) && last !== undefined) last.value = `${last.value} ${line.trim()}`;
    else return [];
  }
  return trailers.map(({ name, value }) => ({ name: shown(name), value: shown(value) }));
}

export function isUnit(name: string): boolean {
  const parts = name.split('/');
  return parts.length === 2 && parts.every(isLabel);
}

/** Number of the pull request that a message says it merges. */
export function pullRequestOf(message: string): number | undefined {
  const [subject = ''] = message.split('\n');
  const number =
    /^Merge pull request #(\d{1,9})\b/.exec(subject)?.[1] ??
    /\(#(\d{1,9})\)(?:$| from )/.exec(subject)?.[1] ??
    /^See merge request \S*!(\d{1,9})$/m.exec(message)?.[1];
  return number === undefined ? undefined : Number(number);
}
