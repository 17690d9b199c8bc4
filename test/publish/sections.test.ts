import { describe, expect, test, vi } from 'vitest';
import type { RepositoryIndex } from '../../src/model/index-files';
import { publish } from '../../src/publish';
import { bareRepository, commitFiles, commitsOf, contentOf, filesOf, git } from '../helpers/git';
import { COMMIT, failure, options } from './options';
import { cluster, environment, tree, unit } from './trees';

const index = vi.hoisted(() => ({ make: (_: unknown): Map<string, string> => new Map() }));
vi.mock('../../src/model/index-files', () => ({ indexFiles: (given: unknown) => index.make(given) }));

describe('ownership', () => {
  test('a unit of another source is refused before anything is written', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'cart', undefined, { source: 'acme/cart' })], 'acme/cart'), options(bare));
    const mine = tree([unit('dev', 'checkout'), unit('dev', 'cart', { 'other.yaml': 'x: 1\n' })]);
    const error = await failure(publish(mine, options(bare)), 'OWNED_BY_ANOTHER_SOURCE');
    expect(error.message).toContain('[dev/cart]');
    expect(error.message).toContain('acme/cart');
    expect(error.message).toContain('acme/checkout');
    expect(commitsOf(bare)).toHaveLength(1);
  });

  test('so are an environment and a cluster', async () => {
    const bare = bareRepository();
    const theirs = { source: 'acme/platform' };
    await publish(tree([cluster('eu-1', theirs), environment('dev', theirs)], 'acme/platform'), options(bare));
    const error = await failure(
      publish(tree([cluster('eu-1'), environment('dev', { stage: 'x' })]), options(bare)),
      'OWNED_BY_ANOTHER_SOURCE',
    );
    expect(error.problems.map(({ where }) => where)).toEqual(['cluster eu-1', 'environment dev']);
  });

  test("an application's source publishes into an environment that is somebody else's", async () => {
    const bare = bareRepository();
    const theirs = { source: 'acme/platform' };
    const platform = tree([cluster('eu-1', theirs), environment('dev', theirs)], 'acme/platform');
    await publish(platform, options(bare));
    const result = await publish(tree([unit('dev', 'checkout')]), options(bare));
    expect(result.units).toEqual([{ environment: 'dev', application: 'checkout', change: 'added' }]);
    expect(await publish(platform, options(bare))).toMatchObject({ outcome: 'unchanged' });
  });

  test("somebody else's unreadable record keeps nobody from publishing; one's own does", async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'a')]), options(bare));
    commitFiles(bare, { 'releases/dev/theirs.yaml': 'acme/checkout: [', 'environments/odd.yaml': '- 1\n' });
    const changed = unit('dev', 'a', { 'new.yaml': 'x: 1\n' });
    expect(await publish(tree([changed]), options(bare))).toMatchObject({ outcome: 'published' });
    commitFiles(bare, { 'releases/dev/a.yaml': 'no: record\n' });
    const error = await failure(publish(tree([unit('dev', 'a')]), options(bare)), 'RECORD_INVALID');
    expect(error.message).toContain('releases/dev/a.yaml');
  });

  test('a record that claims to be another one removes nothing', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'a'), unit('dev', 'b')]), options(bare));
    commitFiles(bare, { 'releases/dev/b.yaml': contentOf(bare, 'releases/dev/a.yaml') });
    await failure(publish(tree([unit('dev', 'a')]), options(bare)), 'RECORD_INVALID');
    expect(filesOf(bare)['environments/dev/b/deployment-api.yaml']).toBeDefined();
  });
});

describe('records', () => {
  test('of an environment: a change in it alone is published, the stamp is not compared', async () => {
    const bare = bareRepository();
    await publish(tree([environment('dev')]), options(bare));
    const same = await publish(
      tree([environment('dev')]),
      options(bare, { generator: 'other 2', sourceCommit: undefined }),
    );
    expect(same.outcome).toBe('unchanged');
    const result = await publish(tree([environment('dev', { stage: 'prod' })]), options(bare));
    expect(result.plan.sections[0]?.files.map(({ path }) => path)).toEqual(['environments/dev.yaml']);
    expect(contentOf(bare, 'environments/dev.yaml')).toContain('stage: prod');
  });

  test('only those of changed units are stamped anew', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'a'), unit('dev', 'b')]), options(bare));
    const next = 'b'.repeat(40);
    await publish(
      tree([unit('dev', 'a', { 'x.yaml': 'x: 1\n' }), unit('dev', 'b')]),
      options(bare, { sourceCommit: next }),
    );
    expect(contentOf(bare, 'releases/dev/a.yaml')).toContain(next);
    expect(contentOf(bare, 'releases/dev/b.yaml')).toContain(COMMIT);
  });
});

describe('moving to another cluster', () => {
  test('takes the registration along', async () => {
    const bare = bareRepository();
    await publish(tree([environment('dev'), unit('dev', 'a'), unit('dev', 'b')]), options(bare));
    const there = { cluster: 'us-1' };
    const moved = [environment('dev', there), unit('dev', 'a', undefined, there), unit('dev', 'b', undefined, there)];
    const result = await publish(tree(moved), options(bare));
    expect(result.plan.sections.map(({ change }) => change)).toEqual(['changed', 'changed', 'changed']);
    expect(Object.keys(filesOf(bare)).filter((path) => path.startsWith('clusters/'))).toEqual([
      'clusters/us-1/applications/dev.a.yaml',
      'clusters/us-1/applications/dev.b.yaml',
      'clusters/us-1/environments/dev/project.yaml',
    ]);
    expect(git(bare, 'fsck', '--full', '--strict')).toBe('');
    expect(await publish(tree(moved), options(bare))).toMatchObject({ outcome: 'unchanged' });
  });
});

describe('a selection', () => {
  const everything = () => [
    cluster('eu-1'),
    environment('dev'),
    environment('prod'),
    ...['dev', 'prod'].flatMap((name) => [unit(name, 'a'), unit(name, 'b')]),
  ];

  test('narrows what is published', async () => {
    const bare = bareRepository();
    const first = await publish(
      tree(everything()),
      options(bare, { selection: { environments: ['dev'], applications: ['a'] } }),
    );
    expect(first.units).toEqual([{ environment: 'dev', application: 'a', change: 'added' }]);
    expect(Object.keys(filesOf(bare)).sort()).toEqual([
      'clusters/eu-1/applications/dev.a.yaml',
      'environments/dev/a/deployment-api.yaml',
      'releases/dev/a.yaml',
    ]);
    const second = await publish(tree(everything()), options(bare, { selection: { applications: ['a'] } }));
    expect(second.units.map(({ environment: e, change }) => [e, change])).toEqual([
      ['dev', 'unchanged'],
      ['prod', 'added'],
    ]);
  });

  test('narrows what is removed', async () => {
    const bare = bareRepository();
    await publish(tree(everything()), options(bare));
    const less = tree([unit('dev', 'b')]);
    const result = await publish(less, options(bare, { selection: { environments: ['dev'] } }));
    expect(result.units).toEqual([
      { environment: 'dev', application: 'b', change: 'unchanged' },
      { environment: 'dev', application: 'a', change: 'removed' },
    ]);
    expect(Object.keys(filesOf(bare)).filter((path) => path.startsWith('releases/'))).toEqual([
      'releases/dev/b.yaml',
      'releases/prod/a.yaml',
      'releases/prod/b.yaml',
    ]);
    // Known from the remote alone, and removed with nothing else of it declared.
    const gone = await publish(less, options(bare, { selection: { environments: ['prod'], applications: ['a'] } }));
    expect(gone.units).toEqual([{ environment: 'prod', application: 'a', change: 'removed' }]);
  });

  test('may leave nothing behind', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'a')]), options(bare));
    await publish(tree([unit('qa', 'a')]), options(bare, { selection: { environments: ['dev'] } }));
    expect(filesOf(bare)).toEqual({});
    expect(git(bare, 'fsck', '--full', '--strict')).toBe('');
    expect(await publish(tree([unit('qa', 'a')]), options(bare))).toMatchObject({ outcome: 'published' });
  });

  test('of what does not exist says what does', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'theirs', undefined, { source: 'x/y' })], 'x/y'), options(bare));
    const all = tree([unit('qa', 'a')]);
    const error = await failure(
      publish(all, options(bare, { selection: { environments: ['prod'] } })),
      'NOTHING_SELECTED',
    );
    expect(error.message).toContain("'prod'");
    expect(error.message).toContain('dev, qa');
    const other = await failure(
      publish(all, options(bare, { selection: { applications: ['zz'] } })),
      'NOTHING_SELECTED',
    );
    expect(other.message).toContain('a, theirs');
    await failure(publish(all, options(bare, { selection: { environments: [] } })), 'NOTHING_SELECTED');
  });
});

test('nothing declared at all is an error', async () => {
  await failure(publish(tree([]), options('/nowhere')), 'EMPTY_TREE');
});

describe('index files', () => {
  test('follow from the whole tree, ride along, and cause no commit', async () => {
    const bare = bareRepository({ files: { CODEOWNERS: 'by hand\n' } });
    let seen: RepositoryIndex | undefined;
    let version = 1;
    index.make = (given) => {
      seen = given as RepositoryIndex;
      const units = seen.units.map(({ environment: e, application }) => `${e}/${application}`).join(' ');
      return new Map([['README.md', `v${version}: ${units}\n`]]);
    };
    const theirs = { source: 'x/y' };
    await publish(
      tree([cluster('eu-1', theirs), environment('dev', theirs), unit('dev', 'b', undefined, theirs)], 'x/y'),
      options(bare),
    );
    const first = await publish(tree([unit('dev', 'a')]), options(bare));
    expect(contentOf(bare, 'README.md')).toBe('v1: dev/a dev/b\n');
    expect(seen?.clusters.map(({ cluster: name }) => name)).toEqual(['eu-1']);
    expect(seen?.environments.map(({ environment: name }) => name)).toEqual(['dev']);
    expect(first.plan.index).toMatchObject([{ path: 'README.md', change: 'changed' }]);
    expect(contentOf(bare, 'CODEOWNERS')).toBe('by hand\n');

    version = 2;
    expect(await publish(tree([unit('dev', 'a')]), options(bare))).toMatchObject({ outcome: 'unchanged' });
    await publish(tree([environment('qa')]), options(bare));
    expect(contentOf(bare, 'README.md')).toBe('v2: dev/b\n');
    expect(seen?.environments.map(({ environment: name }) => name)).toEqual(['dev', 'qa']);
    index.make = () => new Map();
  });
});

test('names and records on the remote that no one could have published are not taken up', async () => {
  const theirs = { source: 'x/y' };
  const bare = bareRepository();
  await publish(tree([environment('dev', theirs), unit('dev', 'b', undefined, theirs)], 'x/y'), options(bare));
  const record = contentOf(bare, 'environments/dev.yaml');
  commitFiles(bare, {
    'environments/copy.yaml': record,
    'environments/[x](evil).yaml': record.replaceAll('dev', '"[x](evil)"'),
    'releases/dev/[x](evil).yaml': 'x\n',
    'releases/[x](evil)/a.yaml': 'x\n',
  });
  let seen: RepositoryIndex | undefined;
  index.make = (given) => {
    seen = given as RepositoryIndex;
    return new Map();
  };
  await publish(tree([unit('dev', 'a')]), options(bare));
  index.make = () => new Map();
  expect(seen?.units.map(({ application }) => application)).toEqual(['a', 'b']);
  expect(seen?.environments.map(({ environment: name }) => name)).toEqual(['dev']);
});

describe('the commit', () => {
  test('says what it does, with trailers that git can read', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'a'), unit('dev', 'b')]), options(bare));
    await publish(
      tree([unit('dev', 'a', { 'x.yaml': 'x: 1\n', 'y.yaml': 'y: 1\n' }), unit('dev', 'c')]),
      options(bare),
    );
    expect(git(bare, 'log', '-1', '--format=%s', 'main')).toBe('dev/a, dev/c, dev/b: 1 added, 1 changed, 1 removed');
    expect(git(bare, 'log', '-1', '--format=%(trailers:unfold)', 'main').trim().split('\n')).toEqual([
      'Source-Repository: acme/checkout',
      `Source-Commit: ${COMMIT}`,
      'Generator: cdk8s-gitops 0.1.0',
      'Unit: dev/a',
      'Unit: dev/c',
      'Unit: dev/b',
    ]);
    expect(git(bare, 'log', '-1', '--format=%an <%ae>', 'main')).toBe('Test <test@example.com>');
    await publish(
      tree([unit('dev', 'a', { 'x.yaml': 'x: 2\n', 'y.yaml': 'y: 1\n' }), unit('dev', 'c')]),
      options(bare),
    );
    expect(git(bare, 'log', '-1', '--format=%s', 'main')).toBe('dev/a: change 2 files');
  });

  test('names every unit of a long list', async () => {
    const bare = bareRepository();
    const units = Array.from({ length: 120 }, (_, i) => unit('dev', `app-${i}`));
    await publish(tree(units), options(bare));
    expect(git(bare, 'log', '-1', '--format=%s', 'main')).toBe('dev: 120 added');
    const message = git(bare, 'log', '-1', '--format=%B', 'main');
    expect(message).toContain('and 70 more');
    expect(message.match(/^Unit: /gm)).toHaveLength(120);
  });

  test('is by the given author, or by the tool', async () => {
    const bare = bareRepository();
    const author = { name: 'Ann Example', email: 'ann@example.com' };
    await publish(tree([unit('dev', 'a')]), options(bare, { author }));
    expect(git(bare, 'log', '-1', '--format=%an <%ae>|%cn', 'main')).toBe('Ann Example <ann@example.com>|Ann Example');
    await publish(tree([unit('dev', 'b')]), options(bare, { env: { PATH: process.env.PATH } }));
    expect(git(bare, 'log', '-1', '--format=%an', 'main')).toBe('cdk8s-gitops');
  });

  test.each(['a\nb', 'a<b', 'a>b', 'a\0b', ' '])('is by nobody called %j', async (name) => {
    const author = { name, email: 'ann@example.com' };
    await failure(publish(tree([unit('dev', 'a')]), options('/nowhere', { author })), 'CONFIG_INVALID');
  });
});
