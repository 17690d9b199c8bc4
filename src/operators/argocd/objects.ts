import type { Manifest } from '../../model/manifest';
import type { GroupKind } from '../operator';

/** The API server as Argo CD calls the cluster that it runs in itself. */
export const IN_CLUSTER = 'https://kubernetes.default.svc';
export const API_VERSION = 'argoproj.io/v1alpha1';

/** Deleting an Application deletes what it applied; without the finalizer it would be orphaned. */
export const CASCADE = 'resources-finalizer.argocd.argoproj.io';

/** What goes only when somebody says so. */
export const PROTECTED = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' } as const;

/**
 * Nothing waits for the health of these before it applies the rest. A claim may be bound only when something uses it; and
 * of a definition that is taken up right after it was made, Argo CD may hear minutes later.
 */
export const NOT_AWAITED = { 'argocd.argoproj.io/ignore-healthcheck': 'true' } as const;

/** Where in a folder's order an object comes. Nothing else is in a wave of its own: see decision 13. */
export const WAVE = 'argocd.argoproj.io/sync-wave';

/**
 * Changes of what paths make Argo CD render an Application anew: without it, any change would. A file that goes, while one
 * like it comes elsewhere, counts as renamed, and only its new path is looked at: a record that changes along is named too.
 */
export function renderedFor(...paths: string[]): Record<string, string> {
  return { 'argocd.argoproj.io/manifest-generate-paths': paths.join(';') };
}

/** What an Application is for, where it is not the one that applies a unit's objects. */
export const PART = 'cdk8s-gitops/part';

/** An object of a cluster, as a kind or by its name. */
export interface AllowedKind extends GroupKind {
  /** @default - any */
  readonly name?: string;
}

export interface Allowed {
  readonly clusterResourceWhitelist?: readonly AllowedKind[];
  readonly namespaceResourceWhitelist?: readonly GroupKind[];
  readonly namespaceResourceBlacklist?: readonly GroupKind[];
}

/** A cluster as Argo CD calls it: the one that it runs in by its address, any other by its name. */
export type Destination = { readonly server: string } | { readonly name: string };

export const HERE: Destination = { server: IN_CLUSTER };

export interface ProjectProps {
  readonly namespace: string;
  readonly sources: readonly string[];
  /** Namespaces. */
  readonly destinations: readonly string[];
  /** @default - the cluster that Argo CD runs in */
  readonly cluster?: Destination;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Further fields of its spec. */
  readonly spec?: object;
}

export function project(name: string, props: ProjectProps, allowed: Allowed): Manifest {
  const { namespace, sources, destinations, cluster = HERE, annotations, labels, spec } = props;
  return {
    apiVersion: API_VERSION,
    kind: 'AppProject',
    metadata: {
      name,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      // A project must outlive the Applications in it, or they cannot be deleted any more.
      finalizers: [CASCADE],
    },
    spec: {
      sourceRepos: [...sources],
      destinations: destinations.map((destination) => ({ ...cluster, namespace: destination })),
      ...allowed,
      ...spec,
    },
  };
}

export interface SyncProps {
  /** Objects may come from another Application: they are shared until they are applied. @default - that is an error */
  readonly adopts?: boolean;
  /** What it applies are objects of Argo CD: see decision 13. @default - objects of an application */
  readonly ofOperator?: boolean;
}

/**
 * Removes what has left the repository, and undoes what was changed by hand. Objects of Argo CD are removed at once, so
 * that nothing is waited for; and tried for ever, for nobody is told when they fail.
 */
export function syncPolicy({ adopts = false, ofOperator = false }: SyncProps = {}): object {
  return {
    automated: { prune: true, selfHeal: true, allowEmpty: false },
    syncOptions: [
      'ServerSideApply=true',
      ...(ofOperator ? [] : ['PruneLast=true']),
      ...(adopts ? [] : ['FailOnSharedResource=true']),
    ],
    // The newest commit each time: the next attempt at an old one would fail as well. What was mended waits for that attempt.
    retry: ofOperator
      ? { limit: -1, backoff: { duration: '3s', factor: 2, maxDuration: '12s' }, refresh: true }
      : { limit: 7, backoff: { duration: '5s', factor: 2, maxDuration: '30s' }, refresh: true },
  };
}
