import { parseAllDocuments } from 'yaml';

/** Compiles CustomResourceDefinitions into one table; its form is explained in src/gate/schemas/bundled.ts. */

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly deprecated?: boolean;
  readonly schema?: { readonly openAPIV3Schema?: JsonObject };
}

interface Definition {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly Version[];
  };
}

/** What is for people, or for merging, or for API servers alone. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'description',
  'example',
  'title',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
]);

/** @param texts YAML streams */
export function compileDefinitions(texts: readonly string[]): string {
  const lines: string[] = [];
  const known = new Map<string, number>();
  const intern = (schema: JsonObject): number => {
    const text = JSON.stringify(compact(schema, intern));
    const at = known.get(text) ?? lines.push(text) - 1;
    known.set(text, at);
    return at;
  };
  const kinds: string[] = [];
  for (const { spec } of texts.flatMap(definitionsOf)) {
    for (const { name, served, deprecated, schema } of spec.versions) {
      const root = served ? String(intern(withoutTop(schema?.openAPIV3Schema ?? {}))) : '-';
      kinds.push(`:${spec.group}/${name} ${spec.names.kind} ${root}${deprecated ? ' deprecated' : ''}`);
    }
  }
  return [...lines, ...kinds].join('\n');
}

function definitionsOf(text: string): Definition[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Definition | null)
    .filter((value): value is Definition => value?.kind === 'CustomResourceDefinition');
}

/** What every object has is checked as for every object. */
function withoutTop(schema: JsonObject): JsonObject {
  const { apiVersion: _, kind: __, metadata: ___, ...properties } = schema.properties as JsonObject;
  return { ...schema, properties };
}

function compact(schema: JsonObject, intern: (schema: JsonObject) => number): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(schema)) {
    if (LEFT_OUT.has(key)) continue;
    if (key === 'properties') kept[key] = mapValues(value as JsonObject, (item) => intern(item as JsonObject));
    else if (key === 'items' || key === 'not' || (key === 'additionalProperties' && typeof value === 'object')) {
      kept[key] = intern(value as JsonObject);
    } else if (key === 'oneOf' || key === 'anyOf' || key === 'allOf') {
      kept[key] = (value as JsonObject[]).map(intern);
    } else if (key === 'default') {
      // That there is one matters: the field need not be given.
      kept[key] = 0;
    } else kept[key] = value;
  }
  return kept;
}

function mapValues(object: JsonObject, map: (value: Json) => Json): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}
