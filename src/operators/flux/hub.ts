import type { Manifest } from '../../model/manifest';
import type { SecretNeed } from '../../model/start';
import type { OperatedCluster } from '../operator';
import { CLUSTER_LABEL, kustomization, leavingOut, prefixed, UNIT_LABEL } from './objects';

/** Clusters that Flux looks after from another one. */

/** The Kustomization that registers the units of such a cluster, in the cluster that Flux runs in. */
export function operatedRoot(
  platform: string,
  { cluster, path }: OperatedCluster,
  { namespace, serviceAccount }: { readonly namespace: string; readonly serviceAccount?: string },
): Manifest {
  const patches = [leavingOut(CLUSTER_LABEL), leavingOut(UNIT_LABEL)];
  return kustomization(
    prefixed('root', `${platform}.${cluster}`),
    { namespace, path, serviceAccount },
    { wait: false, patches },
  );
}

/** The account that Flux is to be in such a cluster: whoever has its token may do everything there. */
export function operatedBootstrap({
  namespace,
  account,
}: {
  readonly namespace: string;
  readonly account: string;
}): Manifest[] {
  const labels = CLUSTER_LABEL;
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: account, namespace, labels },
      automountServiceAccountToken: false,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `cdk8s-gitops.${account}`, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
  ];
}

/** Secrets with the credentials of such clusters. */
export function operatedSecrets(operated: readonly OperatedCluster[]): SecretNeed[] {
  return operated.map(({ cluster, connection }) => ({
    name: connection.secret,
    keys: ['value'],
    purpose: `to reach the cluster ${cluster}: a kubeconfig`,
  }));
}
