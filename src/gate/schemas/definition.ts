import { compileExpression } from './expressions';
import { type Conditions, type Limits, loaded, type Schema, schemaOf, TYPES } from './schema';

/** A schema as CustomResourceDefinitions write it. */
export type OpenApiSchema = { readonly [keyword: string]: unknown };

/** Finds a schema within one: the schema itself, or what refers to it. */
export type Resolve = (reference: unknown) => Schema;

const LIMITS: readonly (keyof Limits)[] = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'uniqueItems',
];

/** Formats that API servers check. Others are words for people. */
const CHECKED_FORMATS: ReadonlySet<string> = new Set([
  'int32',
  'byte',
  'date',
  'date-time',
  'duration',
  'ipv4',
  'ipv6',
  'cidr',
  'uuid',
]);

/** A definition's schema in the form that is checked. What it means is what API servers take it for. */
export function compileSchema(source: OpenApiSchema): Schema {
  const resolve: Resolve = (reference) =>
    isSchema(reference) ? schemaOf({ load: (schema) => fill(schema, reference, resolve) }) : schemaOf({ isOpen: true });
  return resolve(source);
}

/** Fills in a schema from its source. */
export function fill(schema: Schema, source: OpenApiSchema, resolve: Resolve): void {
  schema.types = typesOf(source);
  schema.isNullable = source.nullable === true;
  schema.hasDefault = source.default !== undefined;
  schema.isEmbedded = source['x-kubernetes-embedded-resource'] === true;
  schema.isOpen = source['x-kubernetes-preserve-unknown-fields'] === true;
  if (isSchema(source.properties)) {
    schema.fields = new Map(Object.entries(source.properties).map(([name, value]) => [name, resolve(value)]));
  }
  if (isSchema(source.additionalProperties) || typeof source.additionalProperties === 'number') {
    schema.values = resolve(source.additionalProperties);
  } else if (source.additionalProperties === true) schema.isOpen = true;
  if (source.items !== undefined) schema.items = resolve(source.items);
  if (Array.isArray(source.required)) {
    const names = source.required.filter((name) => typeof name === 'string');
    schema.required = names;
  }
  if (Array.isArray(source.enum)) schema.choices = source.enum;
  if (typeof source.pattern === 'string') schema.pattern = compileExpression(source.pattern);
  if (typeof source.format === 'string' && CHECKED_FORMATS.has(source.format)) schema.format = source.format;
  schema.limits = limitsOf(source);
  schema.conditions = conditionsOf(source, resolve);
}

function typesOf(source: OpenApiSchema): number {
  if (source['x-kubernetes-int-or-string'] === true) return TYPES.integer | TYPES.string;
  const type = typeof source.type === 'string' ? TYPES[source.type as keyof typeof TYPES] : undefined;
  if (type === TYPES.number) return TYPES.number | TYPES.integer;
  return type ?? 0;
}

function limitsOf(source: OpenApiSchema): Limits | undefined {
  const found = LIMITS.filter((name) => source[name] !== undefined).map((name) => [name, source[name]]);
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

function conditionsOf(source: OpenApiSchema, resolve: Resolve): Conditions | undefined {
  const list = (value: unknown) => (Array.isArray(value) ? value.map((item) => condition(resolve(item))) : undefined);
  const conditions: Conditions = {
    allOf: list(source.allOf),
    anyOf: list(source.anyOf),
    oneOf: list(source.oneOf),
    not: source.not === undefined ? undefined : condition(resolve(source.not)),
  };
  return Object.values(conditions).some((value) => value !== undefined) ? conditions : undefined;
}

/** A condition speaks of some fields of the object, not of which ones there may be. */
function condition(own: Schema): Schema {
  return schemaOf({
    load: (schema) => {
      const { fields, items, values } = loaded(own);
      Object.assign(schema, own, { isOpen: true, isNullable: true });
      if (fields !== undefined) schema.fields = new Map([...fields].map(([name, field]) => [name, condition(field)]));
      if (items !== undefined) schema.items = condition(items);
      if (values !== undefined) schema.values = condition(values);
    },
  });
}

export function isSchema(value: unknown): value is OpenApiSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
