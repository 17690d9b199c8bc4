import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentFolder } from '../helpers/agents';
import { bareRepository, git, gitEnv, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { pinFile } from '../helpers/releases';
import { ARGO_CD_MANIFEST, FLUX_MANIFEST, missingData } from '../helpers/shared-data';
import { project, ROOT, write } from '../toolkit/project';
import { startArgoCd } from './cluster/argocd';
import { type ControlPlane, type KubernetesObject, startControlPlane } from './cluster/control-plane';
import { startFlux } from './cluster/flux';
import { until } from './cluster/processes';

/**
 * `bootstrap` and `operator switch` as people use them: the command line as a process of its own, kubectl, and real agents
 * that come to life as soon as their workloads are in the cluster.
 */

const missing = missingData();

const OPERATORS = {
  'argo-cd': {
    namespace: 'argocd',
    version: '3.5.1',
    manifest: ARGO_CD_MANIFEST,
    declaration: "new gitops.ArgoCd(cluster, 'argocd', { install: gitops.Install.vendored(), ...props });",
    workload: ['statefulset', 'argocd-application-controller'],
    reports: 'applications.argoproj.io',
    /** What the server would write into the Secret when it starts. */
    async start(plane: ControlPlane) {
      const data = '{"stringData":{"server.secretkey":"for-tests-only"}}';
      await plane.kubectl('patch', 'secret', 'argocd-secret', '-n', 'argocd', '--type=merge', '-p', data);
      return startArgoCd(plane);
    },
  },
  flux: {
    namespace: 'flux-system',
    version: '2.9.4',
    manifest: FLUX_MANIFEST,
    declaration: "new gitops.Flux(cluster, 'flux', { install: gitops.Install.vendored(), ...props });",
    workload: ['deployment', 'kustomize-controller'],
    reports: 'kustomizations.kustomize.toolkit.fluxcd.io',
    start: (plane: ControlPlane) => startFlux(plane),
  },
} as const;
type Kind = keyof typeof OPERATORS;

/** A shop in two environments of one cluster. Its parts need no storage and no metrics, which nothing provides here. */
const program = (kind: Kind, url: string, props: object = {}) => `
import { ApiObject } from 'cdk8s';
import * as gitops from 'cdk8s-gitops';
import { Catalog } from '${ROOT}/examples/shop/apps/catalog';
const props = ${JSON.stringify(props)};
const environmentRepository = { url: ${JSON.stringify(url)} };
const platform = new gitops.Platform({ name: 'shop', source: 'acme/shop', environmentRepository });
const cluster = new gitops.Cluster(platform, 'eu-1');
${OPERATORS[kind].declaration}
for (const name of ['dev', 'staging']) {
  const environment = new gitops.Environment(platform, name, { cluster });
  new Catalog(environment, { replicas: 1 });
  for (const name of ['checkout', 'orders']) {
    const application = new gitops.Application(environment, name, { dependsOn: ['catalog'] });
    const metadata = { labels: { app: name } };
    const containers = [{ name: 'api', image: 'ghcr.io/acme/api:1.0.0' }];
    new ApiObject(application, 'api', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: { metadata, spec: { containers } } },
    });
    new ApiObject(application, 'settings', { apiVersion: 'v1', kind: 'ConfigMap', data: { for: name } });
  }
}
platform.synth();
`;

interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. `onError` sees what it says on the way. */
function run(
  file: string,
  args: readonly string[],
  { cwd, env, onError }: { cwd: string; env: NodeJS.ProcessEnv; onError?: (chunk: string) => void },
): Promise<Finished> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd, env: { ...gitEnv, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
      onError?.(String(chunk));
    });
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

/** What the test itself adds. */
const READER = /\/reader(-definitions)?$/;
/** Addresses of the control plane itself. */
const ADDRESS = /^Service\/(default\/kubernetes|kube-system\/.*)$/;
const MAIN = join(ROOT, 'lib', 'cli', 'main.js');
const TOOLS = `${agentFolder('kubernetes')}:${process.env.PATH}`;

/** Everything that lasts in the cluster, by kind, namespace and name. */
async function objectsOf(plane: ControlPlane, ...more: string[]): Promise<Map<string, KubernetesObject>> {
  const kinds = [
    ...[
      'namespaces',
      'customresourcedefinitions',
      'clusterroles',
      'clusterrolebindings',
      'deployments',
      'statefulsets',
    ],
    ...['services', 'configmaps', 'networkpolicies', 'serviceaccounts', 'roles', 'rolebindings', 'cronjobs'],
    ...['persistentvolumeclaims', 'poddisruptionbudgets', ...more],
  ];
  const objects = await plane.list(kinds.join());
  const keyOf = ({ kind, metadata }: KubernetesObject) => [kind, metadata.namespace ?? '', metadata.name].join('/');
  return new Map(objects.map((object) => [keyOf(object), object] as const).filter(([key]) => !ADDRESS.test(key)));
}

/** What an object is to be, without what the API server adds, which is different in every cluster. */
function lasting({ metadata, status: _, ...rest }: KubernetesObject): string {
  const { name, namespace, labels, annotations } = metadata;
  const text = JSON.stringify({ ...rest, metadata: { name, namespace, labels, annotations } });
  return text
    .replace(/"(clusterIPs?|volumeName|nodePort|caBundle|ca\.crt|healthCheckNodePort)":(\[[^\]]*\]|"[^"]*"|\d+),?/g, '')
    .replace(/,?"(operation|kubectl\.kubernetes\.io\/last-applied-configuration)":\{[^}]*\}/g, '');
}

describe.skipIf(missing).each(['argo-cd', 'flux'] as const)(`bootstrap, with %s ${missing ?? ''}`, (kind) => {
  const operator = OPERATORS[kind];
  const other: Kind = kind === 'flux' ? 'argo-cd' : 'flux';
  let folder: string;
  let bare: string;
  let url: string;
  let plane: ControlPlane;
  const agents: { stop(): Promise<void> }[] = [];

  beforeAll(async () => {
    bare = bareRepository();
    ({ url } = await serveGit(bare));
    folder = project({ 'cdk8s.yaml': 'app: main.ts\n', 'main.ts': program(kind, url) });
    pinFile(folder, kind, operator.version, operator.manifest);
    plane = await startControlPlane(temporaryFolder());
  });
  afterAll(async () => {
    await stopAgents();
    await plane?.stop();
  });
  const stopAgents = async () => {
    for (const agent of agents.splice(0).reverse()) await agent.stop();
  };

  const cli = (args: string[], env: NodeJS.ProcessEnv = {}, onError?: (chunk: string) => void) =>
    run(process.execPath, [MAIN, ...args], { cwd: folder, env: { PATH: TOOLS, ...env }, onError });
  const withCluster = (env: NodeJS.ProcessEnv = {}) => ({
    KUBECONFIG: plane.kubeconfig,
    HOME: plane.folder,
    ...env,
  });
  const bootstrap = async (...args: string[]) => {
    const all = ['bootstrap', 'eu-1', '--apply', '--context', 'test', '--timeout', '4m', '--json', ...args];
    const { code, stdout, stderr } = await cli(all, withCluster());
    expect({ code, stderr, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stderr: '', stdout: '' });
    return JSON.parse(stdout);
  };
  /** The agent comes to life as soon as its workload is in the cluster, as its pods would. */
  const kubelet = async (of: Kind) => {
    const [type, name] = OPERATORS[of].workload;
    await until('the workload', () => plane.get(type, name, OPERATORS[of].namespace), { within: 200 });
    // A folder of its own for each: the agent is started more than once on one control plane.
    agents.push(await OPERATORS[of].start({ ...plane, folder: temporaryFolder() }));
  };
  const clone = () => {
    const into = join(temporaryFolder(), 'clone');
    git('/', 'clone', '--quiet', bare, into);
    return into;
  };

  test('touches no cluster that is not the one that was meant', async () => {
    const early = await cli(['bootstrap', 'eu-1', '--apply', '--context', 'test', '--json'], withCluster());
    expect(JSON.parse(early.stdout)).toMatchObject({ error: { code: 'CLUSTER_UNPUBLISHED' } });
    const published = await cli(['publish', '--json']);
    expect({ code: published.code, stderr: published.stderr }).toEqual({ code: 0, stderr: '' });

    const before = [...(await objectsOf(plane)).keys()];
    const failures = [
      { args: ['bootstrap', 'eu-1', '--apply'], env: withCluster(), code: 'USAGE' },
      { args: ['bootstrap', 'us-1', '--apply', '--context', 'test'], env: withCluster(), code: 'CLUSTER_UNKNOWN' },
      { args: ['bootstrap', 'eu-1', '--apply', '--context', 'prod'], env: withCluster(), code: 'CONTEXT_UNKNOWN' },
      {
        args: ['bootstrap', 'eu-1', '--apply', '--context', 'test'],
        env: { KUBECONFIG: elsewhere(), HOME: plane.folder },
        code: 'CLUSTER_UNREACHABLE',
      },
      {
        args: ['bootstrap', 'eu-1', '--apply', '--context', 'reader'],
        env: { KUBECONFIG: await reader(), HOME: plane.folder },
        code: 'CLUSTER_FORBIDDEN',
      },
      {
        args: ['bootstrap', 'eu-1', '--apply', '--context', 'test'],
        env: withCluster({ PATH: withoutKubectl() }),
        code: 'KUBECTL_MISSING',
      },
    ];
    for (const { args, env, code } of failures) {
      const { stdout } = await cli([...args, '--json'], env);
      expect([JSON.parse(stdout).error?.code, stdout]).toEqual([code, stdout]);
    }
    expect([...(await objectsOf(plane)).keys()].filter((key) => !READER.test(key))).toEqual(before);
  });

  /** A kubeconfig for a cluster that is not there. */
  function elsewhere(): string {
    const path = join(temporaryFolder(), 'kubeconfig');
    const clusters = [{ name: 'test', cluster: { server: 'https://127.0.0.1:9' } }];
    const contexts = [{ name: 'test', context: { cluster: 'test', user: 'test' } }];
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters, contexts, users: [] }));
    return path;
  }

  /** A kubeconfig of somebody who may only look. */
  async function reader(): Promise<string> {
    await plane.apply(
      'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: reader, namespace: default }\n---\n' +
        'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: { name: reader }\n' +
        'roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }\n' +
        'subjects: [{ kind: ServiceAccount, name: reader, namespace: default }]\n---\n' +
        'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: reader }\n' +
        'rules: [{ apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [get, list] }]\n---\n' +
        'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: { name: reader-definitions }\n' +
        'roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: reader }\n' +
        'subjects: [{ kind: ServiceAccount, name: reader, namespace: default }]\n',
    );
    const token = await plane.kubectl('create', 'token', 'reader');
    const path = join(temporaryFolder(), 'kubeconfig');
    const cluster = { server: plane.server, 'certificate-authority': `${plane.folder}/certificates/apiserver.crt` };
    const clusters = [{ name: 'test', cluster }];
    const contexts = [{ name: 'reader', context: { cluster: 'test', user: 'reader' } }];
    const users = [{ name: 'reader', user: { token } }];
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters, contexts, users }));
    return path;
  }

  let first: Map<string, string>;

  test('prints commands that are enough by themselves', async () => {
    // Nothing that could reach a cluster, nor the remote.
    const printed = await cli(['bootstrap', 'eu-1'], { PATH: withoutKubectl(), KUBECONFIG: '/nonexistent' });
    expect({ code: printed.code, stderr: printed.stderr.replace(/^(loading|running).*\n/gm, '') }).toEqual({
      code: 0,
      stderr: '',
    });
    const script = join(temporaryFolder(), 'bootstrap.sh');
    writeFileSync(script, printed.stdout);
    const started = performance.now();
    const [result] = await Promise.all([
      run('sh', ['-eu', script], { cwd: clone(), env: { PATH: TOOLS, ...withCluster() } }),
      kubelet(kind),
    ]);
    expect({ code: result.code, stderr: result.code === 0 ? '' : result.stderr }).toEqual({ code: 0, stderr: '' });
    const seconds = (performance.now() - started) / 1_000;
    console.log(`${kind}: everything healthy ${seconds.toFixed(1)} s after the first printed command`);
    expect(seconds).toBeLessThan(180);
    // Nothing is left to do.
    expect(await bootstrap()).toMatchObject({ outcome: 'unchanged', changed: [] });
    first = new Map([...(await objectsOf(plane, operator.reports))].map(([key, object]) => [key, lasting(object)]));
  });

  test('brings a lost cluster back, to the same state', async () => {
    await stopAgents();
    await plane.stop();
    plane = await startControlPlane(temporaryFolder());
    const started = performance.now();
    const [result] = await Promise.all([bootstrap(), kubelet(kind)]);
    const seconds = (performance.now() - started) / 1_000;
    console.log(`${kind}: everything healthy ${seconds.toFixed(1)} s after bootstrap --apply was started`);
    expect(result).toMatchObject({ outcome: 'started', operator: kind, cluster: 'eu-1', context: 'test', differs: [] });
    expect(result.healthy).toEqual(expect.arrayContaining([expect.stringMatching(/\/dev\.checkout/)]));
    const again = new Map(
      [...(await objectsOf(plane, operator.reports))].map(([key, object]) => [key, lasting(object)]),
    );
    for (const key of [...first.keys()].filter((each) => READER.test(each))) first.delete(key);
    expect([...again.keys()].sort()).toEqual([...first.keys()].sort());
    for (const [key, text] of first) expect(again.get(key)).toBe(text);
  });

  test('changes nothing when it runs again', async () => {
    const before = await objectsOf(plane, operator.reports);
    expect(await bootstrap()).toMatchObject({ outcome: 'unchanged', changed: [] });
    const after = await objectsOf(plane, operator.reports);
    const text = await cli(['bootstrap', 'eu-1', '--apply', '--context', 'test'], withCluster());
    expect(text.stdout).toMatch(/^nothing to do in eu-1 \(test\): \d+ objects healthy, at [0-9a-f]{10}\n$/);
    const versions = (objects: Map<string, KubernetesObject>) =>
      [...objects].map(([key, { metadata }]) => {
        // The agent writes into the status of its own objects at any time.
        const isReport = /^(Application|Kustomization)\//.test(key);
        const { uid, resourceVersion, generation, annotations } = metadata as KubernetesObject['metadata'] & {
          resourceVersion: string;
          generation?: number;
        };
        return [key, uid, isReport ? [generation, annotations] : resourceVersion];
      });
    expect(versions(after)).toEqual(versions(before));
  });

  test('puts back what is missing, and nothing else', async () => {
    await stopAgents();
    const name = operator.workload[1];
    await plane.kubectl('delete', operator.workload[0], name, '-n', operator.namespace);
    const [result] = await Promise.all([bootstrap(), kubelet(kind)]);
    const type = operator.workload[0] === 'deployment' ? 'Deployment' : 'StatefulSet';
    expect(result).toMatchObject({ outcome: 'started', changed: [`${type}/${name}`] });
  });

  test('says what is not healthy when time is over, and what is done', async () => {
    await stopAgents();
    await plane.kubectl('delete', operator.reports, 'dev.catalog', '-n', operator.namespace, '--wait=false');
    await plane
      .kubectl(
        'patch',
        operator.reports,
        'dev.catalog',
        '-n',
        operator.namespace,
        '--type=merge',
        '-p',
        '{"metadata":{"finalizers":null}}',
      )
      .catch(() => '');
    const args = ['bootstrap', 'eu-1', '--apply', '--context', 'test', '--timeout', '3s'];
    const { code, stderr } = await cli(args, withCluster());
    expect(code).toBe(1);
    expect(stderr).toMatch(/error BOOTSTRAP_TIMEOUT: after 3 s, 1 of \d+ are not healthy/);
    expect(stderr).toMatch(/\/dev\.catalog\] it is not there yet/);
    expect(stderr).toContain('not done: health; run the command again to go on from there');
    const [result] = await Promise.all([bootstrap(), kubelet(kind)]);
    expect(result).toMatchObject({ outcome: 'started', changed: [] });
  });

  test(`gets to ${other} without touching a workload`, async () => {
    const workloads = async () => {
      const found = await plane.list(
        'namespaces,deployments,services,pods,configmaps,persistentvolumeclaims,replicasets',
      );
      return found
        .filter(
          ({ kind: type, metadata: { name, namespace = name } }) =>
            /^(dev|staging)/.test(namespace) && type !== 'Event',
        )
        .map(({ kind: type, metadata: { uid, name } }) => `${type}/${name} ${uid}`)
        .sort();
    };
    const before = await workloads();
    expect(before.filter((text) => text.startsWith('Pod/')).length).toBeGreaterThan(5);
    // Not their generations: those of Deployments count changes of annotations too, and the old operator's mark goes.
    const specs = async () =>
      new Map(
        (await plane.list('deployments'))
          .filter(({ metadata: { namespace = '' } }) => /^(dev|staging)-/.test(namespace))
          .map(({ metadata: { namespace, name }, spec }) => [`${namespace}/${name}`, spec]),
      );
    const untouched = await specs();

    write(folder, { 'main.ts': program(other, url) });
    pinFile(folder, other, OPERATORS[other].version, OPERATORS[other].manifest);
    const { code, stdout, stderr } = await cli(['operator', 'switch', 'eu-1', '--context', 'test', '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { steps, from, to } = JSON.parse(stdout) as {
      steps: { title: string; commands: string[] }[];
      from: string;
      to: string;
    };
    expect([from, to]).toEqual([kind, other]);
    const [pause, publish, bootstrapNew, ...rest] = steps;
    const sh = async (commands: readonly string[] = [], cwd = folder) => {
      const bin = join(temporaryFolder(), 'bin');
      write(bin, {});
      const script = `cdk8s-gitops() { "${process.execPath}" "${MAIN}" "$@"; }\n`.replace('cdk8s-gitops()', 'tool()');
      const text = commands.join('\n').replaceAll(/^cdk8s-gitops /gm, 'tool ');
      const result = await run('sh', ['-euc', `${script}${text}`], { cwd, env: { PATH: TOOLS, ...withCluster() } });
      expect({ code: result.code, stderr: result.code === 0 ? '' : `${text}\n${result.stderr}` }).toEqual({
        code: 0,
        stderr: '',
      });
      return result.stdout;
    };
    expect(publish?.commands).toEqual(['cdk8s-gitops publish']);

    await sh(pause?.commands);
    const refused = await cli(['publish', '--json']);
    const message = (JSON.parse(refused.stdout) as { error?: { message: string } }).error?.message ?? '';
    const names = message.split('--delete ').at(-1)?.split(/\s+/) ?? [];
    expect(names.join()).toContain(`Namespace/${operator.namespace}`);
    const published = await cli(['publish', '--json', '--delete', ...names]);
    expect({ code: published.code, stdout: published.code === 0 ? '' : published.stdout }).toEqual({
      code: 0,
      stdout: '',
    });
    await Promise.all([sh(bootstrapNew?.commands), kubelet(other)]);
    for (const { commands } of rest)
      await sh(
        commands,
        commands.some((line) => line.includes('tool ') || line.startsWith('cdk8s-gitops')) ? folder : clone(),
      );

    expect(await workloads()).toEqual(before);
    expect(await specs()).toEqual(untouched);
    // The old one is gone, and owns nothing any more.
    expect(await plane.get('namespace', operator.namespace)).not.toMatchObject({ status: { phase: 'Active' } });
    const managers = await plane.kubectl('get', 'deployments', '-A', '-o', 'json', '--show-managed-fields');
    expect(managers).not.toContain(kind === 'argo-cd' ? '"argocd-controller"' : '"kustomize-controller"');
  });
});

/** A PATH with everything that git and Node need, and no kubectl. */
function withoutKubectl(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'git'), '#!/bin/sh\nexec /usr/bin/git "$@"\n', { mode: 0o755 });
  return folder;
}
