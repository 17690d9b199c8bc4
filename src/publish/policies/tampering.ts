import { GitOpsError, type Problem } from '../../errors';
import { parseRegistration, type SectionRecord } from '../../model/record';
import {
  recordOf,
  registrationRecordOf,
  registrationRoots,
  rootsOf,
  type SectionOwner,
  sectionFlag,
  type UnitOwner,
} from '../../model/section';
import { type DesiredSection, isFileRoot } from '../desired';
import type { Node } from '../git/objects';
import type { Snapshot } from '../git/store';
import { objectsIn } from '../objects-of-files';
import type { SectionChange } from '../plan';
import type { Planned } from '../planning';
import type { Repository } from '../repository';
import type { Acknowledgements } from './acknowledgements';
import { ownerThen } from './changes';
import { capped, flag, shown } from './names';

/** A file that is not as it was published. */
interface Difference {
  readonly path: string;
  readonly change: 'added' | 'changed' | 'removed';
  /** Blob that tells what it is about. */
  readonly blob?: string;
}

/** A root that is neither as its record says nor as it is to be. */
interface Suspect {
  readonly root: string;
  /** What was published there. */
  readonly recorded: Node | undefined;
  readonly wanted: ReadonlyMap<string, string>;
}

/** Objects that an error names; every one costs the reading of a file. */
const NAMED = 200;

/**
 * Refuses to overwrite what was changed by hand since it was published: what the tip holds is not what the record says.
 * An edit that equals what is wanted is fine. A folder that was deleted counts as long as its record is there: with the
 * record gone too, the unit was removed as a whole, and is published anew.
 * @throws GitOpsError CHANGED_BY_HAND naming the objects that differ, and the flag that overwrites them
 */
export async function checkTampering(
  planned: Planned,
  repository: Pick<Repository, 'snapshot' | 'readBlobs'>,
  acknowledged: Acknowledgements,
): Promise<void> {
  const { snapshot } = repository;
  const desired = new Map(planned.scope.desired.map((section) => [section.recordPath, section]));
  const suspects = new Map<SectionChange, readonly Suspect[]>();
  const changes = planned.plan.sections.filter(({ change }) => change !== 'unchanged');
  const registered = await publishedRegistrations(changes, desired, planned, repository);
  for (const change of changes) {
    const found = suspectRoots(change, desired.get(recordOf(change.owner)), planned, { snapshot, registered });
    if (found.length > 0) suspects.set(change, found);
  }
  if (suspects.size === 0) return;

  const trees = await recordedTrees([...suspects.values()].flat(), snapshot);
  const refused = new Map<SectionChange, readonly Difference[]>();
  for (const [change, roots] of suspects) {
    const differences = roots.flatMap((suspect) => differencesAt(suspect, trees, snapshot));
    if (differences.length === 0 || acknowledged.use('overwrite', sectionFlag(change.owner))) continue;
    refused.set(change, differences);
  }
  if (refused.size === 0) return;

  const names = await namesOf([...refused.values()].flat(), repository);
  const problems: Problem[] = [];
  for (const [{ owner }, differences] of refused) {
    for (const { path, change, blob } of differences) {
      const what = blob === undefined ? undefined : names.get(blob);
      const message = `${change} ${what === undefined ? shown(path) : `${what} (${shown(path)})`}`;
      problems.push({ where: sectionFlag(owner), message });
    }
  }
  const text = [
    'what would be overwritten was changed by hand since it was published:',
    ...capped(
      problems.map(({ where, message }) => `  [${where}] ${message}`),
      (count) => `  and ${count} more`,
    ),
    `bring the changes into the program, or overwrite them: run the command again with ${flag(
      'overwrite',
      [...refused.keys()].map(({ owner }) => sectionFlag(owner)),
    )}`,
  ];
  throw new GitOpsError('CHANGED_BY_HAND', text.join('\n'), { problems });
}

function suspectRoots(
  { owner }: SectionChange,
  section: DesiredSection | undefined,
  { records }: Planned,
  { snapshot, registered }: { readonly snapshot: Snapshot; readonly registered: ReadonlyMap<string, string> },
): Suspect[] {
  const recordPath = recordOf(owner);
  const record = records.get(recordPath);
  // Any folder may be published for the first time, with whatever lies there. The others only ever come from here.
  if (record === undefined && owner.kind === 'folder') return [];
  const roots = new Set([...rootsOf(owner), ...(record === undefined ? [] : rootsOf(ownerThen(owner, record)))]);
  roots.delete(recordPath);
  for (const unit of unitsOf(owner, record)) roots.delete(registrationRecordOf(unit));
  const own = new Set(section?.contentRoots ?? []);
  const suspects: Suspect[] = [];
  for (const root of roots) {
    const actual = snapshot.at(root);
    const listed = record !== undefined && Object.hasOwn(record.content, root) ? record.content[root] : undefined;
    const id = listed ?? registered.get(root);
    const recorded: Node | undefined =
      id === undefined ? undefined : { mode: isFileRoot(root) ? '100644' : '40000', id };
    const wanted = own.has(root) ? section?.node(root) : undefined;
    // Nothing was ever published here, and nothing is there.
    if (same(actual, recorded) || same(actual, wanted)) continue;
    suspects.push({ root, recorded, wanted: new Map(own.has(root) ? section?.filesOf(root) : []) });
  }
  return suspects;
}

/** The unit, and the unit as it was on the cluster that it was published to before. */
function unitsOf(owner: SectionOwner, record: SectionRecord | undefined): UnitOwner[] {
  const owners = record === undefined ? [owner] : [owner, ownerThen(owner, record)];
  return owners.filter((each) => each.kind === 'unit');
}

/**
 * What was published of the registrations that may change: ids by root. Registrations hardly ever change, so that their
 * records are hardly ever read.
 */
async function publishedRegistrations(
  changes: readonly SectionChange[],
  desired: ReadonlyMap<string, DesiredSection>,
  { records }: Planned,
  repository: Pick<Repository, 'snapshot' | 'readBlobs'>,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  const unread = new Map<string, UnitOwner>();
  for (const { owner } of changes) {
    const section = desired.get(recordOf(owner));
    for (const unit of unitsOf(owner, records.get(recordOf(owner)))) {
      const path = registrationRecordOf(unit);
      const node = repository.snapshot.at(path);
      if (!node?.mode.startsWith('100')) continue;
      if (section === undefined || !section.contentRoots.includes(path) || !same(node, section.node(path))) {
        unread.set(node.id, unit);
        continue;
      }
      for (const root of registrationRoots(unit)) {
        const wanted = section.node(root);
        if (wanted !== undefined) found.set(root, wanted.id);
      }
    }
  }
  if (unread.size === 0) return found;
  for (const [id, body] of await repository.readBlobs(new Set(unread.keys()))) {
    const unit = unread.get(id);
    const content = parseRegistration(body.toString('utf8'))?.content;
    if (unit === undefined || content === undefined) continue;
    for (const root of registrationRoots(unit)) {
      const published = Object.hasOwn(content, root) ? content[root] : undefined;
      if (published !== undefined) found.set(root, published);
    }
  }
  return found;
}

/** The folders that were published, as far as the repository still has them: by their ids, their files. */
async function recordedTrees(
  suspects: readonly Suspect[],
  { store }: Snapshot,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Node>>> {
  const wanted = suspects.flatMap(({ root, recorded }) =>
    recorded?.mode === '40000' ? [[recorded.id, root] as const] : [],
  );
  const load = async (trees: ReadonlyMap<string, string>): Promise<boolean> => {
    try {
      await store.load({ trees, deep: true, unasked: true });
      return true;
    } catch (error) {
      // A record may name anything, and history may have been rewritten.
      if (GitOpsError.is(error) && error.code === 'REMOTE_CORRUPT') return false;
      throw error;
    }
  };
  const found = new Map<string, ReadonlyMap<string, Node>>();
  const isWhole = wanted.length === 0 || (await load(new Map(wanted)));
  for (const [id, root] of wanted) {
    if (!isWhole && !(await load(new Map([[id, root]])))) continue;
    found.set(id, filesBelow(root, id, store));
  }
  return found;
}

function filesBelow(root: string, id: string, store: Snapshot['store']): Map<string, Node> {
  const files = new Map<string, Node>();
  const open = [{ path: root, id }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { name, mode, id: entry } of store.tree(next.id).values()) {
      const path = `${next.path}/${name}`;
      if (mode === '40000') open.push({ path, id: entry });
      else files.set(path, { mode, id: entry });
    }
  }
  return files;
}

function differencesAt(
  { root, recorded, wanted }: Suspect,
  trees: ReadonlyMap<string, ReadonlyMap<string, Node>>,
  snapshot: Snapshot,
): Difference[] {
  const actual = snapshot.files(root);
  const before: ReadonlyMap<string, Node> | undefined =
    recorded === undefined
      ? new Map()
      : recorded.mode === '40000'
        ? trees.get(recorded.id)
        : new Map([[root, recorded]]);
  // What was there once cannot be told any more: the root speaks for all of it.
  if (before === undefined) return [{ path: root, change: actual.size === 0 ? 'removed' : 'changed' }];
  const isWanted = (path: string, node: Node | undefined) =>
    node === undefined ? !wanted.has(path) : node.mode === '100644' && wanted.get(path) === node.id;
  const differences: Difference[] = [];
  for (const path of new Set([...before.keys(), ...actual.keys()])) {
    const then = before.get(path);
    const now = actual.get(path);
    if (same(then, now) || isWanted(path, now)) continue;
    const change = then === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    differences.push({ path, change, blob: (now ?? then)?.id });
  }
  return differences.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** `Deployment/api` for the blobs that hold it. */
async function namesOf(
  differences: readonly Difference[],
  repository: Pick<Repository, 'readBlobs'>,
): Promise<ReadonlyMap<string, string>> {
  const ids = differences.flatMap(({ path, blob }) =>
    blob !== undefined && /\.(?:ya?ml|json)$/.test(path) ? [blob] : [],
  );
  const names = new Map<string, string>();
  try {
    for (const [id, body] of await repository.readBlobs(new Set(ids.slice(0, NAMED)))) {
      const objects = objectsIn(body) ?? [];
      if (objects.length === 0) continue;
      const listed = objects.map(({ kind, metadata }) => shown(`${kind}/${metadata.name}`));
      names.set(id, capped(listed, (count) => `${count} more`, 5).join(', '));
    }
  } catch (error) {
    if (!GitOpsError.is(error) || error.code !== 'REMOTE_CORRUPT') throw error;
  }
  return names;
}

function same(a: Node | undefined, b: Node | undefined): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}
