import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArgoCd, type Cluster, Flux, Install } from '../../../src';
import { ARGO_CD_DEFINITIONS, ARGO_CD_MANIFEST, FLUX_DEFINITIONS, FLUX_MANIFEST } from '../../helpers/shared-data';
import { type ArgoCdAgent, startArgoCd } from './argocd';
import type { ControlPlane, KubernetesObject } from './control-plane';
import { type FluxAgent, startFlux } from './flux';
import type { Program } from './processes';
import { argsOf, configuredEnvironment } from './workloads';

/** All that the tests know of one agent and not of the other. */

export const AGENTS = ['argo-cd', 'flux'] as const;
export type AgentKind = (typeof AGENTS)[number];

/** A commit that the environment repository has now. */
export interface Push {
  readonly url: string;
  readonly before: string;
  readonly after: string;
  readonly changed: Readonly<Record<'added' | 'modified' | 'removed', readonly string[]>>;
}

export interface RunningAgent {
  /** What applies objects. */
  readonly applier: string;
  program(name: string): Program;
  restart(name: string): Promise<void>;
  /** Tells it of a push, as a forge does. */
  notify(plane: ControlPlane, push: Push): Promise<void>;
  /** Where its API is, if it has one. */
  readonly api: string;
  stop(): Promise<void>;
}

export interface OperatorOptions {
  /** @default 1 */
  readonly replicas?: number;
  /** Otherwise it runs already, as far as the program knows. @default true */
  readonly isInstalled?: boolean;
}

export interface Agent {
  readonly kind: AgentKind;
  readonly namespace: string;
  /** Its release manifest, and the version of that. */
  readonly manifest: string;
  readonly version: string;
  /** What units are to it. */
  readonly resource: string;
  /** Declares it, installed from its release manifest, with settings whose effect can be seen. */
  install(cluster: Cluster, options?: OperatorOptions): void;
  /** The Deployment that has as many replicas as the options say. */
  readonly scaled: string;
  /** The last of its workloads that is started. */
  readonly workload: readonly [kind: string, name: string];
  /** Starts its processes, set up as the workloads in the cluster are. */
  start(plane: ControlPlane): Promise<RunningAgent>;
  isHealthy(unit: KubernetesObject): boolean;
  /** Its view of a unit, in a word or two: `Synced Healthy`. As a template for kubectl's jsonpath. */
  readonly state: string;
  readonly settled: RegExp;
  /** Everything it says of a unit. */
  complaints(unit: KubernetesObject): string;
  /** Makes it look at a unit at once. */
  refresh(plane: ControlPlane, unit: string): Promise<unknown>;
  /** Confirms, as the guide says, that what waits for it may go along with a unit. Of Flux, nothing waits. */
  confirm(plane: ControlPlane, unit: string): Promise<unknown>;
  /** Definitions of its own objects. */
  definitions(): string[];
}

/** An address that nobody serves, as proof that settings are read from the repository. */
export const ADDRESS = 'https://argocd.shop.example';

const argocd: Agent = {
  kind: 'argo-cd',
  namespace: 'argocd',
  manifest: ARGO_CD_MANIFEST,
  version: '3.5.1',
  resource: 'applications.argoproj.io',
  scaled: 'argocd-server',
  install(cluster, { replicas = 1, isInstalled = true } = {}) {
    if (!isInstalled) {
      new ArgoCd(cluster);
      return;
    }
    new ArgoCd(cluster, 'argocd', {
      install: Install.vendored(),
      replicas: { server: replicas },
      settings: { url: ADDRESS, trackingMethod: 'annotation+label' },
    });
  },
  workload: ['statefulset', 'argocd-application-controller'],
  async start(plane) {
    const settings: Record<string, NodeJS.ProcessEnv> = {};
    for (const [name, kind] of [
      ['argocd-server', 'deployment'],
      ['argocd-repo-server', 'deployment'],
      ['argocd-application-controller', 'statefulset'],
    ] as const) {
      settings[name] = await configuredEnvironment(plane, argocd.namespace, kind, name);
    }
    const agent = await startArgoCd(plane, argocd.namespace, { server: true, settings });
    return {
      ...members(agent),
      applier: 'argocd-application-controller',
      api: agent.api,
      async notify(_, { url, before, after, changed }) {
        await post(`${agent.api}/api/webhook`, 'push', {
          ref: 'refs/heads/main',
          ...{ before, after },
          repository: { html_url: url.replace(/\.git$/, ''), default_branch: 'main' },
          commits: [{ id: after, ...changed }],
        });
      },
    };
  },
  isHealthy: ({ status }) => status?.sync?.status === 'Synced' && status?.health?.status === 'Healthy',
  state: '{.status.sync.status} {.status.health.status}',
  settled: /^Synced Healthy$/,
  complaints: ({ status }) =>
    JSON.stringify([status?.sync?.status, status?.health, status?.conditions, status?.operationState]),
  refresh: (plane, unit) =>
    plane.kubectl(
      ...['annotate', '--overwrite', '-n', argocd.namespace, `application/${unit}`],
      'argocd.argoproj.io/refresh=normal',
    ),
  confirm: (plane, unit) =>
    plane.kubectl(
      ...['annotate', '--overwrite', '-n', argocd.namespace, `application/${unit}.kept`],
      `argocd.argoproj.io/deletion-approved=${new Date().toISOString()}`,
    ),
  definitions: () =>
    ['application', 'applicationset', 'appproject'].map((name) =>
      readFileSync(join(ARGO_CD_DEFINITIONS, `${name}-crd.yaml`), 'utf8'),
    ),
};

const CONTROLLERS = ['source', 'kustomize', 'helm', 'notification'] as const;
const RECEIVER = `apiVersion: v1
kind: Secret
metadata: { name: webhook-token, namespace: flux-system }
stringData: { token: for-tests-only }
---
apiVersion: notification.toolkit.fluxcd.io/v1
kind: Receiver
metadata: { name: environments, namespace: flux-system }
spec:
  type: generic
  secretRef: { name: webhook-token }
  resources: [{ apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, name: environments }]
`;

const flux: Agent = {
  kind: 'flux',
  namespace: 'flux-system',
  manifest: FLUX_MANIFEST,
  version: '2.9.4',
  resource: 'kustomizations.kustomize.toolkit.fluxcd.io',
  scaled: 'helm-controller',
  install(cluster, { replicas = 1, isInstalled = true } = {}) {
    if (!isInstalled) new Flux(cluster);
    else {
      const props = { install: Install.vendored(), inMemoryBuilds: true };
      new Flux(cluster, 'flux', { ...props, replicas: { 'helm-controller': replicas } });
    }
  },
  workload: ['deployment', 'source-controller'],
  async start(plane) {
    const settings: Record<string, string[]> = {};
    for (const name of CONTROLLERS) {
      settings[name] = await argsOf(plane, flux.namespace, 'deployment', `${name}-controller`);
    }
    const agent = await startFlux(plane, flux.namespace, { settings });
    return {
      ...members(agent),
      applier: 'kustomize',
      api: '',
      async notify(on) {
        const read = () => on.get('receiver', 'environments', flux.namespace);
        let path = (await read())?.status?.webhookPath;
        if (path === undefined) {
          await on.apply(RECEIVER);
          await on.kubectl('wait', '--for=condition=Ready', '-n', flux.namespace, 'receiver/environments');
          path = (await read())?.status?.webhookPath;
        }
        await post(`${agent.receiver}${path}`, 'push', {});
      },
    };
  },
  isHealthy: ({ status, metadata }) =>
    readiness(status) === 'True' && status?.observedGeneration === metadata.generation,
  state: '{.status.conditions[?(@.type=="Ready")].status} {.status.conditions[?(@.type=="Ready")].reason}',
  settled: /^(True|Unknown) /,
  complaints: ({ status }) => JSON.stringify(status?.conditions),
  refresh: (plane, unit) =>
    plane.kubectl(
      ...['annotate', '--overwrite', '-n', flux.namespace, `kustomization/${unit}`],
      `reconcile.fluxcd.io/requestedAt=${Date.now()}`,
    ),
  confirm: async () => {},
  definitions: () =>
    readdirSync(FLUX_DEFINITIONS)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => readFileSync(join(FLUX_DEFINITIONS, name), 'utf8')),
};

export const agents: Readonly<Record<AgentKind, Agent>> = { 'argo-cd': argocd, flux };

function members(agent: ArgoCdAgent | FluxAgent) {
  return {
    program: (name: string) => agent.program(name),
    restart: (name: string) => agent.restart(name),
    stop: () => agent.stop(),
  };
}

function readiness(status: { conditions?: { type: string; status: string }[] } | undefined): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

/** A delivery as GitHub makes it. */
async function post(url: string, event: string, body: object): Promise<void> {
  const headers = { 'Content-Type': 'application/json', 'X-GitHub-Event': event };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
}
