import type { IConstruct } from 'constructs';
import type { Problem } from '../errors';
import { type Declaration, declarationOf } from '../model/declaration';
import { orderSecrets } from './secret-order';
import type { DeclaredUnit, Survey } from './walk';

/** For each unit, the units that must be healthy before it. */
export type UnitOrder = ReadonlyMap<DeclaredUnit, ReadonlySet<DeclaredUnit>>;

/**
 * Turns dependencies between constructs, and those declared by `dependsOn`, into an order of units. Within a unit the
 * operator applies namespaces and definitions first and everything else together, as both of them do by themselves;
 * there, dependencies only have to make sense.
 *
 * @param problems receives dependencies that go round in a circle, and names that nothing answers to
 */
export function orderUnits(survey: Survey, problems: Problem[]): UnitOrder {
  const order = new Map<DeclaredUnit, Set<DeclaredUnit>>(survey.units.map((unit) => [unit, new Set()]));
  const unitOf = new Map<IConstruct, DeclaredUnit>(survey.units.map((unit) => [unit.construct, unit]));
  const declared = new Map<Declaration, DeclaredUnit>(survey.units.map((unit) => [unit.application, unit]));

  const cycle = survey.dependencies.length > 0 ? constructCycle(survey) : undefined;
  for (const { source, target } of survey.dependencies) {
    const dependants = unitsOf(source, unitOf);
    const dependencies = unitsOf(target, unitOf);
    for (const unit of dependants) for (const on of dependencies) if (on !== unit) order.get(unit)?.add(on);
  }
  for (const unit of survey.units) {
    for (const on of unit.application.dependsOn) {
      const found = typeof on === 'string' ? sibling(survey, unit, on) : declared.get(on);
      if (found) order.get(unit)?.add(found);
      else problems.push({ where: unit.construct.node.path, message: unknown(survey, unit, on) });
    }
  }
  orderSecrets(survey.units, order, problems);
  for (const [unit, dependencies] of order) {
    for (const on of dependencies) {
      if (on.environment.cluster === unit.environment.cluster) continue;
      dependencies.delete(on);
      const message = `depends on ${on.construct.node.path}, which runs in another cluster: an operator cannot wait for it`;
      problems.push({ where: unit.construct.node.path, message });
    }
  }
  const unitCycle = findCycle([...order.keys()], (unit) => order.get(unit) ?? [])?.map(({ construct }) => construct);
  const constructs = cycle ?? unitCycle;
  if (constructs) problems.push(describe(constructs));
  return order;
}

/** The order without some of the units: what waited for one of them waits for what that one waited for. */
export function without(order: UnitOrder, absent: (unit: DeclaredUnit) => boolean): UnitOrder {
  const known = new Map<DeclaredUnit, ReadonlySet<DeclaredUnit>>();
  const present = (unit: DeclaredUnit): ReadonlySet<DeclaredUnit> => {
    const seen = known.get(unit);
    if (seen) return seen;
    const on = [...(order.get(unit) ?? [])].flatMap((other) => (absent(other) ? [...present(other)] : [other]));
    const result = new Set(on);
    known.set(unit, result);
    return result;
  };
  for (const unit of order.keys()) present(unit);
  return known;
}

/** Length of the longest chain of units that must come before each; none of them is in a cycle. */
export function depths(order: UnitOrder): ReadonlyMap<DeclaredUnit, number> {
  const known = new Map<DeclaredUnit, number>();
  const depth = (unit: DeclaredUnit): number => {
    const seen = known.get(unit);
    if (seen !== undefined) return seen;
    let deepest = 0;
    for (const on of order.get(unit) ?? []) deepest = Math.max(deepest, depth(on) + 1);
    known.set(unit, deepest);
    return deepest;
  };
  for (const unit of order.keys()) depth(unit);
  return known;
}

function sibling(survey: Survey, unit: DeclaredUnit, name: string): DeclaredUnit | undefined {
  return survey.units.find((other) => other.environment === unit.environment && other.application.name === name);
}

function unknown(survey: Survey, unit: DeclaredUnit, on: string | Declaration): string {
  if (typeof on !== 'string') return 'depends on something that is no application of this platform';
  const names = survey.units.filter((other) => other.environment === unit.environment && other !== unit);
  const there = names.map(({ application }) => application.name).join(', ') || 'none';
  return `depends on '${on}', which environment ${unit.environment.name} does not declare; there are: ${there}`;
}

/** The unit that a construct lies in, or the units below it. */
function unitsOf(construct: IConstruct, unitOf: ReadonlyMap<IConstruct, DeclaredUnit>): DeclaredUnit[] {
  const around = construct.node.scopes.map((scope) => unitOf.get(scope)).find((unit) => unit !== undefined);
  if (around) return [around];
  const below = construct.node.findAll().filter((child) => declarationOf(child)?.kind === 'application');
  return below.map((child) => unitOf.get(child)).filter((unit) => unit !== undefined);
}

/**
 * A dependency means: all of the target's objects before any of the source's. In a graph of a `start` and an `end` for
 * each construct that is one edge, where cdk8s draws one for each pair of objects.
 */
function constructCycle(survey: Survey): IConstruct[] | undefined {
  type Node = { readonly construct: IConstruct; readonly end: boolean };
  const nodes = new Map<IConstruct, { start: Node; end: Node }>();
  const of = (construct: IConstruct) => {
    let pair = nodes.get(construct);
    if (!pair) {
      pair = { start: { construct, end: false }, end: { construct, end: true } };
      nodes.set(construct, pair);
    }
    return pair;
  };
  const targets = new Map<IConstruct, IConstruct[]>();
  for (const { source, target } of survey.dependencies) {
    // One of them holds the other: what both have in common cannot wait for itself.
    if (source !== target && (source.node.scopes.includes(target) || target.node.scopes.includes(source))) continue;
    const known = targets.get(source);
    if (known) known.push(target);
    else targets.set(source, [target]);
  }
  const before = ({ construct, end }: Node): Node[] => {
    if (end) return [of(construct).start, ...construct.node.children.map((child) => of(child).end)];
    const scope = construct.node.scope;
    const waits = (targets.get(construct) ?? []).map((target) => of(target).end);
    return scope ? [of(scope).start, ...waits] : waits;
  };
  const cycle = findCycle(
    [...targets.keys()].map((construct) => of(construct).start),
    before,
  );
  return cycle
    ?.map(({ construct }) => construct)
    .filter((construct, i, all) => targets.has(construct) && all.indexOf(construct) === i);
}

function describe(constructs: readonly IConstruct[]): Problem {
  const paths = constructs.map(({ node }) => node.path);
  const round = [...paths, paths[0]].join(' → ');
  return {
    where: paths[0] ?? '',
    message: `dependencies go round in a circle: ${round}; remove one of them`,
    code: 'DEPENDENCY_CYCLE',
  };
}

/** The nodes of a cycle that can be reached from the given ones, if there is one. Deep graphs do not exhaust the stack. */
function findCycle<N>(from: readonly N[], next: (node: N) => Iterable<N>): N[] | undefined {
  const done = new Set<N>();
  for (const start of from) {
    if (done.has(start)) continue;
    const path: N[] = [start];
    const onPath = new Set<N>(path);
    const open = [next(start)[Symbol.iterator]()];
    while (open.length > 0) {
      const step = (open[open.length - 1] as Iterator<N>).next();
      if (step.done) {
        open.pop();
        const node = path.pop() as N;
        onPath.delete(node);
        done.add(node);
      } else if (onPath.has(step.value)) {
        return path.slice(path.indexOf(step.value));
      } else if (!done.has(step.value)) {
        path.push(step.value);
        onPath.add(step.value);
        open.push(next(step.value)[Symbol.iterator]());
      }
    }
  }
  return undefined;
}
