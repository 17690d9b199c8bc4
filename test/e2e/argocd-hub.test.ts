import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Platform } from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { temporaryFolder } from '../helpers/git';
import { configMap } from '../synth/platforms';
import { type ArgoCdSystem, NAMESPACE, startSystem } from './argocd-system';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';
import { until } from './cluster/processes';

/** One real Argo CD, which looks after two clusters. */

let hub: ArgoCdSystem;
let other: ControlPlane;
beforeAll(async () => {
  hub = await startSystem();
  other = await startControlPlane(temporaryFolder());
});
afterAll(async () => {
  await hub?.stop();
  await other?.stop();
});

function declare(...applications: string[]) {
  const environmentRepository = { url: hub.url };
  const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository });
  const eu1 = new Cluster(platform, 'eu-1');
  new ArgoCd(eu1);
  const eu2 = new Cluster(platform, 'eu-2', { operatedBy: eu1 });
  configMap(new Application(new Environment(platform, 'dev', { cluster: eu1 }), 'api'), 'a');
  const prod = new Environment(platform, 'prod', { cluster: eu2 });
  let before: string[] = [];
  for (const name of applications) {
    configMap(new Application(prod, name, { dependsOn: before }), 'a');
    before = [name];
  }
  return synthesize(platform);
}

test('a cluster without units is no error', async () => {
  await hub.release(declare());
  await hub.bootstrap('eu-1');
  for (const name of ['root.shop', 'root.shop.eu-2', 'dev.api']) await hub.settled(name);
});

test('units of the other cluster arrive there, in order, and nowhere else', async () => {
  const config = JSON.parse(readFileSync(other.kubeconfig, 'utf8'));
  const caData = readFileSync(config.clusters[0].cluster['certificate-authority']).toString('base64');
  const credentials = { bearerToken: config.users[0].user.token, tlsClientConfig: { caData } };
  const labels = { 'argocd.argoproj.io/secret-type': 'cluster' };
  const metadata = { name: 'cluster-eu-2', namespace: NAMESPACE, labels };
  const stringData = { name: 'eu-2', server: other.server, config: JSON.stringify(credentials) };
  await hub.plane.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData }));
  await hub.release(declare('api', 'web'));
  for (const name of ['prod.api', 'prod.web', 'unit.prod.web', 'root.shop.eu-2']) await hub.settled(name);
  expect(await other.get('configmap', 'web-a', 'prod-web')).toBeDefined();
  expect(await hub.plane.get('namespace', 'prod-web')).toBeUndefined();
  expect(await other.get('namespace', 'dev-api')).toBeUndefined();
});

test('they go from there as well', async () => {
  await hub.release(declare('api'), 'prod/web');
  await until('the workload to be gone', async () => (await other.get('configmap', 'web-a', 'prod-web')) === undefined);
  expect(await other.get('namespace', 'prod-web')).toBeDefined();
  await hub.approve('prod.web.kept');
  await until('its namespace to be gone', async () => (await other.get('namespace', 'prod-web')) === undefined);
});
