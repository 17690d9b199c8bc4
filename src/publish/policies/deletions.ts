import { GitOpsError, type Problem } from '../../errors';
import { DEFAULT_MAX_DELETIONS, type MaxDeletions } from '../../model/delivery';
import { layout } from '../../model/layout';
import {
  type DesiredTree,
  recordOf,
  registrationRoots,
  type SectionOwner,
  sectionFlag,
  type UnitOwner,
} from '../../model/section';
import { deliveries } from '../delivery';
import type { Snapshot } from '../git/store';
import type { Planned } from '../planning';
import type { Acknowledgements } from './acknowledgements';
import { type ObjectChanges, objectName, type PlacedObject, placeOf } from './changes';
import { capped, flag } from './names';

/** Kinds that take data, or every object of theirs, along when they go: group and kind. */
const GUARDED = new Set([
  '/Namespace',
  '/PersistentVolumeClaim',
  'apiextensions.k8s.io/CustomResourceDefinition',
  'apps/StatefulSet',
]);

/** The share of what is there says little about a place that holds no more objects than this. */
const FEW_OBJECTS = 10;

export interface DeletionInput {
  readonly tree: DesiredTree;
  readonly planned: Planned;
  readonly changes: ObjectChanges;
  readonly snapshot: Snapshot;
  readonly acknowledged: Acknowledgements;
}

interface Refused {
  readonly problem: Problem;
  /** A section that it is about. */
  readonly owner: SectionOwner;
  /** What acknowledges it. */
  readonly names: readonly string[];
}

/**
 * Refuses to delete what should not go without anyone knowing: guarded kinds, units that are declared and hold nothing
 * any more, and more objects than the environment allows for. What people have to merge they see before it goes: there
 * it is only said, unless the forge merges by itself.
 * @returns what is said of pull requests
 * @throws GitOpsError DELETION_REFUSED naming each, and the flags that acknowledge them
 */
export function checkDeletions(input: DeletionInput): string[] {
  const deliveryOf = deliveries(input.tree, input.planned.records);
  const isReviewed = ({ owner }: Refused): boolean => {
    const delivery = deliveryOf(owner);
    return delivery.kind === 'pullRequest' && !delivery.autoMerge;
  };
  const found = [...guardedKinds(input), ...emptiedUnits(input), ...tooMany(input)];
  const warnings = found
    .filter(isReviewed)
    .map(({ problem }) => `${problem.where} ${problem.message}, once it is merged`);
  const refused = found.filter((each) => !isReviewed(each));
  if (refused.length === 0) return warnings;
  const problems = refused.map(({ problem }) => problem);
  const lines = capped(
    problems.map(({ where, message }) => `  [${where}] ${message}`),
    (count) => `  and ${count} more`,
  );
  const names = refused.flatMap((each) => each.names);
  const text = [
    'the publish would delete what is not to go by accident:',
    ...lines,
    `if that is what you want, run the command again with: ${flag('delete', names)}`,
  ];
  throw new GitOpsError('DELETION_REFUSED', text.join('\n'), { problems });
}

function isGuarded({ group, kind }: PlacedObject): boolean {
  return GUARDED.has(`${group}/${kind}`);
}

function guardedKinds(input: DeletionInput): Refused[] {
  const { changes, acknowledged } = input;
  const refused: Refused[] = [];
  for (const object of changes.deleted.filter(isGuarded)) {
    const name = objectName(object);
    const unit = unitLeaving(object, input);
    if (unit !== undefined && acknowledged.deletes(unit)) {
      acknowledged.use('delete', unit);
      continue;
    }
    if (acknowledged.use('delete', name)) continue;
    const message = `${object.kind === 'Namespace' ? 'and everything in it ' : ''}would be deleted (${object.path})`;
    refused.push({ problem: { where: name, message }, owner: object.owner, names: [unit ?? name] });
  }
  for (const { object, to } of changes.moved) {
    if (
      !isGuarded(object) ||
      isDeclaredMove(object, to, input.planned) ||
      acknowledged.use('delete', objectName(object))
    )
      continue;
    const name = objectName(object);
    const from = object.owner.kind === 'unit' ? object.owner.application : '';
    const remedy =
      object.owner.kind === 'unit' && to.owner.kind === 'unit'
        ? `declare moved(…, { from: { application: '${from}' } }), so that it stays`
        : 'leave it where it is';
    const message = `would move to ${sectionFlag(to.owner)}, and the operator may delete and create it anew; ${remedy}`;
    refused.push({ problem: { where: name, message }, owner: object.owner, names: [name] });
  }
  return refused;
}

/** The unit whose own namespace this is, when all of the unit goes and nobody else lives there. */
function unitLeaving({ owner, path, name }: PlacedObject, { planned }: DeletionInput): string | undefined {
  if (owner.kind !== 'unit') return undefined;
  const { plan, scope, records } = planned;
  const previous = records.get(recordOf(owner));
  const cluster = previous?.kind === 'Release' ? previous.cluster : owner.cluster;
  if (!registrationRoots({ ...owner, cluster }).some((root) => path.startsWith(`${root}/`))) return undefined;
  const change = plan.sections.find((section) => section.owner === owner)?.change;
  if (change !== 'removed' && cluster === owner.cluster) return undefined;
  const isLivedIn = scope.desired.some((section) => {
    if (section.owner.kind !== 'unit' || section.owner.cluster !== cluster) return false;
    return placeOf(section.owner, section.record).namespace === name;
  });
  return isLivedIn ? undefined : sectionFlag(owner);
}

/** Whether `moved()` said so. */
export function isDeclaredMove({ owner, ...object }: PlacedObject, to: PlacedObject, planned: Planned): boolean {
  const section = planned.scope.desired.find((each) => each.owner === to.owner);
  return (section?.section.moves ?? []).some(
    ({ from, kind, name }) =>
      owner.kind === 'unit' &&
      from.environment === owner.environment &&
      from.application === owner.application &&
      (kind ?? object.kind) === object.kind &&
      (name ?? object.name) === object.name,
  );
}

/** Units that are declared and render nothing: more often a mistake than a wish. */
function emptiedUnits({ tree, planned, acknowledged }: DeletionInput): Refused[] {
  const empty = new Set((tree.empty ?? []).map(sectionFlag));
  return planned.plan.sections.flatMap(({ owner, change }) => {
    const name = sectionFlag(owner);
    if (change !== 'removed' || !empty.has(name) || acknowledged.use('delete', name)) return [];
    const message = 'is declared, but renders no object: all that was published of it would be deleted';
    return [{ problem: { where: name, message }, owner, names: [name] }];
  });
}

/** What a limit is counted for: an environment; a cluster or another folder stands for itself. */
function groupOf(owner: SectionOwner): string {
  return owner.kind === 'unit' || owner.kind === 'environment'
    ? `environment:${owner.environment}`
    : sectionFlag(owner);
}

function tooMany(input: DeletionInput): Refused[] {
  const { tree, changes, acknowledged } = input;
  const groups = new Map<string, Map<string, number>>();
  const owners = new Map<string, SectionOwner>();
  for (const object of changes.deleted) {
    const section = sectionFlag(object.owner);
    if (acknowledged.deletes(section)) {
      acknowledged.use('delete', section);
      continue;
    }
    // What is acknowledged by its own name, or has to be, is not counted again.
    if (isGuarded(object)) continue;
    const group = groups.get(groupOf(object.owner)) ?? new Map<string, number>();
    groups.set(groupOf(object.owner), group);
    owners.set(groupOf(object.owner), object.owner);
    group.set(section, (group.get(section) ?? 0) + 1);
  }
  const refused: Refused[] = [];
  for (const [group, sections] of groups) {
    const deleted = [...sections.values()].reduce((sum, count) => sum + count, 0);
    const limits = limitsOf(group, tree);
    const isFew = deleted <= limits.count && deleted <= FEW_OBJECTS * limits.share;
    const present = isFew ? 0 : countPresent(group, input);
    const why =
      deleted > limits.count
        ? `at most ${limits.count} are deleted without a word`
        : present > FEW_OBJECTS && deleted > present * limits.share
          ? `at most ${Math.round(limits.share * 100)} % of ${present} are deleted without a word`
          : undefined;
    if (why === undefined) continue;
    const each = [...sections].map(([section, count]) => `${section}: ${count}`);
    const listed = capped(each, (count) => `and ${count} more`, 10).join(', ');
    const message = `${deleted} ${deleted === 1 ? 'object' : 'objects'} would be deleted, and ${why} (${listed})`;
    const owner = owners.get(group) as SectionOwner;
    refused.push({ problem: { where: group, message }, owner, names: [...sections.keys()] });
  }
  return refused;
}

function limitsOf(group: string, tree: DesiredTree): MaxDeletions {
  const name = group.startsWith('environment:') ? group.slice('environment:'.length) : '';
  const { environments = {} } = tree;
  return (Object.hasOwn(environments, name) ? environments[name]?.maxDeletions : undefined) ?? DEFAULT_MAX_DELETIONS;
}

/** Files that this source has there at the tip: one for each object. */
function countPresent(group: string, { tree, planned, snapshot }: DeletionInput): number {
  let present = 0;
  const changed = new Set<string>();
  for (const { owner, change, files } of planned.plan.sections) {
    if (groupOf(owner) !== group) continue;
    changed.add(recordOf(owner));
    const section = planned.scope.desired.find((each) => each.owner === owner);
    const roots = objectRoots(owner);
    const below = files.filter(({ path }) => roots.some((root) => path.startsWith(`${root}/`)));
    const by = (kind: string) => below.filter((file) => file.change === kind).length;
    const wanted = section === undefined ? 0 : countBelow(section.section.files.keys(), roots);
    present += change === 'removed' ? by('removed') : wanted - by('added') + by('removed');
  }
  // What is declared beyond the scope of this run was most likely published as it is declared now.
  for (const { owner, files } of tree.sections) {
    if (groupOf(owner) !== group || changed.has(recordOf(owner)) || !isThere(owner, snapshot)) continue;
    present += countBelow(files.keys(), objectRoots(owner));
  }
  return present;
}

function objectRoots(owner: SectionOwner): string[] {
  switch (owner.kind) {
    case 'unit':
      return [layout.unitFolder(owner.environment, owner.application)];
    case 'environment':
      return [layout.environmentRegistration(owner.cluster, owner.environment)];
    case 'cluster':
      return [layout.bootstrap(owner.cluster), layout.operator(owner.cluster)];
    case 'folder':
      return [owner.path];
  }
}

function countBelow(paths: Iterable<string>, roots: readonly string[]): number {
  let count = 0;
  for (const path of paths) if (roots.some((root) => path.startsWith(`${root}/`))) count++;
  return count;
}

function isThere(owner: SectionOwner, snapshot: Snapshot): boolean {
  return owner.kind === 'unit' && hasRecord(owner, snapshot);
}

function hasRecord({ environment, application }: UnitOwner, snapshot: Snapshot): boolean {
  const folder = layout.releases(environment);
  return snapshot.at(folder) !== undefined && snapshot.folder(folder).has(`${application}.yaml`);
}
