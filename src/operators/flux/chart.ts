import { componentsIn, inRegistry, mergeArgs } from '../workloads';
import { type FluxComponent, workerArgs } from './components';
import type { FluxInstallProps } from './install';

/** The community's chart. */
export const CHART = { repository: 'oci://ghcr.io/fluxcd-community/charts', chart: 'flux2' } as const;

/** Versions of the chart before this one hold a Flux before 2.7. */
export const MINIMUM_CHART = [2, 17] as const;

const KEYS: Readonly<Partial<Record<FluxComponent, string>>> = {
  'source-controller': 'sourceController',
  'kustomize-controller': 'kustomizeController',
  'helm-controller': 'helmController',
  'notification-controller': 'notificationController',
  'image-reflector-controller': 'imageReflectionController',
  'image-automation-controller': 'imageAutomationController',
};

/** Props that the chart has no values for. */
export function chartProblems(props: FluxInstallProps): string[] {
  const unknown = componentsIn(props).filter((component) => KEYS[component] === undefined);
  const { crossNamespaceReferences, remoteBases, defaultServiceAccount } = props.tenancy ?? {};
  const opened = crossNamespaceReferences === true || remoteBases === true;
  return [
    ...unknown.map((component) => `the chart knows no '${component}': set what it has in its values`),
    ...(props.inMemoryBuilds ? ['the chart has no `inMemoryBuilds`: its volumes are fixed'] : []),
    ...Object.keys(props.replicas ?? {}).map((name) => `the chart has no replicas of '${name}'`),
    ...(opened && defaultServiceAccount !== false
      ? ['the chart takes `tenancy` as a whole: open all of it, with `defaultServiceAccount: false`, or nothing']
      : []),
  ];
}

/** The props as values of the chart. */
export function chartValues(props: FluxInstallProps): Record<string, unknown> {
  const { registry, nodeSelector, tolerations, tenancy = {} } = props;
  const account = tenancy.defaultServiceAccount ?? 'default';
  const multitenancy =
    account === false ? { enabled: false } : { enabled: true, defaultServiceAccount: account, privileged: true };
  const values: Record<string, unknown> = { multitenancy, policies: { create: props.networkPolicies ?? true } };
  const named = new Set(componentsIn(props));
  for (const [component, key] of Object.entries(KEYS) as [FluxComponent, string][]) {
    const args = mergeArgs(workerArgs(component), props.args?.[component] ?? []);
    const fields = {
      image: registry === undefined ? undefined : inRegistry(`ghcr.io/fluxcd/${component}`, registry),
      nodeSelector,
      tolerations,
      resources: props.resources?.[component],
      container: args.length === 0 ? undefined : { additionalArgs: args },
      // Image automation is in the chart unless it is turned off, and nowhere else.
      create: key.startsWith('image') && !named.has(component) ? false : undefined,
    };
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    if (given.length > 0) values[key] = Object.fromEntries(given);
  }
  return values;
}
