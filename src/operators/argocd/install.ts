import type { Manifest } from '../../model/manifest';
import type { SecretNeed, StartStep } from '../../model/start';
import type { Alert } from '../alerts';
import { type FluxInstanceInstall, type Install, installProblems, remoteBase } from '../install';
import type { ClusterRegistration, GroupKind, Installation, InstalledFolder, OperatedCluster } from '../operator';
import { isBefore } from '../release';
import { mergeValues } from '../values';
import { inRegistry, kustomizePatches, type WorkloadProps, workloadProblems } from '../workloads';
import { notificationSecrets, notificationsData } from './alerts';
import { CHART, chartProblems, chartValues, MINIMUM_CHART } from './chart';
import { type ArgoCdComponent, COMPONENTS, workloadOf } from './components';
import { API_VERSION, IN_CLUSTER, project, renderedFor, syncPolicy } from './objects';
import { argoCdRelease } from './release';
import { type ArgoCdSettings, configMaps, settingsProblems, WEBHOOK_KEYS } from './settings';
import { SHARDS, vendored } from './vendored';

/** Props that take effect where Argo CD is installed from here. */
export interface ArgoCdInstallProps extends WorkloadProps<ArgoCdComponent> {
  /**
   * Settings of Argo CD.
   *
   * @default - nobody logs in as `admin`, no shells, an emptied default project, waves that wait for Applications
   */
  readonly settings?: ArgoCdSettings;

  /**
   * Name of the Secret with which Argo CD reads the environment repository. It is created by hand, or by `bootstrap`.
   *
   * @default - none: anyone may read the repository
   */
  readonly repositorySecret?: string;
}

export type ArgoCdInstall = Exclude<Install, FluxInstanceInstall>;

/** An Argo CD, as it was declared. */
export interface InstallInput {
  readonly install: ArgoCdInstall;
  readonly props: ArgoCdInstallProps;
  readonly namespace: string;
  /** Annotations of what goes only when somebody says so. */
  readonly protection: Readonly<Record<string, string>>;
  /** Annotations of what never goes by itself. */
  readonly keep: Readonly<Record<string, string>>;
  /** Whom to tell. @default - nobody */
  readonly alerts?: readonly Alert[];
  /** What {@link alerts} are in `argocd-notifications-cm`. @default - nothing */
  readonly notifications?: Readonly<Record<string, string>>;
}

const IMAGES = ['quay.io/argoproj/argocd', 'ghcr.io/dexidp/dex', 'public.ecr.aws/docker/library/redis'];

/** What is wrong with the props, told at the operator's construct path. */
export function argoCdProblems(install: ArgoCdInstall, props: ArgoCdInstallProps): string[] {
  const wrong = installProblems(install, ['existing', 'vendored', 'helmChart', 'kustomize']);
  if (wrong.length > 0) return wrong;
  const problems = [...workloadProblems(props, COMPONENTS), ...settingsProblems(props.settings)];
  if (install.kind === 'helmChart') {
    problems.push(...chartProblems(props));
    const isOurs = (install.chart ?? CHART.chart) === CHART.chart;
    if (isOurs && isBefore(install.version, MINIMUM_CHART)) {
      problems.push(`chart ${install.version} holds an Argo CD before 3.0: use ${MINIMUM_CHART.join('.')}.0 or later`);
    }
  }
  const ref = install.kind === 'kustomize' ? remoteBase(install.url)?.ref : undefined;
  if (ref !== undefined && /^v?\d+\.\d+\.\d+/.test(ref) && isBefore(ref, argoCdRelease.minimum)) {
    problems.push(`Argo CD ${ref} is too old: use ${argoCdRelease.minimum.join('.')} or later`);
  }
  return problems;
}

/** As whom it applies objects. */
const FIELD_MANAGER = 'argocd-controller';

/** How Argo CD gets into the cluster. */
export function argoCdInstallation(
  cluster: ClusterRegistration,
  declared: InstallInput,
  operated: readonly OperatedCluster[] = [],
): Installation | undefined {
  const { install, props, namespace, protection, alerts = [] } = declared;
  if (install.kind === 'existing') return undefined;
  const notifications = notificationsData(alerts, cluster);
  const input = { ...declared, notifications };
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, annotations: protection } };
  const own = props.settings?.openDefaultProject ? [] : [emptyProject(namespace)];
  const bootstrap: StartStep = { kind: 'apply', path: `${cluster.path}/bootstrap`, fieldManager: FIELD_MANAGER };
  const folder: StartStep = { kind: 'apply', path: `${cluster.path}/operator`, fieldManager: FIELD_MANAGER };
  const start = {
    operator: argoCdRelease.kind,
    namespace,
    secrets: [...secretsOf(cluster, props), ...notificationSecrets(alerts), ...operated.map(clusterSecret)],
  };
  const problems = urlProblems(cluster.repository.url);
  switch (install.kind) {
    case 'vendored':
      return {
        objects: [space, ...own],
        release: vendored(install.file, input),
        start: { ...start, steps: [folder, bootstrap] },
        problems,
      };
    case 'helmChart': {
      const { version, repository = CHART.repository, chart = CHART.chart } = install;
      const values = mergeValues(chartValues(props, notifications), { ...install.values });
      const source = {
        // Argo CD tells an OCI registry by the lack of a scheme.
        repoURL: repository.replace(/^oci:\/\//, ''),
        chart,
        targetRevision: version,
        helm: { releaseName: RELEASE, valuesObject: values },
      };
      const step: StartStep = {
        kind: 'helm',
        release: RELEASE,
        repository,
        chart,
        version,
        values,
        fieldManager: FIELD_MANAGER,
      };
      return {
        objects: [...own, ...selfManaged(cluster, input, source)],
        start: { ...start, steps: [step, bootstrap] },
        problems,
      };
    }
    case 'kustomize': {
      const base = remoteBase(install.url);
      const source = {
        repoURL: base?.repository ?? install.url,
        path: base?.path,
        targetRevision: base?.ref,
        kustomize: kustomization(input),
      };
      return {
        objects: [...own, ...selfManaged(cluster, input, source)],
        start: { ...start, steps: [{ kind: 'kustomize', url: install.url, fieldManager: FIELD_MANAGER }, bootstrap] },
        problems,
      };
    }
  }
}

/** The project and Application over the operator's folder, as part of what bootstraps a cluster. */
export function folderApplication(
  cluster: ClusterRegistration,
  { path, clusterKinds, namespacedKinds }: InstalledFolder,
  input: Pick<InstallInput, 'namespace' | 'keep'>,
): Manifest[] {
  const { url: repoURL, branch: targetRevision } = cluster.repository;
  const allowed = { clusterResourceWhitelist: clusterKinds, namespaceResourceWhitelist: namespacedKinds };
  return operatorObjects(cluster, input, { repoURL, targetRevision, path }, allowed);
}

const RELEASE = 'argocd';

/** Where an Application reads from. */
interface Source {
  readonly repoURL: string;
  readonly [field: string]: unknown;
}

/** What a chart or a remote base may hold is not known here: it may be anything that an operator is made of. */
function selfManaged(cluster: ClusterRegistration, input: InstallInput, source: Source): Manifest[] {
  const clusterKinds: GroupKind[] = [
    { group: 'apiextensions.k8s.io', kind: 'CustomResourceDefinition' },
    { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
    { group: 'rbac.authorization.k8s.io', kind: 'ClusterRoleBinding' },
  ];
  const allowed = { clusterResourceWhitelist: clusterKinds, namespaceResourceWhitelist: [{ group: '*', kind: '*' }] };
  return operatorObjects(cluster, input, source, allowed);
}

function operatorObjects(
  { platform }: ClusterRegistration,
  { namespace, keep }: Pick<InstallInput, 'namespace' | 'keep'>,
  source: Source,
  allowed: Parameters<typeof project>[2],
): Manifest[] {
  const name = `operator.${platform}`;
  return [
    project(name, { namespace, sources: [source.repoURL], destinations: [namespace], annotations: keep }, allowed),
    {
      apiVersion: API_VERSION,
      kind: 'Application',
      // Without a finalizer: when the Application goes, Argo CD stays. It does not go by itself, for nothing would take
      // its place; and a prune that waits to be confirmed would hold up everything else that the root applies.
      metadata: {
        name,
        namespace,
        annotations: { ...renderedFor('.'), ...keep },
      },
      spec: { project: name, source, destination: { server: IN_CLUSTER, namespace }, syncPolicy: syncPolicy() },
    },
  ];
}

/** Argo CD makes this project by itself, and allows everything in it. */
function emptyProject(namespace: string): Manifest {
  return {
    apiVersion: API_VERSION,
    kind: 'AppProject',
    metadata: { name: 'default', namespace },
    spec: { sourceRepos: [], destinations: [], clusterResourceWhitelist: [], namespaceResourceWhitelist: [] },
  };
}

function kustomization({ props, namespace, notifications }: InstallInput): object {
  const all = Object.entries(configMaps(props.settings, notifications));
  const maps = all.filter(([, data]) => Object.keys(data).length > 0);
  const { registry } = props;
  const shards = props.replicas?.['application-controller'];
  return {
    namespace,
    patches: [
      ...maps.map(([name, data]) => ({
        target: { kind: 'ConfigMap', name },
        patch: `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data }, null, 2)}\n`,
      })),
      ...kustomizePatches(props, workloadOf),
      ...(shards === undefined ? [] : [shardPatch(shards)]),
    ],
    ...(registry === undefined ? {} : { images: IMAGES.map((image) => `${image}=${inRegistry(image, registry)}`) }),
  };
}

function shardPatch(replicas: number): object {
  const target = workloadOf('application-controller');
  const containers = [{ name: target.name, env: [{ name: SHARDS, value: String(replicas) }] }];
  const patch = {
    apiVersion: 'apps/v1',
    kind: target.kind,
    metadata: { name: target.name },
    spec: { template: { spec: { containers } } },
  };
  return { target, patch: `${JSON.stringify(patch, null, 2)}\n` };
}

function secretsOf(
  { repository }: ClusterRegistration,
  { repositorySecret, settings = {} }: ArgoCdInstallProps,
): SecretNeed[] {
  const repositories = [
    ...(repositorySecret === undefined ? [] : [{ url: repository.url, secret: repositorySecret }]),
    ...(settings.repositories ?? []),
  ].map(({ url, secret }): SecretNeed => {
    const labels = { 'argocd.argoproj.io/secret-type': 'repository' };
    const keys = /^(ssh:|[^/@:]+@)/.test(url) ? ['url', 'sshPrivateKey'] : ['url', 'username', 'password'];
    const opens = secret === repositorySecret ? { opens: url } : {};
    return { name: secret, labels, keys, purpose: `to read ${url}`, ...opens };
  });
  const login = settings.oidc?.clientSecret;
  const labels = { 'app.kubernetes.io/part-of': 'argocd' };
  const hooks = (settings.webhooks ?? []).map((forge) => WEBHOOK_KEYS[forge]);
  return [
    ...repositories,
    ...(login ? [{ name: login.secret, labels, keys: [login.key], purpose: 'to log people in' }] : []),
    ...(hooks.length > 0
      ? [{ name: 'argocd-secret', labels, keys: hooks, purpose: 'to know who tells of a push' }]
      : []),
  ];
}

/** Argo CD finds clusters by the label. Units refer to a cluster by the `name` in its Secret. */
function clusterSecret({ cluster, connection: { secret, shard } }: OperatedCluster): SecretNeed {
  return {
    name: secret,
    labels: { 'argocd.argoproj.io/secret-type': 'cluster' },
    keys: ['name', 'server', 'config', ...(shard === undefined ? [] : ['shard'])],
    purpose: `to reach the cluster ${cluster}: its \`name\` is \`${cluster}\`${
      shard === undefined ? '' : `, its \`shard\` \`${shard}\``
    }`,
  };
}

function urlProblems(url: string): string[] {
  if (/^(https?|ssh):\/\//.test(url) || /^[\w.-]+@[\w.-]+:/.test(url)) return [];
  return [`Argo CD cannot read ${url}: it takes https://, http:// and ssh:// URLs, and git@host:path`];
}
