import type { Manifest } from '../../model/manifest';
import type { KustomizePatch } from '../workloads';

/** Where kustomize-controller unpacks what it builds. */
const CONTROLLER = 'kustomize-controller';
const VOLUME = { name: 'temp', emptyDir: { medium: 'Memory' } } as const;

/** A workload of Flux's release manifest; kustomize-controller with its volume in memory. */
export function unpackingInMemory(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Deployment' || manifest.metadata.name !== CONTROLLER) return manifest;
  const spec = manifest.spec as {
    readonly template: { readonly spec: { readonly volumes?: readonly { readonly name: string }[] } };
  };
  const { template } = spec;
  const volumes = (template.spec.volumes ?? []).map((volume) => (volume.name === VOLUME.name ? VOLUME : volume));
  return { ...manifest, spec: { ...spec, template: { ...template, spec: { ...template.spec, volumes } } } };
}

/** The same for an installation that is built elsewhere: volumes are merged by their names. */
export function inMemoryPatch(): KustomizePatch {
  const spec = { template: { spec: { volumes: [VOLUME] } } };
  const patch = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: CONTROLLER }, spec };
  return { target: { kind: 'Deployment', name: CONTROLLER }, patch: `${JSON.stringify(patch, null, 2)}\n` };
}
