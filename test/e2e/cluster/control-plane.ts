import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentFolder, requireAgents } from '../../helpers/agents';
import { serveMetrics } from './metrics';
import { freePorts, type Program, startProgram, until } from './processes';
import { NODE, NODE_STATUS, STORAGE, stages } from './simulated';

/**
 * A real control plane on the loopback interface: etcd, kube-apiserver, kube-controller-manager, kube-scheduler. Nodes and
 * pods are simulated by kwok, so that rollouts, health checks and waits work as on real nodes.
 */
export interface ControlPlane {
  readonly kubeconfig: string;
  /** `https://127.0.0.1:<port>` */
  readonly server: string;
  readonly folder: string;
  /** Runs kubectl, and returns what it printed. */
  kubectl(...args: string[]): Promise<string>;
  /** Gives manifests to `kubectl apply --server-side`. */
  apply(yaml: string, ...args: string[]): Promise<string>;
  /** Reads an object, or undefined when it is not there. */
  get<T = KubernetesObject>(resource: string, name: string, namespace?: string): Promise<T | undefined>;
  list<T = KubernetesObject>(resource: string, namespace?: string): Promise<T[]>;
  stop(): Promise<void>;
}

export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation?: number;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API server has
  readonly spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API server has
  readonly status?: any;
}

export interface ControlPlaneOptions {
  /** Requests that are written to `audit.log`, as an audit policy has them. @default - none */
  readonly audit?: readonly object[];
}

export async function startControlPlane(folder: string, { audit }: ControlPlaneOptions = {}): Promise<ControlPlane> {
  requireAgents('etcd', 'kubernetes', 'kwok');
  const programs: Program[] = [];
  const kubernetes = agentFolder('kubernetes');
  const [etcdPort = 0, etcdPeer = 0, apiPort = 0] = await freePorts(3);
  const path = (name: string) => join(folder, name);
  mkdirSync(path('certificates'), { recursive: true });
  const token = randomBytes(16).toString('hex');
  writeFileSync(path('tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  writeFileSync(path('service-accounts.pub'), keys.publicKey);
  writeFileSync(path('service-accounts.key'), keys.privateKey, { mode: 0o600 });
  const server = `https://127.0.0.1:${apiPort}`;
  const authority = path('certificates/apiserver.crt');
  const kubeconfig = path('kubeconfig');
  writeFileSync(kubeconfig, kubeconfigText(server, authority, token), { mode: 0o600 });

  const start = (name: string, file: string, args: readonly string[]) => {
    const program = startProgram({ name, file, args, folder });
    programs.push(program);
    return program;
  };
  start('etcd', join(agentFolder('etcd'), 'server'), [
    `--data-dir=${path('etcd')}`,
    '--unsafe-no-fsync',
    `--listen-client-urls=http://127.0.0.1:${etcdPort}`,
    `--advertise-client-urls=http://127.0.0.1:${etcdPort}`,
    `--listen-peer-urls=http://127.0.0.1:${etcdPeer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${etcdPeer}`,
    `--initial-cluster=default=http://127.0.0.1:${etcdPeer}`,
  ]);
  start('kube-apiserver', join(kubernetes, 'kube-apiserver'), [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--secure-port=${apiPort}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${path('certificates')}`,
    `--token-auth-file=${path('tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${path('service-accounts.pub')}`,
    `--service-account-signing-key-file=${path('service-accounts.key')}`,
    ...auditArgs(folder, audit),
  ]);

  const kubectl = (...args: string[]) => run(join(kubernetes, 'kubectl'), args, kubeconfig, folder);
  await until('the API server', async () => (await kubectl('get', '--raw', '/readyz')) === 'ok', {
    programs,
    within: 180,
  });
  start('kube-controller-manager', join(kubernetes, 'kube-controller-manager'), [
    `--kubeconfig=${kubeconfig}`,
    `--service-account-private-key-file=${path('service-accounts.key')}`,
    `--root-ca-file=${authority}`,
    '--use-service-account-credentials=true',
    // Pods are ready at once, and their metrics are there: an autoscaler need not give them half a minute to start.
    '--horizontal-pod-autoscaler-initial-readiness-delay=1s',
    '--horizontal-pod-autoscaler-sync-period=5s',
    '--leader-elect=false',
    '--secure-port=0',
  ]);
  start('kube-scheduler', join(kubernetes, 'kube-scheduler'), [
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
  ]);
  writeFileSync(path('stages.yaml'), stages());
  start('kwok', join(agentFolder('kwok'), 'kwok'), [
    `--kubeconfig=${kubeconfig}`,
    '--manage-all-nodes=true',
    `--config=${path('stages.yaml')}`,
  ]);

  let metrics: { close(): void } | undefined;
  const plane: ControlPlane = {
    kubeconfig,
    server,
    folder,
    kubectl,
    apply: (yaml, ...args) =>
      run(join(kubernetes, 'kubectl'), ['apply', '--server-side', ...args, '-f', '-'], kubeconfig, folder, yaml),
    async get(resource, name, namespace) {
      const text = await kubectl('get', resource, name, '--ignore-not-found', '-o', 'json', ...inNamespace(namespace));
      return text === '' ? undefined : JSON.parse(text);
    },
    async list(resource, namespace) {
      const where = namespace === undefined ? ['--all-namespaces'] : inNamespace(namespace);
      return JSON.parse(await kubectl('get', resource, '-o', 'json', ...where)).items;
    },
    async stop() {
      metrics?.close();
      for (const program of programs.splice(0).reverse()) await program.stop();
    },
  };
  await plane.kubectl('get', 'serviceaccount', 'default').catch(() => '');
  await plane.apply(NODE);
  await plane.kubectl('patch', 'node', 'node-1', '--subresource=status', '--type=merge', '-p', NODE_STATUS);
  await until(
    'a ready node',
    async () => {
      const node = await plane.get('node', 'node-1');
      return node?.status?.conditions?.some(
        ({ type, status }: { type: string; status: string }) => type === 'Ready' && status === 'True',
      );
    },
    { programs },
  );
  await plane.apply(STORAGE);
  metrics = await serveMetrics(plane);
  await until('service accounts', () => plane.get('serviceaccount', 'default', 'default'), { programs });
  return plane;
}

function auditArgs(folder: string, rules: readonly object[] | undefined): string[] {
  if (rules === undefined) return [];
  const policy = join(folder, 'audit-policy.json');
  const [apiVersion, kind] = ['audit.k8s.io/v1', 'Policy'];
  const omitStages = ['RequestReceived', 'ResponseStarted'];
  writeFileSync(policy, JSON.stringify({ apiVersion, kind, omitStages, rules: [...rules, { level: 'None' }] }));
  return [`--audit-policy-file=${policy}`, `--audit-log-path=${join(folder, 'audit.log')}`];
}

function kubeconfigText(server: string, authority: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority': authority } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin' } }],
  });
}

function inNamespace(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ['--namespace', namespace];
}

function run(file: string, args: readonly string[], kubeconfig: string, home: string, input?: string): Promise<string> {
  return new Promise((done, fail) => {
    const env = { PATH: process.env.PATH, KUBECONFIG: kubeconfig, HOME: home };
    const child = execFile(file, args, { env, maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      if (error === null) done(stdout.trim());
      else fail(new Error(`kubectl ${args.join(' ')}: ${stderr.trim() || error.message}`));
    });
    child.stdin?.end(input ?? '');
  });
}
