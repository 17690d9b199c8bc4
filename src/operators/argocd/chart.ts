import { componentsIn, inRegistry } from '../workloads';
import type { ArgoCdComponent } from './components';
import type { ArgoCdInstallProps } from './install';
import { configMaps } from './settings';

/** The project's own chart. */
export const CHART = { repository: 'https://argoproj.github.io/argo-helm', chart: 'argo-cd' } as const;

/** Versions of the chart before this one hold Argo CD 2. */
export const MINIMUM_CHART = [8, 0] as const;

/** What the chart calls a component, and whether its replicas can be set. */
const KEYS: Readonly<Partial<Record<ArgoCdComponent, { readonly key: string; readonly replicas: boolean }>>> = {
  'application-controller': { key: 'controller', replicas: true },
  'applicationset-controller': { key: 'applicationSet', replicas: true },
  'dex-server': { key: 'dex', replicas: false },
  'notifications-controller': { key: 'notifications', replicas: false },
  redis: { key: 'redis', replicas: false },
  'repo-server': { key: 'repoServer', replicas: true },
  server: { key: 'server', replicas: true },
};

/** Props that the chart has no values for. */
export function chartProblems(props: ArgoCdInstallProps): string[] {
  const unknown = componentsIn(props).filter((component) => KEYS[component] === undefined);
  const fixed = Object.keys(props.replicas ?? {}).filter(
    (component) => KEYS[component as ArgoCdComponent]?.replicas === false,
  );
  return [
    ...unknown.map((component) => `the chart knows no '${component}' by that name: set it in the chart's values`),
    ...fixed.map((component) => `the chart has no replicas of '${component}': set what it has in its values`),
  ];
}

/**
 * The props as values of the chart.
 *
 * @param notifications data of `argocd-notifications-cm`
 */
export function chartValues(
  props: ArgoCdInstallProps,
  notifications: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  const { registry, nodeSelector, tolerations, settings } = props;
  const maps = configMaps(settings, notifications);
  const values: Record<string, Record<string, unknown>> = {};
  const set = (key: string, fields: Record<string, unknown>) => {
    values[key] = { ...values[key], ...fields };
  };
  set('configs', { cm: maps['argocd-cm'], params: maps['argocd-cmd-params-cm'], rbac: maps['argocd-rbac-cm'] });
  if (Object.keys(notifications).length > 0) set('notifications', notificationValues(notifications));
  set('global', { networkPolicy: { create: true } });
  if (nodeSelector !== undefined) set('global', { nodeSelector });
  if (tolerations !== undefined) set('global', { tolerations });
  if (registry !== undefined) {
    const image = (name: string) => ({ image: { repository: inRegistry(name, registry) } });
    set('global', image('quay.io/argoproj/argocd'));
    set('dex', image('ghcr.io/dexidp/dex'));
    set('redis', image('ecr-public.aws.com/docker/library/redis'));
  }
  for (const component of componentsIn(props)) {
    const known = KEYS[component];
    if (known === undefined) continue;
    const fields = {
      replicas: props.replicas?.[component],
      resources: props.resources?.[component],
      extraArgs: props.args?.[component],
    };
    set(known.key, Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)));
  }
  return values;
}

/** The chart has a value for each sort of key, and takes subscriptions as a list. */
function notificationValues({ subscriptions, ...others }: Readonly<Record<string, string>>): Record<string, unknown> {
  if (subscriptions === undefined) return {};
  const starting = (prefix: string) => Object.entries(others).filter(([key]) => key.startsWith(prefix));
  return {
    notifiers: Object.fromEntries(starting('service.')),
    templates: Object.fromEntries(starting('template.')),
    triggers: Object.fromEntries(starting('trigger.')),
    subscriptions: JSON.parse(subscriptions),
  };
}
