import type { Manifest } from '../../model/manifest';
import type { VendoredRelease } from '../operator';
import { componentsIn, mergeArgs, patchWorkload } from '../workloads';
import { componentOf, tenancyArgs, workerArgs } from './components';
import type { FluxInput, FluxInstallProps } from './install';
import { unpackingInMemory } from './memory';
import { OPERATOR_LABEL } from './objects';
import { fluxRelease } from './release';

const UPSTREAM_NAMESPACE = 'flux-system';

/** Flux's release manifest, and the props as changes of it. */
export function vendored(file: string | undefined, { props, namespace, protection }: FluxInput): VendoredRelease {
  return {
    of: fluxRelease,
    ...(file === undefined ? {} : { file }),
    definitions: { labels: OPERATOR_LABEL, annotations: { ...protection } },
    patch: (manifest) => patch(manifest, props, namespace, protection),
    key: JSON.stringify([namespace, props]),
    componentOf,
    components: componentsIn(props),
  };
}

function patch(
  upstream: Manifest,
  props: FluxInstallProps,
  namespace: string,
  protection: Readonly<Record<string, string>>,
): Manifest | undefined {
  if (upstream.kind === 'NetworkPolicy' && props.networkPolicies === false) return undefined;
  const moved = inNamespace(upstream, namespace);
  const { metadata } = moved;
  const isSpace = moved.kind === 'Namespace';
  const manifest = {
    ...moved,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...OPERATOR_LABEL },
      ...(isSpace ? { annotations: { ...metadata.annotations, ...protection } } : {}),
    },
  };
  const component = componentOf(manifest);
  if (component === undefined) return manifest;
  const args = mergeArgs(
    [...tenancyArgs(component, props.tenancy), ...workerArgs(component)],
    props.args?.[component] ?? [],
  );
  const patched = patchWorkload(manifest, component, { ...props, args: args.length > 0 ? { [component]: args } : {} });
  return props.inMemoryBuilds ? unpackingInMemory(patched) : patched;
}

/** Upstream's manifest is made for one namespace, which its accounts and addresses name as well. */
function inNamespace(manifest: Manifest, namespace: string): Manifest {
  if (namespace === UPSTREAM_NAMESPACE) return manifest;
  const rename = (value: unknown): unknown => {
    if (typeof value === 'string') {
      const renamed = value === UPSTREAM_NAMESPACE ? namespace : value;
      return renamed.replaceAll(`.${UPSTREAM_NAMESPACE}.svc`, `.${namespace}.svc`);
    }
    if (Array.isArray(value)) return value.map(rename);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, rename(inner)]));
  };
  return rename(manifest) as Manifest;
}
