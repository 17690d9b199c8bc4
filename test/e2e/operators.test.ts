import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux, Install, Platform } from '../../src';
import { openLocal, publish } from '../../src/publish';
import { synthesize } from '../../src/synth/synthesize';
import { bareRepository, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { pinFile } from '../helpers/releases';
import { ARGO_CD_MANIFEST, FLUX_MANIFEST, missingData } from '../helpers/shared-data';
import { configMap } from '../synth/platforms';
import { startArgoCd } from './cluster/argocd';
import { type ControlPlane, type KubernetesObject, startControlPlane } from './cluster/control-plane';
import { startFlux } from './cluster/flux';
import { until } from './cluster/processes';

/**
 * Operators that are installed from the repository, and look after themselves: upstream's own manifests, applied once by
 * hand and then by the real agents. Their pods are simulated; the agents beside them are real.
 */

const missing = missingData();

interface Options {
  readonly replicas: number;
  /** @default true */
  readonly isInstalled?: boolean;
}

const OPERATORS = {
  'argo-cd': {
    namespace: 'argocd',
    version: '3.5.1',
    manifest: ARGO_CD_MANIFEST,
    declare: (cluster: Cluster, { replicas, isInstalled = true }: Options) =>
      isInstalled
        ? new ArgoCd(cluster, 'argocd', { install: Install.vendored(), replicas: { server: replicas } })
        : new ArgoCd(cluster),
    workload: 'argocd-server',
    /** What the server would write into the Secret when it starts. */
    async start(plane: ControlPlane) {
      const data = '{"stringData":{"server.secretkey":"for-tests-only"}}';
      await plane.kubectl('patch', 'secret', 'argocd-secret', '-n', 'argocd', '--type=merge', '-p', data);
      return startArgoCd(plane);
    },
    resource: 'applications.argoproj.io',
    isHealthy: ({ status }: KubernetesObject) =>
      status?.sync?.status === 'Synced' && status?.health?.status === 'Healthy',
    async refresh(plane: ControlPlane) {
      for (const name of ['root.shop', 'operator.shop']) {
        await plane
          .kubectl(
            'annotate',
            '--overwrite',
            '-n',
            'argocd',
            `application/${name}`,
            'argocd.argoproj.io/refresh=normal',
          )
          .catch(() => '');
      }
    },
  },
  flux: {
    namespace: 'flux-system',
    version: '2.9.4',
    manifest: FLUX_MANIFEST,
    declare: (cluster: Cluster, { replicas, isInstalled = true }: Options) =>
      isInstalled
        ? new Flux(cluster, 'flux', { install: Install.vendored(), replicas: { 'helm-controller': replicas } })
        : new Flux(cluster),
    workload: 'helm-controller',
    start: (plane: ControlPlane) => startFlux(plane),
    resource: 'kustomizations.kustomize.toolkit.fluxcd.io',
    isHealthy: ({ status, metadata }: KubernetesObject & { metadata: { generation?: number } }) =>
      (status?.conditions ?? []).some(
        ({ type, status: is }: { type: string; status: string }) => type === 'Ready' && is === 'True',
      ) && status?.observedGeneration === metadata.generation,
    async refresh(plane: ControlPlane) {
      const now = `reconcile.fluxcd.io/requestedAt=${Date.now()}`;
      for (const object of ['gitrepository/environments', 'kustomization/root.shop', 'kustomization/operator.shop']) {
        await plane.kubectl('annotate', '--overwrite', '-n', 'flux-system', object, now).catch(() => '');
      }
    },
  },
} as const;

describe.skipIf(missing).each(['argo-cd', 'flux'] as const)(
  `%s, from its release manifest ${missing ?? ''}`,
  (kind) => {
    const operator = OPERATORS[kind];
    const before = process.cwd();
    let plane: ControlPlane;
    let agent: { stop(): Promise<void> } | undefined;
    let bare: string;
    let url: string;

    beforeAll(async () => {
      const folder = temporaryFolder();
      pinFile(folder, kind, operator.version, operator.manifest);
      process.chdir(folder);
      plane = await startControlPlane(temporaryFolder());
      bare = bareRepository();
      ({ url } = await serveGit(bare));
    });
    afterAll(async () => {
      process.chdir(before);
      await agent?.stop();
      await plane?.stop();
    });

    const declare = (options: Options) => {
      const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url } });
      const cluster = new Cluster(platform, 'eu-1');
      operator.declare(cluster, options);
      const dev = new Environment(platform, 'dev', { cluster });
      configMap(new Application(dev, 'api'), 'a');
      return synthesize(platform);
    };
    const release = (options: Options, acknowledge: object = {}) =>
      publish(declare(options), {
        remote: { url, branch: 'main' },
        generator: 'test',
        env: process.env,
        ...acknowledge,
      });
    const healthy = (name: string) =>
      until(
        `${name} to be healthy`,
        async () => {
          const found = await plane.get(operator.resource, name, operator.namespace);
          if (found !== undefined && operator.isHealthy(found)) return found;
          throw new Error(JSON.stringify(found?.status ?? 'not there').slice(0, 2000));
        },
        { within: 120 },
      );
    const folderOf = async (path: string) => {
      const repository = await openLocal(bare, {});
      const files = [...(await repository.readTree(path)).entries()].map(
        ([name, content]) => [name, String(content)] as const,
      );
      await repository.close();
      return files;
    };
    const first = (name: string) => /\/?(namespace|customresourcedefinition)-[^/]*$/.test(name);
    const replicas = async () => (await plane.get('deployment', operator.workload, operator.namespace))?.spec.replicas;

    test('starts with what the tree says, and takes over from there', async () => {
      const { starts } = declare({ replicas: 1 });
      expect((await release({ replicas: 1 })).outcome).toBe('published');
      for (const step of starts?.['eu-1']?.steps ?? []) {
        if (step.kind !== 'apply') throw new Error(`unexpected step ${step.kind}`);
        const flags = ['--force-conflicts', `--field-manager=${step.fieldManager}`];
        const files = await folderOf(step.path);
        const foundations = files.filter(([name]) => first(name)).map(([, text]) => text);
        if (foundations.length > 0) {
          await plane.apply(foundations.join('---\n'), ...flags);
          await until('the definitions', async () => {
            await plane.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
            return true;
          });
        }
        const others = files.filter(([name]) => !first(name)).map(([, text]) => text);
        await plane.apply(others.join('---\n'), ...flags);
      }
      agent = await operator.start(plane);
      for (const name of ['operator.shop', 'root.shop', 'dev.api']) await healthy(name);
      expect(await plane.get('configmap', 'api-a', 'dev-api')).toBeDefined();
    });

    test('changes itself when its props change', async () => {
      await release({ replicas: 3 });
      await operator.refresh(plane);
      await until('the workload', async () => (await replicas()) === 3, { within: 120 });
      for (const name of ['operator.shop', 'root.shop']) await healthy(name);
    });

    test('undoes what is changed by hand', async () => {
      await plane.kubectl('scale', 'deployment', operator.workload, '-n', operator.namespace, '--replicas=5');
      await operator.refresh(plane);
      await until('the workload', async () => (await replicas()) === 3, { within: 120 });
    });

    test('stays in the cluster when it leaves the repository', async () => {
      const definitions = (await plane.list('customresourcedefinitions')).length;
      expect(definitions).toBeGreaterThan(2);
      // That it goes has to be said: the guard names what would be lost.
      const refusal = await release({ replicas: 3, isInstalled: false }).then(
        () => '',
        (error: Error) => error.message,
      );
      expect(refusal).toContain(`Namespace/${operator.namespace}`);
      const names = refusal.split('--delete ').at(-1)?.split(' ') ?? [];
      await release({ replicas: 3, isInstalled: false }, { acknowledged: { delete: names } });
      await operator.refresh(plane);
      // The root has seen the commit as soon as it does not leave anything out any more.
      await until(
        'the root',
        async () => {
          const root = await plane.get(operator.resource, 'root.shop', operator.namespace);
          if (root === undefined) return undefined;
          if (!/operator\/\*\*|part=operator/.test(JSON.stringify(root.spec))) return root;
          throw new Error(JSON.stringify([root.spec, root.status]).slice(0, 3000));
        },
        { within: 120 },
      );
      await operator.refresh(plane);
      await new Promise((done) => setTimeout(done, 5_000));
      expect(await replicas()).toBe(3);
      expect((await plane.list('customresourcedefinitions')).length).toBe(definitions);
      expect(await plane.get('namespace', operator.namespace)).toMatchObject({ status: { phase: 'Active' } });
      expect(await plane.get('configmap', 'api-a', 'dev-api')).toBeDefined();
    });
  },
);
