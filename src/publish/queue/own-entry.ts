import { blobId, type TreeEntry, toBytes } from '../../model/git-objects';
import { rootsOf, type SectionOwner } from '../../model/section';
import { commitObject, type NewObject, treeObject } from '../git/objects';
import type { Snapshot } from '../git/store';
import { abandonedRoots } from '../plan';
import type { Planned } from '../planning';
import { type Signer, signedCommit } from '../signing';
import { type Entry, type EntryRoot, entryMessage, LONGEST_ENTRY, Malformed, parseEntry, treesOf } from './entry';
import { type EntryName, entryName, pathsHash } from './refs';

export interface OwnEntry extends Entry, EntryName {
  readonly id: string;
  readonly objects: readonly NewObject[];
}

export interface OwnEntryInput {
  readonly planned: Planned;
  readonly snapshot: Snapshot;
  readonly prefix: string;
  readonly branch: string;
  readonly ticket: string;
  readonly source: string;
  readonly author: string;
  /** Message of the commit to come. */
  readonly message: string;
  readonly signer?: Signer;
}

/**
 * The entry that stands for a plan, with the objects that the plan's own commit does not bring.
 * @returns undefined when it cannot be one, e.g. because it would be larger than entries may be
 */
export async function buildOwnEntry(input: OwnEntryInput): Promise<OwnEntry | undefined> {
  const { prefix, branch, ticket, author, message, signer } = input;
  const { owners, roots, blobs } = describe(input);
  const source = input.source.replace(/[\s\p{C}]+/gu, ' ').trim();
  const entry: Entry = { ticket, source, owners, roots, author, message: message.replace(/[^\P{C}\n]/gu, ' ') };
  const { id: tree, trees } = treesOf(roots);
  const fields = { tree, parent: null, author, message: entryMessage(entry, branch) };
  if (Buffer.byteLength(fields.message) > LONGEST_ENTRY / 2) return undefined;
  const commit = signer === undefined ? commitObject(fields) : await signedCommit(fields, signer);
  const objects = new Map<string, NewObject>([[commit.id, commit], ...blobs]);
  for (const entries of trees.values()) {
    const object = treeObject(entries as readonly TreeEntry[]);
    objects.set(object.id, object);
  }
  const name = entryName(prefix, branch, pathsHash(roots.map(({ path }) => path)), ticket);
  try {
    parseEntry(commit.id, Buffer.from(toBytes(commit.body)), name, branch);
  } catch (error) {
    // What others would pass over, e.g. a message of nothing but trailers, is not put there.
    if (error instanceof Malformed) return undefined;
    throw error;
  }
  return { ...entry, ...name, id: commit.id, objects: [...objects.values()] };
}

function describe({ planned, snapshot }: OwnEntryInput) {
  const { plan, scope, records } = planned;
  const desired = new Map(scope.desired.map((section) => [section.recordPath, section]));
  const owners: SectionOwner[] = [];
  const roots = new Map<string, EntryRoot>();
  const blobs = new Map<string, NewObject>();
  const add = (path: string, wanted: string | undefined) =>
    roots.set(path, { path, wanted: wanted ?? null, base: snapshot.at(path)?.id ?? null });

  for (const { owner, change } of plan.sections) {
    if (change === 'unchanged') continue;
    owners.push(owner);
    const section = desired.get(rootsOf(owner).at(-1) as string);
    if (change === 'removed' || section === undefined) {
      for (const root of rootsOf(owner)) add(root, undefined);
      continue;
    }
    const previous = records.get(section.recordPath);
    const abandoned = abandonedRoots(owner, previous);
    if (abandoned.length > 0 && previous !== undefined && 'cluster' in previous && 'cluster' in owner) {
      owners.push({ ...owner, cluster: previous.cluster });
      for (const root of abandoned) add(root, undefined);
    }
    for (const root of section.contentRoots) {
      add(root, section.node(root)?.id);
      // All of it, not only what differs. The branch may have moved, so that git does not know what the remote has.
      for (const [path, id] of section.filesOf(root)) {
        blobs.set(id, { id, type: 'blob', body: toBytes(section.content(path)) });
      }
    }
    const record = blobId(section.stamped);
    blobs.set(record, { id: record, type: 'blob', body: toBytes(section.stamped) });
    add(section.recordPath, record);
  }
  return { owners, roots: [...roots.values()], blobs };
}
