import type { Problem } from '../errors';
import { apiGroup, type Manifest } from '../model/manifest';
import type { RenderedObject } from './render';
import { namespaceOf } from './units';
import type { DeclaredUnit } from './walk';

/** Kinds that a Secret comes of, with their groups. */
const BRINGING: Readonly<Record<string, string>> = {
  Secret: '',
  SealedSecret: 'bitnami.com',
  ExternalSecret: 'external-secrets.io',
};

/** Name of the Secret that an object is, or that a controller makes of it. */
export function secretOf(manifest: Manifest): string | undefined {
  if (BRINGING[manifest.kind] !== apiGroup(manifest.apiVersion)) return undefined;
  const { name } = manifest.metadata;
  if (manifest.kind !== 'ExternalSecret') return name;
  const target = targetOf(manifest).name;
  return typeof target === 'string' ? target : name;
}

/** Two objects that one Secret is made of: their controllers would take it from each other for ever. */
export function checkSecretOwners(
  units: readonly DeclaredUnit[],
  objects: ReadonlyMap<DeclaredUnit, readonly RenderedObject[]>,
  problems: Problem[],
): void {
  const owners = new Map<string, RenderedObject>();
  for (const unit of units) {
    for (const object of objects.get(unit) ?? []) {
      const { manifest, path } = object;
      const name = secretOf(manifest);
      if (name === undefined || isAddition(manifest)) continue;
      const namespace = manifest.metadata.namespace ?? namespaceOf(unit);
      const key = `${unit.environment.cluster.name}/${namespace}/${name}`;
      const earlier = owners.get(key);
      if (!earlier) owners.set(key, object);
      // The same object twice is told of elsewhere.
      else if (earlier.manifest.kind !== manifest.kind || earlier.manifest.metadata.name !== manifest.metadata.name) {
        const message = `the Secret '${name}' is made by the ${earlier.manifest.kind} at ${earlier.path} too: rename one`;
        problems.push({ where: path, message });
      }
    }
  }
}

/** An ExternalSecret that adds to a Secret of somebody else. */
function isAddition(manifest: Manifest): boolean {
  return ['Merge', 'CreateOrMerge', 'None'].includes(String(targetOf(manifest).creationPolicy));
}

function targetOf(manifest: Manifest): { readonly name?: unknown; readonly creationPolicy?: unknown } {
  const { spec } = manifest as { spec?: { target?: { name?: unknown; creationPolicy?: unknown } | null } | null };
  return (manifest.kind === 'ExternalSecret' && spec?.target) || {};
}
