import { describe, expect, test } from 'vitest';
import { parseRecord } from '../../src/model/record';
import { publish } from '../../src/publish';
import { bareRepository, commitsOf, contentOf, filesOf, git } from '../helpers/git';
import { COMMIT, options } from './options';
import { cluster, environment, tree, unit } from './trees';

describe('a first publish', () => {
  test('creates the branch of an empty repository, byte for byte', async () => {
    const bare = bareRepository();
    const odd = 'ключ: "değer"\n\ttab\r\nno line end';
    const checkout = unit('dev', 'checkout', {
      'a.yaml': odd,
      'b/c.yaml': new Uint8Array([0, 255, 10]),
      'empty.yaml': '',
    });
    const result = await publish(tree([cluster('eu-1'), environment('dev'), checkout]), options(bare));

    expect(result).toMatchObject({ outcome: 'published', branch: 'main', attempts: 1, objects: 3 });
    expect(result.units).toEqual([{ environment: 'dev', application: 'checkout', change: 'added' }]);
    expect(git(bare, 'rev-parse', 'main')).toBe(result.commit);
    expect(commitsOf(bare)).toHaveLength(1);
    expect(Object.keys(filesOf(bare)).sort()).toEqual([
      '.gitattributes',
      'CODEOWNERS',
      'README.md',
      'clusters/eu-1.yaml',
      'clusters/eu-1/applications/dev.checkout.yaml',
      'clusters/eu-1/bootstrap/root.yaml',
      'clusters/eu-1/environments/dev/project.yaml',
      'clusters/eu-1/operator/deployment-server.yaml',
      'environments/dev.yaml',
      'environments/dev/checkout/a.yaml',
      'environments/dev/checkout/b/c.yaml',
      'environments/dev/checkout/empty.yaml',
      'releases/dev/checkout.yaml',
    ]);
    expect(contentOf(bare, 'environments/dev/checkout/a.yaml')).toBe(odd);
    expect(git(bare, 'fsck', '--full', '--strict')).toBe('');
    const record = parseRecord(contentOf(bare, 'releases/dev/checkout.yaml'), 'r');
    expect(record.source).toEqual({ repository: 'acme/checkout', commit: COMMIT });
    expect(record.generator).toBe('cdk8s-gitops 0.1.0');
    expect(record.content['environments/dev/checkout']).toBe(git(bare, 'rev-parse', 'main:environments/dev/checkout'));
  });

  test('a second one changes nothing and pushes nothing', async () => {
    const bare = bareRepository();
    const all = () => tree([cluster('eu-1'), environment('dev'), unit('dev', 'checkout')]);
    const first = await publish(all(), options(bare));
    const second = await publish(all(), options(bare, { sourceCommit: 'b'.repeat(40), generator: 'cdk8s-gitops 9' }));
    expect(second).toMatchObject({ outcome: 'unchanged', commit: first.commit, attempts: 0 });
    expect(second.units).toEqual([{ environment: 'dev', application: 'checkout', change: 'unchanged' }]);
    expect(commitsOf(bare)).toHaveLength(1);
  });

  test('a dry run plans, and writes nothing', async () => {
    const bare = bareRepository();
    const result = await publish(tree([unit('dev', 'checkout')]), options(bare, { dryRun: true }));
    expect(result).toMatchObject({ outcome: 'planned', commit: null, attempts: 0 });
    expect(git(bare, 'for-each-ref')).toBe('');
  });
});

describe('a later publish', () => {
  test('replaces what a section holds, and nothing else', async () => {
    const bare = bareRepository({ files: { 'docs/by-hand.md': 'hello\n', 'environments/dev/other/x.yaml': 'x\n' } });
    const v1 = unit('dev', 'checkout', { 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 1\n', 'deep/c.yaml': 'c: 1\n' });
    await publish(tree([v1, unit('dev', 'cart')]), options(bare));
    const v2 = unit('dev', 'checkout', { 'a.yaml': 'a: 1\n', 'b.yaml': 'b: 2\n', 'd.yaml': 'd: 1\n' });
    const result = await publish(tree([v2, unit('dev', 'cart')]), options(bare));

    expect(result.outcome).toBe('published');
    expect(result.plan.sections.map(({ name, change }) => [name, change])).toEqual([
      ['dev/checkout', 'changed'],
      ['dev/cart', 'unchanged'],
    ]);
    expect(result.plan.sections[0]?.files.map(({ path, change }) => [path, change])).toEqual([
      ['environments/dev/checkout/b.yaml', 'changed'],
      ['environments/dev/checkout/d.yaml', 'added'],
      ['environments/dev/checkout/deep/c.yaml', 'removed'],
      ['releases/dev/checkout.yaml', 'changed'],
    ]);
    expect(git(bare, 'diff', '--name-status', 'main~', 'main').split('\n').sort()).toEqual([
      'A\tenvironments/dev/checkout/d.yaml',
      'D\tenvironments/dev/checkout/deep/c.yaml',
      'M\tenvironments/dev/checkout/b.yaml',
      'M\treleases/dev/checkout.yaml',
    ]);
    expect(filesOf(bare)['docs/by-hand.md']).toBe('hello\n');
    expect(filesOf(bare)['environments/dev/other/x.yaml']).toBe('x\n');
    expect(git(bare, 'fsck', '--full', '--strict')).toBe('');
  });

  test('removes what this source declares no more, and only that', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'other', undefined, { source: 'acme/other' })], 'acme/other'), options(bare));
    await publish(
      tree([
        cluster('eu-1'),
        cluster('us-1'),
        environment('dev'),
        environment('qa'),
        unit('dev', 'a'),
        unit('qa', 'b'),
      ]),
      options(bare),
    );
    const result = await publish(tree([cluster('eu-1'), environment('dev'), unit('dev', 'a')]), options(bare));
    expect(result.plan.sections.filter(({ change }) => change === 'removed').map(({ name }) => name)).toEqual([
      'qa/b',
      'cluster us-1',
      'environment qa',
    ]);
    expect(Object.keys(filesOf(bare)).filter((path) => /qa|us-1/.test(path))).toEqual([]);
    expect(Object.keys(filesOf(bare))).toContain('environments/dev/other/deployment-api.yaml');
    expect(Object.keys(filesOf(bare))).toContain('clusters/eu-1/applications/dev.other.yaml');
  });
});
