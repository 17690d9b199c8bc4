import { GitOpsError, type Problem } from '../errors';
import { encodeTree, objectId, type TreeEntry } from '../model/git-objects';
import { isLabel, layout } from '../model/layout';
import type { SectionRecord } from '../model/record';
import { type DesiredTree, rootsOf, type SectionOwner, sectionName } from '../model/section';
import { type DesiredSection, readDesired, type Stamp } from './desired';
import type { Snapshot } from './git/store';
import { abandonedRoots, type ChangePlan, planChanges, sameContent } from './plan';
import { type Repository, readRecord } from './repository';
import { remoteUnits, type Scope, type Selection, select } from './selection';

export interface PlanOptions {
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

/** Path of each object that is needed, by its id. */
interface Needs {
  readonly trees: Map<string, string>;
  readonly blobs: Map<string, string>;
}

/**
 * Reads what a plan needs, with one fetch at most (and one more when something moves between clusters or goes), and
 * makes it.
 * @param sections of {@link readDesired}; hashed once, however often they are planned
 */
export async function makePlan(
  repository: Pick<Repository, 'commit' | 'snapshot'>,
  source: string,
  sections: readonly DesiredSection[],
  { branch, selection }: PlanOptions,
): Promise<Planned> {
  const { snapshot } = repository;
  await loadTop(snapshot);
  const scope = select(sections, selection, snapshot);
  learnRegistrations(sections, snapshot);

  const needs: Needs = { trees: new Map(), blobs: new Map() };
  const candidates = findCandidates(sections, scope, snapshot);
  for (const { path, id } of candidates) needs.blobs.set(id, path);
  for (const section of scope.desired) needContent(section, snapshot, needs);
  if (candidates.length <= FEW) {
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
  const left = scope.desired.flatMap(({ owner, recordPath }) => abandonedRoots(owner, records.get(recordPath)));
  const roots = [...gone.flatMap((owner) => rootsOf(owner)), ...left];
  await reachRoots(roots, snapshot);
  return {
    plan: planChanges({ branch, base: repository.commit, desired: scope.desired, gone, snapshot, records }),
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

/** The folders that the first fetch brought, and the records of clusters and environments. */
async function loadTop(snapshot: Snapshot): Promise<void> {
  const tops = ['clusters', 'environments', 'releases'];
  await snapshot.reach(tops.map((top) => `${top}/`));
  const trees = new Map<string, string>();
  const blobs = new Map<string, string>();
  for (const top of tops) {
    for (const { name, mode, id } of snapshot.folder(top).values()) {
      if (mode === '40000') trees.set(id, `${top}/${name}`);
      else if (top !== 'releases' && mode.startsWith('100') && name.endsWith('.yaml')) blobs.set(id, `${top}/${name}`);
    }
  }
  await snapshot.store.load({ trees, blobs });
}

/**
 * Computes the folders of registrations as they are when no other source registers anything: where the remote has just
 * these, they need not be read.
 */
function learnRegistrations(sections: readonly DesiredSection[], { store }: Snapshot): void {
  const folders = new Map<string, TreeEntry[]>();
  for (const section of sections) {
    for (const root of section.contentRoots) {
      const slash = root.lastIndexOf('/');
      const folder = root.slice(0, slash);
      if (!folder.startsWith('clusters/') || folder.split('/').length !== 3) continue;
      const node = section.node(root);
      const entries = folders.get(folder) ?? [];
      folders.set(folder, entries);
      if (node !== undefined) entries.push({ ...node, name: root.slice(slash + 1) });
      for (const [id, tree] of section.trees(root)) store.learn(id, tree);
    }
  }
  for (const entries of folders.values()) store.learn(objectId('tree', encodeTree(entries)), entries);
}

/** What has to be read to compare a section, and, where it differs, to say how. */
function needContent(section: DesiredSection, snapshot: Snapshot, needs: Needs): void {
  let differs = snapshot.at(section.recordPath) === undefined;
  for (const root of section.contentRoots) {
    const parent = root.slice(0, root.lastIndexOf('/'));
    const folder = snapshot.at(parent);
    if (folder?.mode === '40000' && !snapshot.store.has(folder.id)) {
      needs.trees.set(folder.id, parent);
      continue;
    }
    const old = snapshot.at(root);
    const node = section.node(root);
    if (old?.id === node?.id && old?.mode === node?.mode) continue;
    differs = true;
    if (old?.mode === '40000' && !snapshot.store.has(old.id)) needs.trees.set(old.id, root);
  }
  const record = snapshot.at(section.recordPath);
  if (differs && record?.mode.startsWith('100') && !snapshot.store.has(record.id)) {
    needs.blobs.set(record.id, section.recordPath);
  }
}

function needRoots(roots: readonly string[], snapshot: Snapshot, needs: Needs): void {
  for (const root of roots) {
    const parent = root.slice(0, root.lastIndexOf('/'));
    const folder = snapshot.at(parent);
    if (folder?.mode !== '40000') continue;
    if (!snapshot.store.has(folder.id)) needs.trees.set(folder.id, parent);
    else {
      const node = snapshot.at(root);
      if (node?.mode === '40000') needs.trees.set(node.id, root);
    }
  }
}

/** Loads everything below some roots. */
async function reachRoots(roots: readonly string[], snapshot: Snapshot): Promise<void> {
  const parents: Needs = { trees: new Map(), blobs: new Map() };
  needRoots(roots, snapshot, parents);
  await snapshot.store.load({ ...parents, deep: true, unasked: true });
  const below: Needs = { trees: new Map(), blobs: new Map() };
  needRoots(roots, snapshot, below);
  await snapshot.store.load({ ...below, deep: true, unasked: true });
}

/** A section on the remote that is not declared: ours if its record says so. */
interface Candidate {
  readonly path: string;
  readonly id: string;
  /** Its cluster is a guess until the record has been read. */
  readonly owner: SectionOwner;
}

function findCandidates(sections: readonly DesiredSection[], scope: Scope, snapshot: Snapshot): Candidate[] {
  const declared = new Set(sections.map(({ recordPath }) => recordPath));
  const cluster = sections.find(({ owner }) => owner.kind === 'unit')?.owner.cluster ?? 'none';
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
  return found;
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
    if (section.owner.kind !== 'unit' || sameContent(section, snapshot)) continue;
    const node = snapshot.at(section.recordPath);
    if (node?.mode.startsWith('100')) note(section.recordPath, node.id);
  }
  return records;
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

/** The candidates whose records name this source. */
function findGone(
  candidates: readonly Candidate[],
  source: string,
  snapshot: Snapshot,
  records: ReadonlyMap<string, SectionRecord>,
): SectionOwner[] {
  // Reading thousands of foreign records takes seconds; a plain name that does not occur in one cannot be its owner.
  const isPlain = /^[\w./-]+$/.test(source);
  const gone: SectionOwner[] = [];
  for (const { path, id, owner } of candidates) {
    const body = snapshot.store.blob(id);
    if (isPlain && !body.includes(source)) continue;
    const record = records.get(path) ?? readRecord(path, body).record;
    if (record?.source.repository !== source) continue;
    const actual: SectionOwner = { ...owner, cluster: owner.kind === 'cluster' ? owner.cluster : record.cluster };
    const names: readonly string[] = Object.values(actual);
    if (!names.every(isLabel) || !describes(record, actual)) {
      throw new GitOpsError(
        'RECORD_INVALID',
        `${path} is the record of something other than ${sectionName(owner)}; restore it from history`,
      );
    }
    gone.push(actual);
  }
  return gone;
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
  }
}
