import { apiGroup } from '../model/manifest';
import { type NeededSecret, secretReferralsOf } from '../model/needed-secrets';
import type { RenderedObject } from './render';
import { namespaceOf } from './units';
import type { DeclaredUnit } from './walk';

/** Kinds that a Secret of the same name comes of, with their groups. */
const BRINGING: Readonly<Record<string, string>> = {
  Secret: '',
  SealedSecret: 'bitnami.com',
  ExternalSecret: 'external-secrets.io',
};

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
      if (BRINGING[manifest.kind] !== apiGroup(manifest.apiVersion)) continue;
      const target = (manifest as { spec?: { target?: { name?: unknown } } }).spec?.target?.name;
      const name = typeof target === 'string' ? target : manifest.metadata.name;
      known.delete(`${manifest.metadata.namespace ?? namespaceOf(unit)}/${name}`);
    }
  }
  const lists = [...needed].map(([cluster, known]) => {
    const sorted = [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, need]) => need);
    return [cluster, sorted] as const;
  });
  return Object.fromEntries(lists.filter(([, list]) => list.length > 0).sort(([a], [b]) => (a < b ? -1 : 1)));
}
