import { layout } from '../../model/layout';
import type { Manifest } from '../../model/manifest';
import type { ClusterRegistration, OperatedCluster } from '../operator';
import { API_VERSION, HERE, project, renderedFor, syncPolicy } from './objects';

/** Kinds that Argo CD is told of units with. */
export const OWN_KINDS = ['AppProject', 'Application'].map((kind) => ({ group: 'argoproj.io', kind }));

/** Names of what every unit of a platform shares. A dot keeps them apart from those of environments, which are labels. */
export const rootName = (platform: string) => `root.${platform}`;
export const waitsName = (platform: string) => `waits.${platform}`;

/** Where the records of registrations are. */
const RECORDS = '/registrations';

export interface RootInput {
  /** Argo CD's. */
  readonly namespace: string;
  /** Fields of projects that say whose commits are trusted. */
  readonly trust: object;
  /** The operator's folder has an Application of its own, or may get one. Otherwise the root applies it. */
  readonly leavesOutOperator: boolean;
  readonly operated?: readonly OperatedCluster[];
}

/** What follows `clusters/<cluster>`, and `clusters/<operated>` for every cluster that this one looks after. */
export function rootObjects(
  cluster: ClusterRegistration,
  { namespace, trust, leavesOutOperator, operated = [] }: RootInput,
): Manifest[] {
  const { platform, repository, path } = cluster;
  const name = rootName(platform);
  const props = { namespace, sources: [repository.url], destinations: [namespace], spec: trust };
  // Nothing may be cluster-wide: whatever a cluster needs for a unit, the unit's own Applications apply.
  const root = project(name, props, { clusterResourceWhitelist: [], namespaceResourceWhitelist: OWN_KINDS });
  const source = { repoURL: repository.url, targetRevision: repository.branch };
  // One object has one owner. It is left out ahead of time, for a root that may not apply what it finds stays as it is.
  const others = leavesOutOperator ? ['operator', 'namespaces', 'units'] : ['namespaces', 'units'];
  const own = { path, directory: { recurse: true, exclude: `{${others.map((each) => `${each}/**`).join(',')}}` } };
  return [
    root,
    waits(cluster, namespace, trust),
    application(name, { ...source, ...own }, renderedFor('.', RECORDS)),
    ...operated.map((each) => {
      const registrations = layout.registrations(each.cluster);
      const [folder, ...rest] = registrations.split('/');
      // A cluster without units has no folder, and Argo CD takes that for an error.
      const units = { path: folder, directory: { recurse: true, include: `${rest.join('/')}/*` } };
      return application(`${name}.${each.cluster}`, { ...source, ...units }, renderedFor(`/${registrations}`, RECORDS));
    }),
  ];

  // No waves, no hooks, nothing that waits to be confirmed: then it waits for nothing at all.
  function application(own: string, from: object, annotations: Record<string, string>): Manifest {
    return {
      apiVersion: API_VERSION,
      kind: 'Application',
      metadata: { name: own, namespace, annotations },
      spec: {
        project: name,
        source: from,
        destination: { ...HERE, namespace },
        syncPolicy: syncPolicy({ ofOperator: true }),
      },
    };
  }
}

/** Of what is in this project, nothing can ever be applied: it only looks at how others are. */
function waits({ platform, repository }: ClusterRegistration, namespace: string, trust: object): Manifest {
  const never = {
    kind: 'deny',
    schedule: '* * * * *',
    duration: '24h',
    applications: ['*'],
    manualSync: false,
  };
  const spec = { ...trust, syncWindows: [never] };
  return project(
    waitsName(platform),
    { namespace, sources: [repository.url], destinations: [namespace], spec },
    { clusterResourceWhitelist: [], namespaceResourceWhitelist: OWN_KINDS },
  );
}
