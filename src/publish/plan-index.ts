import { blobId } from '../model/git-objects';
import { indexFiles, type RepositoryIndex } from '../model/index-files';
import { isLabel, layout } from '../model/layout';
import type { ClusterRecord, EnvironmentRecord, SectionRecord } from '../model/record';
import { recordOf } from '../model/section';
import type { Node } from './git/objects';
import { type FileChange, fileChanges, type PlanInput } from './plan';
import { remoteUnits } from './selection';

/** The repository's index as it will be once the plan has been carried out. */
export function indexAfter({ desired, gone, snapshot, records, superseded }: PlanInput): RepositoryIndex {
  const units = new Map<string, { environment: string; application: string }>();
  for (const { environment, application } of remoteUnits(snapshot)) {
    units.set(layout.release(environment, application), { environment, application });
  }
  const shared = new Map<string, ClusterRecord | EnvironmentRecord>();
  // A record from the remote counts where it belongs, and nowhere else.
  const note = (path: string, record: SectionRecord) => {
    if (record.kind === 'Release' || record.kind === 'Folder') return;
    const name = record.kind === 'Cluster' ? record.cluster : record.environment;
    const home = record.kind === 'Cluster' ? layout.clusterRecord(name) : layout.environmentRecord(name);
    if (isLabel(name) && home === path) shared.set(path, record);
  };
  for (const [path, record] of records) note(path, record);
  for (const section of desired) {
    const { owner, recordPath } = section;
    if (superseded.has(section.name)) continue;
    if (owner.kind !== 'unit') note(recordPath, section.record);
    else units.set(recordPath, { environment: owner.environment, application: owner.application });
  }
  for (const owner of gone) {
    units.delete(recordOf(owner));
    shared.delete(recordOf(owner));
  }
  const sorted = <T>(map: ReadonlyMap<string, T>) =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
  return {
    clusters: sorted(shared).filter((record) => record.kind === 'Cluster'),
    environments: sorted(shared).filter((record) => record.kind === 'Environment'),
    units: sorted(units),
  };
}

/** How the index files have to change. Files they could be but are not made into stay as they are. */
export function planIndex(input: PlanInput): FileChange[] {
  const changes: FileChange[] = [];
  // A repository of other folders alone has a front page of its own.
  const owners = [...input.desired.map(({ owner }) => owner), ...input.gone];
  const isOfFolders = owners.length > 0 && owners.every(({ kind }) => kind === 'folder');
  if (isOfFolders && input.snapshot.at('clusters') === undefined) return [];
  for (const [path, text] of indexFiles(indexAfter(input))) {
    const old = input.snapshot.at(path);
    // Somebody put a link or a folder there: no reason to keep anyone from publishing.
    if (old !== undefined && !old.mode.startsWith('100')) continue;
    const after: Node = { mode: '100644', id: blobId(text) };
    changes.push(...fileChanges(old === undefined ? new Map() : new Map([[path, old]]), new Map([[path, after]])));
  }
  return changes;
}
