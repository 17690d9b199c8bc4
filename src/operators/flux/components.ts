import type { Manifest } from '../../model/manifest';
import { isWorkload } from '../workloads';

/** Flux's controllers. */
export type FluxComponent =
  | 'source-controller'
  | 'kustomize-controller'
  | 'helm-controller'
  | 'notification-controller'
  | 'image-reflector-controller'
  | 'image-automation-controller'
  | 'source-watcher';

export const COMPONENTS: readonly FluxComponent[] = [
  'source-controller',
  'kustomize-controller',
  'helm-controller',
  'notification-controller',
  'image-reflector-controller',
  'image-automation-controller',
  'source-watcher',
];

/** Those that come with Flux unless somebody says otherwise. */
export const USUAL_COMPONENTS: readonly FluxComponent[] = COMPONENTS.slice(0, 4);

export function componentOf(manifest: Manifest): FluxComponent | undefined {
  return isWorkload(manifest) ? COMPONENTS.find((component) => manifest.metadata.name === component) : undefined;
}

export function workloadOf(component: FluxComponent): { readonly kind: string; readonly name: string } {
  return { kind: 'Deployment', name: component };
}

/** What keeps tenants apart. Each can be turned off. */
export interface FluxTenancy {
  /** Objects refer to sources, secrets and the like of other namespaces. @default false */
  readonly crossNamespaceReferences?: boolean;
  /** kustomize reads bases from anywhere in the network. @default false */
  readonly remoteBases?: boolean;
  /**
   * Account that Kustomizations and HelmReleases act as that name none; `false`: Flux's own, which may do everything.
   *
   * @default default
   */
  readonly defaultServiceAccount?: string | false;
}

/** The flags of a controller that keep tenants apart. */
export function tenancyArgs(component: FluxComponent, tenancy: FluxTenancy = {}): string[] {
  const { crossNamespaceReferences = false, remoteBases = false, defaultServiceAccount = 'default' } = tenancy;
  const isOneOf = (...components: FluxComponent[]) => components.includes(component);
  const refers = !isOneOf('source-controller', 'source-watcher');
  return [
    ...(refers && !crossNamespaceReferences ? ['--no-cross-namespace-refs=true'] : []),
    ...(isOneOf('kustomize-controller') && !remoteBases ? ['--no-remote-bases=true'] : []),
    ...(isOneOf('kustomize-controller', 'helm-controller') && defaultServiceAccount !== false
      ? [`--default-service-account=${defaultServiceAccount}`]
      : []),
  ];
}

/**
 * The flags of a controller that keep units from holding up each other. One that is not healthy yet occupies a worker until
 * its timeout is over, and there are four of them by default; it would not see the commit that mends it before that.
 */
export function workerArgs(component: FluxComponent): string[] {
  return component === 'kustomize-controller'
    ? ['--concurrent=20', '--requeue-dependency=2s', '--feature-gates=CancelHealthCheckOnNewRevision=true']
    : [];
}
