import type { Manifest } from '../../model/manifest';

export const KUSTOMIZE_API = 'kustomize.toolkit.fluxcd.io/v1';
export const SOURCE_API = 'source.toolkit.fluxcd.io/v1';

/** The GitRepository that every Kustomization reads from. */
export const SOURCE_NAME = 'environments';

/** Marks objects of the operator's folder, which the root leaves to the folder's own Kustomization. */
export const OPERATOR_LABEL = { 'cdk8s-gitops/part': 'operator' } as const;

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
}

export function kustomization(name: string, props: KustomizationProps, own: object): Manifest {
  const { namespace, path, labels, annotations, source = SOURCE_NAME, serviceAccount } = props;
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
      ...own,
    },
  };
}

/** Flux takes `ssh://git@host/path`, not the short `git@host:path`. */
export function gitUrl(url: string): string {
  const short = /^([^/@:]+@[^/:]+):(?!\/\/)(.+)$/.exec(url);
  return short ? `ssh://${short[1]}/${short[2]}` : url;
}
