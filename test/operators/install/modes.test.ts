import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Install } from '../../../src';
import type { Manifest } from '../../../src/model/manifest';
import { parseRecord } from '../../../src/model/record';
import { synthesize } from '../../../src/synth/synthesize';
import { temporaryFolder } from '../../helpers/git';
import { pinManifest, smallManifest } from '../../helpers/releases';
import { missingData } from '../../helpers/shared-data';
import { BOOTSTRAP, OPERATOR, rendered, withArgoCd, withFlux } from './platforms';
import { expectKnown } from './schemas';

/** What every operator does in every way of installing it. */

const missing = missingData();
const before = process.cwd();
const folders: Record<string, string> = {};
beforeAll(() => {
  for (const [operator, version] of [
    ['argo-cd', '3.5.1'],
    ['flux', '2.9.4'],
  ] as const) {
    const folder = temporaryFolder();
    pinManifest(folder, { operator, version }, smallManifest(operator, { version }));
    folders[operator] = folder;
  }
});
afterAll(() => process.chdir(before));

const changes = {
  registry: 'registry.acme.io/mirror',
  nodeSelector: { pool: 'system' },
  tolerations: [{ key: 'system', operator: 'Exists' }],
} as const;

const modes = {
  'argo-cd': {
    existing: () => withArgoCd({}),
    vendored: () => withArgoCd({ ...changes, install: Install.vendored() }),
    helmChart: () =>
      withArgoCd({
        ...changes,
        replicas: { server: 3 },
        settings: { url: 'https://argocd.acme.io' },
        install: Install.helmChart({ version: '10.1.1', values: { server: { ingress: { enabled: true } } } }),
      }),
    kustomize: () =>
      withArgoCd({
        ...changes,
        replicas: { 'application-controller': 2 },
        args: { server: ['--insecure'] },
        install: Install.kustomize('https://github.com/argoproj/argo-cd//manifests/cluster-install?ref=v3.5.1'),
      }),
  },
  flux: {
    existing: () => withFlux({}),
    vendored: () => withFlux({ ...changes, install: Install.vendored() }),
    helmChart: () =>
      withFlux({
        ...changes,
        args: { 'source-controller': ['--concurrent=4'] },
        install: Install.helmChart({ version: '2.17.0' }),
      }),
    kustomize: () =>
      withFlux({
        ...changes,
        replicas: { 'helm-controller': 2 },
        inMemoryBuilds: true,
        install: Install.kustomize('https://git.example.com/platform/flux.git//base?ref=v2.9.4'),
      }),
    fluxInstance: () =>
      withFlux({ ...changes, replicas: { 'helm-controller': 2 }, install: Install.fluxInstance({ version: '2.9.x' }) }),
  },
} as const;

const cases = Object.entries(modes).flatMap(([operator, own]) =>
  Object.entries(own).map(([mode, make]) => [operator, mode, make] as const),
);
const start = (operator: string) => process.chdir(folders[operator] as string);

describe.each(cases)('%s, %s', (operator, mode, make) => {
  const isExisting = mode === 'existing';

  it.skipIf(missing)(`makes objects that their definitions know ${missing ?? ''}`, () => {
    start(operator);
    const { objects } = rendered(make());
    const all = [BOOTSTRAP, OPERATOR, 'clusters/eu-1/applications', 'clusters/eu-1/environments'].flatMap((folder) =>
      Object.values(objects(folder)),
    );
    expect(expectKnown(all)).toBeGreaterThan(2);
  });

  it('records the operator folder, and has one only when it installs something', () => {
    start(operator);
    const { files } = rendered(make());
    const own = Object.keys(files).filter((path) => path.startsWith(`${OPERATOR}/`));
    expect(own.length > 0).toBe(!isExisting);
    const { content } = parseRecord(files['clusters/eu-1.yaml'] as string, 'x');
    expect(Object.keys(content)).toEqual(isExisting ? [BOOTSTRAP] : [BOOTSTRAP, OPERATOR]);
  });

  it('gives every object one owner', () => {
    start(operator);
    const { objects } = rendered(make());
    const bootstrap = Object.values(objects(BOOTSTRAP));
    const roots = bootstrap
      .filter(({ metadata }) => metadata.name === 'root.shop')
      .map((object) => JSON.stringify(object.spec));
    const leavesOut = roots.some((spec) => spec.includes('operator/**') || spec.includes('part=operator'));
    const follower = bootstrap.find((object) => JSON.stringify(object.spec ?? {}).includes(`${OPERATOR}"`));
    expect(follower !== undefined).toBe(mode === 'vendored');
    // Flux leaves out by a label, which nothing has that the root is to apply. What has no operator yet may get one.
    expect(leavesOut).toBe(operator === 'flux' || mode === 'vendored' || isExisting);
    if (operator === 'flux' && mode !== 'vendored') expect(JSON.stringify(objects(OPERATOR))).not.toContain('part"');
    const names = ['bootstrap', 'operator', 'applications', 'environments', 'namespaces'].flatMap((folder) =>
      Object.values(objects(`clusters/eu-1/${folder}`)).map(
        ({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`,
      ),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  it('never takes itself down when it leaves the repository', () => {
    start(operator);
    const { objects } = rendered(make());
    const all = [...Object.values(objects(BOOTSTRAP)), ...Object.values(objects(OPERATOR))];
    const isSelf = ({ kind, metadata }: Manifest) =>
      (/^(Application|Kustomization)$/.test(kind) && metadata.name.startsWith('operator.')) ||
      kind === 'HelmRelease' ||
      kind === 'FluxInstance';
    const self = all.filter(isSelf);
    expect(self).toHaveLength(isExisting ? 0 : 1);
    for (const { metadata } of self) {
      expect(metadata.finalizers).toBeUndefined();
      expect(JSON.stringify(metadata.annotations)).toMatch(/Prune=false,Delete=false|"disabled"/);
    }
  });

  it('says how it is started, unless it runs already', () => {
    start(operator);
    const { starts } = synthesize(make());
    if (isExisting) expect(starts).toBeUndefined();
    else {
      const steps = starts?.['eu-1']?.steps ?? [];
      expect(steps.at(-1)).toEqual({
        kind: 'apply',
        path: BOOTSTRAP,
        fieldManager: operator === 'flux' ? 'kustomize-controller' : 'argocd-controller',
      });
      const first = { vendored: 'apply', fluxInstance: 'apply', helmChart: 'helm', kustomize: 'kustomize' }[mode];
      expect(steps[0]?.kind).toBe(first);
      // It may be written to a file.
      expect(JSON.parse(JSON.stringify(starts))).toEqual(starts);
    }
  });
});

describe('whoever operates the cluster', () => {
  it('leaves applications as they are, byte by byte', () => {
    const trees = cases.map(([operator, , make]) => {
      start(operator);
      const { files } = rendered(make());
      return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('environments/dev/')));
    });
    expect(Object.keys(trees[0] ?? {})).toEqual(['environments/dev/api/configmap-api-a.yaml']);
    for (const tree of trees) expect(tree).toEqual(trees[0]);
  });

  it('registers units in the same way however Argo CD is installed', () => {
    start('argo-cd');
    const registrations = Object.values(modes['argo-cd']).map(
      (make) => rendered(make()).files['clusters/eu-1/applications/dev.api.yaml'],
    );
    expect(new Set(registrations).size).toBe(1);
  });
});

describe('charts', () => {
  it('get the props as values, and the own values on top', () => {
    const { objects } = rendered(modes['argo-cd'].helmChart());
    const { source } = (objects(OPERATOR)['application-operator.shop.yaml']?.spec ?? {}) as unknown as {
      source: { helm: { valuesObject: Record<string, unknown> } };
    };
    expect(source).toMatchObject({
      repoURL: 'https://argoproj.github.io/argo-helm',
      chart: 'argo-cd',
      targetRevision: '10.1.1',
    });
    expect(source.helm.valuesObject).toMatchObject({
      configs: { cm: { 'admin.enabled': 'false', url: 'https://argocd.acme.io' } },
      global: { image: { repository: 'registry.acme.io/mirror/argoproj/argocd' }, nodeSelector: { pool: 'system' } },
      server: { replicas: 3, ingress: { enabled: true } },
    });
  });

  it('come from a registry too', () => {
    const install = Install.helmChart({
      version: '10.1.1',
      repository: 'oci://registry.acme.io/charts',
      chart: 'argo-cd',
    });
    const { objects } = rendered(withArgoCd({ install }));
    expect(objects(OPERATOR)['application-operator.shop.yaml']?.spec).toMatchObject({
      source: { repoURL: 'registry.acme.io/charts', chart: 'argo-cd' },
    });
    const flux = rendered(withFlux({ install: Install.helmChart({ version: '2.17.0' }) })).objects(OPERATOR);
    expect(flux['helmrepository-flux.yaml']?.spec).toMatchObject({
      type: 'oci',
      url: 'oci://ghcr.io/fluxcd-community/charts',
    });
    expect(flux['helmrelease-flux.yaml']?.spec).toMatchObject({
      chart: { spec: { chart: 'flux2', version: '2.17.0' } },
      values: { multitenancy: { enabled: true, defaultServiceAccount: 'default' }, policies: { create: true } },
    });
  });
});

describe('kustomize', () => {
  it('gets the props as patches', () => {
    const { objects } = rendered(modes['argo-cd'].kustomize());
    const { source } = (objects(OPERATOR)['application-operator.shop.yaml']?.spec ?? {}) as unknown as {
      source: { kustomize: { images: string[]; patches: { target: object; patch: string }[] } };
    };
    expect(source).toMatchObject({
      repoURL: 'https://github.com/argoproj/argo-cd',
      path: 'manifests/cluster-install',
      targetRevision: 'v3.5.1',
    });
    expect(source.kustomize.images[0]).toBe('quay.io/argoproj/argocd=registry.acme.io/mirror/argoproj/argocd');
    const patches = source.kustomize.patches.map(({ target, patch }) => [target, JSON.parse(patch)]);
    expect(patches).toContainEqual([
      { kind: 'Deployment', name: 'argocd-server' },
      [{ op: 'add', path: '/spec/template/spec/containers/0/args/-', value: '--insecure' }],
    ]);
    expect(patches).toContainEqual([
      { kind: 'ConfigMap', name: 'argocd-cm' },
      expect.objectContaining({ data: expect.objectContaining({ 'admin.enabled': 'false', 'exec.enabled': 'false' }) }),
    ]);
  });

  it('locks Flux down by patches', () => {
    const spec = rendered(modes.flux.kustomize()).objects(OPERATOR)['kustomization-operator.shop.yaml']?.spec;
    expect(JSON.stringify(spec)).toContain('--default-service-account=default');
    expect(JSON.stringify(spec)).toContain('\\"medium\\": \\"Memory\\"');
    expect(spec).toMatchObject({
      sourceRef: { name: 'flux' },
      path: './base',
      serviceAccountName: 'kustomize-controller',
    });
  });
});

it('a FluxInstance is an object, and nothing else', () => {
  const { objects } = rendered(modes.flux.fluxInstance());
  expect(Object.keys(objects(OPERATOR))).toEqual(['fluxinstance-flux.yaml']);
  expect(objects(OPERATOR)['fluxinstance-flux.yaml']?.spec).toMatchObject({
    distribution: { version: '2.9.x', registry: 'registry.acme.io/mirror/fluxcd' },
    cluster: { multitenant: true, networkPolicy: true, tenantDefaultServiceAccount: 'default' },
  });
});
