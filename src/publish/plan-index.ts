import { blobId } from '../model/git-objects';
import { indexFiles, type RepositoryIndex } from '../model/index-files';
import type { ClusterRecord, EnvironmentRecord, SectionRecord } from '../model/record';
import { recordOf } from '../model/section';
import type { Node } from './git/objects';
import { type FileChange, fileChanges, type PlanInput } from './plan';

/** The repository's index as it will be once the plan has been carried out. */
export function indexAfter({ desired, gone, snapshot, records }: PlanInput): RepositoryIndex {
  const units = new Map<string, { environment: string; application: string }>();
  for (const [environment, { mode }] of snapshot.folder('releases')) {
    if (mode !== '40000') continue;
    for (const name of snapshot.folder(`releases/${environment}`).keys()) {
      if (!name.endsWith('.yaml')) continue;
      units.set(`releases/${environment}/${name}`, { environment, application: name.slice(0, -'.yaml'.length) });
    }
  }
  const shared = new Map<string, ClusterRecord | EnvironmentRecord>();
  const note = (path: string, record: SectionRecord) => {
    if (record.kind !== 'Release') shared.set(path, record);
  };
  for (const [path, record] of records) note(path, record);
  for (const { owner, recordPath, record } of desired.filter((section) => section.owner.kind !== 'unit')) {
    if (owner.kind !== 'unit') note(recordPath, record);
  }
  for (const { owner, recordPath } of desired) {
    if (owner.kind === 'unit')
      units.set(recordPath, { environment: owner.environment, application: owner.application });
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
  for (const [path, text] of indexFiles(indexAfter(input))) {
    const old = input.snapshot.at(path);
    const after: Node = { mode: '100644', id: blobId(text) };
    changes.push(...fileChanges(old === undefined ? new Map() : new Map([[path, old]]), new Map([[path, after]])));
  }
  return changes;
}
