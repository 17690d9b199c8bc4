import { GitOpsError, type Problem } from '../errors';
import type { SectionRecord } from '../model/record';
import { type DesiredTree, recordOf, rootsOf, type SectionOwner, sectionName } from '../model/section';
import { type DesiredSection, readDesired, type Stamp } from './desired';
import type { Snapshot } from './git/store';
import type { PublishOptions } from './options';
import { type Contender, findSuperseded } from './order';
import { abandonedRoots, type ChangePlan, isPublished, planChanges, sameContent } from './plan';
import { checkNesting } from './policies/nesting';
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
  await snapshot.store.load({ ...needs, deep: true, unasked: true });

  // A registration alone may differ, which shows only now that its folder has been read.
  const more: Needs = { trees: new Map(), blobs: new Map() };
  for (const section of scope.desired) needContent(section, snapshot, more);
  await snapshot.store.load({ ...more, deep: true });

  const records = readRecords(scope, snapshot);
  checkOwners(scope.desired, records);
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
  repository: Pick<Repository, 'commit' | 'snapshot'>,
  tree: DesiredTree,
  options: PlanOptions,
): Promise<ChangePlan> {
  const sections = readDesired(tree, options.stamp);
  return (await makePlan(repository, tree.source, sections, options)).plan;
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
    if (kind === 'cluster' || kind === 'environment' || sameContent(section, snapshot)) continue;
    const node = snapshot.at(section.recordPath);
    if (node?.mode.startsWith('100')) note(section.recordPath, node.id);
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
      .map((section) => ({ section, name: section.name, record: records.get(section.recordPath) }))
      .filter(({ section, record }) => !isPublished(section, snapshot, record)),
    ...gone.map((owner) => ({ name: sectionName(owner), record: records.get(recordOf(owner)) })),
  ];
}

/** @throws GitOpsError OWNED_BY_ANOTHER_SOURCE naming every section and its owner */
function checkOwners(desired: readonly DesiredSection[], records: ReadonlyMap<string, SectionRecord>): void {
  const problems: Problem[] = [];
  for (const { name, source, recordPath } of desired) {
    const owner = records.get(recordPath)?.source.repository ?? source;
    if (owner === source) continue;
    const shown = owner.replace(/\p{Cc}/gu, '?');
    problems.push({
      where: name,
      message: `is published by ${shown}, not by ${source}; rename it, or remove it from ${shown} first`,
    });
  }
  if (problems.length > 0) {
    throw GitOpsError.of('OWNED_BY_ANOTHER_SOURCE', 'another source owns what is to be published:', problems);
  }
}
