import { isMap, type JsonMap } from './fingerprint';

/**
 * - `immutable-field`: the cluster refuses the change, so that the object has to be made anew
 * - `access-widened`: somebody may do more than before
 * - `scaled-down`: nothing is left to serve, or less than before
 * - `definition-removed`: custom resources lose their definition, or a version of it
 * - `data-removed`: what holds data, or everything in a namespace, goes
 * - `privileges-raised`: a container gets closer to its node
 * - `image-unpinned`: an image was told by its digest, and is told by a tag, which may lead elsewhere tomorrow
 */
export type DangerRule =
  | 'immutable-field'
  | 'access-widened'
  | 'scaled-down'
  | 'definition-removed'
  | 'data-removed'
  | 'privileges-raised'
  | 'image-unpinned';

/** What a rule finds in one object. */
export interface Finding {
  readonly rule: DangerRule;
  readonly message: string;
}

/** One object before and after; a side that is missing is where it is not. */
export interface ObjectVersions {
  readonly group: string;
  readonly kind: string;
  readonly before?: JsonMap;
  readonly after?: JsonMap;
}

/** A member that is a map; an empty one when it is anything else. */
export function mapAt(map: JsonMap, ...path: readonly string[]): JsonMap {
  let value: unknown = map;
  for (const key of path) value = isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return isMap(value) ? value : {};
}

/** A member that is a list; an empty one when it is anything else. */
export function listAt(map: JsonMap, key: string): readonly unknown[] {
  const value = Object.hasOwn(map, key) ? map[key] : undefined;
  return Array.isArray(value) ? value : [];
}
