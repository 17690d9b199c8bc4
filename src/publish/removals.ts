import { GitOpsError } from '../errors';
import { isLabel, layout } from '../model/layout';
import type { SectionRecord } from '../model/record';
import { type SectionOwner, sectionName } from '../model/section';
import type { DesiredSection } from './desired';
import { folderProblem } from './git/names';
import type { Snapshot } from './git/store';
import { readRecord } from './repository';
import { remoteUnits, type Scope } from './selection';

/** A section on the remote that is not declared: ours if its record says so. */
export interface Candidate {
  readonly path: string;
  readonly id: string;
  /** Its cluster is a guess until the record has been read. */
  readonly owner: SectionOwner;
}

export function findCandidates(sections: readonly DesiredSection[], scope: Scope, snapshot: Snapshot): Candidate[] {
  const declared = new Set(sections.map(({ recordPath }) => recordPath));
  const unit = sections.find(({ owner }) => owner.kind === 'unit')?.owner;
  const cluster = unit?.kind === 'unit' ? unit.cluster : 'none';
  const found: Candidate[] = [];
  for (const { environment, application, id } of remoteUnits(snapshot)) {
    const path = layout.release(environment, application);
    if (declared.has(path) || !scope.holdsUnit(environment, application)) continue;
    found.push({ path, id, owner: { kind: 'unit', environment, application, cluster } });
  }
  if (!scope.holdsShared) return found;
  for (const top of ['clusters', 'environments'] as const) {
    for (const { name, mode, id } of snapshot.folder(top).values()) {
      const path = `${top}/${name}`;
      if (!mode.startsWith('100') || !name.endsWith('.yaml') || declared.has(path)) continue;
      const stem = name.slice(0, -'.yaml'.length);
      const owner: SectionOwner =
        top === 'clusters' ? { kind: 'cluster', cluster: stem } : { kind: 'environment', environment: stem, cluster };
      found.push({ path, id, owner });
    }
  }
  for (const [path, { mode, id }] of snapshot.files(layout.folderRecords)) {
    if (declared.has(path) || !mode.startsWith('100') || !path.endsWith('.yaml')) continue;
    const folder = path.slice(layout.folderRecords.length + 1, -'.yaml'.length);
    found.push({ path, id, owner: { kind: 'folder', path: folder } });
  }
  return found;
}

/**
 * The candidates whose records name this source.
 * @param records theirs are added
 */
export function findGone(
  candidates: readonly Candidate[],
  source: string,
  snapshot: Snapshot,
  records: Map<string, SectionRecord>,
): SectionOwner[] {
  // Reading thousands of foreign records takes seconds; a plain name that does not occur in one cannot be its owner.
  const isPlain = /^[\w./-]+$/.test(source);
  const gone: SectionOwner[] = [];
  for (const { path, id, owner } of candidates) {
    const body = snapshot.store.blob(id);
    if (isPlain && !body.includes(source)) continue;
    const record = records.get(path) ?? readRecord(path, body).record;
    if (record?.source.repository !== source) continue;
    const actual = actualOwner(owner, record);
    if (!isSound(actual) || !describes(record, actual)) {
      throw new GitOpsError(
        'RECORD_INVALID',
        `${path} is the record of something other than ${sectionName(owner)}; restore it from history`,
      );
    }
    records.set(path, record);
    gone.push(actual);
  }
  return gone;
}

/** The owner, in the cluster that the record names. */
function actualOwner(owner: SectionOwner, record: SectionRecord): SectionOwner {
  if (owner.kind === 'cluster' || owner.kind === 'folder' || record.kind === 'Folder') return owner;
  return { ...owner, cluster: record.cluster };
}

function isSound({ kind, ...names }: SectionOwner): boolean {
  return kind === 'folder'
    ? Object.values(names).every((path) => folderProblem(path) === undefined)
    : Object.values(names).every(isLabel);
}

function describes(record: SectionRecord, owner: SectionOwner): boolean {
  switch (owner.kind) {
    case 'cluster':
      return record.kind === 'Cluster' && record.cluster === owner.cluster;
    case 'environment':
      return record.kind === 'Environment' && record.environment === owner.environment;
    case 'unit':
      return (
        record.kind === 'Release' &&
        record.environment === owner.environment &&
        record.application === owner.application
      );
    case 'folder':
      return record.kind === 'Folder' && record.path === owner.path;
  }
}
