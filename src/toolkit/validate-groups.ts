import type { GateGroup, GateObject } from '../gate';
import { layout } from '../model/layout';

/** A file of a unit, in an environment repository. */
const UNIT = /^environments\/([^/]+)\/([^/]+)\/./;

/** The unit that a file of an environment repository belongs to, such as `dev/checkout`. */
export function unitOf(file: string): string | undefined {
  const match = UNIT.exec(file);
  return match ? `${match[1]}/${match[2]}` : undefined;
}

/**
 * Objects that are applied together: those of each unit of an environment repository, as far as the folder is one, and
 * all the rest, which may be spread over its folders in any way.
 */
export function groupsOf(objects: readonly GateObject[]): Pick<GateGroup, 'objects' | 'namespace' | 'ownsNamespace'>[] {
  const records = recordsIn(objects);
  const units = new Map<string, GateObject[]>();
  const rest: GateObject[] = [];
  const named = new Set<string>();
  for (const object of objects) {
    const unit = unitOf(object.file);
    const key = unit !== undefined && records.has(unit) ? unit : undefined;
    const { metadata } = object.manifest as { metadata?: { namespace?: unknown } | null };
    if (typeof metadata?.namespace === 'string') named.add(metadata.namespace);
    if (key === undefined) rest.push(object);
    else {
      const same = units.get(key);
      if (same) same.push(object);
      else units.set(key, [object]);
    }
  }
  const groups = [...units].map(([unit, own]) => {
    const namespace = records.get(unit) ?? '';
    // One that is called after the unit is its own, unless objects of others name it.
    return { objects: own, namespace, ownsNamespace: namespace === unit.replace('/', '-') && !named.has(namespace) };
  });
  return rest.length === 0 ? groups : [...groups, { objects: rest }];
}

/** Namespaces of units, from the release records in the folder. */
function recordsIn(objects: readonly GateObject[]): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (const { manifest, file } of objects) {
    const record = (manifest as { document?: unknown }).document;
    if (typeof record !== 'object' || record === null) continue;
    const { kind, environment, application, namespace } = record as Record<string, unknown>;
    if (kind !== 'Release' || typeof environment !== 'string' || typeof application !== 'string') continue;
    if (file !== layout.release(environment, application) || typeof namespace !== 'string') continue;
    records.set(`${environment}/${application}`, namespace);
  }
  return records;
}
