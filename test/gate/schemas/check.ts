import type { Issue } from '../../../src/gate';
import { type SchemaOptions, schemaFamily } from '../../../src/gate/schemas';
import { parseYaml } from '../../../src/yaml/parse';

/** Issues of the objects in a YAML stream. */
export function check(yaml: string, options: SchemaOptions = {}): Issue[] {
  const family = schemaFamily(options);
  const objects = parseYaml(yaml).map((value) => ({ manifest: value as Record<string, unknown>, file: 'x.yaml' }));
  family.prepare?.(objects);
  return objects.flatMap((object) => [...(family.check?.(object, {}) ?? [])]);
}

/** Rules and fields of the issues: `schema/unknown-field spec.replcias`. */
export function found(yaml: string, options: SchemaOptions = {}): string[] {
  return check(yaml, options).map(({ rule, field }) => `${rule} ${field}`);
}
