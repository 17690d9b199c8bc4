import { ApiObject, type ApiObjectProps } from 'cdk8s';
import type { Construct } from 'constructs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Platform } from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { configMap } from '../synth/platforms';
import { type ArgoCdSystem, startSystem } from './argocd-system';
import { until } from './cluster/processes';

/** In what order a real Argo CD applies units, and what it does not wait for. */

interface Unit {
  readonly on?: readonly string[];
  /** Nothing has what its pods ask of a node. */
  readonly isSick?: boolean;
  readonly hasClaim?: boolean;
  readonly hasDefinition?: boolean;
  readonly text?: string;
}
type Units = Readonly<Record<string, Unit>>;

let system: ArgoCdSystem;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system?.stop());

const object = (scope: Construct, id: string, props: ApiObjectProps & { readonly spec?: unknown }) =>
  new ApiObject(scope, id, props);

function declare(units: Units) {
  const environmentRepository = { url: system.url };
  const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository });
  const cluster = new Cluster(platform, 'eu-1');
  new ArgoCd(cluster);
  const dev = new Environment(platform, 'dev', { cluster });
  for (const [name, { on = [], isSick, hasClaim, hasDefinition, text = 'first' }] of Object.entries(units)) {
    const application = new Application(dev, name, { dependsOn: [...on] });
    configMap(application, 'settings', { data: { text } } as object);
    const labels = { app: 'work' };
    const pods = {
      containers: [{ name: 'main', image: 'nginx:1.29' }],
      ...(isSick ? { nodeSelector: { no: 'where' } } : {}),
    };
    object(application, 'work', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: {
        progressDeadlineSeconds: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: pods },
      },
    });
    if (hasClaim) {
      const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
      object(application, 'claim', { apiVersion: 'v1', kind: 'PersistentVolumeClaim', spec });
    }
    if (!hasDefinition) continue;
    object(application, 'thing', { apiVersion: 'test.example/v1', kind: 'Thing', spec: {} });
    const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    object(application, 'definition', {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.test.example' },
      spec: {
        group: 'test.example',
        scope: 'Namespaced',
        names: { plural: 'things', singular: 'thing', kind: 'Thing' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
      },
    });
  }
  return synthesize(platform);
}

const release = (units: Units, ...deleted: string[]) => system.release(declare(units), ...deleted);
const work = (unit: string) => system.plane.get('deployment', `${unit}-work`, `dev-${unit}`);
const isGone = (name: string) =>
  until(`${name} to be gone`, async () => (await system.application(name)) === undefined, { within: 90 });
const textOf = async (unit: string) => {
  const found = await system.plane.get<{ data?: { text?: string } }>('configmap', `${unit}-settings`, `dev-${unit}`);
  return found?.data?.text;
};
const arrives = (unit: string, text: string) =>
  until(`'${text}' in ${unit}`, async () => (await textOf(unit)) === text, { within: 90 });

const units: Units = {
  base: { isSick: true },
  next: { on: ['base'] },
  after: { on: ['next'] },
  free: { hasClaim: true },
  own: { hasDefinition: true },
};
const well: Units = { ...units, base: {} };

test('a sick unit holds up what depends on it, and nobody else', async () => {
  await release(units);
  await system.bootstrap('eu-1');
  for (const name of ['dev.free', 'dev.own', 'unit.dev.free', 'unit.dev.own']) await system.settled(name);
  await until('base to be sick', async () => {
    return (await system.application('dev.base'))?.status?.health?.status === 'Degraded';
  });
  expect(await system.application('dev.next')).toBeUndefined();
  // Meanwhile others come and change.
  await release({ ...units, free: { hasClaim: true, text: 'second' }, new: {} });
  await arrives('free', 'second');
  await system.settled('dev.new');
  await release(units, 'dev/new');
  await isGone('dev.new');
  expect(await system.application('dev.next')).toBeUndefined();
  expect((await system.application('unit.dev.next'))?.status?.operationState).toMatchObject({ phase: 'Running' });
  await system.approve('dev.new.kept');
  await isGone('unit.dev.new');
});

test('what waited comes in order', async () => {
  await release(well);
  for (const name of ['dev.base', 'dev.next', 'dev.after', 'root.shop']) await system.settled(name);
  const available = (unit: Awaited<ReturnType<typeof work>>) =>
    (unit?.status?.conditions ?? []).find(({ type }: { type: string }) => type === 'Available')?.lastTransitionTime;
  const [base, next, after] = [await work('base'), await work('next'), await work('after')];
  expect(Date.parse(next?.metadata.creationTimestamp ?? '')).toBeGreaterThanOrEqual(Date.parse(available(base)));
  expect(Date.parse(after?.metadata.creationTimestamp ?? '')).toBeGreaterThanOrEqual(Date.parse(available(next)));
});

test('a dependency comes and goes, and the workload stays as it is', async () => {
  const uids = async () => [(await work('free'))?.metadata.uid, (await work('next'))?.metadata.uid];
  const before = await uids();
  expect(before).not.toContain(undefined);
  await release({ ...well, free: { hasClaim: true, on: ['base'] }, next: {} });
  await until('the new dependency', () => system.application('dev.free.after.dev.base'));
  await isGone('dev.next.after.dev.base');
  for (const name of ['unit.dev.free', 'unit.dev.next', 'dev.free', 'dev.next']) await system.settled(name);
  expect(await uids()).toEqual(before);
  await release(well);
  await until('the old dependency', () => system.application('dev.next.after.dev.base'));
  for (const name of ['unit.dev.free', 'unit.dev.next']) await system.settled(name);
  expect(await uids()).toEqual(before);
});

test('a claim that leaves a unit waits to be confirmed, and the unit goes on without it', async () => {
  const claims = () => system.plane.list('persistentvolumeclaims', 'dev-free');
  await release({ ...well, free: { text: 'third' } }, 'dev/free/PersistentVolumeClaim/free-claim');
  await arrives('free', 'third');
  await release({ ...well, free: { text: 'fourth' } });
  await arrives('free', 'fourth');
  expect(await claims()).toHaveLength(1);
  expect((await system.application('dev.free.kept'))?.status?.operationState?.message).toContain('confirmation');
  await system.approve('dev.free.kept');
  await until('the claim to be gone', async () => (await claims()).length === 0);
  await release({ ...well });
  await until('the claim', async () => (await claims()).length === 1);
});

test('a deleted unit goes; what it kept waits to be confirmed, and nobody waits with it', async () => {
  const { free: _, own: __, ...rest } = well;
  const claims = () => system.plane.list('persistentvolumeclaims', 'dev-free');
  for (const name of ['dev.free', 'dev.own']) await system.settled(name);
  await release(
    rest,
    'dev/free',
    'dev/own',
    'dev/free/PersistentVolumeClaim/free-claim',
    'dev/own/CustomResourceDefinition/things.test.example',
  );
  await isGone('dev.free');
  await isGone('dev.own');
  expect(await work('free')).toBeUndefined();
  await release({ ...rest, base: { text: 'fifth' }, another: { on: ['base'] } });
  await arrives('base', 'fifth');
  await system.settled('dev.another');
  // Nothing of it has gone by itself meanwhile.
  expect(await claims()).toHaveLength(1);
  expect(await system.plane.get('namespace', 'dev-free')).toMatchObject({ status: { phase: 'Active' } });
  expect(await system.plane.get('crd', 'things.test.example')).toBeDefined();
  await system.approve('dev.free.kept');
  await system.approve('dev.own.kept');
  await isGone('unit.dev.free');
  await isGone('unit.dev.own');
  expect(await system.plane.get('namespace', 'dev-free')).toBeUndefined();
  expect(await system.plane.get('appproject', 'dev.free', 'argocd')).toBeUndefined();
  // Argo CD never deletes a definition along with an Application.
  expect(await system.plane.get('crd', 'things.test.example')).toBeDefined();
});

test('a deletion that waits can be called off: the unit comes back, and finds what it had', async () => {
  const claim = () => system.plane.get('persistentvolumeclaim', 'keeper-claim', 'dev-keeper');
  const { free: _, own: __, ...rest } = well;
  const all = { ...rest, keeper: { hasClaim: true } };
  await release(all, 'dev/another');
  await isGone('dev.another');
  await system.approve('dev.another.kept');
  await system.settled('dev.keeper');
  const uid = (await claim())?.metadata.uid;
  expect(uid).toBeDefined();
  await release(rest, 'dev/keeper', 'dev/keeper/PersistentVolumeClaim/keeper-claim');
  await isGone('dev.keeper');
  await release(all);
  const finalizers = '{"metadata":{"finalizers":null}}';
  for (const name of ['dev.keeper.kept', 'unit.dev.keeper']) {
    await system.plane.kubectl('patch', 'application', name, '-n', 'argocd', '--type=merge', '-p', finalizers);
  }
  await system.settled('dev.keeper');
  await system.settled('unit.dev.keeper');
  expect((await claim())?.metadata.uid).toBe(uid);
});

test('in the end nothing is out of sync', async () => {
  const names = (await system.applications()).map(({ metadata }) => metadata.name);
  expect(names).toContain('dev.next.after.dev.base');
  for (const name of names) await system.settled(name);
});
