import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { expect } from 'vitest';
import type { Manifest } from '../../../src/model/manifest';
import { parseYaml } from '../../../src/yaml/parse';
import { ARGO_CD_DEFINITIONS, FLUX_DEFINITIONS } from '../../helpers/shared-data';

/** Operators' objects against the schemas of upstream's definitions. Fields that a definition does not know are errors. */

type Schema = Record<string, unknown>;

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** What Kubernetes means by it: objects are closed unless they say otherwise. */
function closed(schema: Schema): Schema {
  if (schema['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] };
  const open =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema['x-kubernetes-embedded-resource'] === true;
  const result: Schema = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key.startsWith('x-kubernetes-') || ['description', 'format', 'default', 'nullable', 'example'].includes(key))
      continue;
    if (key === 'properties') {
      const properties = Object.entries(value as Record<string, Schema>);
      result.properties = Object.fromEntries(properties.map(([name, inner]) => [name, closed(inner)]));
    } else if (key === 'items' || (key === 'additionalProperties' && typeof value === 'object')) {
      result[key] = closed(value as Schema);
    } else result[key] = value;
  }
  if (result.properties !== undefined && result.additionalProperties === undefined && !open) {
    result.additionalProperties = false;
  }
  return result;
}

function compile(): Map<string, ValidateFunction> {
  const ajv = new Ajv({ strict: false, allErrors: true });
  const files = [
    ...['application-crd.yaml', 'appproject-crd.yaml'].map((name) => join(ARGO_CD_DEFINITIONS, name)),
    ...readdirSync(FLUX_DEFINITIONS).map((name) => join(FLUX_DEFINITIONS, name)),
  ];
  const validators = new Map<string, ValidateFunction>();
  for (const file of files) {
    for (const { spec } of parseYaml(readFileSync(file, 'utf8')) as Definition[]) {
      for (const { name, schema } of spec.versions) {
        const root = closed(schema.openAPIV3Schema) as { properties: Record<string, Schema> };
        root.properties.metadata = { type: 'object' };
        validators.set(`${spec.group}/${name}/${spec.names.kind}`, ajv.compile(root));
      }
    }
  }
  return validators;
}

let validators: Map<string, ValidateFunction> | undefined;

/** Groups whose objects have to be known here. flux-operator's definitions are not: they are under another licence. */
const GROUPS = /^(argoproj\.io|[a-z]+\.toolkit\.fluxcd\.io)\//;

/**
 * Expects every object of the operators' own kinds to be what its definition says.
 * @returns how many were checked
 */
export function expectKnown(objects: readonly Manifest[]): number {
  validators ??= compile();
  const own = objects.filter(({ apiVersion }) => GROUPS.test(apiVersion));
  for (const object of own) {
    const validate = validators.get(`${object.apiVersion}/${object.kind}`);
    expect(validate, `definition of ${object.apiVersion} ${object.kind}`).toBeDefined();
    validate?.(object);
    expect({ object: `${object.kind} ${object.metadata.name}`, errors: validate?.errors ?? [] }).toEqual({
      object: `${object.kind} ${object.metadata.name}`,
      errors: [],
    });
  }
  return own.length;
}
