import { isDeepStrictEqual } from 'node:util';
import type { Kubectl, LiveObject } from '../kubectl';
import { objectsOf, problem } from '../kubectl';

/** What came of applying files. */
export interface Applied {
  /** Objects that were created or changed: `kind/name`. */
  readonly changed: readonly string[];
  readonly unchanged: number;
}

/** Under whose name it is only tried out: what others set stays in the result. */
const TRIAL = 'cdk8s-gitops-trial';

/** Most text that is given to one kubectl. */
const BATCH = 4 * 1024 * 1024;

/**
 * Applies objects server-side, as the operator would. Objects that hold all of it already are left alone: the operator may
 * have added to them since, and to apply them once more would take that away.
 * @param namespace of objects that name none. @default - they all name theirs
 */
export async function applyObjects(
  kubectl: Kubectl,
  texts: readonly string[],
  fieldManager: string,
  namespace?: string,
): Promise<Applied> {
  const changed: string[] = [];
  const where = namespace === undefined ? [] : [`--namespace=${namespace}`];
  for (const batch of batchesOf(texts)) {
    const stale = await differing(kubectl, batch, where);
    if (stale.length === 0) continue;
    const args = ['apply', '--server-side', '--force-conflicts', `--field-manager=${fieldManager}`, ...where];
    const applied = await kubectl.objects([...args, '--filename=-'], { input: stream(stale) });
    changed.push(...applied.map(nameOf));
  }
  return { changed, unchanged: texts.length - changed.length };
}

/** Those of the objects that are not there, or lack something of what they are to be. */
async function differing(
  kubectl: Kubectl,
  texts: readonly string[],
  where: readonly string[],
): Promise<readonly string[]> {
  const input = stream(texts);
  const live = await kubectl.objects(['get', '--ignore-not-found', ...where, '--filename=-'], { input });
  if (live.length === 0) return texts;
  const known = new Map(live.map((object) => [keyOf(object), object]));
  const args = ['apply', '--server-side', '--force-conflicts', '--dry-run=server', `--field-manager=${TRIAL}`];
  const result = await kubectl.try([...args, ...where, '--output=json', '--filename=-'], { input });
  // Something that cannot be changed as wanted: applying says what.
  if (result.code !== 0) return texts;
  const wanted = objectsOf(result.stdout);
  if (wanted.length !== texts.length) throw problem('KUBECTL_FAILED', 'kubectl apply left out objects of its answer');
  return texts.filter((_, index) => {
    const object = wanted[index] as LiveObject;
    const present = known.get(keyOf(object));
    return present === undefined || !isDeepStrictEqual(comparable(present), comparable(object));
  });
}

/** An object without what the API server counts. */
function comparable({ metadata, status: _, ...rest }: LiveObject): object {
  const { managedFields: _fields, resourceVersion: _version, generation: _generation, ...own } = metadata;
  return { ...rest, metadata: own };
}

export function keyOf({ apiVersion, kind, metadata }: LiveObject): string {
  const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
  return [group, kind, metadata.namespace ?? '', metadata.name].join('/');
}

export function nameOf({ kind, metadata }: Pick<LiveObject, 'kind' | 'metadata'>): string {
  return `${kind}/${metadata.name}`;
}

export function stream(texts: readonly string[]): string {
  return texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join('---\n');
}

function batchesOf(texts: readonly string[]): string[][] {
  const batches: string[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    if (size + text.length > BATCH) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)?.push(text);
    size += text.length;
  }
  return batches;
}
