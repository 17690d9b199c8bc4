import type { Manifest } from '../../model/manifest';
import { emitYaml } from '../../yaml/emit';
import { orderManifest } from '../../yaml/order';
import { parseYaml } from '../../yaml/parse';
import { splitYaml } from '../../yaml/split';

/** One object of a release manifest. */
export interface ReleaseDocument {
  /** Of a definition, nothing but apiVersion, kind and metadata. */
  readonly manifest: Manifest;
  /** A definition's text before and after its metadata. */
  readonly around?: { readonly before: string; readonly after: string };
}

/** Why a file is no release manifest. */
export class NoRelease extends Error {}

const DEFINITION = /^kind: *(["']?)CustomResourceDefinition\1[ \t]*$/m;
/** Long documents are definitions, and those say so within their first lines. */
const HEAD = 4096;

/**
 * The objects of a release manifest. Definitions are taken apart as text: of their megabytes, only the metadata is parsed.
 * @throws NoRelease saying what stands in the way, and on which line
 */
export function readRelease(text: string): ReleaseDocument[] {
  const documents: ReleaseDocument[] = [];
  for (const { text: document, line } of splitYaml(text)) {
    try {
      documents.push(...(definitionIn(document) ?? objectsIn(document)));
    } catch (error) {
      throw new NoRelease(`the document on line ${line}: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (documents.length === 0) throw new NoRelease('it holds no objects');
  return documents;
}

/** Text of a definition with other metadata. */
export function definitionText({ around }: ReleaseDocument, metadata: Manifest['metadata']): string {
  const { metadata: ordered } = orderManifest({ metadata });
  return `${around?.before ?? ''}${emitYaml({ metadata: ordered })}${around?.after ?? ''}`;
}

function definitionIn(document: string): ReleaseDocument[] | undefined {
  if (!DEFINITION.test(document.slice(0, HEAD))) return undefined;
  const start = /^metadata:[ \t]*$/m.exec(document.slice(0, HEAD))?.index;
  if (start === undefined) return undefined;
  // Up to the next line that belongs to the object itself.
  const next = /\n(?=[^\s#])/g;
  next.lastIndex = start;
  const end = (next.exec(document)?.index ?? document.length - 1) + 1;
  const before = document.slice(0, start);
  const after = document.slice(end).replace(/(?<!\n)$/, '\n');
  const [head] = parseYaml(document.slice(0, end));
  return [{ manifest: object(head), around: { before, after } }];
}

function objectsIn(document: string): ReleaseDocument[] {
  return parseYaml(document)
    .flatMap(itemsOf)
    .map((value) => ({ manifest: object(value) }));
}

function itemsOf(value: unknown): unknown[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  return kind === 'List' && Array.isArray(items) ? items : [value];
}

function object(value: unknown): Manifest {
  const { apiVersion, kind, metadata } = (value ?? {}) as Partial<Manifest>;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string') {
    throw new Error('it is no Kubernetes object: apiVersion, kind or metadata.name is missing');
  }
  return value as Manifest;
}
