import type { Manifest } from '../../model/manifest';
import type { StartStep } from '../../model/start';
import type { Alert } from '../alerts';
import { type Install, installProblems, remoteBase } from '../install';
import type { ClusterRegistration, Installation, InstalledFolder, OperatedCluster } from '../operator';
import { isBefore } from '../release';
import { mergeValues } from '../values';
import { inRegistry, kustomizePatches, type WorkloadProps, workloadProblems } from '../workloads';
import { alertSecrets } from './alerts';
import { CHART, chartProblems, chartValues, MINIMUM_CHART } from './chart';
import {
  COMPONENTS,
  type FluxComponent,
  type FluxTenancy,
  tenancyArgs,
  USUAL_COMPONENTS,
  workerArgs,
  workloadOf,
} from './components';
import { operatedSecrets } from './hub';
import { inMemoryPatch } from './memory';
import { DELETED, gitUrl, kustomization, SOURCE_API } from './objects';
import { fluxRelease } from './release';
import { type FluxSource, sourceSecrets } from './source';
import { vendored } from './vendored';

/** Props that take effect where Flux is installed from here. */
export interface FluxInstallProps extends WorkloadProps<FluxComponent> {
  /**
   * What keeps tenants apart.
   *
   * @default - all of it is on
   */
  readonly tenancy?: FluxTenancy;

  /** @default - Flux's network policies are kept */
  readonly networkPolicies?: boolean;

  /**
   * kustomize-controller unpacks the repository into memory rather than onto a disk, which with hundreds of units is several
   * times as fast. Each of its 20 workers unpacks all that the cluster reads, at 4 KiB a file or more, and the limit of the
   * container's memory, which is 1 GiB unless `resources` says otherwise, has to allow for that.
   *
   * @default false
   */
  readonly inMemoryBuilds?: boolean;
}

/** A Flux, as it was declared. */
export interface FluxInput extends Omit<FluxSource, 'interval'> {
  readonly install: Install;
  readonly props: FluxInstallProps;
  readonly protection: Readonly<Record<string, string>>;
  /** Account of Kustomizations that install Flux itself. */
  readonly serviceAccount?: string;
  /** Whom to tell. @default - nobody */
  readonly alerts?: readonly Alert[];
}

/** What is wrong with the props, told at the operator's construct path. */
export function fluxProblems(install: Install, props: FluxInstallProps): string[] {
  const wrong = installProblems(install, ['existing', 'vendored', 'helmChart', 'kustomize', 'fluxInstance']);
  if (wrong.length > 0) return wrong;
  const problems = workloadProblems(props, COMPONENTS);
  const account = props.tenancy?.defaultServiceAccount;
  if (account !== undefined && account !== false && !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(String(account))) {
    problems.push(`'${account}' is no name of a service account`);
  }
  switch (install.kind) {
    case 'helmChart':
      problems.push(...chartProblems(props));
      if ((install.chart ?? CHART.chart) === CHART.chart && isBefore(install.version, MINIMUM_CHART)) {
        problems.push(`chart ${install.version} holds a Flux before 2.7: use ${MINIMUM_CHART.join('.')}.0 or later`);
      }
      break;
    case 'fluxInstance':
      if (isBefore(install.version, fluxRelease.minimum)) problems.push(tooOld(install.version));
      for (const component of install.components ?? []) {
        if (!(COMPONENTS as readonly string[]).includes(component)) {
          problems.push(`Flux has no component '${component}': there are ${COMPONENTS.join(', ')}`);
        }
      }
      break;
    case 'kustomize': {
      const ref = remoteBase(install.url)?.ref ?? '';
      if (/^v?\d+\.\d+\.\d+/.test(ref) && isBefore(ref, fluxRelease.minimum)) problems.push(tooOld(ref));
    }
  }
  return problems;
}

const tooOld = (version: string) => `Flux ${version} is too old: use ${fluxRelease.minimum.join('.')} or later`;

/** As whom it applies objects. */
const FIELD_MANAGER = 'kustomize-controller';

/** How Flux gets into the cluster. */
export function fluxInstallation(
  cluster: ClusterRegistration,
  input: FluxInput,
  operated: readonly OperatedCluster[],
): Installation | undefined {
  const { install, props, namespace, protection } = input;
  if (install.kind === 'existing') return undefined;
  const bootstrap: StartStep = { kind: 'apply', path: `${cluster.path}/bootstrap`, fieldManager: FIELD_MANAGER };
  const folder: StartStep = { kind: 'apply', path: `${cluster.path}/operator`, fieldManager: FIELD_MANAGER };
  const secrets = [...sourceSecrets(cluster, input), ...alertSecrets(input.alerts ?? []), ...operatedSecrets(operated)];
  const start = { operator: fluxRelease.kind, namespace, secrets };
  const problems = urlProblems(cluster.repository.url);
  switch (install.kind) {
    case 'vendored':
      return {
        objects: [],
        release: vendored(install.file, input),
        start: { ...start, steps: [folder, bootstrap] },
        problems,
      };
    case 'helmChart': {
      const { version, repository = CHART.repository, chart = CHART.chart } = install;
      const values = mergeValues(chartValues(props), { ...install.values });
      const step: StartStep = { kind: 'helm', release: RELEASE, repository, chart, version, values };
      return {
        objects: helmRelease(input, { version, repository, chart, values }),
        start: { ...start, steps: [step, bootstrap] },
        problems,
      };
    }
    case 'kustomize': {
      const step: StartStep = { kind: 'kustomize', url: install.url, fieldManager: FIELD_MANAGER };
      return {
        objects: remoteKustomization(cluster, input, install.url),
        start: { ...start, steps: [step, bootstrap] },
        problems,
      };
    }
    case 'fluxInstance': {
      const instance = fluxInstance(install, input);
      const annotated = { ...instance, metadata: { ...instance.metadata, annotations: protection } };
      return { objects: [annotated], start: { ...start, steps: [folder, bootstrap] }, problems };
    }
  }
}

/** The Kustomization over the operator's folder, as part of what bootstraps a cluster. */
export function folderKustomization(
  { platform }: ClusterRegistration,
  { path }: InstalledFolder,
  { namespace, protection, serviceAccount }: FluxInput,
): Manifest {
  // When it leaves the repository it stays in the cluster: its end would be the end of what it applied.
  return kustomization(
    `operator.${platform}`,
    { namespace, path, annotations: protection, serviceAccount },
    { wait: true },
  );
}

const RELEASE = 'flux2';
function helmRelease(
  { namespace, protection, props }: FluxInput,
  from: { readonly version: string; readonly repository: string; readonly chart: string; readonly values: object },
): Manifest[] {
  const isOci = from.repository.startsWith('oci://');
  const account = props.tenancy?.defaultServiceAccount === false ? {} : { serviceAccountName: 'helm-controller' };
  return [
    {
      apiVersion: SOURCE_API,
      kind: 'HelmRepository',
      metadata: { name: 'flux', namespace },
      spec: { ...(isOci ? { type: 'oci' } : {}), interval: '1h', url: from.repository },
    },
    {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      // When it leaves the repository it stays in the cluster: its end would be Flux's.
      metadata: { name: 'flux', namespace, annotations: protection },
      spec: {
        interval: '1h',
        releaseName: RELEASE,
        ...account,
        chart: {
          spec: { chart: from.chart, version: from.version, sourceRef: { kind: 'HelmRepository', name: 'flux' } },
        },
        driftDetection: { mode: 'enabled' },
        values: from.values,
      },
    },
  ];
}

function remoteKustomization({ platform }: ClusterRegistration, input: FluxInput, url: string): Manifest[] {
  const { namespace, props, protection, serviceAccount } = input;
  const base = remoteBase(url);
  if (base === undefined) return [];
  const isCommit = /^[0-9a-f]{40}$/.test(base.ref);
  const isVersion = /^v?\d+\.\d+/.test(base.ref);
  const { registry } = props;
  const patches = kustomizePatches(props, workloadOf, argsOf(props));
  if (props.inMemoryBuilds) patches.push(inMemoryPatch());
  if (props.networkPolicies === false) patches.push({ target: { kind: 'NetworkPolicy' }, patch: DELETED });
  return [
    {
      apiVersion: SOURCE_API,
      kind: 'GitRepository',
      metadata: { name: 'flux', namespace },
      spec: {
        interval: '1h',
        url: base.repository,
        ref: { [isCommit ? 'commit' : isVersion ? 'tag' : 'branch']: base.ref },
      },
    },
    kustomization(
      `operator.${platform}`,
      { namespace, path: base.path, annotations: protection, source: 'flux', serviceAccount },
      {
        wait: true,
        ...(patches.length === 0 ? {} : { patches }),
        ...(registry === undefined
          ? {}
          : {
              images: COMPONENTS.map((component) => `ghcr.io/fluxcd/${component}`).map((name) => ({
                name,
                newName: inRegistry(name, registry),
              })),
            }),
      },
    ),
  ];
}

/** Flags that every controller gets, by component. */
function argsOf(props: FluxInstallProps, components = USUAL_COMPONENTS, isLocked = false) {
  const args = components.map((component) => {
    const tenancy = isLocked ? [] : tenancyArgs(component, props.tenancy);
    return [component, [...tenancy, ...workerArgs(component)]] as const;
  });
  return Object.fromEntries(args.filter(([, own]) => own.length > 0)) as Partial<Record<FluxComponent, string[]>>;
}

function fluxInstance(install: Extract<Install, { kind: 'fluxInstance' }>, { namespace, props }: FluxInput): Manifest {
  const { version, artifact, components = USUAL_COMPONENTS } = install;
  const registry = install.registry ?? (props.registry === undefined ? 'ghcr.io/fluxcd' : `${props.registry}/fluxcd`);
  const {
    crossNamespaceReferences = false,
    remoteBases = false,
    defaultServiceAccount = 'default',
  } = props.tenancy ?? {};
  // The instance turns all of it on or none; where only a part is wanted, flags say it.
  const isWhole = !crossNamespaceReferences && !remoteBases && defaultServiceAccount !== false;
  const args = argsOf(props, components as readonly FluxComponent[], isWhole);
  const patches = kustomizePatches(props, workloadOf, args);
  if (props.inMemoryBuilds) patches.push(inMemoryPatch());
  return {
    apiVersion: 'fluxcd.controlplane.io/v1',
    kind: 'FluxInstance',
    // flux-operator takes no other name.
    metadata: { name: 'flux', namespace },
    spec: {
      distribution: { version, registry, ...(artifact === undefined ? {} : { artifact }) },
      components: [...components],
      cluster: {
        type: 'kubernetes',
        multitenant: isWhole,
        ...(isWhole ? { tenantDefaultServiceAccount: defaultServiceAccount } : {}),
        networkPolicy: props.networkPolicies ?? true,
      },
      ...(patches.length === 0 ? {} : { kustomize: { patches } }),
    },
  };
}

function urlProblems(url: string): string[] {
  return /^(https?|ssh):\/\//.test(gitUrl(url))
    ? []
    : [`Flux cannot read ${url}: it takes https://, http:// and ssh:// URLs, and git@host:path`];
}
