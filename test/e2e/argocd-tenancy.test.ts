import { ApiObject } from 'cdk8s';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Platform } from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { commitFiles } from '../helpers/git';
import { configMap } from '../synth/platforms';
import { type ArgoCdSystem, startSystem } from './argocd-system';
import { until } from './cluster/processes';

/** What a real Argo CD lets an application touch: commits of objects that no program of ours would write. */

let system: ArgoCdSystem;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.stop());

function declare({ hasRole = true, text = 'first' } = {}) {
  const environmentRepository = { url: system.url };
  const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository });
  const cluster = new Cluster(platform, 'eu-1');
  new ArgoCd(cluster);
  const dev = new Environment(platform, 'dev', { cluster });
  const api = new Application(dev, 'api');
  configMap(api, 'settings', { data: { text } } as object);
  if (hasRole) {
    const rbac = 'rbac.authorization.k8s.io/v1';
    new ApiObject(api, 'role', { apiVersion: rbac, kind: 'Role', rules: [] } as never);
  }
  configMap(new Application(dev, 'victim'), 'settings', { data: { text: 'mine' } } as object);
  return synthesize(platform);
}

const victim = () => system.plane.get<{ data?: { text?: string } }>('configmap', 'victim-settings', 'dev-victim');

/** Commits an object into the folder of `api`, waits until Argo CD refuses it, and takes it away again. */
async function expectRefused(manifest: object, because: RegExp): Promise<void> {
  const path = 'environments/dev/api/object.yaml';
  commitFiles(system.bare, { [path]: JSON.stringify(manifest) });
  await system.push();
  await until(
    'a refusal',
    async () => {
      const status = (await system.application('dev.api'))?.status;
      if (because.test(status?.operationState?.message ?? '')) return true;
      throw new Error(JSON.stringify(status));
    },
    { within: 60 },
  );
  commitFiles(system.bare, { [path]: undefined });
  await system.push();
  await system.settled('dev.api');
}

test('applies what is its own', async () => {
  await system.release(declare());
  await system.bootstrap('eu-1');
  for (const name of ['dev.api', 'dev.victim', 'root.shop']) await system.settled(name);
  expect((await victim())?.data?.text).toBe('mine');
});

test('refuses an object of another namespace', async () => {
  const metadata = { name: 'victim-settings', namespace: 'dev-victim' };
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { text: 'stolen' } };
  await expectRefused(manifest, /namespace dev-victim is not permitted/);
  expect((await victim())?.data?.text).toBe('mine');
});

test('refuses a kind of the cluster that it does not hold, and a namespace that is not its own', async () => {
  const metadata = { name: 'everything' };
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata, rules: [] };
  await expectRefused(role, /ClusterRole is not permitted/);
  expect(await system.plane.get('clusterrole', 'everything')).toBeUndefined();
  const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
  const space = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'dev-victim', labels } };
  await expectRefused(space, /Namespace.* is not permitted/);
  const kept = await system.plane.get('namespace', 'dev-victim');
  expect(kept?.metadata.labels?.['pod-security.kubernetes.io/enforce']).not.toBe('privileged');
});

test("refuses Argo CD's own objects", async () => {
  const metadata = { name: 'wide-open', namespace: 'argocd' };
  const spec = { sourceRepos: ['*'], destinations: [{ server: '*', namespace: '*' }] };
  const manifest = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AppProject', metadata, spec };
  await expectRefused(manifest, /AppProject is not permitted|namespace argocd is not permitted/);
  expect(await system.plane.get('appproject', 'wide-open', 'argocd')).toBeUndefined();
});

test('removes the last object of a kind along with the kind', async () => {
  expect(await system.plane.get('role', 'api-role', 'dev-api')).toBeDefined();
  await system.release(declare({ hasRole: false }));
  // What was refused before may still wait for its next attempt.
  await until(
    'the role to be gone',
    async () => {
      if ((await system.plane.get('role', 'api-role', 'dev-api')) === undefined) return true;
      throw new Error(JSON.stringify((await system.application('dev.api'))?.status));
    },
    { within: 120 },
  );
});
