import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Deployment } from 'cdk8s-plus-27';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux, Platform } from '../../src';
import { openLocal, publish } from '../../src/publish';
import { synthesize } from '../../src/synth/synthesize';
import { bareRepository, commitFiles, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { argocdBasics, startArgoCd } from './cluster/argocd';
import { type ControlPlane, type KubernetesObject, startControlPlane } from './cluster/control-plane';
import { startFlux } from './cluster/flux';
import { until } from './cluster/processes';

/** What is published, applied by real agents. */

/** kubectl fails on definitions that have no conditions yet. */
function established(plane: ControlPlane): Promise<boolean> {
  return until('the definitions', async () => {
    await plane.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    return true;
  });
}

const data = resolve(__dirname, '../../../shared/data');
const OPERATORS = {
  'argo-cd': {
    Operator: ArgoCd,
    namespace: 'argocd',
    async start(plane: ControlPlane) {
      for (const file of ['application', 'applicationset', 'appproject']) {
        await plane.apply(readFileSync(join(data, 'argo-cd', `${file}-crd.yaml`), 'utf8'));
      }
      await established(plane);
      await plane.apply(argocdBasics());
      return startArgoCd(plane);
    },
    resource: 'applications.argoproj.io',
    isHealthy: ({ status }: KubernetesObject) =>
      status?.sync?.status === 'Synced' && status?.health?.status === 'Healthy',
    /** Looks at the repository at once. */
    refresh: (plane: ControlPlane, name: string) =>
      plane.kubectl(
        'annotate',
        '--overwrite',
        '-n',
        'argocd',
        `application/${name}`,
        'argocd.argoproj.io/refresh=normal',
      ),
  },
  flux: {
    Operator: Flux,
    namespace: 'flux-system',
    async start(plane: ControlPlane) {
      for (const file of readdirSync(join(data, 'flux', 'crds')).filter((name) => name.endsWith('.yaml'))) {
        await plane.apply(readFileSync(join(data, 'flux', 'crds', file), 'utf8'));
      }
      await established(plane);
      return startFlux(plane);
    },
    resource: 'kustomizations.kustomize.toolkit.fluxcd.io',
    isHealthy: ({ status }: KubernetesObject) =>
      (status?.conditions ?? []).some(
        ({ type, status: is }: { type: string; status: string }) => type === 'Ready' && is === 'True',
      ),
    refresh: (plane: ControlPlane) =>
      plane.kubectl(
        ...['annotate', '--overwrite', '-n', 'flux-system', 'gitrepository/environments'],
        `reconcile.fluxcd.io/requestedAt=${Date.now()}`,
      ),
  },
} as const;

describe.each(['argo-cd', 'flux'] as const)('%s', (kind) => {
  const operator = OPERATORS[kind];
  let plane: ControlPlane;
  let agent: { stop(): Promise<void> };
  let bare: string;
  let url: string;

  beforeAll(async () => {
    plane = await startControlPlane(temporaryFolder());
    await plane.kubectl('create', 'namespace', operator.namespace);
    agent = await operator.start(plane);
    bare = bareRepository();
    ({ url } = await serveGit(bare));
  });
  afterAll(async () => {
    await agent?.stop();
    await plane?.stop();
  });

  const declare = (replicas: number) => {
    const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url } });
    const cluster = new Cluster(platform, 'eu-1');
    new operator.Operator(cluster);
    const dev = new Environment(platform, 'dev', { cluster });
    const base = new Application(dev, 'base');
    new Deployment(base, 'api', { replicas, containers: [{ image: 'nginx', portNumber: 80 }] });
    const next = new Application(dev, 'next', { dependsOn: ['base'] });
    new Deployment(next, 'api', { replicas: 1, containers: [{ image: 'nginx', portNumber: 80 }] });
    return synthesize(platform);
  };
  const release = (replicas: number) =>
    publish(declare(replicas), { remote: { url, branch: 'main' }, generator: 'test', env: process.env });
  const healthy = (name: string) =>
    until(`${name} to be healthy`, async () => {
      const unit = await plane.get(operator.resource, name, operator.namespace);
      return unit !== undefined && operator.isHealthy(unit);
    });
  const deployment = () => plane.get('deployment', 'base-api', 'dev-base');

  test('applies what is published, from its bootstrap objects alone', async () => {
    expect((await release(2)).outcome).toBe('published');
    const repository = await openLocal(bare, {});
    const bootstrap = [...(await repository.readTree('clusters/eu-1/bootstrap')).values()].map(String).join('---\n');
    await repository.close();
    await plane.apply(bootstrap);
    await healthy('dev.base');
    await healthy('dev.next');
    expect((await deployment())?.spec.replicas).toBe(2);
  });

  test('heals what is changed in the cluster', async () => {
    await plane.kubectl('scale', '-n', 'dev-base', 'deployment/base-api', '--replicas=5');
    if (kind === 'flux') {
      await plane.kubectl(
        ...['annotate', '--overwrite', '-n', 'flux-system', 'kustomization/dev.base'],
        `reconcile.fluxcd.io/requestedAt=${Date.now()}`,
      );
    }
    await until('the replicas to be healed', async () => (await deployment())?.spec.replicas === 2);
  });

  test('brings a change', async () => {
    await release(3);
    await operator.refresh(plane, 'dev.base');
    await until('three replicas', async () => (await deployment())?.spec.replicas === 3);
    await healthy('dev.base');
  });

  test('goes back with a revert in the environment repository', async () => {
    const path = 'environments/dev/base/deployment-base-api.yaml';
    const before = execFileSync('git', ['-C', bare, 'show', `main~1:${path}`], { encoding: 'utf8' });
    commitFiles(bare, { [path]: before });
    await operator.refresh(plane, 'dev.base');
    await until('two replicas', async () => (await deployment())?.spec.replicas === 2);
  });
});
