import { GitOpsError } from '../../errors';
import { EMPTY_TREE_ID, toBytes } from '../../model/git-objects';
import { indexFiles } from '../../model/index-files';
import { layout } from '../../model/layout';
import type { SectionRecord } from '../../model/record';
import { recordOf } from '../../model/section';
import { type NewObject, parseTree, treeObject } from '../git/objects';
import { Snapshot } from '../git/store';
import { type Edit, graft } from '../graft';
import { indexAfter, planIndex } from '../plan-index';
import { findNesting } from '../policies/nesting';
import { readRecord } from '../repository';
import { type Signer, signedCommit } from '../signing';
import { nodeOf, type ParsedEntry, treesOf } from './entry';

export interface BatchInput {
  readonly branch: string;
  readonly tip: string;
  /** The tip's tree, with the folders of all roots loaded. */
  readonly snapshot: Snapshot;
  /** In the order in which they are to be landed, with the content of their records loaded where indexes are made of it. */
  readonly entries: readonly ParsedEntry[];
  /** Who commits them. */
  readonly committer: string;
  readonly signer?: Signer;
}

export interface Batch {
  /** The commits that land entries, by the entries' own. */
  readonly landed: ReadonlyMap<string, string>;
  /** Entries whose content is on the branch already. */
  readonly present: readonly ParsedEntry[];
  /** Entries that something else came before. */
  readonly stale: readonly ParsedEntry[];
  /** The new tip; the old one when nothing is landed. */
  readonly commit: string;
  readonly objects: readonly NewObject[];
}

/**
 * Lands entries on top of a tip: one commit each, those that still fit. An entry fits while each of its roots holds what
 * it held when the entry was made, so that it replaces nothing that its publisher has not seen.
 */
export async function buildBatch(input: BatchInput): Promise<Batch> {
  const { branch, tip, entries, committer, signer } = input;
  const { fitting, present, stale } = choose(input);
  const objects = new Map<string, NewObject>();
  const landed = new Map<string, string>();
  const records = new Map<string, SectionRecord | undefined>();
  let { snapshot } = input;
  let commit = tip;
  for (const entry of fitting) {
    // Git finds out by them what of an entry the remote has already.
    for (const entries of treesOf(entry.roots).trees.values()) {
      const tree = treeObject(entries);
      objects.set(tree.id, tree);
    }
    let after = replace(snapshot, editsOf(entry), objects);
    if (entry === fitting.at(-1) || touchesIndex(entry)) {
      after = replace(after, indexEdits(branch, after, records, objects), objects);
    }
    const made = await signedCommit(
      {
        tree: after.root ?? EMPTY_TREE_ID,
        parent: commit,
        author: entry.author,
        committer,
        message: queuedMessage(entry),
      },
      signer,
    );
    objects.set(made.id, made);
    landed.set(entry.id, made.id);
    commit = made.id;
    snapshot = after;
  }
  return { landed, present, stale, commit, objects: entries.length === 0 ? [] : [...objects.values()] };
}

/** Goes through the entries in order, each seeing what those before it have left. */
function choose({ snapshot: start, entries }: BatchInput) {
  const fitting: ParsedEntry[] = [];
  const present: ParsedEntry[] = [];
  const stale: ParsedEntry[] = [];
  let snapshot = start;
  for (const entry of entries) {
    const fit = compare(entry, snapshot);
    if (fit === 'present') present.push(entry);
    else if (fit === 'stale') stale.push(entry);
    else {
      fitting.push(entry);
      snapshot = replace(snapshot, editsOf(entry));
    }
  }
  return { fitting, present, stale };
}

function compare({ roots, owners }: ParsedEntry, snapshot: Snapshot): 'fits' | 'present' | 'stale' {
  try {
    const lying = roots.map(({ path }) => snapshot.at(path));
    // A link has an id as well; whoever put it there is told so when they publish anew.
    if (lying.some((node) => node?.mode === '120000' || node?.mode === '160000')) return 'stale';
    if (roots.every(({ wanted }, i) => (lying[i]?.id ?? null) === wanted)) return 'present';
    if (!roots.every(({ base }, i) => (lying[i]?.id ?? null) === base)) return 'stale';
  } catch (error) {
    if (GitOpsError.is(error) && error.code === 'REMOTE_CORRUPT') return 'stale';
    throw error;
  }
  const folders = owners.flatMap((owner) => (owner.kind === 'folder' ? [owner.path] : []));
  if (folders.length === 0) return 'fits';
  const owned = [...snapshot.files(layout.folderRecords).keys()].map((path) =>
    path.slice(layout.folderRecords.length + 1).replace(/\.yaml$/, ''),
  );
  return findNesting(folders, owned).length === 0 ? 'fits' : 'stale';
}

function editsOf({ roots }: ParsedEntry): Map<string, Edit> {
  return new Map(roots.map(({ path, wanted }) => [path, wanted === null ? null : nodeOf(path, wanted)]));
}

/** The tree with some paths replaced, ready to be looked at. */
function replace(snapshot: Snapshot, edits: ReadonlyMap<string, Edit>, objects?: Map<string, NewObject>): Snapshot {
  const { root, trees } = graft(snapshot, edits);
  for (const tree of trees.values()) {
    snapshot.store.learn(tree.id, parseTree(toBytes(tree.body), ''));
    objects?.set(tree.id, tree);
  }
  if (root === null) objects?.set(EMPTY_TREE_ID, treeObject([]));
  return new Snapshot(snapshot.store, root);
}

/** Whether the index files say something else afterwards: they are made of the names of units and of shared records. */
function touchesIndex({ owners, roots }: ParsedEntry): boolean {
  const comeOrGone = new Set(roots.filter(({ base, wanted }) => !base || !wanted).map(({ path }) => path));
  return owners.some((owner) => owner.kind !== 'folder' && (owner.kind !== 'unit' || comeOrGone.has(recordOf(owner))));
}

function indexEdits(
  branch: string,
  snapshot: Snapshot,
  known: Map<string, SectionRecord | undefined>,
  objects: Map<string, NewObject>,
): Map<string, Edit> {
  const records = new Map<string, SectionRecord>();
  for (const [path, id] of sharedRecords(snapshot)) {
    const key = `${path} ${id}`;
    if (!known.has(key)) known.set(key, readRecord(path, snapshot.store.blob(id)).record);
    const record = known.get(key);
    if (record !== undefined) records.set(path, record);
  }
  const input = { branch, base: null, desired: [], gone: [], snapshot, records, superseded: new Map<string, string>() };
  const texts = indexFiles(indexAfter(input));
  const edits = new Map<string, Edit>();
  for (const { path, after } of planIndex(input)) {
    const text = texts.get(path);
    if (after === undefined || text === undefined) continue;
    objects.set(after, { id: after, type: 'blob', body: Buffer.from(text, 'utf8') });
    edits.set(path, { mode: '100644', id: after });
  }
  return edits;
}

/** Records of clusters and environments, with the ids of their blobs. */
export function sharedRecords(snapshot: Snapshot): Map<string, string> {
  const found = new Map<string, string>();
  for (const top of ['clusters', 'environments']) {
    for (const { name, mode, id } of snapshot.folder(top).values()) {
      if (mode.startsWith('100') && name.endsWith('.yaml')) found.set(`${top}/${name}`, id);
    }
  }
  return found;
}

function queuedMessage({ message, ticket }: ParsedEntry): string {
  const last = message.trimEnd().split('\n\n').at(-1) ?? '';
  const ends = last.split('\n').every((line) => /^[A-Za-z][A-Za-z0-9-]*: /.test(line));
  return `${message.trimEnd()}\n${ends ? '' : '\n'}Queued: ${ticket}\n`;
}
