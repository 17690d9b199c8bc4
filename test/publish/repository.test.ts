import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openLocal, openRemote, planPublish, publish, type Repository } from '../../src/publish';
import { bareRepository, commitFiles, git, gitEnv, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { failure, options } from './options';
import { cluster, environment, tree, unit } from './trees';

async function published(): Promise<{ bare: string; clone: string }> {
  const bare = bareRepository();
  const units = [unit('dev', 'a', { 'a.yaml': 'a: 1\n', 'deep/er/b.yaml': 'b: ü\n' }), unit('qa', 'a')];
  await publish(tree([cluster('eu-1'), environment('dev'), ...units]), options(bare));
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '--quiet', bare, clone);
  return { bare, clone };
}

const ways: [string, () => Promise<{ repository: Repository; bare: string }>][] = [
  [
    'openRemote over file://',
    async () => {
      const { bare } = await published();
      return { bare, repository: await openRemote({ url: `file://${bare}`, branch: 'main' }, { env: gitEnv }) };
    },
  ],
  [
    'openRemote over HTTP',
    async () => {
      const { bare } = await published();
      const { url } = await serveGit(bare);
      return { bare, repository: await openRemote({ url, branch: 'main' }, { env: gitEnv }) };
    },
  ],
  [
    'openRemote on a server without filters',
    async () => {
      const { bare } = await published();
      git(bare, 'config', 'uploadpackfilter.allow', 'false');
      return { bare, repository: await openRemote({ url: `file://${bare}`, branch: 'main' }, { env: gitEnv }) };
    },
  ],
  [
    'openLocal on a clone',
    async () => {
      const { bare, clone } = await published();
      writeFileSync(join(clone, 'README.md'), 'not committed\n');
      return { bare, repository: await openLocal(clone, { env: gitEnv }) };
    },
  ],
  [
    'openLocal on a bare repository',
    async () => {
      const { bare } = await published();
      return { bare, repository: await openLocal(bare, { env: gitEnv }) };
    },
  ],
];

describe.each(ways)('%s', (_, open) => {
  test('reads the commit, folders, files and records', async () => {
    const { repository, bare } = await open();
    try {
      expect(repository.commit).toBe(git(bare, 'rev-parse', 'main'));
      expect((await repository.list('')).map(({ name }) => name)).toEqual([
        '.gitattributes',
        'CODEOWNERS',
        'README.md',
        'clusters',
        'environments',
        'releases',
      ]);
      expect((await repository.list('environments/dev')).map(({ name }) => name)).toEqual(['a']);
      expect(await repository.list('nowhere/at/all')).toEqual([]);

      const listing = await repository.listTree('environments/dev');
      expect([...listing.keys()]).toEqual(['environments/dev/a/a.yaml', 'environments/dev/a/deep/er/b.yaml']);
      expect(listing.get('environments/dev/a/a.yaml')?.id).toBe(
        git(bare, 'rev-parse', 'main:environments/dev/a/a.yaml'),
      );
      const contents = await repository.readTree('environments/dev/a');
      expect(contents.get('environments/dev/a/deep/er/b.yaml')?.toString('utf8')).toBe('b: ü\n');

      const files = await repository.readFiles(['environments/dev/a/a.yaml', 'environments', 'no', '../../etc/passwd']);
      expect([...files].map(([path, body]) => [path, body.toString()])).toEqual([
        ['environments/dev/a/a.yaml', 'a: 1\n'],
      ]);

      const records = await repository.listRecords();
      expect(records.map(({ path, record }) => [path, record?.kind])).toEqual([
        ['clusters/eu-1.yaml', 'Cluster'],
        ['environments/dev.yaml', 'Environment'],
        ['releases/dev/a.yaml', 'Release'],
        ['releases/qa/a.yaml', 'Release'],
      ]);
      expect([...(await repository.listTree('')).keys()]).toHaveLength(
        git(bare, 'ls-tree', '-r', '--name-only', 'main').split('\n').length,
      );
    } finally {
      await repository.close();
      await repository.close();
    }
  });

  test('plans against what it reads', async () => {
    const { repository } = await open();
    try {
      const changed = tree([cluster('eu-1'), environment('dev'), unit('dev', 'a', { 'a.yaml': 'a: 2\n' })]);
      const stamp = { generator: 'cdk8s-gitops 0.1.0' };
      const plan = await planPublish(repository, changed, { branch: 'main', stamp });
      expect(plan.sections.map(({ name, change }) => [name, change])).toEqual([
        ['cluster eu-1', 'unchanged'],
        ['environment dev', 'unchanged'],
        ['dev/a', 'changed'],
        ['qa/a', 'removed'],
      ]);
      expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
      const old = plan.sections.flatMap(({ files }) => files.flatMap(({ before }) => before ?? []));
      const bodies = [...(await repository.readBlobs(old)).values()].map(String);
      expect(bodies).toContain('a: 1\n');
      expect(bodies).toContain('b: ü\n');
    } finally {
      await repository.close();
    }
  });
});

test('an empty repository has no commit and no files', async () => {
  const bare = bareRepository();
  for (const repository of [
    await openRemote({ url: bare, branch: 'main' }, { env: gitEnv }),
    await openLocal(bare, { env: gitEnv }),
  ]) {
    expect(repository.commit).toBeNull();
    expect(await repository.list('')).toEqual([]);
    expect(await repository.listRecords()).toEqual([]);
    expect(await repository.readFiles(['README.md'])).toEqual(new Map());
    await repository.close();
  }
});

test('a record that is none is told of as a problem', async () => {
  const bare = bareRepository({ files: { 'releases/dev/a.yaml': 'x: 1\n' } });
  const repository = await openLocal(bare, { env: gitEnv });
  const [file] = await repository.listRecords();
  expect(file?.record).toBeUndefined();
  expect(file?.problem?.code).toBe('RECORD_INVALID');
  await repository.close();
});

describe('openLocal', () => {
  test('reads another branch', async () => {
    const bare = bareRepository({ files: { 'a.txt': 'main\n' } });
    commitFiles(bare, { 'a.txt': 'other\n' }, 'other');
    const repository = await openLocal(bare, { env: gitEnv, revision: 'other' });
    expect(String((await repository.readFiles(['a.txt'])).get('a.txt'))).toBe('other\n');
    await repository.close();
  });

  test('fails with a code', async () => {
    await failure(openLocal(temporaryFolder(), { env: gitEnv }), 'REMOTE_NOT_A_REPOSITORY');
    await failure(openLocal('/nowhere/at/all', { env: gitEnv }), 'REMOTE_NOT_A_REPOSITORY');
    await failure(openLocal(bareRepository(), { env: gitEnv, revision: 'nope' }), 'BRANCH_NOT_FOUND');
    await failure(openLocal(bareRepository(), { env: gitEnv, revision: '--all' }), 'REMOTE_INVALID');
    await failure(openLocal(bareRepository(), { env: { ...gitEnv, PATH: temporaryFolder() } }), 'GIT_MISSING');
  });
});
