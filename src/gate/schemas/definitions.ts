import { GitOpsError } from '../../errors';
import { parseYaml } from '../../yaml/parse';
import { compileSchema, isSchema } from './definition';
import { ANYTHING, type Schema } from './schema';

/** A version of a kind that a CustomResourceDefinition defines. */
export interface DefinedKind {
  readonly apiVersion: string;
  readonly kind: string;
  /** @default - the version is not served */
  readonly schema: Schema | undefined;
  readonly isDeprecated: boolean;
}

/** Whether it is a CustomResourceDefinition. */
export function isDefinition(manifest: { readonly [field: string]: unknown }): boolean {
  return manifest.kind === 'CustomResourceDefinition' && manifest.apiVersion === 'apiextensions.k8s.io/v1';
}

/** What a definition defines. Parts that make no sense are left out: they are issues of the definition itself. */
export function kindsOf(manifest: { readonly [field: string]: unknown }): DefinedKind[] {
  const { spec } = manifest;
  if (!isSchema(spec) || !isSchema(spec.names) || !Array.isArray(spec.versions)) return [];
  const { group, names, versions } = spec;
  const { kind } = names;
  if (typeof group !== 'string' || typeof kind !== 'string') return [];
  return versions
    .filter((version) => isSchema(version) && typeof version.name === 'string')
    .map((version) => ({
      apiVersion: `${group}/${version.name}`,
      kind,
      schema: version.served === false ? undefined : rootOf(version.schema),
      isDeprecated: version.deprecated === true,
    }));
}

function rootOf(schema: unknown): Schema {
  const source = isSchema(schema) ? schema.openAPIV3Schema : undefined;
  return isSchema(source) ? compileSchema(source) : ANYTHING;
}

/**
 * The CustomResourceDefinitions in the text of a file, which may hold other objects too.
 * @param file as messages are to name it
 * @throws GitOpsError DEFINITION_INVALID when it cannot be read, or holds none
 */
export function readDefinitions(text: string, file: string): { readonly [field: string]: unknown }[] {
  let documents: unknown[];
  try {
    documents = parseYaml(text);
  } catch (cause) {
    throw new GitOpsError('DEFINITION_INVALID', `${file} cannot be read as YAML or JSON`, { cause });
  }
  const objects = documents.flatMap((document) =>
    isSchema(document) && Array.isArray(document.items) ? document.items : [document],
  );
  const found = objects.filter((object) => isSchema(object) && isDefinition(object) && kindsOf(object).length > 0);
  if (found.length > 0) return found;
  throw new GitOpsError('DEFINITION_INVALID', `${file} holds no CustomResourceDefinition of apiextensions.k8s.io/v1`);
}
