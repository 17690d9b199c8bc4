import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { Install, type Platform } from '../../../src';
import { VENDOR_LOCK } from '../../../src/model/vendor-lock';
import { temporaryFolder } from '../../helpers/git';
import { pinManifest, smallManifest } from '../../helpers/releases';
import { errorOf, problemsOf } from '../../synth/platforms';
import { withArgoCd, withFlux } from './platforms';

/** Whatever is wrong with an installation is said before anything is written: where, what, and what to do. */

const before = process.cwd();
let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
  process.chdir(folder);
});
afterAll(() => process.chdir(before));

const pin = (content = smallManifest('argo-cd'), version = '3.5.1') =>
  pinManifest(folder, { operator: 'argo-cd', version }, content);
const vendored = () => withArgoCd({ install: Install.vendored() });

function expectProblem(platform: Platform, code: string, message: RegExp | string, where = 'eu-1/argocd'): void {
  const error = errorOf(platform);
  expect(error.code).toBe(code);
  expect(error.problems).toHaveLength(1);
  expect(error.problems[0]?.where).toBe(where);
  expect(error.problems[0]?.message).toMatch(message);
}

describe('a vendored manifest', () => {
  it('that is not there', () => {
    expectProblem(vendored(), 'VENDOR_MISSING', 'run `cdk8s-gitops vendor argo-cd 3.5.1`');
    const named = withArgoCd({ install: Install.vendored('third/argo-cd-3.4.2.yaml') });
    expectProblem(named, 'VENDOR_MISSING', '`cdk8s-gitops vendor argo-cd 3.4.2 --output third`');
    const { file } = pin();
    rmSync(join(folder, file));
    const command = '`cdk8s-gitops vendor argo-cd 3.5.1 --from https://mirror.example.com/install.yaml`';
    expectProblem(vendored(), 'VENDOR_MISSING', `${file} is not there: run ${command}`);
  });

  it('that was changed since', () => {
    const { file } = pin();
    writeFileSync(join(folder, file), `${readFileSync(join(folder, file), 'utf8')}# mine\n`);
    expectProblem(vendored(), 'VENDOR_MISMATCH', /vendor\/argo-cd-3\.5\.1\.yaml is not what .*lock\.yaml pins/);
  });

  it('of another operator', () => {
    pin(smallManifest('flux'));
    expectProblem(vendored(), 'VENDOR_INVALID', /argo-cd-3\.5\.1\.yaml: it is no release manifest of Argo CD/);
    pinManifest(folder, { operator: 'flux', version: '2.9.4' }, smallManifest('flux'));
    const named = withArgoCd({ install: Install.vendored('vendor/flux-2.9.4.yaml') });
    expectProblem(named, 'VENDOR_INVALID', 'is a release manifest of flux, not of Argo CD');
  });

  it.each([
    [
      'without definitions',
      smallManifest('argo-cd', { without: ['appprojects.argoproj.io'] }),
      '3.5.1',
      /appprojects\.argoproj\.io/,
    ],
    [
      'that is too old',
      smallManifest('argo-cd', { version: '2.14.1' }),
      '2.14.1',
      /2\.14\.1, which is too old: vendor 3\.0/,
    ],
    [
      'of another version',
      smallManifest('argo-cd', { version: '3.4.0' }),
      '3.5.1',
      /is Argo CD 3\.4\.0, and pinned as 3\.5\.1/,
    ],
    ['that is no YAML', `${smallManifest('argo-cd')}---\na: [\n`, '3.5.1', /the document on line \d+: /],
    ['that is a web page', '<html>\n', '3.5.1', /the document on line 1: /],
    ['that is empty', '# nothing\n', '3.5.1', /it holds no objects/],
  ])('%s', (_, content, version, message) => {
    pin(content, version);
    expectProblem(vendored(), 'VENDOR_INVALID', message);
  });

  it('that several pins could mean', () => {
    pin();
    const lock = readFileSync(join(folder, VENDOR_LOCK), 'utf8');
    const entry = lock.slice(lock.indexOf('  - file'));
    writeFileSync(join(folder, VENDOR_LOCK), `${lock}${entry.replace('3.5.1.yaml', '3.5.1-ha.yaml')}`);
    expectProblem(vendored(), 'VENDOR_INVALID', 'name one of vendor/argo-cd-3.5.1.yaml, vendor/argo-cd-3.5.1-ha.yaml');
  });

  it.each([
    ['{', /cannot be used/],
    ['apiVersion: v1\n', /does not hold one object of cdk8s-gitops\/v1/],
    ['apiVersion: cdk8s-gitops/v1\nkind: VendorLock\nvendored: 3\n', /vendored is not a list/],
    ['apiVersion: cdk8s-gitops/v1\nkind: VendorLock\nvendored: [{ file: a }]\n', /entry 1 needs/],
  ])('with a lock file that is damaged: %j', (lock, message) => {
    writeFileSync(join(folder, VENDOR_LOCK), lock);
    expectProblem(vendored(), 'VENDOR_INVALID', message);
  });

  it('without a component that is to be changed', () => {
    pin();
    const platform = withArgoCd({ install: Install.vendored(), replicas: { 'repo-server': 2 } });
    const known = 'the components that can be changed are application-controller, server';
    expectProblem(platform, 'MODEL_INVALID', `it has no repo-server: ${known}`);
  });
});

describe('props', () => {
  // What programs without types pass.
  const unsafe = (value: unknown) => value as never;

  it.each<[string, () => Platform, RegExp]>([
    [
      'an unknown component',
      () => withArgoCd({ install: Install.vendored(), replicas: unsafe({ api: 1 }) }),
      /no component 'api': there are application-controller, /,
    ],
    [
      'replicas below zero',
      () => withArgoCd({ install: Install.vendored(), replicas: { server: -1 } }),
      /'-1' are no replicas of server/,
    ],
    [
      'a registry with a scheme',
      () => withArgoCd({ install: Install.vendored(), registry: 'https://r.acme.io' }),
      /registry/,
    ],
    [
      'a secret in the program',
      () =>
        withArgoCd({
          install: Install.vendored(),
          settings: { oidc: unsafe({ name: 'a', issuer: 'b', clientId: 'c', clientSecret: 'hunter2' }) },
        }),
      /written as \{ secret, key \}/,
    ],
    [
      'a secret in a key',
      () =>
        withArgoCd({ install: Install.vendored(), settings: { config: { 'dex.config': 'clientSecret: hunter2' } } }),
      /holds a secret/,
    ],
    [
      'credentials in a repository',
      () =>
        withArgoCd({
          install: Install.vendored(),
          settings: { repositories: [{ url: 'https://a:b@git.acme.io/x', secret: 's' }] },
        }),
      /without credentials/,
    ],
    ['changes of what runs already', () => withArgoCd({ replicas: { server: 2 } }), /replicas would have no effect/],
    ['settings of what runs already', () => withArgoCd({ settings: {} }), /settings would have no effect/],
    [
      'a way of installing of the other one',
      () => withArgoCd({ install: unsafe(Install.fluxInstance({ version: '2.9.4' })) }),
      /its `install` is none that it can do/,
    ],
    ['no way of installing', () => withArgoCd({ install: unsafe('helm') }), /Install\.helmChart\(…\)/],
    [
      'a range of chart versions',
      () => withArgoCd({ install: Install.helmChart({ version: '10.x' }) }),
      /'10\.x' is no version to install/,
    ],
    ['an old chart', () => withArgoCd({ install: Install.helmChart({ version: '7.8.0' }) }), /before 3\.0/],
    [
      'credentials of a chart repository',
      () =>
        withArgoCd({ install: Install.helmChart({ version: '10.1.1', repository: 'https://u:hunter2@r.acme.io' }) }),
      /no chart repository/,
    ],
    [
      'a component that the chart lacks',
      () => withArgoCd({ install: Install.helmChart({ version: '10.1.1' }), replicas: { redis: 2 } }),
      /no replicas of 'redis'/,
    ],
    [
      'a base without a version',
      () => withArgoCd({ install: Install.kustomize('https://github.com/argoproj/argo-cd//manifests') }),
      /write 'https:\/\/host/,
    ],
    [
      'an old base',
      () => withArgoCd({ install: Install.kustomize('https://github.com/argoproj/argo-cd//manifests?ref=v2.14.0') }),
      /too old/,
    ],
  ])('%s', (_, make, message) => {
    pin();
    const problems = problemsOf(make());
    expect(problems.map(([where]) => where)).toEqual(['eu-1/argocd']);
    expect(problems[0]?.[1]).toMatch(message);
    expect(problems.join()).not.toContain('hunter2');
  });

  it.each<[string, () => Platform, RegExp]>([
    [
      'an old instance',
      () => withFlux({ install: Install.fluxInstance({ version: '2.3.0' }) }),
      /Flux 2\.3\.0 is too old: use 2\.7 or later/,
    ],
    [
      'an unknown component',
      () => withFlux({ install: Install.fluxInstance({ version: '2.9.x', components: ['x'] }) }),
      /no component 'x': there are source-controller/,
    ],
    [
      'tenancy of what runs already',
      () => withFlux({ tenancy: { remoteBases: true } }),
      /tenancy would have no effect/,
    ],
    ['an old chart', () => withFlux({ install: Install.helmChart({ version: '2.13.0' }) }), /before 2\.7/],
    [
      'builds in memory with the chart',
      () => withFlux({ install: Install.helmChart({ version: '2.17.0' }), inMemoryBuilds: true }),
      /no `inMemoryBuilds`/,
    ],
    [
      'half of the lockdown with the chart',
      () => withFlux({ install: Install.helmChart({ version: '2.17.0' }), tenancy: { remoteBases: true } }),
      /as a whole/,
    ],
  ])('of Flux: %s', (_, make, message) => {
    const problems = problemsOf(make());
    expect(problems.map(([where]) => where)).toEqual(['eu-1/flux']);
    expect(problems[0]?.[1]).toMatch(message);
  });
});

describe('the URL of the environment repository', () => {
  const argo = (url: string) => withArgoCd({ install: Install.helmChart({ version: '10.1.1' }) }, url);
  const flux = (url: string) => withFlux({ install: Install.fluxInstance({ version: '2.9.x' }) }, url);

  it.each(['file:///srv/environments.git', '/srv/environments.git'])('cannot be %s', (url) => {
    expect(problemsOf(argo(url))).toEqual([['eu-1/argocd', expect.stringContaining(`Argo CD cannot read ${url}`)]]);
    expect(problemsOf(flux(url))).toEqual([['eu-1/flux', expect.stringContaining(`Flux cannot read ${url}`)]]);
  });

  it.each(['http://127.0.0.1:3000/e.git', 'git@git.acme.io:acme/e.git', 'ssh://git@git.acme.io/acme/e.git'])(
    'may be %s',
    (url) => {
      expect(() => errorOf(argo(url))).toThrow('synthesis was expected to fail');
      expect(() => errorOf(flux(url))).toThrow('synthesis was expected to fail');
    },
  );
});
