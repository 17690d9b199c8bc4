import type { Problem } from '../errors';
import type { ClusterDeclaration, EnvironmentDeclaration, PlatformDeclaration } from '../model/declaration';
import { layout } from '../model/layout';
import type { Manifest } from '../model/manifest';
import { type RecordedDelivery, type SectionRecord, serializeRecord } from '../model/record';
import { recordOf, type Section, type SectionOwner } from '../model/section';
import type { GroupKind, Operator } from '../operators/operator';
import { flatTreeId, manifestFiles } from './files';

/** Clusters and environments: the places that units are delivered to. */
export interface PlaceInput {
  readonly platform: PlatformDeclaration;
  readonly source: string;
  readonly operator: Operator;
  /** Construct path, for messages. */
  readonly path: string;
}

export function clusterSection(cluster: ClusterDeclaration, input: PlaceInput, problems: Problem[]): Section {
  const { platform, operator, source } = input;
  const owner = { kind: 'cluster', cluster: cluster.name } as const;
  const manifests = operator.bootstrap({
    platform: platform.name,
    cluster: cluster.name,
    repository: platform.repository,
    path: layout.clusterFolder(cluster.name),
  });
  return section(owner, layout.bootstrap(cluster.name), manifests, input, problems, (content) => ({
    kind: 'Cluster',
    platform: platform.name,
    cluster: cluster.name,
    operator: operator.kind,
    ...(cluster.kubernetesVersion === undefined ? {} : { kubernetesVersion: cluster.kubernetesVersion }),
    ...deliveryOf(cluster),
    source: { repository: source },
    content,
  }));
}

/** What the units of an environment need from its operator. */
export interface EnvironmentNeeds {
  readonly namespaces: readonly string[];
  readonly clusterKinds: readonly GroupKind[];
}

export function environmentSection(
  environment: EnvironmentDeclaration,
  needs: EnvironmentNeeds,
  input: PlaceInput,
  problems: Problem[],
): Section {
  const { platform, operator, source } = input;
  const cluster = environment.cluster.name;
  const owner = { kind: 'environment', environment: environment.name, cluster } as const;
  const manifests = operator.registerEnvironment({
    platform: platform.name,
    cluster,
    repository: platform.repository,
    path: layout.clusterFolder(cluster),
    environment: environment.name,
    ...needs,
  });
  const folder = layout.environmentRegistration(cluster, environment.name);
  const from = environment.promotesFrom.map(({ name }) => name).sort();
  return section(owner, folder, manifests, input, problems, (content) => ({
    kind: 'Environment',
    platform: platform.name,
    environment: environment.name,
    cluster,
    ...(environment.stage === undefined ? {} : { stage: environment.stage }),
    ...(from.length === 0 ? {} : { promotesFrom: from }),
    ...(environment.owners.length === 0 ? {} : { owners: [...environment.owners].sort() }),
    ...deliveryOf(environment),
    source: { repository: source },
    content,
  }));
}

/** Only what differs from the default is recorded. */
function deliveryOf({ delivery }: Pick<EnvironmentDeclaration, 'delivery'>): { delivery?: RecordedDelivery } {
  return delivery?.kind === 'pullRequest' ? { delivery: 'pull-request' } : {};
}

function section(
  owner: SectionOwner,
  folder: string,
  manifests: readonly Manifest[],
  { source, path }: PlaceInput,
  problems: Problem[],
  recordWith: (content: Record<string, string>) => SectionRecord,
): Section {
  const objects = manifests.map((manifest) => ({ manifest, path }));
  const rendered = manifestFiles(folder, objects, problems);
  const files = new Map(rendered.map(({ name, content }) => [`${folder}/${name}`, content]));
  const record = recordOf(owner);
  files.set(record, serializeRecord(recordWith(rendered.length > 0 ? { [folder]: flatTreeId(rendered) } : {})));
  return { owner, source, record, files };
}
