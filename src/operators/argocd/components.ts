import type { Manifest } from '../../model/manifest';
import { isWorkload } from '../workloads';

/** Argo CD's workloads, by their names without `argocd-`. The last two are of the highly available variant. */
export type ArgoCdComponent =
  | 'application-controller'
  | 'applicationset-controller'
  | 'dex-server'
  | 'notifications-controller'
  | 'redis'
  | 'repo-server'
  | 'server'
  | 'redis-ha-haproxy'
  | 'redis-ha-server';

export const COMPONENTS: readonly ArgoCdComponent[] = [
  'application-controller',
  'applicationset-controller',
  'dex-server',
  'notifications-controller',
  'redis',
  'repo-server',
  'server',
  'redis-ha-haproxy',
  'redis-ha-server',
];

const STATEFUL = new Set<ArgoCdComponent>(['application-controller', 'redis-ha-server']);

export function componentOf(manifest: Manifest): ArgoCdComponent | undefined {
  if (!isWorkload(manifest)) return undefined;
  return COMPONENTS.find((component) => manifest.metadata.name === `argocd-${component}`);
}

export function workloadOf(component: ArgoCdComponent): { readonly kind: string; readonly name: string } {
  return { kind: STATEFUL.has(component) ? 'StatefulSet' : 'Deployment', name: `argocd-${component}` };
}
