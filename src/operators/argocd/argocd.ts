import { Construct } from 'constructs';
import { operate } from '../../constructs/cluster';
import type { Manifest } from '../../model/manifest';
import type { ClusterRegistration, EnvironmentRegistration, Operator, UnitRegistration } from '../operator';
import { unitLabels, unitName } from '../operator';

export interface ArgoCdProps {
  /**
   * Namespace that Argo CD runs in.
   *
   * @default argocd
   */
  readonly namespace?: string;
}

/** The API server as Argo CD calls the cluster that it runs in itself. */
const IN_CLUSTER = 'https://kubernetes.default.svc';
const API_VERSION = 'argoproj.io/v1alpha1';

/** Deleting an Application deletes what it applied; without the finalizer it would be orphaned. */
const CASCADE = 'resources-finalizer.argocd.argoproj.io';

/** Argo CD: a unit is an `Application`, an environment an `AppProject`. */
export class ArgoCd extends Construct implements Operator {
  readonly kind = 'argo-cd';
  readonly protection = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' };
  readonly keep = { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' };
  private readonly namespace: string;

  constructor(cluster: Construct, id = 'argocd', props: ArgoCdProps = {}) {
    super(cluster, id);
    this.namespace = props.namespace ?? 'argocd';
    operate(cluster, this);
  }

  bootstrap({ platform, repository, path }: ClusterRegistration): Manifest[] {
    // A dot keeps the name apart from those of environments, which are labels.
    const name = `root.${platform}`;
    return [
      this.project(name, repository.url, [this.namespace], {
        clusterResourceWhitelist: [{ group: '', kind: 'Namespace' }],
        namespaceResourceWhitelist: [
          { group: 'argoproj.io', kind: 'AppProject' },
          { group: 'argoproj.io', kind: 'Application' },
        ],
      }),
      {
        apiVersion: API_VERSION,
        kind: 'Application',
        metadata: { name, namespace: this.namespace },
        spec: {
          project: name,
          source: { repoURL: repository.url, targetRevision: repository.branch, path, directory: { recurse: true } },
          destination: { server: IN_CLUSTER, namespace: this.namespace },
          syncPolicy: syncPolicy(),
        },
      },
    ];
  }

  registerEnvironment({ environment, repository, namespaces, clusterKinds }: EnvironmentRegistration): Manifest[] {
    return [
      this.project(environment, repository.url, namespaces, {
        clusterResourceWhitelist: clusterKinds.map(({ group, kind }) => ({ group, kind })),
      }),
    ];
  }

  registerUnit(unit: UnitRegistration): Manifest {
    return {
      apiVersion: API_VERSION,
      kind: 'Application',
      metadata: {
        name: unitName(unit),
        namespace: this.namespace,
        labels: unitLabels(unit),
        annotations: {
          // Without it every commit to the repository refreshes every Application.
          'argocd.argoproj.io/manifest-generate-paths': '.',
          ...(unit.depth > 0 ? { 'argocd.argoproj.io/sync-wave': String(unit.depth) } : {}),
        },
        finalizers: [CASCADE],
      },
      spec: {
        project: unit.environment,
        source: { repoURL: unit.repository.url, targetRevision: unit.repository.branch, path: unit.path },
        destination: { server: IN_CLUSTER, namespace: unit.namespace },
        syncPolicy: syncPolicy({ adopts: unit.adopts }),
      },
    };
  }

  private project(name: string, url: string, namespaces: readonly string[], allowed: object): Manifest {
    return {
      apiVersion: API_VERSION,
      kind: 'AppProject',
      metadata: {
        name,
        namespace: this.namespace,
        // A project must outlive the Applications in it, or they cannot be deleted any more.
        finalizers: [CASCADE],
      },
      spec: {
        sourceRepos: [url],
        destinations: namespaces.map((namespace) => ({ server: IN_CLUSTER, namespace })),
        ...allowed,
      },
    };
  }
}

/** What is shared with another Application fails; but an object that comes from one is shared until it is applied. */
function syncPolicy({ adopts = false } = {}): object {
  return {
    automated: { prune: true, selfHeal: true, allowEmpty: false },
    syncOptions: ['ServerSideApply=true', 'PruneLast=true', ...(adopts ? [] : ['FailOnSharedResource=true'])],
    retry: { limit: 5, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } },
  };
}
