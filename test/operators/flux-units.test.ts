import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject } from 'cdk8s';
import { Namespace } from 'cdk8s-plus-27';
import { describe, expect, it } from 'vitest';
import { Application, Cluster, Environment, Flux, type FluxProps, Install } from '../../src';
import type { Manifest } from '../../src/model/manifest';
import { pluralOf } from '../../src/operators/flux/tenancy';
import { synthesize } from '../../src/synth/synthesize';
import { parseYaml } from '../../src/yaml/parse';
import { git, gitEnv, temporaryFolder } from '../helpers/git';
import { configMap, filesOf, newPlatform, problemsOf } from '../synth/platforms';
import { expectDefined, haveDefinitions } from './crds';

/** What Flux is told of units. That it does what it is told is shown end to end, in `e2e/flux-*.test.ts`. */

type Rendered = Manifest & { readonly spec: Record<string, unknown> };

interface Options {
  readonly flux?: FluxProps;
  readonly fill?: (dev: Environment) => void;
  /** The environment is in a cluster that another one's Flux looks after. */
  readonly hub?: { readonly shard?: string };
}

function declare({ flux = {}, fill = (dev) => configMap(new Application(dev, 'api'), 'a'), hub }: Options) {
  const platform = newPlatform();
  const eu = new Cluster(platform, 'eu-1');
  new Flux(eu, 'flux', flux);
  const connection = hub?.shard === undefined ? {} : { connection: { shard: hub.shard } };
  const cluster = hub ? new Cluster(platform, 'eu-2', { operatedBy: eu, ...connection }) : eu;
  fill(new Environment(platform, 'dev', { cluster }));
  return platform;
}

function render(options: Options) {
  const files = filesOf(synthesize(declare(options)));
  const below = (folder: string) =>
    Object.entries(files)
      .filter(([path]) => path.startsWith(`${folder}/`))
      .map(([, text]) => (parseYaml(text) as Rendered[])[0] as Rendered);
  const cluster = options.hub ? 'eu-2' : 'eu-1';
  const find = (kind: string, name: string) => {
    const found = below('clusters').find((each) => each.kind === kind && each.metadata.name === name);
    expect(found, `${kind} ${name}`).toBeDefined();
    return found as Rendered;
  };
  return {
    below: (folder: string) => below(`clusters/${cluster}/${folder}`),
    at: below,
    all: below('clusters'),
    kustomization: (name: string) => find('Kustomization', name),
    find,
  };
}

const named = (objects: readonly Manifest[]) => objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
const rbac = 'rbac.authorization.k8s.io/v1';

function space(dev: Environment) {
  const app = new Application(dev, 'space');
  for (const name of ['dev-space', 'dev-more']) new Namespace(app, name, { metadata: { name } });
  configMap(app, 'a');
  configMap(app, 'b', { metadata: { namespace: 'kube-public' } });
  new ApiObject(app, 'role', { apiVersion: rbac, kind: 'ClusterRole', metadata: { name: 'reader' } });
}

describe('a unit under Flux', () => {
  it('is two Kustomizations: one makes what the other needs', () => {
    const { below, kustomization } = render({});
    expect(named(below('applications'))).toEqual(['Kustomization/unit.dev.api']);
    expect(below('applications')[0]?.spec).toMatchObject({ path: './clusters/eu-1/namespaces/dev.api', wait: false });
    expect(named(below('namespaces'))).toEqual([
      'Kustomization/dev.api',
      'Namespace/dev-api',
      'RoleBinding/dev.api',
      'ServiceAccount/dev.api',
    ]);
    expect(below('units')).toEqual([]);
    expect(kustomization('dev.api').spec).toMatchObject({
      path: './environments/dev/api',
      prune: true,
      wait: true,
      timeout: '5m',
      retryInterval: '1m',
      serviceAccountName: 'dev.api',
      targetNamespace: 'dev-api',
    });
  });

  it('is left to itself by the root, in all but its registration', () => {
    const { below, kustomization } = render({});
    for (const { kind, metadata } of below('namespaces')) {
      expect(metadata.labels, kind).toMatchObject({ 'cdk8s-gitops/part': 'unit' });
    }
    expect(kustomization('root.shop').spec).toMatchObject({
      wait: false,
      patches: ['operator', 'unit'].map((part) => ({
        target: { labelSelector: `cdk8s-gitops/part=${part}` },
        patch: expect.stringContaining('$patch: delete'),
      })),
    });
    for (const { metadata } of [...below('applications'), ...below('bootstrap')]) {
      expect(metadata.labels?.['cdk8s-gitops/part']).toBeUndefined();
    }
  });

  it('may do everything in its namespaces, and nothing elsewhere', () => {
    const { below } = render({});
    const bindings = below('namespaces').filter(({ kind }) => kind.endsWith('Binding'));
    expect(bindings).toEqual([
      {
        apiVersion: rbac,
        kind: 'RoleBinding',
        metadata: {
          name: 'dev.api',
          namespace: 'dev-api',
          labels: {
            'cdk8s-gitops/application': 'api',
            'cdk8s-gitops/environment': 'dev',
            'cdk8s-gitops/part': 'unit',
          },
          annotations: { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
        },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'dev.api', namespace: 'flux-system' }],
      },
    ]);
  });

  it('gets rights to cluster-wide kinds that it has, and namespaces that it brings', () => {
    const { below } = render({ fill: space });
    const objects = below('namespaces');
    const bound = objects.filter(({ kind }) => kind === 'RoleBinding').map(({ metadata }) => metadata.namespace);
    expect(bound.sort()).toEqual(['dev-more', 'dev-space', 'kube-public']);
    const roles = objects.filter(({ kind }) => kind === 'ClusterRole') as unknown as { rules: unknown }[];
    expect(roles.map(({ rules }) => rules)).toEqual([
      [
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          resources: ['clusterroles'],
          verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch', 'escalate'],
        },
      ],
    ]);
    expect(named(objects)).toContain('ClusterRoleBinding/dev.space.clusterroles.rbac.authorization.k8s.io');
    for (const { metadata } of objects.filter(({ kind }) => kind === 'Namespace')) {
      // The unit's own manifest says what it is like.
      expect(metadata.annotations).toMatchObject({ 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' });
    }
  });

  it('keeps rights that it needs to delete what it has applied', () => {
    const { below } = render({ fill: space });
    const rights = below('namespaces').filter(({ kind }) => kind !== 'Kustomization');
    expect(rights.length).toBeGreaterThan(6);
    for (const { metadata } of rights) {
      expect(metadata.annotations, metadata.name).toMatchObject({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
    }
  });

  it('says whom it waits for, how its objects are healthy, and what becomes of them', () => {
    const { kustomization } = render({
      fill: (dev) => {
        configMap(new Application(dev, 'db'), 'a');
        const api = new Application(dev, 'api', { dependsOn: ['db'], namespace: 'live', onRemoval: 'orphan' });
        configMap(api, 'a', { metadata: { namespace: 'other' } });
        new ApiObject(api, 'certificate', {
          apiVersion: 'cert-manager.io/v1',
          kind: 'Certificate',
          spec: { secretName: 'tls', issuerRef: { name: 'ca' }, dnsNames: ['acme.io'] },
        });
      },
    });
    const { spec } = kustomization('dev.api');
    expect(spec).toMatchObject({ dependsOn: [{ name: 'dev.db' }], deletionPolicy: 'Orphan' });
    expect(spec.healthCheckExprs).toMatchObject([{ kind: 'Certificate' }]);
    // It would override those that objects name.
    expect(spec.targetNamespace).toBeUndefined();
    expect(kustomization('dev.db').spec).not.toHaveProperty('healthCheckExprs');
    expect(kustomization('dev.db').spec).not.toHaveProperty('deletionPolicy');
    expect(kustomization('dev.db').spec).not.toHaveProperty('dependsOn');
  });

  it('is decrypted with the key that is named', () => {
    const platform = newPlatform();
    const { details, surroundings } = new Flux(new Cluster(platform, 'eu-1')).registerUnit({
      platform: 'shop',
      cluster: 'eu-1',
      environment: 'dev',
      application: 'api',
      repository: { url: 'https://git.example.com/environments.git', branch: 'main' },
      path: 'environments/dev/api',
      namespace: 'dev-api',
      defaultsNamespace: true,
      namespaces: ['dev-api'],
      clusterKinds: [],
      namespacedKinds: [{ group: '', kind: 'Secret' }],
      decryption: { secret: 'sops-age' },
      dependsOn: [],
      depth: 0,
      adopts: false,
    });
    expect(details).toBeUndefined();
    const own = surroundings?.find(({ kind }) => kind === 'Kustomization');
    expect(own?.spec).toMatchObject({ decryption: { provider: 'sops', secretRef: { name: 'sops-age' } } });
  });

  it('acts as the account that is named, or as Flux', () => {
    const accounts = (flux: FluxProps) => {
      const { all, kustomization } = render({ flux });
      expect(all.filter(({ kind }) => kind === 'ServiceAccount' || kind.endsWith('Binding'))).toEqual([]);
      return ['root.shop', 'unit.dev.api', 'dev.api'].map((name) => kustomization(name).spec.serviceAccountName);
    };
    const install = Install.helmChart({ version: '2.17.0' });
    expect(accounts({ serviceAccount: 'team' })).toEqual([undefined, undefined, 'team']);
    expect(accounts({ unitAccounts: false })).toEqual([undefined, undefined, undefined]);
    const flux = 'kustomize-controller';
    expect(accounts({ install, unitAccounts: false })).toEqual([flux, flux, flux]);
    expect(accounts({ install, serviceAccount: 'team' })).toEqual([flux, flux, 'team']);
  });

  it('has names that fit into labels', () => {
    const long = 'x'.repeat(59);
    const { all } = render({ fill: (dev) => configMap(new Application(dev, long), 'a') });
    const names = all.filter(({ kind }) => kind === 'Kustomization').map(({ metadata }) => metadata.name);
    expect(names).toContain(`dev.${long}`);
    expect(names).toHaveLength(3);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/);
  });

  it('guesses what an API calls objects of a kind', () => {
    const kinds = [
      'ClusterRole',
      'StorageClass',
      'ClusterPolicy',
      'IPAddress',
      'APIService',
      'GatewayClass',
      'NodePool',
    ];
    expect(kinds.map(pluralOf)).toEqual([
      'clusterroles',
      'storageclasses',
      'clusterpolicies',
      'ipaddresses',
      'apiservices',
      'gatewayclasses',
      'nodepools',
    ]);
  });
});

describe('a cluster that Flux looks after from another one', () => {
  const install = Install.helmChart({ version: '2.17.0' });
  const hub = render({ hub: { shard: 'blue' }, flux: { install } });

  it('has its units registered where Flux is, and their namespaces and rights where they run', () => {
    expect(named(hub.below('applications'))).toEqual(['Kustomization/unit.dev.api']);
    expect(hub.below('applications')[0]?.spec).toMatchObject({ path: './clusters/eu-2/units/dev.api' });
    expect(hub.below('applications')[0]?.spec).not.toHaveProperty('kubeConfig');
    expect(named(hub.below('units'))).toEqual([
      'Kustomization/dev.api',
      'Kustomization/namespaces.dev.api',
      'ServiceAccount/dev.api',
    ]);
    expect(named(hub.below('namespaces'))).toEqual(['Namespace/dev-api', 'RoleBinding/dev.api']);
    const kubeConfig = { secretRef: { name: 'cluster-eu-2' } };
    expect(hub.kustomization('namespaces.dev.api').spec).toMatchObject({
      path: './clusters/eu-2/namespaces/dev.api',
      kubeConfig,
      serviceAccountName: 'kustomize-controller',
    });
    expect(hub.kustomization('dev.api').spec).toMatchObject({
      path: './environments/dev/api',
      kubeConfig,
      serviceAccountName: 'dev.api',
      dependsOn: [{ name: 'namespaces.dev.api', readyExpr: expect.stringContaining('lastAppliedRevision') }],
    });
  });

  it('has its units in the shard that it is given', () => {
    const shard = (name: string) => hub.kustomization(name).metadata.labels?.['sharding.fluxcd.io/key'];
    expect(['dev.api', 'namespaces.dev.api', 'unit.dev.api', 'root.shop'].map(shard)).toEqual([
      'blue',
      'blue',
      undefined,
      undefined,
    ]);
  });

  it('is among what Flux reads of the repository; other clusters and records are not', () => {
    const { spec } = hub.find('GitRepository', 'environments');
    const folder = temporaryFolder();
    git('/', 'init', '--quiet', folder);
    writeFileSync(join(folder, '.gitignore'), String((spec as { ignore?: string }).ignore));
    const isRead = (path: string) => {
      const { status } = spawnSync('git', ['check-ignore', '--quiet', '--no-index', path], {
        cwd: folder,
        env: gitEnv,
      });
      return status === 1;
    };
    const read = [
      'clusters/eu-1/bootstrap/a.yaml',
      'clusters/eu-2/units/dev.api/b.yaml',
      'environments/dev/api/c.yaml',
    ];
    expect(read.filter(isRead)).toEqual(read);
    const others = ['clusters/eu-3/units/dev.api/b.yaml', 'clusters/eu-1.yaml', 'releases/dev/api.yaml', 'README.md'];
    expect([...others, 'registrations/eu-1/dev.api.yaml'].filter(isRead)).toEqual([]);
  });

  it('has a root of its own, and a folder that is never empty', () => {
    const patches = ['cluster', 'unit'].map((part) => ({ target: { labelSelector: `cdk8s-gitops/part=${part}` } }));
    expect(hub.find('Kustomization', 'root.shop.eu-2').spec).toMatchObject({ path: './clusters/eu-2', patches });
    const admission = hub.below('bootstrap');
    expect(named(admission)).toEqual([
      'ClusterRoleBinding/cdk8s-gitops.kustomize-controller',
      'Namespace/flux-system',
      'ServiceAccount/kustomize-controller',
    ]);
    for (const { metadata } of admission) expect(metadata.labels).toMatchObject({ 'cdk8s-gitops/part': 'cluster' });
  });

  it('takes a credential, by reference only', () => {
    const { starts } = synthesize(declare({ hub: {}, flux: { install } }));
    expect(starts?.['eu-1']?.secrets).toEqual([
      { name: 'cluster-eu-2', keys: ['value'], purpose: 'to reach the cluster eu-2: a kubeconfig' },
    ]);
  });
});

describe('the repository', () => {
  const source = (flux: FluxProps) => render({ flux }).at('clusters/eu-1/bootstrap');
  const receiverOf = (flux: FluxProps) => source(flux).find(({ kind }) => kind === 'Receiver')?.spec;

  it.each([
    ['github', 'github', ['ping', 'push']],
    ['gitlab', 'gitlab', ['Push Hook']],
    ['gitea', 'github', ['push']],
    ['generic', 'generic', undefined],
    ['generic-hmac', 'generic-hmac', undefined],
  ] as const)('is looked at when %s tells of a push', (type, flux, events) => {
    expect(receiverOf({ receiver: { type, secret: 'webhook-token' } })).toEqual({
      type: flux,
      ...(events ? { events } : {}),
      secretRef: { name: 'webhook-token' },
      resources: [{ apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', name: 'environments' }],
    });
  });

  it('is looked at for the events that are named', () => {
    expect(receiverOf({})).toBeUndefined();
    expect(receiverOf({ receiver: { type: 'github', secret: 'a', events: ['push'] } })?.events).toEqual(['push']);
  });

  it('holds signed commits only, where that is wanted', () => {
    const specOf = (flux: FluxProps) => source(flux).find(({ kind }) => kind === 'GitRepository')?.spec;
    expect(specOf({})).not.toHaveProperty('verify');
    expect(specOf({ verify: { secret: 'keys' } })?.verify).toEqual({ mode: 'HEAD', secretRef: { name: 'keys' } });
  });

  it('says which Secrets it takes', () => {
    const flux: FluxProps = {
      install: Install.helmChart({ version: '2.17.0' }),
      repositorySecret: 'key',
      receiver: { type: 'github', secret: 'token' },
      verify: { mode: 'HEAD', secret: 'signers' },
    };
    const secrets = synthesize(declare({ flux })).starts?.['eu-1']?.secrets ?? [];
    expect(secrets.map(({ name, keys }) => [name, keys])).toEqual([
      ['key', ['username', 'password']],
      ['signers', ['publishers.asc']],
      ['token', ['token']],
    ]);
  });

  it.each([
    ['a receiver of no type', { receiver: { type: 'svn', secret: 'a' } }, /'svn' is no type of `receiver`/],
    ['events that are not told', { receiver: { type: 'generic', secret: 'a', events: ['push'] } }, /takes no `events`/],
    [
      'a secret in the place of its name',
      { receiver: { type: 'github', secret: 'S3cr3t!' } },
      /`receiver\.secret` is no name/,
    ],
    ['a tag', { verify: { mode: 'Tag', secret: 'a' } }, /knows no mode 'Tag'/],
    ['no key', { verify: {} }, /`verify\.secret` is no name/],
    ['one account for all, and one for each', { unitAccounts: true, serviceAccount: 'a' }, /leave out one of them/],
  ])('is refused: %s', (_, flux, message) => {
    const problems = problemsOf(declare({ flux: flux as FluxProps }));
    expect(problems).toEqual([['eu-1/flux', expect.stringMatching(message)]]);
    expect(JSON.stringify(problems)).not.toContain('S3cr3t');
  });
});

// Where the definitions are not there, and need not be, there is nothing to hold objects against.
it.runIf(haveDefinitions)('everything is what the definitions of Flux say', () => {
  const props: FluxProps = {
    install: Install.helmChart({ version: '2.17.0' }),
    receiver: { type: 'gitlab', secret: 'a' },
    verify: { secret: 'b' },
  };
  for (const options of [{ flux: props }, { hub: { shard: 'a' }, flux: props }, { fill: space }]) {
    const objects = render(options).all.filter(({ apiVersion }) => apiVersion.includes('toolkit.fluxcd.io/'));
    expect(objects.length).toBeGreaterThan(3);
    for (const object of objects) expectDefined(object);
  }
});
