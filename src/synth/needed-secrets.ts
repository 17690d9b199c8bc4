import { type NeededSecret, secretReferralsOf } from '../model/needed-secrets';
import type { RenderedObject } from './render';
import { secretOf } from './secret-owners';
import { namespaceOf } from './units';
import type { DeclaredUnit } from './walk';

/** Secrets that units of ours refer to and nothing here brings, by cluster. Clusters that need none are left out. */
export function neededSecrets(
  units: readonly DeclaredUnit[],
  objects: ReadonlyMap<DeclaredUnit, readonly RenderedObject[]>,
  mine: (unit: DeclaredUnit) => boolean,
): Record<string, readonly NeededSecret[]> {
  const needed = new Map<string, Map<string, NeededSecret>>();
  for (const unit of units.filter(mine)) {
    for (const { namespace = namespaceOf(unit), name, keys, path } of secretReferralsOf(unit.construct)) {
      const cluster = unit.environment.cluster.name;
      const known = needed.get(cluster) ?? new Map<string, NeededSecret>();
      const id = `${namespace}/${name}`;
      const earlier = known.get(id);
      const union = (a: readonly string[] = [], b: readonly string[]) => [...new Set([...a, ...b])].sort();
      const neededBy = union(earlier?.neededBy, [path]);
      known.set(id, { namespace, name, keys: union(earlier?.keys, keys), neededBy });
      needed.set(cluster, known);
    }
  }
  if (needed.size === 0) return {};
  for (const unit of units) {
    const known = needed.get(unit.environment.cluster.name);
    if (!known) continue;
    for (const { manifest } of objects.get(unit) ?? []) {
      const name = secretOf(manifest);
      if (name !== undefined) known.delete(`${manifest.metadata.namespace ?? namespaceOf(unit)}/${name}`);
    }
  }
  const lists = [...needed].map(([cluster, known]) => {
    const sorted = [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, need]) => need);
    return [cluster, sorted] as const;
  });
  return Object.fromEntries(lists.filter(([, list]) => list.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}
