import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { expect } from 'vitest';
import { parseYaml } from '../../../src/yaml/parse';
import { ARGO_CD_DEFINITIONS } from '../../helpers/shared-data';
import type { AnyObject } from './objects';

/** Objects against the definitions that External Secrets releases, with ajv, which knows nothing of this project. */

export const EXTERNAL_SECRETS_DEFINITIONS = join(ARGO_CD_DEFINITIONS, '../external-secrets/crds.yaml');

/** Why tests that need the definitions are to be skipped, if they are; in CI that is a failure. */
export function missingDefinitions(): string | undefined {
  if (existsSync(EXTERNAL_SECRETS_DEFINITIONS)) return undefined;
  const reason = `${EXTERNAL_SECRETS_DEFINITIONS} is not there: set CDK8S_GITOPS_SHARED`;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

type Schema = { [keyword: string]: unknown };

interface Definition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

/** Objects of known fields take no others; an agent that applies on the server's side would be refused. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => {
    if (key === 'format' || key === 'description') return typeof inner !== 'string';
    return !key.startsWith('x-kubernetes-');
  });
  const schema: Schema = Object.fromEntries(
    kept.map(([key, inner]) => [key, key === 'default' ? inner : strict(inner)]),
  );
  const closed = typeof schema.properties === 'object' && !('x-kubernetes-preserve-unknown-fields' in value);
  return closed && typeof schema.type === 'string' && schema.additionalProperties === undefined
    ? { ...schema, additionalProperties: false }
    : schema;
}

let validators: Map<string, { plain: ValidateFunction; defaulting: ValidateFunction }> | undefined;

function load() {
  const [plain, defaulting] = [
    new Ajv({ strict: false, allErrors: true }),
    new Ajv({ strict: false, useDefaults: true }),
  ];
  const found: NonNullable<typeof validators> = new Map();
  for (const { spec } of parseYaml(readFileSync(EXTERNAL_SECRETS_DEFINITIONS, 'utf8')) as Definition[]) {
    for (const { name, schema } of spec.versions) {
      if (!['ExternalSecret', 'SecretStore', 'ClusterSecretStore'].includes(spec.names.kind) || name !== 'v1') continue;
      const closed = strict(schema.openAPIV3Schema) as Schema & { properties: Schema };
      // The API server has a schema of its own for metadata.
      closed.properties.metadata = { type: 'object' };
      found.set(`${spec.group}/${name}/${spec.names.kind}`, {
        plain: plain.compile(closed),
        defaulting: defaulting.compile(closed),
      });
    }
  }
  return found;
}

/** What the definition has against the object. */
export function violations(object: AnyObject): string[] {
  validators ??= load();
  const validator = validators.get(`${object.apiVersion}/${object.kind}`);
  if (!validator) return [`there is no definition of ${object.apiVersion} ${object.kind}`];
  if (validator.plain(object)) return [];
  return (validator.plain.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, JSON.stringify(params)].join(' '),
  );
}

/** Expects an object as the API server would take and keep it: valid, and with every default already there. */
export function expectDefined(object: AnyObject): void {
  expect(violations(object), `${object.kind} ${object.metadata.name}`).toEqual([]);
  const stored = structuredClone(object);
  validators?.get(`${object.apiVersion}/${object.kind}`)?.defaulting(stored);
  expect(stored, 'defaults that the API server would add').toEqual(object);
}
