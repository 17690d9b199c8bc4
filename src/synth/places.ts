import type { Problem } from '../errors';
import type { ClusterDeclaration, EnvironmentDeclaration, PlatformDeclaration } from '../model/declaration';
import { layout } from '../model/layout';
import { type RecordedDelivery, type SectionRecord, serializeRecord } from '../model/record';
import { recordOf, type Section, type SectionOwner } from '../model/section';
import type { OperatorStart } from '../model/start';
import type { GroupKind, OperatedCluster, Operator } from '../operators/operator';
import { flatTreeId, type ManifestFile, manifestFiles } from './files';
import type { SynthesisGate } from './gate';
import { operatorFiles } from './release/files';
import type { PinnedReleases } from './release/pinned';

/** Clusters and environments: the places that units are delivered to. */
export interface PlaceInput {
  readonly platform: PlatformDeclaration;
  readonly source: string;
  readonly operator: Operator;
  /** Construct path, for messages. */
  readonly path: string;
  readonly gate: SynthesisGate;
}

/** A cluster's section, and how its operator is started when it comes from there. */
export interface ClusterPlace {
  readonly section: Section;
  readonly start?: OperatorStart;
}

export function clusterSection(
  cluster: ClusterDeclaration,
  input: PlaceInput & { readonly releases: PinnedReleases; readonly operated: readonly OperatedCluster[] },
  problems: Problem[],
): ClusterPlace {
  const { platform, operator, source, operated } = input;
  const owner = { kind: 'cluster', cluster: cluster.name } as const;
  const recordWith = (content: Record<string, string>): SectionRecord => ({
    kind: 'Cluster',
    platform: platform.name,
    cluster: cluster.name,
    operator: operator.kind,
    ...(cluster.operatedBy === undefined ? {} : { operatedBy: cluster.operatedBy.name }),
    ...(cluster.kubernetesVersion === undefined ? {} : { kubernetesVersion: cluster.kubernetesVersion }),
    ...deliveryOf(cluster),
    source: { repository: source },
    content,
  });
  // What the operator is to know of the cluster is part of the other one's bootstrap.
  if (cluster.operatedBy) {
    const folder = layout.bootstrap(cluster.name);
    const admission = operator.operatedBootstrap?.() ?? [];
    const files = manifestFiles(
      folder,
      admission.map((manifest) => ({ manifest, path: input.path })),
      problems,
    );
    input.gate.place(folder, files);
    return { section: section(owner, { [folder]: files }, source, recordWith) };
  }
  const registration = {
    platform: platform.name,
    cluster: cluster.name,
    repository: platform.repository,
    path: layout.clusterFolder(cluster.name),
  };
  const path = cluster.operators.find((each) => each.operator === operator)?.path ?? input.path;
  const installation = operator.installation(registration, operated);
  for (const message of installation?.problems ?? []) problems.push({ where: path, message });
  const folder = layout.operator(cluster.name);
  const { files, installed } = installation
    ? operatorFiles(folder, installation, input.releases, path, problems)
    : { files: [] };
  const bootstrap = layout.bootstrap(cluster.name);
  const objects = operator
    .bootstrap(registration, installed, operated)
    .map((manifest) => ({ manifest, path: input.path }));
  const folders = { [bootstrap]: manifestFiles(bootstrap, objects, problems), [folder]: files };
  for (const [place, rendered] of Object.entries(folders)) input.gate.place(place, rendered);
  const built = section(owner, folders, source, recordWith);
  return { section: built, ...(installation ? { start: installation.start } : {}) };
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
  const objects = manifests.map((manifest) => ({ manifest, path: input.path }));
  const files = manifestFiles(folder, objects, problems);
  input.gate.place(folder, files);
  return section(owner, { [folder]: files }, source, (content) => ({
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
  folders: Readonly<Record<string, readonly ManifestFile[]>>,
  source: string,
  recordWith: (content: Record<string, string>) => SectionRecord,
): Section {
  const files = new Map<string, string>();
  const ids: Record<string, string> = {};
  for (const [folder, rendered] of Object.entries(folders)) {
    for (const { name, content } of rendered) files.set(`${folder}/${name}`, content);
    if (rendered.length > 0) ids[folder] = flatTreeId(rendered);
  }
  const record = recordOf(owner);
  files.set(record, serializeRecord(recordWith(ids)));
  return { owner, source, record, files };
}
