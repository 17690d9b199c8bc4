import { GitOpsError } from '../errors';
import type { Manifest } from '../model/manifest';
import { parseYaml } from '../yaml/parse';
import { isMap, type JsonMap } from './fingerprint';

/** A part of a file that is compared on its own. */
export interface Document {
  readonly file: string;
  /** Position among the documents of its file that are of the same type. */
  readonly ordinal: number;
  readonly value: unknown;
  /** The value, when it is a Kubernetes object. */
  readonly manifest?: Manifest;
}

const MANIFEST_FILE = /\.(ya?ml|json)$/i;
/** Lists of objects within lists, unfolded so deep. */
const MAX_LISTS = 4;

/** The documents of a manifest file; `undefined` when it can only be read as text. */
export function parseDocuments(file: string, content: string | undefined): Document[] | undefined {
  if (!MANIFEST_FILE.test(file)) return undefined;
  if (content === undefined) return [];
  let values: unknown[];
  try {
    values = parseYaml(content);
  } catch (error) {
    if (!GitOpsError.is(error)) throw error;
    // What is broken is still worth showing, and whoever reads it otherwise has an error of their own.
    return undefined;
  }
  const documents: Document[] = [];
  let manifests = 0;
  let others = 0;
  for (const value of values.flatMap((item) => unfold(item, 0))) {
    if (isManifest(value)) documents.push({ file, ordinal: manifests++, value, manifest: value });
    else if (value !== null && value !== undefined) documents.push({ file, ordinal: others++, value });
  }
  return documents;
}

/** A file's content as text; `undefined` when it is binary. */
export function textOf(content: string | Uint8Array): string | undefined {
  if (typeof content === 'string') return content;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

/** The objects of a `List`, as `kubectl get -o yaml` writes it. */
function unfold(value: unknown, depth: number): readonly unknown[] {
  if (depth === MAX_LISTS || !isMap(value) || value.apiVersion !== 'v1') return [value];
  const { kind, items } = value;
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return [value];
  // The items of a typed list do not say what they are.
  const type: JsonMap = kind === 'List' ? {} : { apiVersion: 'v1', kind: kind.slice(0, -'List'.length) };
  return items.flatMap((item: unknown) => unfold(isMap(item) ? { ...type, ...item } : item, depth + 1));
}

function isManifest(value: unknown): value is Manifest {
  if (!isMap(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string') return false;
  const { metadata } = value;
  if (!isMap(metadata) || typeof metadata.name !== 'string') return false;
  return metadata.namespace === undefined || metadata.namespace === null || typeof metadata.namespace === 'string';
}
