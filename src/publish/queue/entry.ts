import { EMPTY_TREE_ID, type TreeEntry } from '../../model/git-objects';
import { isLabel } from '../../model/layout';
import { rootsOf, type SectionOwner } from '../../model/section';
import { isFileRoot } from '../desired';
import { folderProblem, pathProblem } from '../git/names';
import { buildTrees, type Node } from '../git/objects';
import { type EntryName, pathsHash } from './refs';

/**
 * Entries of the queue: commits without parents whose trees hold the roots of some sections and nothing else. The
 * message is that of the commit to come, and ends in trailers that say for each root what is to lie there, and what has
 * to lie there for the entry to be landed. Whatever is read from one is untrusted input.
 */

export interface EntryRoot {
  readonly path: string;
  /** Git id of what is to lie there; null for nothing. */
  readonly wanted: string | null;
  /** Git id of what has to lie there until then; null for nothing. */
  readonly base: string | null;
}

/** What an entry says. */
export interface Entry {
  readonly ticket: string;
  /** Id of the source repository that published it. */
  readonly source: string;
  /** The sections that are replaced: all of their roots, or none. */
  readonly owners: readonly SectionOwner[];
  readonly roots: readonly EntryRoot[];
  /** `Name <mail> seconds +0000` */
  readonly author: string;
  /** Message of the commit to come. */
  readonly message: string;
}

/** An entry that was read. */
export interface ParsedEntry extends Entry, EntryName {
  /** Its commit. */
  readonly id: string;
  /** Armored signature, if it has one. */
  readonly signature?: string;
}

/** Why something is no entry. Reported, never fatal. */
export class Malformed extends Error {}

/** Longest commit that is read as an entry, in bytes. */
export const LONGEST_ENTRY = 4 << 20;
const MOST_ROOTS = 20_000;
const LINE = 'Queue-';
const ID = /^[0-9a-f]{40}$/;
const AUTHOR = /^[^<>\p{Cc}]{1,300} <[^<>\p{Cc}]{0,300}> \d{1,11} [+-]\d{4}$/u;

/** What lies at a root: a file or a folder by its name. */
export function nodeOf(path: string, id: string): Node {
  return { mode: isFileRoot(path) ? '100644' : '40000', id };
}

/** The trees that hold an entry's roots: they follow from what it says. */
export function treesOf(roots: readonly EntryRoot[]): { id: string; trees: Map<string, readonly TreeEntry[]> } {
  const nodes = roots.flatMap(({ path, wanted }) => (wanted === null ? [] : [[path, nodeOf(path, wanted)] as const]));
  return nodes.length === 0 ? { id: EMPTY_TREE_ID, trees: new Map([[EMPTY_TREE_ID, []]]) } : buildTrees(nodes);
}

function ownerText(owner: SectionOwner): string {
  switch (owner.kind) {
    case 'cluster':
      return `cluster ${owner.cluster}`;
    case 'environment':
      return `environment ${owner.cluster} ${owner.environment}`;
    case 'unit':
      return `unit ${owner.cluster} ${owner.environment} ${owner.application}`;
    case 'folder':
      return `folder ${owner.path}`;
  }
}

function parseOwner(text: string): SectionOwner {
  const [kind, ...names] = text.split(' ');
  if (kind === 'folder') {
    const path = names.join(' ');
    if (folderProblem(path) === undefined) return { kind, path };
  }
  const [cluster = '', environment = '', application = ''] = names;
  if (!names.every(isLabel)) throw new Malformed('it names a section that cannot be');
  if (kind === 'cluster' && names.length === 1) return { kind, cluster };
  if (kind === 'environment' && names.length === 2) return { kind, cluster, environment };
  if (kind === 'unit' && names.length === 3) return { kind, cluster, environment, application };
  throw new Malformed('it names a section that cannot be');
}

/** The message of an entry's commit. */
export function entryMessage(entry: Omit<Entry, 'author'>, branch: string): string {
  return [
    entry.message.trimEnd(),
    `${LINE}Entry: ${entry.ticket}`,
    `${LINE}Branch: ${branch}`,
    `${LINE}Source: ${entry.source}`,
    ...entry.owners.map((owner) => `${LINE}Section: ${ownerText(owner)}`),
    ...entry.roots.map(({ path, wanted, base }) => `${LINE}Root: ${wanted ?? '-'} ${base ?? '-'} ${path}`),
    '',
  ].join('\n');
}

/**
 * Reads an entry's commit.
 * @throws Malformed for anything that this tool would not have written
 */
export function parseEntry(id: string, body: Buffer, name: EntryName, branch: string): ParsedEntry {
  if (body.length > LONGEST_ENTRY) throw new Malformed('it is too large');
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new Malformed('it is not UTF-8');
  }
  const split = text.indexOf('\n\n');
  if (split < 0) throw new Malformed('it has no message');
  const header = parseHeader(text.slice(0, split));
  const message = text.slice(split + 2);
  if (/[^\P{C}\n]/u.test(message)) throw new Malformed('its message holds control characters');
  const said = parseMessage(message, branch);
  if (said.ticket !== name.ticket) throw new Malformed('it is another entry than its ref says');
  if (pathsHash(said.roots.map(({ path }) => path)) !== name.paths) {
    throw new Malformed('it holds other paths than its ref says');
  }
  if (treesOf(said.roots).id !== header.tree) throw new Malformed('its tree is not what its message says');
  const { author, signature } = header;
  return { ...said, ...name, id, author, ...(signature === undefined ? {} : { signature }) };
}

function parseHeader(header: string): { tree: string; author: string; signature?: string } {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of header.split('\n')) {
    if (line.startsWith(' ') && last === 'gpgsig') {
      fields.set(last, `${fields.get(last)}\n${line.slice(1)}`);
      continue;
    }
    const [, key = '', value = ''] = /^([a-z]+) (.*)$/su.exec(line) ?? [];
    if (!['tree', 'author', 'committer', 'gpgsig'].includes(key) || fields.has(key)) {
      throw new Malformed(key === 'parent' ? 'it has a parent' : 'its commit has an unknown header');
    }
    fields.set(key, value);
    last = key;
  }
  const [tree = '', author = '', committer = ''] = ['tree', 'author', 'committer'].map((key) => fields.get(key));
  if (!ID.test(tree) || !AUTHOR.test(author) || !AUTHOR.test(committer)) {
    throw new Malformed('its tree, author or committer cannot be');
  }
  const signature = fields.get('gpgsig');
  return { tree, author, ...(signature === undefined ? {} : { signature }) };
}

function parseMessage(text: string, branch: string): Omit<Entry, 'author'> {
  const lines = text.trimEnd().split('\n');
  let start = lines.length;
  while (start > 0 && lines[start - 1]?.startsWith(LINE)) start--;
  const single = new Map<string, string>();
  const owners: SectionOwner[] = [];
  const roots: EntryRoot[] = [];
  for (const line of lines.slice(start)) {
    const [, key = '', value = ''] = /^Queue-([A-Z][a-z]+): (.+)$/u.exec(line) ?? [];
    if (key === 'Section') owners.push(parseOwner(value));
    else if (key === 'Root') roots.push(parseRoot(value));
    else if (['Entry', 'Branch', 'Source'].includes(key) && !single.has(key)) single.set(key, value);
    else throw new Malformed('it has a trailer that cannot be');
    if (roots.length > MOST_ROOTS) throw new Malformed('it has too many roots');
  }
  const message = lines.slice(0, start).join('\n').trimEnd();
  if (message === '') throw new Malformed('it has no message');
  if (single.get('Branch') !== branch) throw new Malformed('it is for another branch');
  checkRoots(owners, roots);
  const [ticket = '', source = ''] = ['Entry', 'Source'].map((key) => single.get(key));
  return { ticket, source, owners, roots, message: `${message}\n` };
}

function parseRoot(text: string): EntryRoot {
  const [, wanted = '', base = '', path = ''] = /^(\S+) (\S+) (.+)$/su.exec(text) ?? [];
  const read = (id: string): string | null => {
    if (id === '-') return null;
    if (!ID.test(id)) throw new Malformed('it names an object that cannot be');
    return id;
  };
  if (pathProblem(path) !== undefined) throw new Malformed('it names a path that cannot be');
  return { path, wanted: read(wanted), base: read(base) };
}

/** The roots have to be those of the sections: all of them, each once, and none inside another. */
function checkRoots(owners: readonly SectionOwner[], roots: readonly EntryRoot[]): void {
  const expected = new Set(owners.flatMap(rootsOf));
  const paths = new Set(roots.map(({ path }) => path));
  if (paths.size === 0 || paths.size !== roots.length || paths.size !== expected.size) {
    throw new Malformed('its roots are not those of its sections');
  }
  for (const path of paths) {
    if (!expected.has(path)) throw new Malformed('its roots are not those of its sections');
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (paths.has(path.slice(0, at))) throw new Malformed('one of its roots lies in another');
    }
  }
  if (roots.every(({ wanted, base }) => wanted === base)) throw new Malformed('it changes nothing');
}
