import { GitOpsError } from '../../errors';
import { layout } from '../../model/layout';
import type { QueueRefs, RemoteRef } from '../git/queue-refs';
import type { Snapshot } from '../git/store';
import { loadTop, reachFolderRecords } from '../reading';
import { type RemoteRepository, TipMoved } from '../remote-repository';
import type { Signer } from '../signing';
import { buildBatch, sharedRecords } from './batch';
import { treeRoots } from './content';
import type { ParsedEntry } from './entry';
import type { EntryReader } from './reading';

export interface LeadInput {
  readonly repository: RemoteRepository;
  readonly queue: QueueRefs;
  readonly reader: EntryReader;
  readonly branch: string;
  /** Commit of the leader's own entry. */
  readonly own: string;
  /** Whether to lead although there are older entries. */
  readonly takesOver: boolean;
  /** The committer line of the commits to come. */
  readonly committer: () => string;
  readonly signer?: Signer;
  readonly report: (message: string) => void;
}

export type Led =
  /** The own entry was landed by this commit. */
  | { readonly kind: 'landed'; readonly commit: string }
  /** The own entry did not fit any more, and is gone. */
  | { readonly kind: 'dropped' }
  /** The own entry is not in the queue. */
  | { readonly kind: 'gone' }
  /** Another push came first. */
  | { readonly kind: 'overtaken' }
  /** It is not this one's turn, or its turn comes with another batch. */
  | { readonly kind: 'behind' }
  /** The server takes neither the batch nor the deletions. */
  | { readonly kind: 'refused' };

/** Lands every entry that fits, the own one among them, and deletes them and those that do not fit: with one push. */
export async function lead(input: LeadInput): Promise<Led> {
  const { repository, queue, reader, branch, own, takesOver, committer, signer, report } = input;
  try {
    await repository.refresh();
    const { commit: tip, snapshot } = repository;
    if (tip === null || repository.queue === undefined) return { kind: 'refused' };
    const fetched = queue.fetched();
    const entries = await reader.trusted(fetched);
    if (!fetched.some(({ id }) => id === own)) return { kind: 'gone' };
    if (entries[0]?.id !== own && !takesOver) return { kind: 'behind' };

    await loadTop(snapshot);
    await loadRoots(entries, snapshot);
    const sound = await reader.sound(entries);
    await loadRecords(sound, snapshot);
    const batch = await buildBatch({ branch, tip, snapshot, entries: sound, committer: committer(), signer });
    const done: RemoteRef[] = sound.filter(
      ({ id }) => batch.landed.has(id) || batch.present.some((entry) => entry.id === id) || isIn(batch.stale, id),
    );
    const commit = batch.landed.get(own);
    if (batch.commit === tip) await queue.remove(done);
    else {
      await repository.write(batch.objects);
      report(`pushing ${batch.commit}, which lands ${batch.landed.size} of ${sound.length} queue entries`);
      if (!(await queue.pushBranch(batch.commit, tip, done))) return { kind: 'overtaken' };
    }
    if (commit !== undefined) return { kind: 'landed', commit };
    if (isIn(batch.present, own)) return { kind: 'landed', commit: tip };
    return { kind: isIn(batch.stale, own) ? 'dropped' : 'behind' };
  } catch (error) {
    if (error instanceof TipMoved) return { kind: 'overtaken' };
    if (GitOpsError.is(error) && error.code === 'REMOTE_REJECTED') return { kind: 'refused' };
    throw error;
  }
}

function isIn(entries: readonly ParsedEntry[], id: string): boolean {
  return entries.some((entry) => entry.id === id);
}

/** Loads the folders that hold the entries' roots, and the trees that are to lie there, with one fetch where it can. */
async function loadRoots(entries: readonly ParsedEntry[], snapshot: Snapshot): Promise<void> {
  const trees = new Map<string, string>();
  for (const entry of entries) {
    for (const [id, path] of treeRoots(entry)) trees.set(id, path);
    for (const { path } of entry.roots) {
      const folder = deepestKnown(path, snapshot);
      if (folder !== undefined) trees.set(folder.id, folder.path);
    }
  }
  try {
    await snapshot.store.load({ trees });
  } catch (error) {
    // One of them is unsound. They are here now, and are looked at one by one.
    if (!GitOpsError.is(error) || error.code !== 'REMOTE_CORRUPT') throw error;
  }
  for (const entry of entries) {
    try {
      await snapshot.reach(entry.roots.map(({ path }) => path));
    } catch (error) {
      // Something else than a folder lies on the way: the entry does not fit.
      if (!GitOpsError.is(error) || error.code !== 'REMOTE_CORRUPT') throw error;
    }
  }
  if (entries.some(({ owners }) => owners.some(({ kind }) => kind === 'folder'))) {
    await snapshot.reach([`${layout.folderRecords}/`]);
    await reachFolderRecords(snapshot);
  }
}

/** The first folder on the way to a path that is there, and was not loaded. */
function deepestKnown(path: string, { store, root }: Snapshot): { id: string; path: string } | undefined {
  let id = root;
  for (let at = 0; id !== null; ) {
    if (!store.has(id)) return { id, path: path.slice(0, Math.max(0, at - 1)) };
    const slash = path.indexOf('/', at);
    if (slash < 0) return undefined;
    const node = store.tree(id).get(path.slice(at, slash));
    id = node?.mode === '40000' ? node.id : null;
    at = slash + 1;
  }
  return undefined;
}

/** Loads the records that index files are made of: those that lie there, and those that entries bring. */
async function loadRecords(entries: readonly ParsedEntry[], snapshot: Snapshot): Promise<void> {
  const blobs = new Map([...sharedRecords(snapshot)].map(([path, id]) => [id, path]));
  for (const { roots } of entries) {
    for (const { path, wanted } of roots) {
      if (wanted !== null && /^(?:clusters|environments)\/[^/]+\.yaml$/.test(path)) blobs.set(wanted, path);
    }
  }
  await snapshot.store.load({ blobs });
}
