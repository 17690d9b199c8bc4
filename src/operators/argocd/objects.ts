import type { Manifest } from '../../model/manifest';
import type { GroupKind } from '../operator';

/** The API server as Argo CD calls the cluster that it runs in itself. */
export const IN_CLUSTER = 'https://kubernetes.default.svc';
export const API_VERSION = 'argoproj.io/v1alpha1';

/** Deleting an Application deletes what it applied; without the finalizer it would be orphaned. */
export const CASCADE = 'resources-finalizer.argocd.argoproj.io';

/** What goes only when somebody says so. */
export const PROTECTED = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' } as const;

const WAVE = 'argocd.argoproj.io/sync-wave';

/** Before everything else in a folder: what the operator is made of, and what allows it to be there. */
export const PROJECT_WAVE = { [WAVE]: '-30' };
export const OPERATOR_WAVE = { [WAVE]: '-20' };

export interface Allowed {
  readonly clusterResourceWhitelist?: readonly GroupKind[];
  readonly namespaceResourceWhitelist?: readonly GroupKind[];
}

export interface ProjectProps {
  readonly namespace: string;
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export function project(name: string, props: ProjectProps, allowed: Allowed): Manifest {
  const { namespace, sources, destinations, annotations } = props;
  return {
    apiVersion: API_VERSION,
    kind: 'AppProject',
    metadata: {
      name,
      namespace,
      ...(annotations === undefined ? {} : { annotations }),
      // A project must outlive the Applications in it, or they cannot be deleted any more.
      finalizers: [CASCADE],
    },
    spec: {
      sourceRepos: [...sources],
      destinations: destinations.map((destination) => ({ server: IN_CLUSTER, namespace: destination })),
      ...allowed,
    },
  };
}

/** What is shared with another Application fails; but an object that comes from one is shared until it is applied. */
export function syncPolicy({ adopts = false } = {}): object {
  return {
    automated: { prune: true, selfHeal: true, allowEmpty: false },
    syncOptions: ['ServerSideApply=true', 'PruneLast=true', ...(adopts ? [] : ['FailOnSharedResource=true'])],
    retry: { limit: 5, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } },
  };
}
