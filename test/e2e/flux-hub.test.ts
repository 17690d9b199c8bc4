import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Application, Cluster, Environment, Flux, Install, Platform } from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { commitFiles, temporaryFolder } from '../helpers/git';
import { missingData } from '../helpers/shared-data';
import { configMap } from '../synth/platforms';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';
import { until } from './cluster/processes';
import { deployment, FluxCluster, NAMESPACE } from './flux-helpers';

/** One Flux for two clusters: units of the second one arrive there, with no more rights than they have at home. */

const missing = missingData();
type Unit = (prod: Environment) => void;

describe.skipIf(missing)(`Flux in another cluster ${missing ?? ''}`, () => {
  let hub: FluxCluster;
  let remote: ControlPlane;
  beforeAll(async () => {
    hub = await FluxCluster.start();
    remote = await startControlPlane(temporaryFolder());
  });
  afterAll(async () => {
    await hub?.stop();
    await remote?.stop();
  });

  const declare = (...units: Unit[]) => {
    const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url: hub.url } });
    const eu1 = new Cluster(platform, 'eu-1');
    new Flux(eu1, 'flux', { install: Install.vendored() });
    const eu2 = new Cluster(platform, 'eu-2', { operatedBy: eu1 });
    configMap(new Application(new Environment(platform, 'dev', { cluster: eu1 }), 'here'), 'a');
    const prod = new Environment(platform, 'prod', { cluster: eu2 });
    for (const unit of units) unit(prod);
    return synthesize(platform);
  };
  const there: Unit = (prod) => deployment(new Application(prod, 'there'), 'api');
  const next: Unit = (prod) => configMap(new Application(prod, 'next', { dependsOn: ['there'] }), 'a');
  const release = async (...units: Unit[]) => {
    await hub.release(declare(...units));
    await hub.refresh();
  };

  test('applies the units of a cluster there, once it may', async () => {
    const tree = declare(there, next);
    await hub.release(tree);
    await hub.bootstrap(tree);
    await hub.ready('root.shop', 'dev.here', 'root.shop.eu-2');
    // As long as the Secret is missing, nothing else waits for it.
    await hub.refused('namespaces.prod.there', /cluster-eu-2/);
    const admission = [...(await hub.read('clusters/eu-2/bootstrap'))];
    const isNamespace = ([name]: [string, string]) => name.includes('/namespace-');
    for (const files of [admission.filter(isNamespace), admission.filter((file) => !isNamespace(file))]) {
      await remote.apply(files.map(([, text]) => text).join('---\n'));
    }
    await hub.plane.apply(await credentials());
    // Each looks again after a minute, or when it is told to.
    await hub.refresh('kustomization/namespaces.prod.there');
    await hub.refresh('kustomization/namespaces.prod.next');
    await hub.ready('prod.there', 'prod.next');
    expect(await remote.get('deployment', 'there-api', 'prod-there')).toBeDefined();
    expect(await remote.get('configmap', 'next-a', 'prod-next')).toBeDefined();
    for (const name of ['prod-there', 'prod-next']) expect(await hub.plane.get('namespace', name)).toBeUndefined();
    expect(await remote.get('namespace', 'dev-here')).toBeUndefined();
    // What stands for the other cluster is not applied to this one.
    const isOurs = (each: { metadata: { labels?: Readonly<Record<string, string>> } }) =>
      each.metadata.labels?.['cdk8s-gitops/part'] === 'cluster';
    expect((await hub.plane.list('clusterrolebindings')).filter(isOurs)).toEqual([]);
  });

  /** What people put into the Secret: the address of the other cluster, and a token of the account that Flux is there. */
  const credentials = async () => {
    const token = await remote.kubectl('create', 'token', 'kustomize-controller', '-n', NAMESPACE);
    const authority = readFileSync(join(remote.folder, 'certificates', 'apiserver.crt')).toString('base64');
    const kubeconfig = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'eu-2',
      clusters: [{ name: 'eu-2', cluster: { server: remote.server, 'certificate-authority-data': authority } }],
      users: [{ name: 'flux', user: { token } }],
      contexts: [{ name: 'eu-2', context: { cluster: 'eu-2', user: 'flux' } }],
    });
    const metadata = { name: 'cluster-eu-2', namespace: NAMESPACE };
    return JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata, stringData: { value: kubeconfig } });
  };

  test('brings a change in seconds, and heals what is changed there', async () => {
    await release((prod) => deployment(new Application(prod, 'there'), 'api', { replicas: 2 }), next);
    await hub.ready('prod.there');
    expect((await remote.get('deployment', 'there-api', 'prod-there'))?.spec.replicas).toBe(2);
    await remote.kubectl('scale', '-n', 'prod-there', 'deployment/there-api', '--replicas=5');
    await hub.refresh('kustomization/prod.there');
    await until('the replicas', async () => {
      return (await remote.get('deployment', 'there-api', 'prod-there'))?.spec.replicas === 2;
    });
  });

  test('does not let a unit reach into the namespace of another one there', async () => {
    const intruder = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: intruder }\n';
    commitFiles(hub.bare, { 'environments/prod/next/clusterrole-intruder.yaml': intruder });
    await hub.refresh();
    await hub.refused('prod.next', /forbidden/i);
    expect(await remote.get('clusterrole', 'intruder')).toBeUndefined();
    commitFiles(hub.bare, { 'environments/prod/next/clusterrole-intruder.yaml': undefined });
    await hub.refresh();
    await hub.ready('prod.next');
  });

  test('removes units there, the last one too, and keeps their namespaces', async () => {
    await release();
    for (const name of ['prod.there', 'prod.next', 'unit.prod.there', 'namespaces.prod.there']) {
      await hub.gone('kustomization', name, NAMESPACE);
    }
    await until('the Deployment to be gone', async () => {
      return (await remote.get('deployment', 'there-api', 'prod-there')) === undefined;
    });
    const namespace = await remote.get('namespace', 'prod-there');
    expect(namespace?.status).toMatchObject({ phase: 'Active' });
    await hub.ready('root.shop', 'root.shop.eu-2');
    await release(there);
    await hub.ready('prod.there');
    expect(await remote.get('deployment', 'there-api', 'prod-there')).toBeDefined();
  });
});
