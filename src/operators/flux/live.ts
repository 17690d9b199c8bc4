import { isSsh, type LiveOperator, type ReportKind } from '../live';
import { fluxRelease } from './release';

function reporting(group: string, kind: string, plural: string, revision?: string): ReportKind {
  return {
    group,
    kind,
    resource: `${plural}.${group}`,
    healthy: [{ condition: 'Ready' }],
    observed: 'status.observedGeneration',
    reasons: ['status.conditions'],
    ...(revision === undefined ? {} : { revision }),
  };
}

/** A Flux that runs. */
export const fluxLive: LiveOperator = {
  kind: fluxRelease.kind,
  title: fluxRelease.title,
  fieldManager: 'kustomize-controller',
  reports: [
    reporting('kustomize.toolkit.fluxcd.io', 'Kustomization', 'kustomizations', 'status.lastAppliedRevision'),
    reporting('source.toolkit.fluxcd.io', 'GitRepository', 'gitrepositories'),
    reporting('helm.toolkit.fluxcd.io', 'HelmRelease', 'helmreleases'),
  ],
  groups: [
    'kustomize.toolkit.fluxcd.io',
    'source.toolkit.fluxcd.io',
    'helm.toolkit.fluxcd.io',
    'notification.toolkit.fluxcd.io',
  ],
  refresh: { annotation: 'reconcile.fluxcd.io/requestedAt' },
  repositorySecret: (url) =>
    isSsh(url)
      ? [
          { key: 'identity', holds: 'privateKey' },
          { key: 'known_hosts', holds: 'knownHosts' },
        ]
      : [
          { key: 'username', holds: 'username' },
          { key: 'password', holds: 'password' },
        ],
  release: {
    // What is suspended prunes nothing when it is deleted.
    pause: { spec: { suspend: true, prune: false } },
    isPaused: ({ suspend }) => suspend === true,
    columns: 'NAME:.metadata.name,SUSPENDED:.spec.suspend,PRUNES:.spec.prune',
    appliedBy: ({ path, targetNamespace }) => ({
      path: (path as string | undefined)?.replace(/^\.\//, ''),
      namespace: targetNamespace as string | undefined,
    }),
  },
};
