import type { SectionRecord } from '../model/record';
import { type DesiredTree, recordOf, rootsOf, type SectionOwner, sectionFlag, sectionName } from '../model/section';
import { type DesiredSection, readDesired, type Stamp } from './desired';
import type { Snapshot } from './git/store';
import { carryOutMoves } from './moves';
import type { PublishOptions } from './options';
import { type Contender, findSuperseded } from './order';
import { abandonedRoots, type ChangePlan, isPublished, planChanges, sameContent } from './plan';
import { Acknowledgements } from './policies/acknowledgements';
import { checkNesting } from './policies/nesting';
import { checkOwners } from './policies/ownership';
import {
  learnRegistrations,
  loadTop,
  type Needs,
  needContent,
  needRoots,
  reachFolderRecords,
  reachFolders,
  reachRoots,
} from './reading';
import { findCandidates, findGone } from './removals';
import { type Repository, readRecord } from './repository';
import { type Scope, type Selection, select } from './selection';

export interface PlanOptions
  extends Pick<PublishOptions, 'sourceHistory' | 'sequence' | 'outOfOrder' | 'acknowledged'> {
  readonly branch: string;
  readonly stamp: Stamp;
  readonly selection?: Selection;
}

/** A plan, and what it takes to carry it out. */
export interface Planned {
  readonly plan: ChangePlan;
  readonly scope: Scope;
  readonly records: ReadonlyMap<string, SectionRecord>;
}

/** Removal candidates up to here have their trees fetched along with their records, in the hope of being ours. */
const FEW = 32;

/** Records of units that seem unchanged are read along with others up to here, to learn who owns them. */
const MANY = 256;

/**
 * Reads what a plan needs, with one fetch at most (and one more when something moves between clusters or goes), and
 * makes it.
 * @param sections of {@link readDesired}; hashed once, however often they are planned
 */
export async function makePlan(
  repository: Pick<Repository, 'commit' | 'snapshot'>,
  source: string,
  sections: readonly DesiredSection[],
  options: PlanOptions,
): Promise<Planned> {
  const { branch, selection } = options;
  const { snapshot } = repository;
  await loadTop(snapshot);
  const scope = select(sections, selection, snapshot);
  learnRegistrations(sections, snapshot);

  await reachFolders(
    scope.desired.map(({ owner }) => owner),
    snapshot,
  );
  const needs: Needs = { trees: new Map(), blobs: new Map() };
  if (scope.holdsShared) {
    await reachFolderRecords(snapshot);
    checkNesting(scope.desired, snapshot);
  }
  const candidates = findCandidates(sections, scope, snapshot);
  for (const { path, id } of candidates) needs.blobs.set(id, path);
  for (const section of scope.desired) needContent(section, snapshot, needs);
  if (candidates.length <= FEW) {
    await reachFolders(
      candidates.map(({ owner }) => owner),
      snapshot,
    );
    for (const { owner } of candidates) needRoots(rootsOf(owner), snapshot, needs);
  }
  needOwners(scope.desired, options.acknowledged?.takeOver ?? [], snapshot, needs);
  await snapshot.store.load({ ...needs, deep: true, unasked: true });

  // A registration alone may differ, which shows only now that its folder has been read.
  const more: Needs = { trees: new Map(), blobs: new Map() };
  for (const section of scope.desired) needContent(section, snapshot, more);
  await snapshot.store.load({ ...more, deep: true });

  const records = readRecords(scope, snapshot);
  const gone = findGone(candidates, source, snapshot, records);
  const superseded = options.outOfOrder
    ? new Map<string, string>()
    : await findSuperseded({
        changing: contenders(scope.desired, gone, snapshot, records),
        commit: options.stamp.commit,
        sequence: options.sequence,
        history: options.sourceHistory,
      });
  const left = scope.desired.flatMap(({ owner, recordPath }) => abandonedRoots(owner, records.get(recordPath)));
  await reachFolders(gone, snapshot);
  const roots = [...gone.flatMap((owner) => rootsOf(owner)), ...left];
  await reachRoots(roots, snapshot);
  return {
    plan: planChanges({ branch, base: repository.commit, desired: scope.desired, gone, snapshot, records, superseded }),
    scope,
    records,
  };
}

/**
 * Plans a publish without carrying it out.
 * @param repository of `openRemote`, or of `openLocal`
 * @throws GitOpsError as `publish` does before it writes
 */
export async function planPublish(
  repository: Pick<Repository, 'commit' | 'snapshot' | 'readBlobs'>,
  tree: DesiredTree,
  options: PlanOptions,
): Promise<ChangePlan> {
  const { stamp, selection } = options;
  const { sections } = await carryOutMoves(repository, { tree, sections: readDesired(tree, stamp), stamp, selection });
  const { plan, scope, records } = await makePlan(repository, tree.source, sections, options);
  checkOwners(scope.desired, records, new Acknowledgements(options.acknowledged ?? {}));
  return plan;
}

/**
 * Who owns a unit is told by its record alone, which is not read where the content is as it is declared. It is read when
 * that is asked for, and when something else is being fetched anyway.
 */
function needOwners(
  desired: readonly DesiredSection[],
  takeOver: readonly string[],
  snapshot: Snapshot,
  needs: Needs,
): void {
  const isBusy = needs.trees.size + needs.blobs.size > 0 && desired.length <= MANY;
  for (const { owner, recordPath } of desired) {
    if (owner.kind !== 'unit' || !(isBusy || takeOver.includes(sectionFlag(owner)))) continue;
    const record = snapshot.at(recordPath);
    if (record?.mode.startsWith('100')) needs.blobs.set(record.id, recordPath);
  }
}

/**
 * Records of clusters and environments, and of the sections that differ.
 * @throws GitOpsError RECORD_INVALID when the record of a section to be published cannot be read
 */
function readRecords({ desired }: Scope, snapshot: Snapshot): Map<string, SectionRecord> {
  const records = new Map<string, SectionRecord>();
  const own = new Set(desired.map(({ recordPath }) => recordPath));
  const note = (path: string, id: string) => {
    const { record, problem } = readRecord(path, snapshot.store.blob(id));
    if (record !== undefined) records.set(path, record);
    // Somebody else's unreadable record keeps nobody from publishing.
    else if (own.has(path)) throw problem;
  };
  for (const top of ['clusters', 'environments']) {
    for (const { name, mode, id } of snapshot.folder(top).values()) {
      if (mode.startsWith('100') && name.endsWith('.yaml')) note(`${top}/${name}`, id);
    }
  }
  for (const section of desired) {
    const { kind } = section.owner;
    if (kind === 'cluster' || kind === 'environment') continue;
    const node = snapshot.at(section.recordPath);
    if (!node?.mode.startsWith('100')) continue;
    if (!sameContent(section, snapshot)) note(section.recordPath, node.id);
    else if (snapshot.store.has(node.id)) {
      // Of what is as it is declared, the record matters only if it is somebody else's.
      const { record } = readRecord(section.recordPath, snapshot.store.blob(node.id));
      if (record !== undefined && record.source.repository !== section.source) records.set(section.recordPath, record);
    }
  }
  return records;
}

/** Everything that would be changed or removed. */
function contenders(
  desired: readonly DesiredSection[],
  gone: readonly SectionOwner[],
  snapshot: Snapshot,
  records: ReadonlyMap<string, SectionRecord>,
): Contender[] {
  return [
    ...desired
      .filter((section) => !isPublished(section, snapshot, records.get(section.recordPath)))
      .map((section) => ({ name: section.name, record: ofSource(section.source, records.get(section.recordPath)) })),
    ...gone.map((owner) => ({ name: sectionName(owner), record: records.get(recordOf(owner)) })),
  ];
}

/** Commits of another source come neither before nor after ours. */
function ofSource(source: string, record: SectionRecord | undefined): SectionRecord | undefined {
  return record?.source.repository === source ? record : undefined;
}
