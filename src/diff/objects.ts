import { identityOf } from '../model/manifest';
import { type Document, parseDocuments, textOf } from './documents';
import { diffValues } from './fields';
import { holdsSecret, REDACTED } from './redact';
import { compareSections, compareText, sectionOf } from './sections';
import type { DiffedObject, FilePair, ObjectDiff } from './types';

/** Groups that objects of `extensions` have moved to: the cluster holds one object under either name. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  DaemonSet: 'apps',
  Deployment: 'apps',
  ReplicaSet: 'apps',
  Ingress: 'networking.k8s.io',
  NetworkPolicy: 'networking.k8s.io',
  PodSecurityPolicy: 'policy',
};

/**
 * What changes between two versions of the environment repository, object by object.
 *
 * Objects are found again by group, kind, namespace and name within an environment (or cluster): in another file, or of
 * another API version, they are the same. Manifest files (`.yaml`, `.yml`, `.json`) are read as Kubernetes reads them,
 * so that comments and formatting are no change; other files, and broken ones, are compared as text.
 *
 * The result is sorted by environment, application and object, whatever the order of the files.
 */
export function diffObjects(pairs: Iterable<FilePair>): ObjectDiff[] {
  return compareObjects(pairs).map(({ diff }) => diff);
}

/** A difference, with both versions of the whole: secrets in them are not redacted. */
export interface ComparedObject {
  readonly diff: ObjectDiff;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** As {@link diffObjects}, for those who have to look at more than what differs. */
export function compareObjects(pairs: Iterable<FilePair>): ComparedObject[] {
  const diffs: ComparedObject[] = [];
  const before: Document[] = [];
  const after: Document[] = [];
  for (const pair of pairs) {
    const old = pair.before === undefined ? undefined : textOf(pair.before);
    const now = pair.after === undefined ? undefined : textOf(pair.after);
    if (old !== undefined && old === now) continue;
    const isText = (pair.before === undefined || old !== undefined) && (pair.after === undefined || now !== undefined);
    const documentsBefore = isText ? parseDocuments(pair.path, old) : undefined;
    const documentsAfter = documentsBefore && parseDocuments(pair.path, now);
    if (documentsBefore && documentsAfter) {
      for (const document of documentsBefore) before.push(document);
      for (const document of documentsAfter) after.push(document);
    } else {
      diffs.push(...diffText(pair, old, now).map((diff) => ({ diff })));
    }
  }
  for (const [old, now] of matchDocuments(before, after)) {
    for (const diff of diffDocuments(old, now)) diffs.push({ diff, before: old?.value, after: now?.value });
  }
  return diffs.sort((a, b) => compareDiffs(a.diff, b.diff));
}

/** Both versions of each document. One that could be several others is the one in the same file, or section. */
function matchDocuments(before: readonly Document[], after: readonly Document[]): [Document?, Document?][] {
  const groups = new Map<string, { before: Document[]; after: Document[] }>();
  for (const [side, documents] of [['before', before] as const, ['after', after] as const]) {
    for (const document of documents) {
      const key = documentKey(document);
      const group = groups.get(key) ?? { before: [], after: [] };
      group[side].push(document);
      groups.set(key, group);
    }
  }
  return [...groups.values()].flatMap((group) => {
    if (group.before.length <= 1 && group.after.length <= 1) return [[group.before[0], group.after[0]]];
    return matchGroup(group.before.sort(compareDocuments), group.after.sort(compareDocuments));
  });
}

function matchGroup(before: readonly Document[], after: readonly Document[]): [Document?, Document?][] {
  const matches: [Document?, Document?][] = [];
  let restBefore = before;
  let restAfter = after;
  const keys = [
    ({ file }: Document) => file,
    ({ file }: Document) => JSON.stringify(sectionOf(file)),
    (_: Document) => '',
  ];
  for (const key of keys) {
    const waiting = new Map<string, Document[]>();
    for (const document of restAfter.toReversed()) {
      const others = waiting.get(key(document));
      if (others) others.push(document);
      else waiting.set(key(document), [document]);
    }
    restBefore = restBefore.filter((document) => {
      const match = waiting.get(key(document))?.pop();
      if (match) matches.push([document, match]);
      return !match;
    });
    restAfter = [...waiting.values()].flat().sort(compareDocuments);
  }
  for (const document of restBefore) matches.push([document, undefined]);
  for (const document of restAfter) matches.push([undefined, document]);
  return matches;
}

/** Equal for documents that are versions of one thing: an object within a cluster, else a place in a file. */
function documentKey({ file, ordinal, manifest }: Document): string {
  if (!manifest) return JSON.stringify([file, ordinal]);
  const { group, kind, namespace, name } = identityOf(manifest);
  const current = group === 'extensions' ? (SUCCESSORS[kind] ?? group) : group;
  // `environments/<environment>` or `clusters/<cluster>`: the same names elsewhere are other objects.
  const scope = file.split('/').slice(0, 2).join('/');
  return JSON.stringify([scope, current, kind, namespace, name]);
}

function diffDocuments(before: Document | undefined, after: Document | undefined): ObjectDiff[] {
  const document = after ?? before;
  if (!document) return [];
  const moved = before !== undefined && after !== undefined && before.file !== after.file;
  const fields = diffValues(before?.value, after?.value);
  if (fields.length === 0 && !moved && before && after) return [];
  const { file, manifest } = document;
  return [
    {
      file,
      ...(moved ? { previousFile: before.file } : {}),
      section: sectionOf(file),
      ...(manifest ? { object: describe(manifest) } : {}),
      change: changeOf(before, after, fields.length),
      fields,
    },
  ];
}

function changeOf(before: unknown, after: unknown, fields: number): ObjectDiff['change'] {
  if (before === undefined) return 'added';
  if (after === undefined) return 'removed';
  return fields === 0 ? 'moved' : 'changed';
}

function describe(manifest: NonNullable<Document['manifest']>): DiffedObject {
  const { apiVersion, kind } = manifest;
  const { namespace, name } = manifest.metadata;
  return { apiVersion, kind, ...(namespace ? { namespace } : {}), name };
}

function diffText(pair: FilePair, old: string | undefined, now: string | undefined): ObjectDiff[] {
  const { path, before, after } = pair;
  const show = (content: string | Uint8Array, text: string | undefined) => {
    if (text === undefined) return `<binary, ${content.length} bytes>`;
    return holdsSecret(text) ? REDACTED : text;
  };
  const change = { section: sectionOf(path), file: path };
  if (before !== undefined && after !== undefined) {
    if (old === undefined && now === undefined && Buffer.compare(Buffer.from(before), Buffer.from(after)) === 0)
      return [];
    return [
      {
        ...change,
        change: 'changed',
        fields: [{ path: '', op: 'change', before: show(before, old), after: show(after, now) }],
      },
    ];
  }
  if (after !== undefined)
    return [{ ...change, change: 'added', fields: [{ path: '', op: 'add', after: show(after, now) }] }];
  if (before === undefined) return [];
  return [{ ...change, change: 'removed', fields: [{ path: '', op: 'remove', before: show(before, old) }] }];
}

function compareDocuments(a: Document, b: Document): number {
  return compareText(a.file, b.file) || a.ordinal - b.ordinal;
}

function compareDiffs(a: ObjectDiff, b: ObjectDiff): number {
  return (
    compareSections(a.section, b.section) ||
    // Files that are no objects come last.
    Number(a.object === undefined) - Number(b.object === undefined) ||
    compareText(a.object?.kind ?? '', b.object?.kind ?? '') ||
    compareText(a.object?.namespace ?? '', b.object?.namespace ?? '') ||
    compareText(a.object?.name ?? '', b.object?.name ?? '') ||
    compareText(a.object?.apiVersion ?? '', b.object?.apiVersion ?? '') ||
    compareText(a.file, b.file) ||
    compareText(a.previousFile ?? '', b.previousFile ?? '') ||
    compareText(JSON.stringify(a.fields), JSON.stringify(b.fields))
  );
}
