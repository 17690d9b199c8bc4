import type { Manifest } from '../../model/manifest';
import type { VendoredRelease } from '../operator';
import { componentsIn, isWorkload, patchWorkload } from '../workloads';
import { componentOf } from './components';
import type { ArgoCdInstallProps, InstallInput } from './install';
import { argoCdRelease } from './release';
import { configMaps } from './settings';

/** Argo CD's release manifest, and the props as changes of it. */
export function vendored(file: string | undefined, input: InstallInput): VendoredRelease {
  const { props, namespace, protection, notifications } = input;
  const maps = configMaps(props.settings, notifications);
  return {
    of: argoCdRelease,
    ...(file === undefined ? {} : { file }),
    definitions: { annotations: protection },
    patch: (manifest) => patch(manifest, props, namespace, maps),
    key: JSON.stringify([namespace, props, notifications]),
    componentOf,
    components: componentsIn(props),
  };
}

function patch(
  upstream: Manifest,
  props: ArgoCdInstallProps,
  namespace: string,
  maps: ReturnType<typeof configMaps>,
): Manifest {
  const manifest = inNamespace(upstream, namespace);
  const { name } = manifest.metadata;
  if (manifest.kind === 'ConfigMap' && Object.keys(maps[name] ?? {}).length > 0) {
    const { apiVersion, kind, metadata, data, ...rest } = manifest;
    return { apiVersion, kind, metadata, data: { ...(data as object | undefined), ...maps[name] }, ...rest };
  }
  if (!isWorkload(manifest)) return manifest;
  const component = componentOf(manifest);
  const patched = patchWorkload(manifest, component, props);
  return component === 'application-controller' ? sharded(patched, props.replicas?.[component]) : patched;
}

/** Upstream's manifest leaves the namespace to `kubectl -n`, except in bindings of cluster roles. */
function inNamespace(manifest: Manifest, namespace: string): Manifest {
  const { kind, subjects } = manifest as Manifest & { subjects?: readonly { kind: string; namespace?: string }[] };
  if (kind === 'ClusterRole') return manifest;
  if (kind === 'ClusterRoleBinding') {
    return { ...manifest, subjects: subjects?.map((subject) => ({ ...subject, namespace })) };
  }
  return { ...manifest, metadata: { ...manifest.metadata, namespace } };
}

export const SHARDS = 'ARGOCD_CONTROLLER_REPLICAS';

/** Replicas of the application controller share the clusters among them, and have to know how many they are. */
function sharded(manifest: Manifest, replicas: number | undefined): Manifest {
  if (replicas === undefined) return manifest;
  interface Container {
    readonly env?: readonly { readonly name: string }[];
  }
  const spec = manifest.spec as { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
  const containers = spec.template.spec.containers.map((container, index) => {
    if (index > 0) return container;
    const others = (container.env ?? []).filter(({ name }) => name !== SHARDS);
    return { ...container, env: [{ name: SHARDS, value: String(replicas) }, ...others] };
  });
  return {
    ...manifest,
    spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } },
  };
}
