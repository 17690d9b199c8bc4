import { ApiObject } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Application, ArgoCd, type ArgoCdProps, Cluster, Environment, Install } from '../../src';
import type { Manifest } from '../../src/model/manifest';
import { synthesize } from '../../src/synth/synthesize';
import { parseYaml } from '../../src/yaml/parse';
import { configMap, filesOf, newPlatform, problemsOf } from '../synth/platforms';
import { expectDefined, haveDefinitions } from './crds';

/** What Argo CD is told of units. That it does what it is told is shown end to end, in `e2e/argocd-*.test.ts`. */

type Rendered = Manifest & { readonly spec: Record<string, never> };

function declare(fill: (dev: Environment) => void, argo: ArgoCdProps = {}, operatedBy = false) {
  const platform = newPlatform();
  const eu = new Cluster(platform, 'eu-1');
  new ArgoCd(eu, 'argocd', argo);
  const cluster = operatedBy ? new Cluster(platform, 'eu-2', { operatedBy: eu, connection: { shard: '1' } }) : eu;
  fill(new Environment(platform, 'dev', { cluster }));
  return platform;
}

function render(...args: Parameters<typeof declare>) {
  const tree = synthesize(declare(...args));
  const files = Object.entries(filesOf(tree)).filter(([path]) => /^clusters\/[^/]+\//.test(path));
  const objects = new Map(files.map(([path, text]) => [path, (parseYaml(text) as Rendered[])[0] as Rendered]));
  const find = (kind: string, name: string) => {
    const found = [...objects.values()].find((each) => each.kind === kind && each.metadata.name === name);
    expect(found, `${kind} ${name}`).toBeDefined();
    return found as Rendered;
  };
  return { tree, objects, find, application: (name: string) => find('Application', name) };
}

const api = (dev: Environment) => configMap(new Application(dev, 'api'), 'a');
const WAVE = 'argocd.argoproj.io/sync-wave';
const PATHS = 'argocd.argoproj.io/manifest-generate-paths';

function stateful(dev: Environment) {
  const app = new Application(dev, 'db', { namespace: 'shared' });
  configMap(app, 'a');
  new ApiObject(app, 'claim', { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
}

describe('the root', () => {
  it('waits for nothing: one wave, no hooks, nothing to confirm, nothing that is removed last', () => {
    const { objects, application } = render((dev) => {
      api(dev);
      stateful(dev);
    });
    const followed = [...objects].filter(([path]) => /\/(applications|environments|bootstrap)\//.test(path));
    expect(followed.map(([, { metadata }]) => metadata.name).sort()).toEqual(
      ['unit.dev.api', 'unit.dev.db', 'root.shop', 'root.shop', 'waits.shop'].sort(),
    );
    for (const [path, { metadata }] of followed) {
      expect(Object.keys(metadata.annotations ?? {}), path).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/sync-wave|hook|sync-options/)]),
      );
    }
    const { spec } = application('root.shop');
    expect(JSON.stringify(spec)).not.toContain('PruneLast');
    expect(spec).toMatchObject({ source: { directory: { exclude: '{operator/**,namespaces/**,units/**}' } } });
  });

  it('may apply nothing but what units are told with', () => {
    const { find } = render(api);
    expect(find('AppProject', 'root.shop').spec).toMatchObject({
      clusterResourceWhitelist: [],
      namespaceResourceWhitelist: [
        { group: 'argoproj.io', kind: 'AppProject' },
        { group: 'argoproj.io', kind: 'Application' },
      ],
    });
  });
});

describe('a unit', () => {
  it('is applied in order: its project, what it keeps and waits for, and last its objects', () => {
    const { find, application } = render((dev) => {
      api(dev);
      configMap(new Application(dev, 'web', { dependsOn: ['api'] }), 'a');
    });
    const wave = ({ metadata }: Manifest) => metadata.annotations?.[WAVE];
    expect(wave(find('AppProject', 'dev.web'))).toBe('-1');
    expect(wave(application('dev.web.kept'))).toBeUndefined();
    expect(wave(application('dev.web.after.dev.api'))).toBeUndefined();
    expect(wave(application('dev.web'))).toBe('1');
  });

  it('only looks at what it waits for', () => {
    const { find, application } = render((dev) => {
      api(dev);
      configMap(new Application(dev, 'web', { dependsOn: ['api'] }), 'a');
    });
    const { metadata, spec } = application('dev.web.after.dev.api');
    expect(metadata.finalizers).toBeUndefined();
    expect(spec).toMatchObject({
      project: 'waits.shop',
      source: { path: 'clusters/eu-1/units/dev.api', directory: { include: 'application-dev.api.yaml' } },
      syncPolicy: { syncOptions: ['FailOnSharedResource=true'] },
    });
    expect(spec).not.toHaveProperty('syncPolicy.automated');
    expect(find('AppProject', 'waits.shop').spec.syncWindows).toEqual([
      expect.objectContaining({ kind: 'deny', duration: '24h', manualSync: false }),
    ]);
  });

  it('keeps apart what goes only when somebody says so', () => {
    const { application } = render((dev) => {
      api(dev);
      stateful(dev);
    });
    const files = '{customresourcedefinition-*.yaml,namespace-*.yaml,persistentvolumeclaim-*.yaml}';
    // Always, so that a first claim changes nothing about the rest of the unit.
    expect(application('dev.api').spec).toMatchObject({ source: { directory: { exclude: files } } });
    expect(application('dev.api.kept').spec).toMatchObject({ source: { path: 'clusters/eu-1/namespaces/dev.api' } });
    expect(application('dev.db.kept').spec).toMatchObject({
      source: { path: 'environments/dev/db', directory: { include: files } },
    });
    const none = render((dev) => configMap(new Application(dev, 'api', { namespace: 'shared' }), 'a'));
    expect([...none.objects.keys()].join()).not.toContain('.kept');
  });

  it('names records beside its folders: a file that goes may look like one that was moved', () => {
    const { application } = render(api);
    expect(application('dev.api').metadata.annotations?.[PATHS]).toBe('.;/releases/dev/api.yaml');
    expect(application('unit.dev.api').metadata.annotations?.[PATHS]).toBe('.;/registrations/eu-1/dev.api.yaml');
    expect(application('dev.api.kept').metadata.annotations?.[PATHS]).toBe(
      '/clusters/eu-1/namespaces/dev.api;/registrations/eu-1/dev.api.yaml',
    );
  });

  it('leaves behind what it applied when that is what was asked for', () => {
    const finalizers = (onRemoval?: 'orphan') => {
      const { application } = render((dev) => {
        configMap(new Application(dev, 'api', onRemoval === undefined ? {} : { onRemoval }), 'a');
      });
      return ['dev.api', 'dev.api.kept', 'unit.dev.api'].map(
        (name) => application(name).metadata.finalizers !== undefined,
      );
    };
    expect(finalizers()).toEqual([true, true, true]);
    expect(finalizers('orphan')).toEqual([false, false, true]);
  });
});

describe('a project', () => {
  it('reaches the namespaces of its unit, and of what is cluster-wide what the unit holds', () => {
    const { find } = render((dev) => {
      const app = new Application(dev, 'api');
      configMap(app, 'a', { metadata: { namespace: 'elsewhere' } });
      new ApiObject(app, 'role', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' });
    });
    const { spec } = find('AppProject', 'dev.api');
    const server = 'https://kubernetes.default.svc';
    expect(spec.destinations).toEqual(['dev-api', 'elsewhere'].map((namespace) => ({ server, namespace })));
    expect(spec.clusterResourceWhitelist).toEqual([
      { group: '', kind: 'Namespace', name: 'dev-api' },
      { group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' },
    ]);
    expect(spec.namespaceResourceBlacklist).toEqual([
      { group: 'argoproj.io', kind: 'AppProject' },
      { group: 'argoproj.io', kind: 'Application' },
    ]);
  });

  it('takes signed commits only, everywhere, when keys are named', () => {
    const gpgKeys = ['0123456789ABCDEF'];
    const { objects } = render(api, { trust: { gpgKeys } });
    const projects = [...objects.values()].filter(({ kind }) => kind === 'AppProject');
    expect(projects).toHaveLength(3);
    for (const { spec } of projects) {
      expect(spec.sourceIntegrity).toEqual({
        git: {
          policies: [
            { repos: [{ url: 'https://git.example.com/environments.git' }], gpg: { keys: gpgKeys, mode: 'head' } },
          ],
        },
      });
    }
    expect(problemsOf(declare(api, { trust: { gpgKeys: ['me'] } })).join()).toContain("'me' is no id of a GPG key");
    expect(problemsOf(declare(api, { trust: { gpgKeys: [] } })).join()).toContain('names no keys');
  });
});

describe('a hub', () => {
  it('sends units to the other cluster by its name, and keeps what orders them to itself', () => {
    const { application, find } = render(api, {}, true);
    for (const name of ['dev.api', 'dev.api.kept']) {
      expect(application(name).spec.destination).toEqual({ name: 'eu-2', namespace: 'dev-api' });
    }
    expect(find('AppProject', 'dev.api').spec.destinations).toEqual([{ name: 'eu-2', namespace: 'dev-api' }]);
    const here = { server: 'https://kubernetes.default.svc', namespace: 'argocd' };
    expect(application('unit.dev.api').spec.destination).toEqual(here);
    expect(application('root.shop.eu-2').spec).toMatchObject({
      source: { path: 'clusters', directory: { include: 'eu-2/applications/*' } },
      destination: here,
    });
  });

  it('names the Secret of the other cluster, and what has to be in it', () => {
    const platform = newPlatform();
    const eu = new Cluster(platform, 'eu-1');
    new ArgoCd(eu, 'argocd', {
      install: Install.helmChart({ version: '9.0.0' }),
      settings: { webhooks: ['github', 'gitea'] },
    });
    new Cluster(platform, 'eu-2', { operatedBy: eu, connection: { shard: '1' } });
    expect(synthesize(platform).starts?.['eu-1']?.secrets).toEqual([
      expect.objectContaining({ name: 'argocd-secret', keys: ['webhook.github.secret', 'webhook.gogs.secret'] }),
      {
        name: 'cluster-eu-2',
        labels: { 'argocd.argoproj.io/secret-type': 'cluster' },
        keys: ['name', 'server', 'config', 'shard'],
        purpose: 'to reach the cluster eu-2: its `name` is `eu-2`, its `shard` `1`',
      },
    ]);
  });
});

// Where the definitions are not there, and need not be, there is nothing to hold objects against.
it.runIf(haveDefinitions)('everything is as its definition says', () => {
  const fill = (dev: Environment) => {
    stateful(dev);
    configMap(new Application(dev, 'web', { dependsOn: ['db'], onRemoval: 'orphan' }), 'a');
  };
  for (const operatedBy of [false, true]) {
    const { objects } = render(fill, { trust: { gpgKeys: ['0123456789ABCDEF'] } }, operatedBy);
    const own = [...objects.values()].filter(({ apiVersion }) => apiVersion.startsWith('argoproj.io/'));
    expect(own.length).toBeGreaterThan(10);
    for (const manifest of own) expectDefined(manifest);
  }
});
