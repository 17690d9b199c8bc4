import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { apiGroup, type Manifest } from '../../src/model/manifest';
import { parseYaml } from '../../src/yaml/parse';

/**
 * Objects against the schemas of the operators' own definitions. They are not part of the project: the variable
 * CDK8S_GITOPS_SHARED, or a folder `shared` beside the repository, says where they are.
 */

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  readonly 'x-kubernetes-int-or-string'?: boolean;
}

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

const DATA = join(process.env.CDK8S_GITOPS_SHARED ?? resolve(__dirname, '../../../shared'), 'data');

/** On a build server they have to be there: a test that checks nothing must not pass. */
export const haveDefinitions = existsSync(DATA) || process.env.CI === 'true';

function definitions(): Map<string, Schema> {
  expect(existsSync(DATA), `upstream definitions at ${DATA}: set CDK8S_GITOPS_SHARED`).toBe(true);
  const flux = join(DATA, 'flux/crds');
  const files = [
    join(DATA, 'argo-cd/application-crd.yaml'),
    join(DATA, 'argo-cd/appproject-crd.yaml'),
    ...readdirSync(flux).map((name) => join(flux, name)),
  ];
  const found = new Map<string, Schema>();
  for (const file of files) {
    for (const { spec } of parseYaml(readFileSync(file, 'utf8')) as Definition[]) {
      for (const { name, schema } of spec.versions) {
        found.set(`${spec.group}/${name}/${spec.names.kind}`, schema.openAPIV3Schema);
      }
    }
  }
  return found;
}

let known: Map<string, Schema> | undefined;

/** Expects an operator's object to be what its definition says, with no field that it does not know. */
export function expectDefined(manifest: Manifest): void {
  known ??= definitions();
  const schema = known.get(`${manifest.apiVersion}/${manifest.kind}`);
  expect(
    schema,
    `definition of ${manifest.apiVersion} ${manifest.kind} (${apiGroup(manifest.apiVersion)})`,
  ).toBeDefined();
  const { metadata: _, ...rest } = manifest;
  expect(
    violations(rest, { ...schema, required: schema?.required?.filter((field) => field !== 'metadata') }, ''),
  ).toEqual([]);
}

export function violations(value: unknown, schema: Schema, at: string): string[] {
  if (schema['x-kubernetes-int-or-string']) return ['string', 'number'].includes(typeof value) ? [] : [`${at}: type`];
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
  const wanted = schema.type === 'integer' ? 'number' : schema.type;
  if (wanted !== undefined && wanted !== type) return [`${at}: ${type}, not ${schema.type}`];
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${value} is none of ${schema.enum}`];
  if (typeof value === 'string') {
    const { pattern, maxLength = Number.POSITIVE_INFINITY, minLength = 0 } = schema;
    if (pattern && !new RegExp(pattern).test(value)) return [`${at}: ${value} does not match ${pattern}`];
    return value.length < minLength || value.length > maxLength ? [`${at}: length of ${value}`] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, n) => violations(item, schema.items ?? {}, `${at}[${n}]`));
  if (typeof value !== 'object' || value === null) return [];
  const missing = (schema.required ?? [])
    .filter((field) => !(field in value))
    .map((field) => `${at}.${field}: missing`);
  return [
    ...missing,
    ...Object.entries(value).flatMap(([field, inner]) => {
      const own = schema.properties?.[field] ?? schema.additionalProperties;
      if (typeof own === 'object') return violations(inner, own, `${at}.${field}`);
      return own === true || schema['x-kubernetes-preserve-unknown-fields'] ? [] : [`${at}.${field}: unknown`];
    }),
  ];
}
