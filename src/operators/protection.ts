import type { Manifest } from '../model/manifest';
import { PROTECTED as ARGO_CD, NOT_AWAITED } from './argocd/objects';
import { PROTECTED as FLUX } from './flux/objects';

/** Kinds that hold what cannot be made anew: they never go just because a line of code does. */
const PROTECTED_KINDS: ReadonlySet<string> = new Set([
  'v1/Namespace',
  'v1/PersistentVolumeClaim',
  'apiextensions.k8s.io/v1/CustomResourceDefinition',
]);

/** By every operator's own means: objects of units are the same whichever operator applies them. */
const PROTECTION: Readonly<Record<string, string>> = { ...ARGO_CD, ...FLUX };

/**
 * The object with what keeps operators from deleting it unasked, if it is of a kind that needs it. What it says of itself
 * already wins. Never changes what it is given.
 */
export function protect<M extends Manifest>(manifest: M): M {
  if (!PROTECTED_KINDS.has(`${manifest.apiVersion}/${manifest.kind}`)) return manifest;
  const annotations: Record<string, string> = { ...manifest.metadata.annotations };
  for (const [name, value] of Object.entries(PROTECTION)) annotations[name] = merged(annotations[name], value);
  if (manifest.kind !== 'Namespace') {
    for (const [name, value] of Object.entries(NOT_AWAITED)) annotations[name] ??= value;
  }
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

/** Options, parted by commas: each of them that is not there yet. */
function merged(own: string | undefined, options: string): string {
  if (own === undefined || own === '') return options;
  const named = new Set(own.split(',').map(nameOf));
  return [own, ...options.split(',').filter((option) => option.includes('=') && !named.has(nameOf(option)))].join(',');
}

const nameOf = (option: string) => option.trim().split('=')[0];
