import type { GateObject, Issue } from '../gate';
import { parseYaml } from '../yaml/parse';

/** What is written like objects and never applied: records of ours, what kustomize and skaffold read. */
const NO_OBJECTS = /^(?:cdk8s-gitops|kustomize\.config\.k8s\.io|skaffold)\//;

/** What is in a file, and why it cannot be read, if so. */
export interface Documents {
  readonly found: readonly GateObject[];
  readonly problem?: Issue;
}

/**
 * The objects of a file, with lists taken apart. Documents that are no objects are data, and so is the whole text of a
 * file that cannot be read: it is looked through for secrets all the same.
 */
export function objectsOf(text: string, file: string): Documents {
  const isJson = /\.json$/i.test(file);
  try {
    const documents = isJson ? jsonOf(text) : parseYaml(text);
    return { found: documents.flatMap((document) => itemsOf(document, file)) };
  } catch (error) {
    // Other tools' files may hold comments: they are no manifests then, and no one will apply them.
    const isManifest = !isJson || /"kind"\s*:/.test(text);
    return { found: [{ manifest: { text }, file }], problem: problemOf(file, error, isManifest) };
  }
}

/** JSON, or else YAML, of which it is a part: so that messages have a line. */
function jsonOf(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    return value === null ? [] : [value];
  } catch {
    return parseYaml(text);
  }
}

function itemsOf(document: unknown, file: string): GateObject[] {
  if (Array.isArray(document)) return document.flatMap((item) => itemsOf(item, file));
  if (typeof document !== 'object' || document === null) return [{ manifest: { value: document }, file }];
  const { kind, apiVersion, items } = document as Record<string, unknown>;
  if (typeof apiVersion === 'string' && NO_OBJECTS.test(apiVersion)) return [{ manifest: { document }, file }];
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) {
    return [{ manifest: document as GateObject['manifest'], file }];
  }
  // Items of a list of one kind, like a `SecretList`, may leave out what they are.
  const own = kind === 'List' ? {} : { apiVersion, kind: kind.slice(0, -'List'.length) };
  return items.flatMap((item) =>
    itemsOf(typeof item === 'object' && item !== null && !Array.isArray(item) ? { ...own, ...item } : item, file),
  );
}

function problemOf(file: string, error: unknown, isManifest: boolean): Issue {
  // The position alone: what stands there may be a secret.
  const position = /^line \d+, column \d+/.exec(error instanceof Error ? error.message : '')?.[0];
  return {
    rule: 'schema/unreadable',
    severity: isManifest ? 'error' : 'warning',
    file,
    field: position ?? '',
    message: 'cannot be read as Kubernetes would read it',
    remedy: isManifest ? 'mend the syntax there; templates have to be rendered first' : 'nothing, if it is no manifest',
  };
}
