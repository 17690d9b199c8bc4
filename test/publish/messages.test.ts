import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { readLogged, shown } from '../../src/publish/history/commit';
import { pullRequestOf, readClaims } from '../../src/publish/history/message';
import { touchedBy } from '../../src/publish/history/paths';
import { commitMessage } from '../../src/publish/message';
import type { ChangePlan } from '../../src/publish/plan';
import { splitSignature } from '../../src/publish/signing/commit';
import { fingerprintOf } from '../../src/publish/signing/ssh';
import { gitEnv } from '../helpers/git';
import { COMMIT } from './options';

describe('trailers', () => {
  const plan = (units: readonly string[]): ChangePlan => ({
    branch: 'main',
    base: null,
    index: [],
    superseded: {},
    sections: units.map((name) => {
      const [environment = '', application = ''] = name.split('/');
      const file = { path: 'x', change: 'added', after: 'a'.repeat(40) } as const;
      return {
        owner: { kind: 'unit', environment, application, cluster: 'eu-1' },
        name,
        change: 'added',
        files: [file],
      };
    }),
  });
  const parsed = (message: string) =>
    execFileSync('git', ['interpret-trailers', '--parse'], { input: message, env: gitEnv, encoding: 'utf8' })
      .trimEnd()
      .split('\n');

  test.each([
    'acme/shop',
    'группа/проект',
    'a: b',
    'acme/x\nUnit: prod/payments',
    'acme/x\r\nUnit: prod/payments',
    'acme/x\u2028Unit: prod/payments',
    'acme/x\u0085Unit: prod/payments',
    'acme/x\n\nUnit: prod/payments',
    'acme/x\n---\nUnit: prod/payments',
    '# comment',
    '---',
    ' ',
    `acme/${'x'.repeat(5000)}`,
  ])('of a source called %j are what git reads, and nothing else', (source) => {
    const stamp = { commit: COMMIT, generator: 'cdk8s-gitops 1\nUnit: prod/payments' };
    const message = commitMessage(plan(['dev/checkout']), source, stamp, ['Took-Over: dev/x\nUnit: prod/payments']);
    const lines = parsed(message);
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      'Source-Repository',
      'Source-Commit',
      'Generator',
      'Unit',
      'Took-Over',
    ]);
    expect(lines.filter((line) => line.startsWith('Unit:'))).toEqual(['Unit: dev/checkout']);
    const claims = readClaims(message);
    expect([...(claims?.units ?? [])]).toEqual([['dev/checkout', 'added']]);
    expect(claims?.trailers).toEqual([{ name: 'Took-Over', value: 'dev/x Unit: prod/payments' }]);
    expect(claims?.isComplete).toBe(true);
  });

  test('name 500 units, and count the others', async () => {
    const units = Array.from({ length: 10_000 }, (_, i) => `development/application-${i}`);
    const message = commitMessage(plan(units), 'acme/shop', { generator: 'x' });
    expect(message.length).toBeLessThan(25_000);
    expect(parsed(message)).toHaveLength(503);
    expect(parsed(message)).toContain('More-Units: 9500');
    expect(readClaims(message)?.isComplete).toBe(false);
  });
});

test('a commit that is made to keep readers busy does not', () => {
  const long = 10_000_000;
  const texts = [
    `added${' '.repeat(long)}x`,
    `${'added  x'.repeat(long / 8)}`,
    `${'\n \t'.repeat(long / 3)}`,
    `${'A: b\n'.repeat(long / 5)}`,
    `Source-Repository: ${' '.repeat(long)}x`,
    `See merge request ${'!'.repeat(long)}`,
    `${'(#1)'.repeat(long / 4)}`,
  ];
  const bodies = [
    ...texts.map((text) => `tree x\n\nSubject\n\n${text}\n\nSource-Repository: a/b\n`),
    `author ${'<'.repeat(long)}\n\nx`,
    `committer ${' '.repeat(long)}<x> 1 +0000\n\nx`,
    `gpgsig ${'-----BEGIN SSH SIGNATURE-----'.repeat(long / 29)}\n\nx`,
  ];
  const started = performance.now();
  for (const text of bodies) {
    const body = Buffer.from(text);
    const commit = readLogged('a'.repeat(40), body);
    shown(commit.message);
    readClaims(commit.message);
    pullRequestOf(commit.message);
    fingerprintOf(splitSignature(body).signature?.text ?? '');
  }
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('paths belong to sections', () => {
  const changed = (path: string) => ({ path, change: 'added' as const });
  const touched = touchedBy(
    [
      'clusters/eu-1.yaml',
      'clusters/us-1/operator/x.yaml',
      'clusters/eu-1/environments/dev/project.yaml',
      'clusters/eu-1/applications/dev.checkout.yaml',
      'clusters/eu-1/namespaces/qa.cart/namespace-qa-cart.yaml',
      'clusters/eu-1/units/qa.yaml/application-qa.yaml.yaml',
      'registrations/eu-1/qa.stock.yaml',
      'environments/prod.yaml',
      'environments/prod/search/a/b.yaml',
      'releases/_folders/apps/docs.yaml',
      'releases/prod/pay.yaml',
      'README.md',
      'environments/UPPER/x/y.yaml',
      'docs/x.md',
    ].map(changed),
  );
  expect(Object.fromEntries(touched.units)).toEqual({
    'dev/checkout': 'changed',
    'qa/cart': 'changed',
    'qa/yaml': 'changed',
    'qa/stock': 'changed',
    'prod/search': 'changed',
    'prod/pay': 'added',
  });
  expect(Object.fromEntries(touched.others)).toEqual({
    'cluster eu-1': 'added',
    'cluster us-1': 'changed',
    'environment dev': 'changed',
    'environment prod': 'added',
    'folder apps/docs': 'added',
  });
  expect(touched.files).toEqual(['environments/UPPER/x/y.yaml', 'docs/x.md']);
});
