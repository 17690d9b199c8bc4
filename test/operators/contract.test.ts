import { ApiObject } from 'cdk8s';
import { Namespace } from 'cdk8s-plus-27';
import { describe, expect, it } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux } from '../../src';
import type { Manifest } from '../../src/model/manifest';
import { parseRecord } from '../../src/model/record';
import { synthesize } from '../../src/synth/synthesize';
import { parseYaml } from '../../src/yaml/parse';
import { configMap, filesOf, newPlatform } from '../synth/platforms';
import { expectDefined, haveDefinitions, violations } from './crds';

/** What every operator has to do, run against each of them. */

const operators = { 'argo-cd': ArgoCd, flux: Flux } as const;
const kinds = Object.keys(operators) as (keyof typeof operators)[];

function platformOf(kind: keyof typeof operators, url = 'https://git.example.com/environments.git') {
  const platform = newPlatform({ environmentRepository: { url, branch: 'live' } });
  const cluster = new Cluster(platform, 'eu-1', { kubernetesVersion: '1.33' });
  new operators[kind](cluster);
  const dev = new Environment(platform, 'dev', { cluster, namespaces: ['team-*'] });
  const prod = new Environment(platform, 'prod', { cluster, promotesFrom: dev });
  for (const environment of [dev, prod]) {
    configMap(new Application(environment, 'db'), 'a');
    configMap(new Application(environment, 'api', { dependsOn: ['db'] }), 'a');
    const shop = new Application(environment, 'shop', {
      dependsOn: ['api', 'db'],
      namespace: `${environment.name}-live`,
    });
    configMap(shop, 'a');
    configMap(shop, 'b', { metadata: { namespace: `team-${environment.name}` } });
    new ApiObject(shop, 'role', {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: `${environment.name}-shop` },
    });
    const own = new Application(environment, 'own');
    new Namespace(own, 'space', { metadata: { name: `${environment.name}-own`, labels: { mine: 'yes' } } });
    configMap(own, 'a');
  }
  return platform;
}

const render = (kind: keyof typeof operators, url?: string) => filesOf(synthesize(platformOf(kind, url)));
const objectIn = (files: Record<string, string>, path: string) => {
  expect(files, path).toHaveProperty([path]);
  return (parseYaml(files[path] as string) as Manifest[])[0] as Manifest & { readonly spec: Record<string, never> };
};

describe.each(kinds)('%s', (kind) => {
  const files = render(kind);
  const registrations = Object.keys(files).filter((path) => path.startsWith('clusters/eu-1/'));

  /** What registers a unit, and what that stands for: the folders hold objects of the unit's own. */
  const objectsOf = (unit: string) =>
    registrations
      .filter((path) => path.includes(`/${unit}.yaml`) || path.includes(`/${unit}/`))
      .map((path) => objectIn(files, path));

  it('registers every unit with one object, which leads to one that names its folder', () => {
    for (const unit of ['dev.api', 'dev.db', 'dev.own', 'dev.shop', 'prod.api', 'prod.db', 'prod.own', 'prod.shop']) {
      const [environment, application] = unit.split('.');
      const labels = { 'cdk8s-gitops/application': application, 'cdk8s-gitops/environment': environment };
      expect(objectIn(files, `clusters/eu-1/applications/${unit}.yaml`).metadata.labels).toMatchObject(labels);
      const own = objectsOf(unit).filter(
        ({ kind: each, metadata, spec }) => metadata.name === unit && spec !== undefined && each !== 'AppProject',
      );
      expect(own).toHaveLength(1);
      expect(own[0]?.metadata.labels).toMatchObject(labels);
      expect(JSON.stringify(own[0]?.spec)).toContain(`environments/${environment}/${application}"`);
      expect(JSON.stringify(own[0]?.spec)).toContain('"prune":true');
    }
  });

  it('gives a unit the namespace it has by default, unless it brings it or names another', () => {
    for (const unit of ['dev.api', 'dev.db', 'prod.api', 'prod.db']) {
      const [namespace, ...others] = objectsOf(unit).filter((object) => object.kind === 'Namespace');
      expect(others).toEqual([]);
      expect(namespace).toMatchObject({ apiVersion: 'v1', metadata: { name: unit.replace('.', '-') } });
      expect(JSON.stringify(namespace?.metadata.labels)).toContain('pod-security.kubernetes.io/enforce');
      expect(JSON.stringify(namespace?.metadata.annotations)).toMatch(/[Pp]rune/);
    }
    const named = ['dev.shop', 'dev.own', 'prod.shop', 'prod.own'].flatMap(objectsOf);
    expect(named.filter(({ metadata }) => metadata.labels?.['pod-security.kubernetes.io/enforce'])).toEqual([]);
  });

  it('follows the folder of its cluster on the branch that was declared', () => {
    const bootstrap = registrations
      .filter((path) => path.includes('/bootstrap/'))
      .map((path) => files[path])
      .join('---\n');
    expect(bootstrap).toContain('https://git.example.com/environments.git');
    expect(bootstrap).toMatch(/: live$/m);
    expect(bootstrap).toMatch(/clusters\/eu-1$/m);
    expect(bootstrap).toContain('name: root.shop');
  });

  it('never follows a record', () => {
    const roots = ['clusters/eu-1/', 'environments/dev/', 'environments/prod/'];
    const records = Object.keys(files).filter((path) => files[path]?.startsWith('apiVersion: cdk8s-gitops/'));
    expect(records).toHaveLength(19);
    for (const path of records)
      expect(
        roots.some((root) => path.startsWith(root)),
        path,
      ).toBe(false);
  });

  it('says who it is in the record of its cluster', () => {
    const record = parseRecord(files['clusters/eu-1.yaml'] as string, 'x');
    expect(record).toMatchObject({ kind: 'Cluster', operator: kind, kubernetesVersion: '1.33', platform: 'shop' });
  });

  // Where the definitions are not there, and need not be, there is nothing to hold objects against.
  it.runIf(haveDefinitions)('makes objects that its own definitions know', () => {
    const manifests = registrations
      .map((path) => objectIn(files, path))
      .filter(({ apiVersion }) => apiVersion !== 'v1' && !apiVersion.startsWith('rbac.'));
    expect(manifests.length).toBeGreaterThan(8);
    for (const manifest of manifests) expectDefined(manifest);
  });
});

describe('switching the operator', () => {
  const [argo, flux] = [render('argo-cd'), render('flux')];
  const below = (files: Record<string, string>, ...roots: string[]) =>
    Object.fromEntries(Object.entries(files).filter(([path]) => roots.some((root) => path.startsWith(root))));

  it('leaves every manifest as it is, byte by byte', () => {
    expect(Object.keys(below(argo, 'environments/dev/', 'environments/prod/'))).not.toEqual([]);
    expect(below(argo, 'environments/dev/', 'environments/prod/')).toEqual(
      below(flux, 'environments/dev/', 'environments/prod/'),
    );
  });

  it('leaves release records as they are, byte by byte', () => {
    expect(Object.keys(below(argo, 'releases/'))).toHaveLength(8);
    expect(below(argo, 'releases/')).toEqual(below(flux, 'releases/'));
    expect(below(argo, 'registrations/')).not.toEqual(below(flux, 'registrations/'));
  });
});

describe('order, namespaces and permissions', () => {
  const argo = render('argo-cd');
  const argoAt = (unit: string) => objectIn(argo, `clusters/eu-1/units/${unit}/application-${unit}.yaml`);

  it('are objects to wait for with Argo CD', () => {
    const waits = (unit: string) =>
      Object.keys(argo).filter((path) => path.startsWith(`clusters/eu-1/units/${unit}/application-${unit}.after.`));
    expect(waits('dev.db')).toEqual([]);
    expect(waits('dev.shop').map((path) => path.split('.after.')[1])).toEqual(['dev.api.yaml', 'dev.db.yaml']);
  });

  it('put objects that name no namespace into the one of the unit', () => {
    expect(argoAt('dev.db').spec.destination).toEqual({
      server: 'https://kubernetes.default.svc',
      namespace: 'dev-db',
    });
    expect(argoAt('dev.shop').spec.destination).toMatchObject({ namespace: 'dev-live' });
  });

  it('are no wider than what a unit needs', () => {
    const { spec } = objectIn(argo, 'clusters/eu-1/units/dev.shop/appproject-dev.shop.yaml');
    expect(spec).toMatchObject({
      sourceRepos: ['https://git.example.com/environments.git'],
      destinations: ['dev-live', 'team-dev'].map((namespace) => ({
        server: 'https://kubernetes.default.svc',
        namespace,
      })),
      clusterResourceWhitelist: [{ group: 'rbac.authorization.k8s.io', kind: 'ClusterRole' }],
    });
  });

  it('read the repository by a URL that each of them takes', () => {
    const files = render('flux', 'git@git.example.com:acme/environments.git');
    const source = objectIn(files, 'clusters/eu-1/bootstrap/gitrepository-environments.yaml');
    expect(source.spec).toMatchObject({
      url: 'ssh://git@git.example.com/acme/environments.git',
      ref: { branch: 'live' },
    });
  });

  it('run where they are told to', () => {
    for (const [Operator, kind] of [
      [ArgoCd, 'AppProject'],
      [Flux, 'GitRepository'],
    ] as const) {
      const platform = newPlatform();
      new Operator(new Cluster(platform, 'eu-1'), 'operator', { namespace: 'gitops' });
      const objects = Object.values(filesOf(synthesize(platform))).flatMap((text) => parseYaml(text) as Manifest[]);
      const placed = objects.filter(({ apiVersion }) => !apiVersion.startsWith('cdk8s-gitops/'));
      expect(placed.map((object) => object.kind)).toContain(kind);
      for (const { metadata } of placed) expect(metadata.namespace).toBe('gitops');
    }
  });
});

it('the check against definitions finds what is wrong', () => {
  const schema = {
    type: 'object',
    required: ['a'],
    properties: {
      a: { type: 'integer' },
      b: { enum: ['x'] },
      c: { type: 'array', items: { type: 'string', pattern: '^y' } },
    },
  };
  expect(violations({ a: 1, b: 'x', c: ['y'] }, schema, '')).toEqual([]);
  expect(violations({ b: 'z', c: ['n', 2], d: 1 }, schema, '')).toHaveLength(5);
});
