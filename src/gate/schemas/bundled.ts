import argoCd from './data/argo-cd';
import externalSecrets from './data/external-secrets';
import flux from './data/flux';
import sealedSecrets from './data/sealed-secrets';
import { fill, isSchema, type OpenApiSchema, type Resolve } from './definition';
import type { DefinedKind } from './definitions';
import { ANYTHING, type Schema, schemaOf } from './schema';

/**
 * Definitions that are built in, as texts: a schema in each line, as definitions write them but with the numbers of lines
 * instead of schemas in them, and no descriptions; then `:group/version Kind <line>`, `-` when the version is not served.
 */
export const bundledTexts: readonly string[] = [argoCd, flux, externalSecrets, sealedSecrets];

let kinds: ReadonlyMap<string, DefinedKind> | undefined;

/** Kinds by `apiVersion Kind`. */
export function bundledKinds(): ReadonlyMap<string, DefinedKind> {
  kinds ??= new Map(bundledTexts.flatMap((table) => [...kindsOf(table)]));
  return kinds;
}

function* kindsOf(table: string): Generator<[string, DefinedKind]> {
  const lines = table.split('\n');
  const schemas: (Schema | undefined)[] = [];
  const resolve: Resolve = (reference) => {
    if (typeof reference !== 'number') return ANYTHING;
    const schema = schemas[reference] ?? schemaOf({ load: (own) => fill(own, sourceOf(lines[reference]), resolve) });
    schemas[reference] = schema;
    return schema;
  };
  for (const line of lines) {
    if (!line.startsWith(':')) continue;
    const [apiVersion = '', kind = '', root = '', deprecated] = line.slice(1).split(' ');
    const schema = root === '-' ? undefined : resolve(Number(root));
    yield [`${apiVersion} ${kind}`, { apiVersion, kind, schema, isDeprecated: deprecated !== undefined }];
  }
}

function sourceOf(line: string | undefined): OpenApiSchema {
  const source: unknown = JSON.parse(line ?? '{}');
  return isSchema(source) ? source : {};
}
