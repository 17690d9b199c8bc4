import type { Expression } from './expressions';

/** Types of JSON, as bits: several may be allowed. */
export const TYPES = { string: 1, integer: 2, number: 4, boolean: 8, object: 16, array: 32 } as const;
export const ANY_TYPE = 0;

/** Bounds that CustomResourceDefinitions set. */
export interface Limits {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly uniqueItems?: boolean;
}

/** Conditions on a value beside its own schema. */
export interface Conditions {
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly not?: Schema;
}

/** What a value is to be like. One form serves Kubernetes' own types and those of CustomResourceDefinitions. */
export class Schema {
  /** Allowed types, or {@link ANY_TYPE}. */
  types: number = ANY_TYPE;
  /** Fields of an object. @default - it has none, or is a map */
  fields: Map<string, Schema> | undefined;
  /** Fields that must be there. */
  required: readonly string[] = [];
  /** Values of a map. */
  values: Schema | undefined;
  /** Format of a map's keys. */
  keys: string | undefined;
  items: Schema | undefined;
  /** Fields that are not known are kept. */
  isOpen = false;
  /** An object of Kubernetes in itself. */
  isEmbedded = false;
  /** An empty text in a required field is as good as none, as in Go's structs. */
  refusesEmpty = false;
  /** In a list, `null` may stand for an item. Elsewhere servers take it for a field that is not given. */
  isNullable = true;
  /** A field that is not there gets a value. */
  hasDefault = false;
  /** Format of a text or number, as src/gate/schemas/formats.ts knows it. */
  format: string | undefined;
  choices: readonly unknown[] | undefined;
  pattern: Expression | undefined;
  limits: Limits | undefined;
  conditions: Conditions | undefined;
  /** Fills in what is above, when it is first needed. */
  load: ((schema: Schema) => void) | undefined;
  /** Says why a field is not known, if more is known of it: `there since Kubernetes 1.34`. */
  explain: ((field: string) => string | undefined) | undefined;
}

/** The schema, ready to be used. */
export function loaded(schema: Schema): Schema {
  const { load } = schema;
  if (load !== undefined) {
    schema.load = undefined;
    load(schema);
  }
  return schema;
}

export function schemaOf(properties: Partial<Schema>): Schema {
  return Object.assign(new Schema(), properties);
}

/** Takes anything. */
export const ANYTHING: Schema = schemaOf({ isOpen: true });
