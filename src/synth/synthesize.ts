import type { IConstruct } from 'constructs';
import { GitOpsError, type Problem } from '../errors';
import { refusal } from '../gate/codes';
import {
  type ClusterDeclaration,
  declarationOf,
  type EnvironmentDeclaration,
  operatorsOf,
  type PlatformDeclaration,
} from '../model/declaration';
import { DEFAULT_MAX_DELETIONS, Delivery } from '../model/delivery';
import { layout } from '../model/layout';
import { apiGroup } from '../model/manifest';
import { isClusterScoped } from '../model/scopes';
import { DECRYPTION_SECRET } from '../model/secret-declaration';
import { type DesiredTree, type Section, sectionName } from '../model/section';
import type { OperatorStart, SecretNeed } from '../model/start';
import type { GroupKind, OperatedCluster, Operator } from '../operators/operator';
import { checkModel } from './check';
import { checkConflicts, sharedNamespaces } from './conflicts';
import { depths, orderUnits, without } from './dependencies';
import { manifestFiles } from './files';
import { SynthesisGate } from './gate';
import { inspect } from './inspection';
import { neededSecrets } from './needed-secrets';
import { originOf } from './origin';
import { clusterSection, type EnvironmentNeeds, environmentSection } from './places';
import { PinnedReleases } from './release/pinned';
import { declaredObjects, type RenderedObject, renderObjects } from './render';
import { checkSecretOwners } from './secret-owners';
import { namespaceOf, ownerOf, unitSection } from './units';
import { openVerdicts } from './verdicts';
import { type DeclaredUnit, type Survey, survey } from './walk';

export interface SynthesizeOptions {
  /**
   * What the gate refuses is among the tree's issues, and nothing is thrown for it. Such a tree is never to be written.
   *
   * @default false
   */
  readonly reportIssues?: boolean;
}

/**
 * Renders what the platform declares, as far as the running source owns it. Takes time linear in the number of objects,
 * and gives the same bytes for the same declarations, in whatever order they were made.
 *
 * @throws GitOpsError with every problem found: MODEL_INVALID, or PATH_COLLISION, DEPENDENCY_CYCLE or
 *   YAML_UNREPRESENTABLE when all of them are of that kind; then with everything that the gate refuses, likewise
 */
export function synthesize(platform: IConstruct, options: SynthesizeOptions = {}): DesiredTree {
  const declaration = declarationOf(platform);
  if (declaration?.kind !== 'platform') {
    throw new GitOpsError('MODEL_INVALID', `${platform.node.path || 'the construct'} is not a Platform`);
  }
  const source = sourceOf(declaration);
  if (inspect(platform, { platform: declaration.name, source })) {
    return { platform: declaration.name, source, repository: declaration.repository, sections: [] };
  }
  const found = survey(platform, declaration);
  const problems = [...found.problems, ...checkModel(found, source)];
  const declared = orderUnits(found, problems);
  const mine = (unit: DeclaredUnit) => (unit.application.source ?? source) === source;
  const objects = new Map<DeclaredUnit, RenderedObject[]>();
  // What a construct says to be wrong with itself, its rendering would only say again.
  const invalid = new Set(found.problems.map(({ where }) => where));
  for (const unit of found.units) {
    const isSound = ({ node }: IConstruct) => !node.scopes.some((scope) => invalid.has(scope.node.path));
    const sound = invalid.size > 0 ? unit.objects.filter(isSound) : unit.objects;
    objects.set(unit, mine(unit) ? renderObjects(sound, problems) : declaredObjects(sound));
  }
  if (problems.length > 0) {
    // What follows relies on the model being sound. Objects that cannot be written are told of before that.
    for (const unit of found.units.filter(mine)) {
      const folder = layout.unitFolder(unit.environment.name, unit.application.name);
      manifestFiles(folder, objects.get(unit) ?? [], problems);
    }
    fail(problems);
  }
  checkConflicts(found, objects, problems);
  checkSecretOwners(found.units, objects, problems);

  // git knows no empty folders: an application that renders nothing is not there, and nothing can wait for it.
  const order = without(declared, (unit) => objects.get(unit)?.length === 0);
  const depth = depths(order);
  const starts: Record<string, OperatorStart> = {};
  let count = 0;
  for (const rendered of objects.values()) count += rendered.length;
  const verdicts = openVerdicts(count);
  const gate = new SynthesisGate(declaration.gate, verdicts);
  const shared = sharedNamespaces(found, objects);
  const sections: Section[] = placeSections(found, source, { objects, starts, gate }, problems);
  for (const unit of found.units) {
    const rendered = objects.get(unit) ?? [];
    if (!mine(unit) || rendered.length === 0) continue;
    const operator = operatorOf(unit.environment);
    const { repository } = declaration;
    const place = {
      platform: declaration.name,
      unit,
      source,
      operator,
      repository,
      order,
      depth: depth.get(unit) ?? 0,
    };
    const namespace = `${unit.environment.cluster.name}/${namespaceOf(unit)}`;
    const ownsNamespace = unit.application.namespace === undefined && !shared.has(namespace);
    sections.push(unitSection({ ...place, objects: rendered, gate, ownsNamespace }, problems));
  }
  fail(problems);
  const issues = gate.result(problems);
  fail(problems);
  verdicts?.save();
  const refused = options.reportIssues === true ? undefined : refusal(issues);
  if (refused) throw refused;
  sections.sort((a, b) => (sectionName(a.owner) < sectionName(b.owner) ? -1 : 1));
  const needed = neededSecrets(found.units, objects, mine);
  const empty = found.units.filter((unit) => mine(unit) && objects.get(unit)?.length === 0).map(ownerOf);
  return {
    platform: declaration.name,
    source,
    repository: declaration.repository,
    ...rulesOf(found),
    sections,
    ...(issues.length === 0 ? {} : { issues }),
    ...(empty.length === 0 ? {} : { empty }),
    ...(Object.keys(starts).length === 0 ? {} : { starts: Object.fromEntries(Object.entries(starts).sort()) }),
    ...(Object.keys(needed).length === 0 ? {} : { neededSecrets: needed }),
  };
}

/** What the program says of how changes are delivered, of places of other sources too. */
function rulesOf(found: Survey): Required<Pick<DesiredTree, 'environments' | 'clusters'>> {
  const environments = [...found.environments.keys()].map(({ name, delivery, maxDeletions }) => {
    const limits = { ...DEFAULT_MAX_DELETIONS, ...withoutUndefined(maxDeletions) };
    return [name, { delivery: delivery ?? Delivery.direct(), maxDeletions: limits }] as const;
  });
  const clusters = [...found.clusters.keys()].map(
    ({ name, delivery }) => [name, { delivery: delivery ?? Delivery.direct() }] as const,
  );
  return { environments: Object.fromEntries(environments), clusters: Object.fromEntries(clusters) };
}

function withoutUndefined<T extends object>(values: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Id of the running source repository: as declared, else from git, else the platform's own name. */
function sourceOf({ source, name }: PlatformDeclaration): string {
  return source ?? originOf(process.cwd()) ?? name;
}

function fail(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  throw GitOpsError.ofModel(`the platform cannot be synthesized: ${count}`, problems);
}

function operatorOf(environment: EnvironmentDeclaration): Operator {
  // `checkModel` has made sure of it.
  return (operatorsOf(environment.cluster)[0] as { operator: Operator }).operator;
}

interface PlacesInput {
  readonly objects: ReadonlyMap<DeclaredUnit, readonly RenderedObject[]>;
  readonly starts: Record<string, OperatorStart>;
  readonly gate: SynthesisGate;
}

function placeSections(
  found: Survey,
  source: string,
  { objects, starts, gate }: PlacesInput,
  problems: Problem[],
): Section[] {
  const sections: Section[] = [];
  const releases = new PinnedReleases();
  for (const [cluster, path] of found.clusters) {
    const operator = operatorsOf(cluster)[0]?.operator;
    if ((cluster.source ?? source) !== source) continue;
    if (!operator) {
      problems.push({
        where: path,
        message: 'the cluster has no operator: add `new ArgoCd(cluster)` or `new Flux(cluster)`',
      });
      continue;
    }
    const input = {
      platform: found.platform,
      source,
      operator,
      path,
      releases,
      gate,
      operated: operatedBy(cluster, found),
    };
    const { section, start } = clusterSection(cluster, input, problems);
    sections.push(section);
    if (start) starts[cluster.name] = { ...start, secrets: [...start.secrets, ...keysOf(operator, cluster, found)] };
  }
  const unitsOf = new Map<EnvironmentDeclaration, DeclaredUnit[]>();
  for (const unit of found.units) {
    const known = unitsOf.get(unit.environment);
    if (known) known.push(unit);
    else unitsOf.set(unit.environment, [unit]);
  }
  for (const [environment, path] of found.environments) {
    if ((environment.source ?? source) !== source) continue;
    const units = unitsOf.get(environment) ?? [];
    const needs = needsOf(environment, units, objects);
    const input = { platform: found.platform, source, operator: operatorOf(environment), path, gate };
    sections.push(environmentSection(environment, needs, input, problems));
  }
  return sections;
}

/** Clusters that have no operator of their own, and are looked after from this one. */
function operatedBy(hub: ClusterDeclaration, { clusters }: Survey): OperatedCluster[] {
  return [...clusters.keys()]
    .filter((cluster) => cluster.operatedBy === hub)
    .map(({ name, connection = { secret: `cluster-${name}` } }) => ({
      cluster: name,
      path: layout.clusterFolder(name),
      connection,
    }))
    .sort((a, b) => (a.cluster < b.cluster ? -1 : 1));
}

/** Where the operator decrypts by itself: the keys of the environments that it looks after. */
function keysOf({ encryption }: Operator, cluster: ClusterDeclaration, { environments }: Survey): SecretNeed[] {
  const names = new Map<string, string[]>();
  for (const { name, sops, cluster: at } of environments.keys()) {
    if (encryption !== 'sops' || sops === undefined || (at.operatedBy ?? at) !== cluster) continue;
    const secret = sops.decryptionSecret ?? DECRYPTION_SECRET;
    names.set(secret, [...(names.get(secret) ?? []), name]);
  }
  return [...names].map(([name, those]) => ({
    name,
    keys: ['age.agekey'],
    purpose: `to decrypt Secrets of ${those.sort().join(', ')}`,
  }));
}

function needsOf(
  environment: EnvironmentDeclaration,
  units: readonly DeclaredUnit[],
  objects: ReadonlyMap<DeclaredUnit, readonly RenderedObject[]>,
): EnvironmentNeeds {
  const namespaces = new Set([`${environment.name}-*`, ...environment.namespaces]);
  const kinds = new Map<string, GroupKind>();
  for (const unit of units) {
    if (unit.application.namespace !== undefined) namespaces.add(unit.application.namespace);
    for (const { manifest } of objects.get(unit) ?? []) {
      if (isClusterScoped(manifest)) {
        const kind = { group: apiGroup(manifest.apiVersion), kind: manifest.kind };
        kinds.set(`${kind.group}/${kind.kind}`, kind);
      } else if (manifest.metadata.namespace !== undefined) namespaces.add(manifest.metadata.namespace);
    }
  }
  const sorted = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
  return { namespaces: [...namespaces].sort(), clusterKinds: sorted };
}
