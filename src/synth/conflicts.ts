import type { Problem } from '../errors';
import { apiGroup } from '../model/manifest';
import { isClusterScoped } from '../model/scopes';
import type { RenderedObject } from './render';
import { inheritsNamespace, namespaceOf } from './units';
import type { DeclaredUnit, Survey } from './walk';

type Objects = ReadonlyMap<DeclaredUnit, readonly RenderedObject[]>;

/** Two units must not both apply an object: their operator would let them overwrite each other for ever. */
export function checkConflicts(found: Survey, objects: Objects, problems: Problem[]): void {
  checkOwnNamespaces(found, problems);
  const shared = sharedNamespaces(found, objects);
  const appliedBy = new Map<string, { unit: DeclaredUnit; path: string }>();
  for (const unit of found.units) {
    const cluster = unit.environment.cluster.name;
    const own = namespaceOf(unit);
    const alone = !shared.has(`${cluster}/${own}`);
    for (const { manifest, path } of objects.get(unit) ?? []) {
      const clusterScoped = isClusterScoped(manifest);
      // Nobody else reaches into a namespace that only its unit knows of.
      if (alone && !clusterScoped && manifest.metadata.namespace === undefined) continue;
      const namespace = clusterScoped ? '' : (manifest.metadata.namespace ?? own);
      const key = `${cluster}/${apiGroup(manifest.apiVersion)}/${manifest.kind}/${namespace}/${manifest.metadata.name}`;
      const earlier = appliedBy.get(key);
      if (!earlier) appliedBy.set(key, { unit, path });
      else if (earlier.unit !== unit) {
        const message = `${manifest.kind} ${manifest.metadata.name} is applied to cluster '${cluster}' by ${earlier.path} too: rename it, or use another namespace`;
        problems.push({ where: path, message });
      }
    }
  }
}

function checkOwnNamespaces({ units }: Survey, problems: Problem[]): void {
  const owners = new Map<string, DeclaredUnit>();
  for (const unit of units) {
    if (unit.application.namespace !== undefined && !inheritsNamespace(unit)) continue;
    const namespace = namespaceOf(unit);
    const key = `${unit.environment.cluster.name}/${namespace}`;
    const earlier = owners.get(key);
    if (earlier) {
      const message = `its namespace '${namespace}' is also that of ${earlier.construct.node.path}: pass \`namespace\` to one of them`;
      problems.push({ where: unit.construct.node.path, message });
    } else owners.set(key, unit);
  }
}

/** Namespaces that a unit or an object names, after the cluster they are in. */
export function sharedNamespaces({ units }: Survey, objects: Objects): ReadonlySet<string> {
  const shared = new Set<string>();
  for (const unit of units) {
    const cluster = unit.environment.cluster.name;
    if (unit.application.namespace !== undefined) shared.add(`${cluster}/${unit.application.namespace}`);
    for (const { manifest } of objects.get(unit) ?? []) {
      const { namespace } = manifest.metadata;
      if (namespace !== undefined) shared.add(`${cluster}/${namespace}`);
    }
  }
  return shared;
}
