import { createHash } from 'node:crypto';
import type { Manifest } from '../../model/manifest';
import type { KustomizePatch } from '../workloads';

export const KUSTOMIZE_API = 'kustomize.toolkit.fluxcd.io/v1';
export const SOURCE_API = 'source.toolkit.fluxcd.io/v1';

/** The GitRepository that every Kustomization reads from. */
export const SOURCE_NAME = 'environments';

/** Marks objects of the operator's folder, which the root leaves to the folder's own Kustomization. */
export const OPERATOR_LABEL = { 'cdk8s-gitops/part': 'operator' } as const;

/** Marks objects that a unit's own Kustomizations apply, and the root leaves to them. */
export const UNIT_LABEL = { 'cdk8s-gitops/part': 'unit' } as const;

/** Marks what a cluster is given by hand so that Flux in another one may look after it. */
export const CLUSTER_LABEL = { 'cdk8s-gitops/part': 'cluster' } as const;

/** What the operator never deletes. */
export const PROTECTED = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' } as const;

export interface KustomizationProps {
  readonly namespace: string;
  readonly path: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** GitRepository. @default - the environment repository */
  readonly source?: string;
  /** Account that it acts as. @default - Flux's own, or the one it is told to take by default */
  readonly serviceAccount?: string;
  /** Secret with the kubeconfig of the cluster that it applies to. @default - the one that Flux runs in */
  readonly kubeConfig?: string;
}

export function kustomization(name: string, props: KustomizationProps, own: object): Manifest {
  const { namespace, path, labels, annotations, source = SOURCE_NAME, serviceAccount, kubeConfig } = props;
  return {
    apiVersion: KUSTOMIZE_API,
    kind: 'Kustomization',
    metadata: { name, namespace, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) },
    spec: {
      interval: '10m',
      retryInterval: '1m',
      timeout: '5m',
      path: `./${path}`,
      prune: true,
      sourceRef: { kind: 'GitRepository', name: source },
      ...(serviceAccount === undefined ? {} : { serviceAccountName: serviceAccount }),
      ...(kubeConfig === undefined ? {} : { kubeConfig: { secretRef: { name: kubeConfig } } }),
      ...own,
    },
  };
}

/** What a Kustomization leaves out of its folder: whatever carries the label. */
export function leavingOut(label: Readonly<Record<string, string>>): KustomizePatch {
  const labelSelector = Object.entries(label)
    .map(([name, value]) => `${name}=${value}`)
    .join();
  return { target: { labelSelector }, patch: DELETED };
}

/** A patch that leaves out whatever it is applied to. */
export const DELETED = '$patch: delete\napiVersion: v1\nkind: Any\nmetadata:\n  name: any\n';

/** The longest value of a label: Flux labels what a Kustomization applies with its name. */
const MAX_NAME = 63;

/** Name of a Kustomization that goes with another object. Where the two do not fit, a hash keeps it apart from others. */
export function prefixed(prefix: string, name: string): string {
  const whole = `${prefix}.${name}`;
  if (whole.length <= MAX_NAME) return whole;
  const hash = createHash('sha256').update(whole).digest('hex').slice(0, 8);
  return `${whole.slice(0, MAX_NAME - hash.length - 1).replace(/[-.]+$/, '')}-${hash}`;
}

/** Flux takes `ssh://git@host/path`, not the short `git@host:path`. */
export function gitUrl(url: string): string {
  const short = /^([^/@:]+@[^/:]+):(?!\/\/)(.+)$/.exec(url);
  return short ? `ssh://${short[1]}/${short[2]}` : url;
}
