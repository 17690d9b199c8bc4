/**
 * The order in which people read an object. Only what is named here moves; all else keeps the order it has, and nested
 * maps are left alone.
 */
const OBJECT = ['apiVersion', 'kind', 'metadata', 'type', 'immutable'] as const;
const METADATA = ['name', 'generateName', 'namespace', 'labels', 'annotations'] as const;

/** A Kubernetes object with its fields in the order people expect: what it is, its name, what is wanted, its status last. */
export function orderManifest<T extends object>(manifest: T): T {
  const { status, ...fields } = manifest as Record<string, unknown>;
  const ordered = leadWith(OBJECT, fields);
  const { metadata } = fields;
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)) {
    ordered.metadata = leadWith(METADATA, metadata as Record<string, unknown>);
  }
  if (status !== undefined) ordered.status = status;
  return ordered as T;
}

function leadWith(leading: readonly string[], fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const ordered: Record<string, unknown> = {};
  for (const name of leading) if (fields[name] !== undefined) ordered[name] = fields[name];
  // Names that are there already keep the place they got.
  return Object.assign(ordered, fields);
}
