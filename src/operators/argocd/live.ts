import { isSsh, type LiveOperator, type SecretField } from '../live';
import { argoCdRelease } from './release';

/** An Argo CD that runs. */
export const argoCdLive: LiveOperator = {
  kind: argoCdRelease.kind,
  title: argoCdRelease.title,
  fieldManager: 'argocd-controller',
  reports: [
    {
      group: 'argoproj.io',
      kind: 'Application',
      resource: 'applications.argoproj.io',
      healthy: [
        { field: 'status.sync.status', is: 'Synced' },
        { field: 'status.health.status', is: 'Healthy' },
      ],
      reasons: ['status.conditions', 'status.operationState.message', 'status.health.message'],
      revision: 'status.sync.revision',
    },
  ],
  groups: ['argoproj.io'],
  refresh: { annotation: 'argocd.argoproj.io/refresh', value: 'normal' },
  repositorySecret(url) {
    const fields: SecretField[] = [
      { key: 'type', value: 'git' },
      { key: 'url', value: url },
    ];
    if (isSsh(url)) return [...fields, { key: 'sshPrivateKey', holds: 'privateKey' }];
    return [...fields, { key: 'username', holds: 'username' }, { key: 'password', holds: 'password' }];
  },
  knownHosts: { configMap: 'argocd-ssh-known-hosts-cm', key: 'ssh_known_hosts' },
  release: {
    // Without its finalizer an Application takes nothing along.
    pause: { metadata: { finalizers: null }, spec: { syncPolicy: { automated: null } } },
    isPaused: ({ syncPolicy }) => (syncPolicy as { automated?: unknown } | undefined)?.automated === undefined,
    columns: 'NAME:.metadata.name,AUTOMATED:.spec.syncPolicy.automated,FINALIZERS:.metadata.finalizers',
    appliedBy: ({ source, destination }) => ({
      path: (source as { path?: string } | undefined)?.path,
      namespace: (destination as { namespace?: string } | undefined)?.namespace,
    }),
  },
};
