import { ApiObject } from 'cdk8s';
import { Namespace } from 'cdk8s-plus-27';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Application, Cluster, Environment, Flux, type FluxProps, Install, Platform } from '../../src';
import type { DesiredTree } from '../../src/model/section';
import { signerFrom } from '../../src/publish/signing/settings';
import { synthesize } from '../../src/synth/synthesize';
import { commitFiles, gitEnv, temporaryFolder } from '../helpers/git';
import { missingData } from '../helpers/shared-data';
import { sshKey } from '../publish/keys';
import { configMap } from '../synth/platforms';
import { until } from './cluster/processes';
import { deployment, FluxCluster, messageOf, NAMESPACE, readiness } from './flux-helpers';

/** What a unit may do to others under Flux: nothing. Everything here is done by Flux's real controllers. */

const missing = missingData();
type Unit = (environment: Environment) => void;

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.acme.io' },
  spec: {
    group: 'acme.io',
    names: { kind: 'Gadget', plural: 'gadgets', singular: 'gadget' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};

const UNITS = {
  good: (dev) => {
    const good = new Application(dev, 'good');
    deployment(good, 'api');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a script's own variables
    configMap(good, 'script', { data: { 'run.sh': 'echo ${HOME} $1 $${x}' } });
  },
  /** Its objects name their namespaces, so that the Kustomization sets none. */
  mixed: (dev) => {
    const mixed = new Application(dev, 'mixed');
    configMap(mixed, 'a');
    configMap(mixed, 'b', { metadata: { namespace: 'dev-mixed' } });
  },
  /** Waits for one that is well, and one for another that is not. */
  next: (dev) => deployment(new Application(dev, 'next', { dependsOn: ['good'] }), 'api'),
  sick: (dev) => deployment(new Application(dev, 'sick'), 'api', { sick: true }),
  stuck: (dev) => configMap(new Application(dev, 'stuck', { dependsOn: ['sick'] }), 'a'),
  /** Holds what is never to be lost. */
  store: (dev) => {
    const store = new Application(dev, 'store');
    new ApiObject(store, 'definition', definition);
    new ApiObject(store, 'gadget', { apiVersion: 'acme.io/v1', kind: 'Gadget' });
    new ApiObject(store, 'claim', {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    configMap(store, 'a');
  },
  /** Brings its namespace, and cluster-wide objects. */
  space: (dev) => space(dev, true),
} satisfies Record<string, Unit>;

function space(dev: Environment, hasRole: boolean): void {
  const app = new Application(dev, 'space');
  new Namespace(app, 'own', { metadata: { name: 'dev-space', labels: { mine: 'yes' } } });
  configMap(app, 'a');
  if (!hasRole) return;
  const rbac = 'rbac.authorization.k8s.io';
  const name = 'acme-reader';
  new ApiObject(app, 'role', {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name },
    rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
  });
  new ApiObject(app, 'binding', {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'dev-space' }],
  });
}

describe.skipIf(missing)(`Flux's tenants ${missing ?? ''}`, () => {
  let cluster: FluxCluster;
  beforeAll(async () => {
    cluster = await FluxCluster.start();
  });
  afterAll(() => cluster?.stop());

  const declare = (units: Record<string, Unit>, props: FluxProps = {}): DesiredTree => {
    const platform = new Platform({
      name: 'shop',
      source: 'acme/shop',
      environmentRepository: { url: cluster.url },
    });
    const eu = new Cluster(platform, 'eu-1');
    new Flux(eu, 'flux', {
      install: Install.vendored(),
      receiver: { type: 'generic', secret: 'webhook-token' },
      ...props,
    });
    const dev = new Environment(platform, 'dev', { cluster: eu });
    for (const unit of Object.values(units)) unit(dev);
    return synthesize(platform);
  };
  /** Publishes, and has Flux look at once, as a forge does. */
  const release = async (units: Record<string, Unit>) => {
    await cluster.release(declare(units));
    await push();
  };
  const push = async () => {
    const receiver = await cluster.plane.get('receiver', 'environments', NAMESPACE);
    const answer = await fetch(`${cluster.receiver}${receiver?.status?.webhookPath}`, { method: 'POST' });
    expect(answer.status).toBe(200);
  };
  const without = (...names: (keyof typeof UNITS)[]) =>
    Object.fromEntries(Object.entries(UNITS).filter(([name]) => !(names as string[]).includes(name)));

  test('are each applied as themselves, in order; a sick one holds up those that depend on it', async () => {
    const tree = declare(UNITS);
    await cluster.release(tree);
    await cluster.plane.kubectl('create', 'namespace', NAMESPACE);
    await cluster.plane.kubectl(
      'create',
      'secret',
      'generic',
      'webhook-token',
      '-n',
      NAMESPACE,
      '--from-literal=token=x',
    );
    await cluster.bootstrap(tree);
    await cluster.ready('operator.shop', 'root.shop', 'dev.good', 'dev.next', 'dev.store', 'dev.space');
    expect(readiness(await cluster.unit('dev.sick'))).not.toBe('True');
    expect(await cluster.plane.get('configmap', 'stuck-a', 'dev-stuck')).toBeUndefined();
    const [first, second] = [
      await cluster.there('deployment', 'good-api', 'dev-good'),
      await cluster.there('deployment', 'next-api', 'dev-next'),
    ];
    const available = first.status?.conditions?.find(({ type }: { type: string }) => type === 'Available');
    expect(second.metadata.creationTimestamp >= available?.lastTransitionTime).toBe(true);
    expect((await cluster.unit('dev.good'))?.spec.serviceAccountName).toBe('dev.good');
    expect((await cluster.plane.get('namespace', 'dev-space'))?.metadata.labels).toMatchObject({ mine: 'yes' });
    expect(await cluster.plane.get('gadget', 'store-gadget', 'dev-store')).toBeDefined();
  });

  test('get objects as they are written, with nothing put in', async () => {
    const map = await cluster.there('configmap', 'good-script', 'dev-good');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a script's own variables
    expect((map as unknown as { data: Record<string, string> }).data['run.sh']).toBe('echo ${HOME} $1 $${x}');
  });

  test('are registered, changed and pruned while another one is sick', async () => {
    const started = Date.now();
    const late: Unit = (dev) => configMap(new Application(dev, 'late'), 'a');
    const good: Unit = (dev) => deployment(new Application(dev, 'good'), 'api', { replicas: 2 });
    await release({ ...UNITS, good, late });
    await cluster.ready('root.shop', 'dev.late', 'dev.good');
    expect((await cluster.there('deployment', 'good-api', 'dev-good')).spec.replicas).toBe(2);
    expect(await cluster.plane.get('configmap', 'good-script', 'dev-good')).toBeUndefined();
    await release(UNITS);
    await cluster.gone('kustomization', 'dev.late', NAMESPACE);
    await cluster.gone('configmap', 'late-a', 'dev-late');
    expect(readiness(await cluster.unit('dev.sick'))).not.toBe('True');
    expect((Date.now() - started) / 1000).toBeLessThan(60);
  });

  test('are mended by a commit at once, however long they would have been waited for', async () => {
    await release({ ...UNITS, sick: (dev) => deployment(new Application(dev, 'sick'), 'api') });
    const started = Date.now();
    await cluster.ready('dev.sick', 'dev.stuck');
    expect((Date.now() - started) / 1000).toBeLessThan(60);
    await release(UNITS);
  });

  test('cannot reach into the namespace of another one', async () => {
    const intruder = (namespace?: string) =>
      `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: intruder${namespace ? `, namespace: ${namespace}` : ''} }\n`;
    // The folder sets a namespace for all: an object that names one is moved there, too.
    commitFiles(cluster.bare, { 'environments/dev/good/configmap-intruder.yaml': intruder('dev-store') });
    await push();
    await cluster.there('configmap', 'intruder', 'dev-good');
    expect(await cluster.plane.get('configmap', 'intruder', 'dev-store')).toBeUndefined();
    // Where it sets none, the account may do nothing there.
    expect((await cluster.unit('dev.mixed'))?.spec.targetNamespace).toBeUndefined();
    commitFiles(cluster.bare, {
      'environments/dev/mixed/configmap-intruder.yaml': intruder('dev-store'),
      'environments/dev/mixed/configmap-mixed-a.yaml': undefined,
    });
    await push();
    expect(await cluster.refused('dev.mixed', /forbidden/i)).toContain('system:serviceaccount:flux-system:dev.mixed');
    expect(await cluster.plane.get('configmap', 'intruder', 'dev-store')).toBeUndefined();
    // Nothing is pruned of a commit that is refused; others are applied meanwhile.
    expect(await cluster.plane.get('configmap', 'mixed-a', 'dev-mixed')).toBeDefined();
    await cluster.ready('root.shop', 'dev.store');
    // Nor can it take a namespace, or rights.
    for (const [kind, api] of [
      ['Namespace', 'v1'],
      ['ClusterRole', 'rbac.authorization.k8s.io/v1'],
    ]) {
      commitFiles(cluster.bare, {
        'environments/dev/mixed/configmap-intruder.yaml': `apiVersion: ${api}\nkind: ${kind}\nmetadata: { name: dev-store }\n`,
      });
      await push();
      await cluster.refused('dev.mixed', new RegExp(`${kind}/dev-store.*forbidden`, 'i'));
    }
    // Publishing anew is the way back.
    await cluster.release(declare(UNITS), { acknowledged: { overwrite: ['dev/good', 'dev/mixed'] } });
    await push();
    await cluster.ready('dev.good', 'dev.mixed');
  });

  test('whose namespace is not there hold up nobody', async () => {
    const nowhere: Unit = (dev) => configMap(new Application(dev, 'lost', { namespace: 'nowhere' }), 'a');
    const late: Unit = (dev) => configMap(new Application(dev, 'late'), 'a');
    await release({ ...UNITS, nowhere, late });
    await cluster.refused('unit.dev.lost', /namespaces "nowhere" not found/);
    await cluster.ready('root.shop', 'dev.late');
    await release(UNITS);
    await cluster.gone('kustomization', 'unit.dev.lost', NAMESPACE);
  });

  test('go on when a registration is broken by hand', async () => {
    const path = 'clusters/eu-1/applications/dev.broken.yaml';
    const broken = 'apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: dev.broken\n';
    commitFiles(cluster.bare, { [path]: `${broken}  namespace: ${NAMESPACE}\nspec: { interval: soon }\n` });
    await push();
    await cluster.refused('root.shop', /spec\.interval/);
    await release({ ...UNITS, good: (dev) => deployment(new Application(dev, 'good'), 'api', { replicas: 3 }) });
    await until('the change', async () => {
      return (await cluster.plane.get('deployment', 'good-api', 'dev-good'))?.spec.replicas === 3;
    });
    commitFiles(cluster.bare, { [path]: undefined });
    await push();
    await cluster.ready('root.shop');
    await release(UNITS);
  });

  test('come back when their namespace was deleted by hand', async () => {
    await cluster.ready('root.shop', 'unit.dev.space', 'dev.space');
    await cluster.plane.kubectl('delete', 'namespace', 'dev-space', '--timeout=60s');
    // Each looks every 10 minutes, or when it is told to.
    await cluster.refresh('kustomization/unit.dev.space');
    await until('the rights', () => cluster.plane.get('rolebinding', 'dev.space', 'dev-space'));
    const look = async () => {
      await cluster.refresh('kustomization/dev.space');
      return cluster.plane.get('configmap', 'space-a', 'dev-space');
    };
    await until('its objects', look, { every: 2_000 });
    await cluster.ready('dev.space');
  });

  test('give back cluster-wide objects that they have no longer', async () => {
    await release({ ...UNITS, space: (dev) => space(dev, false) });
    await cluster.gone('clusterrole', 'acme-reader');
    await cluster.gone('clusterrolebinding', 'acme-reader');
    await cluster.ready('dev.space');
    await release(UNITS);
    await cluster.there('clusterrolebinding', 'acme-reader');
    await cluster.ready('dev.space');
  });

  test('leave behind what is never to be lost, and nothing else, and take it up again', async () => {
    const claim = await cluster.there('persistentvolumeclaim', 'store-claim', 'dev-store');
    const started = Date.now();
    await release(without('store', 'space'));
    for (const name of ['dev.store', 'unit.dev.store', 'dev.space', 'unit.dev.space']) {
      await cluster.gone('kustomization', name, NAMESPACE);
    }
    expect((Date.now() - started) / 1000).toBeLessThan(60);
    await cluster.gone('configmap', 'store-a', 'dev-store');
    await cluster.gone('gadget', 'store-gadget', 'dev-store');
    await cluster.gone('clusterrole', 'acme-reader');
    for (const [resource, name, namespace] of [
      ['persistentvolumeclaim', 'store-claim', 'dev-store'],
      ['namespace', 'dev-store'],
      ['namespace', 'dev-space'],
      ['customresourcedefinition', 'gadgets.acme.io'],
    ] as const) {
      const found = await cluster.plane.get(resource, name, namespace);
      expect(found?.metadata.deletionTimestamp, name).toBeUndefined();
      expect(found, name).toBeDefined();
    }
    await release(UNITS);
    await cluster.ready('dev.store', 'dev.space');
    await cluster.there('configmap', 'store-a', 'dev-store');
    const after = await cluster.there('persistentvolumeclaim', 'store-claim', 'dev-store');
    expect(after.metadata.uid).toBe(claim.metadata.uid);
  });

  test('leave everything behind when they are to be orphaned', async () => {
    const orphan: Unit = (dev) => deployment(new Application(dev, 'orphan', { onRemoval: 'orphan' }), 'api');
    await release({ ...UNITS, orphan });
    await cluster.ready('dev.orphan');
    const { metadata } = await cluster.there('deployment', 'orphan-api', 'dev-orphan');
    await release(UNITS);
    await cluster.gone('kustomization', 'dev.orphan', NAMESPACE);
    const after = await cluster.there('deployment', 'orphan-api', 'dev-orphan');
    expect(after.metadata.uid).toBe(metadata.uid);
    expect(after.metadata.deletionTimestamp).toBeUndefined();
  });

  test('leave rights that people remove by their labels, at any time', async () => {
    const labels = 'cdk8s-gitops/part=unit,cdk8s-gitops/application=orphan';
    const kinds = 'rolebindings,serviceaccounts,clusterroles,clusterrolebindings';
    expect(await cluster.plane.kubectl('get', kinds, '-A', '-l', labels, '-o', 'name')).not.toBe('');
    await cluster.plane.kubectl('delete', kinds, '-A', '-l', labels);
    expect(await cluster.plane.kubectl('get', kinds, '-A', '-l', labels, '-o', 'name')).toBe('');
    // Of a unit that is there, they come back.
    await cluster.plane.kubectl('delete', kinds, '-A', '-l', 'cdk8s-gitops/application=good');
    await cluster.refresh('kustomization/unit.dev.good');
    await cluster.there('rolebinding', 'dev.good', 'dev-good');
    await cluster.refresh('kustomization/dev.good');
    await cluster.ready('dev.good');
  });

  test('are not healthy before their custom resources are', async () => {
    const group = 'cert-manager.io';
    const names = { kind: 'Certificate', plural: 'certificates', singular: 'certificate' };
    const certificate: Unit = (dev) => {
      const app = new Application(dev, 'certificate');
      const spec = { ...definition.spec, group, names };
      new ApiObject(app, 'definition', { ...definition, metadata: { name: `certificates.${group}` }, spec });
      new ApiObject(app, 'tls', {
        apiVersion: `${group}/v1`,
        kind: 'Certificate',
        spec: { secretName: 'tls', issuerRef: { name: 'ca' }, dnsNames: ['acme.io'] },
      });
    };
    await release({ ...UNITS, certificate });
    await cluster.there('crd', `certificates.${group}`);
    await cluster.there('certificate', 'certificate-tls', 'dev-certificate');
    // Nobody has looked at it, so that it has no status. By itself, Flux would take it for healthy after 2 seconds.
    await new Promise((done) => setTimeout(done, 6_000));
    expect(readiness(await cluster.unit('dev.certificate'))).toBe('Unknown');
    const status = { conditions: [{ type: 'Ready', status: 'True' }] };
    const patch = JSON.stringify({ status });
    await cluster.plane.kubectl(
      ...['patch', 'certificate', 'certificate-tls', '-n', 'dev-certificate', '--type=merge', '-p', patch],
    );
    await cluster.ready('dev.certificate');
    await release(UNITS);
    await cluster.gone('kustomization', 'dev.certificate', NAMESPACE);
  });

  test('get commits of known signers only, where that is wanted', async () => {
    const [known, stranger] = [sshKey(), sshKey()];
    const signedBy = async ({ file }: { readonly file: string }) => {
      const signer = await signerFrom({ env: gitEnv, dir: temporaryFolder(), config: { key: file } });
      return signer === undefined ? {} : { signer };
    };
    const keys = `--from-literal=known.sshpub=${known.public}`;
    await cluster.plane.kubectl('create', 'secret', 'generic', 'publishers', '-n', NAMESPACE, keys);
    const verify = { secret: 'publishers' };
    await cluster.release(declare(UNITS, { verify }), await signedBy(known));
    await push();
    const verified = () =>
      until('the repository to be verified', async () => {
        const source = await cluster.plane.get('gitrepository', 'environments', NAMESPACE);
        const is = (type: string) =>
          source?.status?.conditions?.some(
            (each: { type: string; status: string }) => each.type === type && each.status === 'True',
          );
        return is('SourceVerified') && is('Ready') && source;
      });
    await verified();
    await cluster.ready('root.shop', 'dev.mixed');
    // Neither without a signature nor with another one.
    for (const [n, signing] of [{}, await signedBy(stranger)].entries()) {
      const more: Unit = (dev) => configMap(new Application(dev, 'late'), 'a', { data: { n: String(n) } });
      const before = (await cluster.unit('dev.mixed'))?.status.lastAppliedRevision;
      await cluster.release(declare({ ...UNITS, more }, { verify }), signing);
      await push();
      await until('the commit to be refused', async () => {
        const source = await cluster.plane.get('gitrepository', 'environments', NAMESPACE);
        return /verif/i.test(messageOf(source)) && readiness(source) === 'False';
      });
      expect((await cluster.unit('dev.mixed'))?.status.lastAppliedRevision).toBe(before);
      expect(await cluster.unit('unit.dev.late')).toBeUndefined();
    }
    await cluster.release(declare(UNITS, { verify }), await signedBy(known));
    await push();
    await verified();
    await cluster.ready('root.shop', 'dev.mixed');
  });
});
