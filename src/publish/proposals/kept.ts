import { isLabel, layout } from '../../model/layout';
import type { SectionRecord } from '../../model/record';
import { recordOf, rootsOf, type SectionOwner, sectionName } from '../../model/section';
import type { Snapshot } from '../git/store';
import type { Edit } from '../graft';
import { abandonedRoots, fileChanges, type SectionChange } from '../plan';
import { reachRoots } from '../reading';
import type { RemoteRepository } from '../remote-repository';
import { readRecord } from '../repository';
import type { OurHead } from './heads';
import type { ScopePlace } from './names';

/** Sections of an open proposal that a narrowed run does not look at: they stay as they are proposed. */
export interface Kept {
  readonly sections: readonly SectionChange[];
  /** What their paths are to hold. */
  readonly edits: ReadonlyMap<string, Edit>;
}

export const NOTHING_KEPT: Kept = { sections: [], edits: new Map() };

/** Paths of the records that a proposal changes: each section's record changes along with it. */
export async function changedRecords(
  repository: RemoteRepository,
  head: OurHead,
  place: ScopePlace,
): Promise<string[]> {
  const before = repository.snapshotOf(head.parent.tree);
  const after = repository.snapshotOf(head.commit.tree);
  if (place.kind === 'cluster') return differing(before, after, [layout.clusterRecord(place.cluster)]);
  if (place.kind === 'unit') return differing(before, after, [layout.release(place.environment, place.application)]);
  const { environment } = place;
  const folder = layout.releases(environment);
  const paths = new Set([layout.environmentRecord(environment)]);
  for (const snapshot of [before, after]) {
    await snapshot.reach([`${folder}/`]);
    for (const { name, mode } of snapshot.folder(folder).values()) {
      if (mode !== '40000' && name.endsWith('.yaml') && isLabel(name.slice(0, -'.yaml'.length))) {
        paths.add(`${folder}/${name}`);
      }
    }
  }
  return differing(before, after, paths);
}

async function differing(before: Snapshot, after: Snapshot, paths: Iterable<string>): Promise<string[]> {
  const all = [...paths];
  await Promise.all([before.reach(all), after.reach(all)]);
  return all.filter((path) => before.at(path)?.id !== after.at(path)?.id).sort();
}

/**
 * What a proposal is to keep, given the records of the sections that nobody looked at. What has been merged since is not
 * kept, nor is what another source owns by now.
 */
export async function keep(
  repository: RemoteRepository,
  head: OurHead,
  records: readonly string[],
  source: string,
): Promise<Kept> {
  const base = repository.snapshot;
  const proposed = repository.snapshotOf(head.commit.tree);
  await Promise.all([base.reach(records), proposed.reach(records)]);
  const [before, after] = [await readRecords(base, records), await readRecords(proposed, records)];
  const sections: SectionChange[] = [];
  const edits = new Map<string, Edit>();
  for (const path of records) {
    const [old, now] = [before.get(path), after.get(path)];
    const record = now ?? old;
    const owner = record && ownerOf(record);
    if (record === undefined || owner === undefined || recordOf(owner) !== path) continue;
    if ([old, now].some((each) => each !== undefined && each.source.repository !== source)) continue;
    const roots = [...rootsOf(owner), ...(now === undefined ? [] : abandonedRoots(owner, old))];
    for (const snapshot of now === undefined ? [base] : [base, proposed]) {
      await snapshot.reach(roots);
      await reachRoots(roots, snapshot);
    }
    const at = (root: string) => (now === undefined ? undefined : proposed.at(root));
    const changed = roots.filter((root) => base.at(root)?.id !== at(root)?.id);
    if (changed.length === 0) continue;
    const files = changed.flatMap((root) =>
      fileChanges(base.files(root), now === undefined ? new Map() : proposed.files(root)),
    );
    for (const root of changed) edits.set(root, at(root) ?? null);
    const change = now === undefined ? 'removed' : base.at(path) === undefined ? 'added' : 'changed';
    sections.push({ owner, name: sectionName(owner), change, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) });
  }
  return { sections, edits };
}

async function readRecords(snapshot: Snapshot, paths: readonly string[]): Promise<Map<string, SectionRecord>> {
  const blobs = new Map<string, string>();
  for (const path of paths) {
    const node = snapshot.at(path);
    if (node?.mode.startsWith('100')) blobs.set(path, node.id);
  }
  await snapshot.store.load({ blobs: new Map([...blobs].map(([path, id]) => [id, path])), unasked: true });
  const records = new Map<string, SectionRecord>();
  for (const [path, id] of blobs) {
    const { record } = readRecord(path, snapshot.store.blob(id));
    if (record !== undefined) records.set(path, record);
  }
  return records;
}

/** @returns undefined when a name in it is none, or it is the record of something that is never proposed */
function ownerOf(record: SectionRecord): SectionOwner | undefined {
  if (record.kind === 'Folder' || !isLabel(record.cluster)) return undefined;
  const { cluster } = record;
  if (record.kind === 'Cluster') return { kind: 'cluster', cluster };
  const { environment } = record;
  if (!isLabel(environment)) return undefined;
  if (record.kind === 'Environment') return { kind: 'environment', environment, cluster };
  const { application } = record;
  return isLabel(application) ? { kind: 'unit', environment, application, cluster } : undefined;
}
