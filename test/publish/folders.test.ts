import { describe, expect, test } from 'vitest';
import { openLocal, type PublishOptions, publish, treeOfFolders } from '../../src/publish';
import { bareRepository, commitFiles, commitsOf, filesOf, git } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { failure, options } from './options';
import { tree, unit } from './trees';

/** The commit stage on its own: folders that something else rendered. */

const source = 'acme/checkout';
const checkout = (files: Record<string, string>, folders: string[] = ['apps/team-a/checkout']) =>
  treeOfFolders({ source, folders, files });
const one = checkout({ 'apps/team-a/checkout/deployment.yaml': 'kind: Deployment\n' });

const publishing = (bare: string, more: Partial<PublishOptions> = {}) =>
  options(bare, { sourceCommit: undefined, ...more });

test('a folder is published, changed, found unchanged, and removed when it is no longer named', async () => {
  const bare = bareRepository({ files: { 'README.md': 'ours\n', 'apps/team-b/x.yaml': 'x: 1\n' } });
  const first = await publish(one, publishing(bare));
  expect(first.outcome).toBe('published');
  expect(first.plan.sections.map(({ name, change }) => [name, change])).toEqual([
    ['folder apps/team-a/checkout', 'added'],
  ]);
  expect(filesOf(bare)).toEqual({
    'README.md': 'ours\n',
    'apps/team-b/x.yaml': 'x: 1\n',
    'apps/team-a/checkout/deployment.yaml': 'kind: Deployment\n',
    'releases/_folders/apps/team-a/checkout.yaml': expect.stringContaining('repository: acme/checkout'),
  });
  expect((await publish(one, publishing(bare))).outcome).toBe('unchanged');

  const two = checkout({ 'apps/team-a/checkout/sub/deployment.yaml': 'kind: Deployment\n', 'other/a.txt': 'a' }, [
    'apps/team-a/checkout',
    'other',
  ]);
  const second = await publish(two, publishing(bare));
  expect(second.plan.sections.map(({ change }) => change)).toEqual(['changed', 'added']);
  expect(Object.keys(filesOf(bare))).toContain('apps/team-a/checkout/sub/deployment.yaml');
  expect(Object.keys(filesOf(bare))).not.toContain('apps/team-a/checkout/deployment.yaml');

  const third = await publish(checkout({ 'other/a.txt': 'a' }, ['other']), publishing(bare));
  expect(third.plan.sections.map(({ name, change }) => [name, change])).toEqual([
    ['folder other', 'unchanged'],
    ['folder apps/team-a/checkout', 'removed'],
  ]);
  expect(Object.keys(filesOf(bare))).toEqual([
    'README.md',
    'apps/team-b/x.yaml',
    'other/a.txt',
    'releases/_folders/other.yaml',
  ]);
  expect(commitsOf(bare)).toHaveLength(4);
});

test('the same over HTTP, into an empty repository', async () => {
  const bare = bareRepository();
  const { url } = await serveGit(bare);
  expect((await publish(one, publishing(url))).outcome).toBe('published');
  expect((await publish(one, publishing(url))).outcome).toBe('unchanged');
  const more = { 'apps/team-a/checkout/deployment.yaml': 'kind: Deployment\nspec: {}\n' };
  expect((await publish(checkout(more), publishing(url))).outcome).toBe('published');
  expect(filesOf(bare)['apps/team-a/checkout/deployment.yaml']).toContain('spec');
  expect(Object.keys(filesOf(bare))).not.toContain('README.md');
});

test('beside the units of a platform, which keep their front page', async () => {
  const bare = bareRepository();
  const platform = 'acme/platform';
  const units = tree([unit('dev', 'a', undefined, { source: platform })], platform);
  await publish(units, options(bare));
  await publish(one, publishing(bare));
  expect(Object.keys(filesOf(bare))).toEqual(expect.arrayContaining(['README.md', 'releases/dev/a.yaml']));
  const again = await publish(units, options(bare));
  expect(again.outcome).toBe('unchanged');
  const repository = await openLocal(bare, {});
  try {
    const records = await repository.listRecords();
    expect(records.map(({ record }) => record?.kind).sort()).toEqual(['Folder', 'Release']);
  } finally {
    await repository.close();
  }
});

test('a folder of another source is refused', async () => {
  const bare = bareRepository();
  await publish(one, publishing(bare));
  const theirs = treeOfFolders({
    source: 'acme/other',
    folders: ['apps/team-a/checkout'],
    files: { 'apps/team-a/checkout/a.yaml': 'a: 1\n' },
  });
  const before = git(bare, 'rev-parse', 'main');
  const error = await failure(publish(theirs, publishing(bare)), 'OWNED_BY_ANOTHER_SOURCE');
  expect(error.message).toContain('acme/checkout');
  expect(git(bare, 'rev-parse', 'main')).toBe(before);
});

test.each([
  ['inside the folder of another source', 'apps/team-a/checkout/inner'],
  ['around the folder of another source', 'apps/team-a'],
  ['around it from further up', 'apps'],
])('a folder %s is refused', async (_, folder) => {
  const bare = bareRepository();
  await publish(one, publishing(bare));
  const theirs = treeOfFolders({ source: 'acme/other', folders: [folder], files: { [`${folder}/a.yaml`]: 'a: 1\n' } });
  const before = git(bare, 'rev-parse', 'main');
  const error = await failure(publish(theirs, publishing(bare)), 'NESTED_OWNERSHIP');
  expect(error.message).toContain('apps/team-a/checkout');
  expect(git(bare, 'rev-parse', 'main')).toBe(before);
});

test('siblings whose names start alike are not nested', async () => {
  const bare = bareRepository();
  await publish(one, publishing(bare));
  const folder = 'apps/team-a/checkout-2';
  const theirs = treeOfFolders({ source: 'acme/other', folders: [folder], files: { [`${folder}/a.yaml`]: 'a: 1\n' } });
  expect((await publish(theirs, publishing(bare))).outcome).toBe('published');
});

test('what lies in a folder that nobody published yet is taken over by the first to publish it', async () => {
  const bare = bareRepository({ files: { 'apps/team-a/checkout/old.yaml': 'old: 1\n' } });
  const result = await publish(one, publishing(bare));
  expect(result.plan.sections[0]?.change).toBe('changed');
  expect(Object.keys(filesOf(bare))).not.toContain('apps/team-a/checkout/old.yaml');
});

test('a record that speaks of another folder is not believed', async () => {
  const bare = bareRepository();
  await publish(one, publishing(bare));
  const record = filesOf(bare)['releases/_folders/apps/team-a/checkout.yaml'] ?? '';
  commitFiles(bare, { 'releases/_folders/victim.yaml': record, 'victim/a.yaml': 'a: 1\n' });
  const next = checkout({ 'apps/team-a/checkout/deployment.yaml': 'kind: Deployment\nspec: {}\n' });
  await failure(publish(next, publishing(bare)), 'RECORD_INVALID');
  expect(filesOf(bare)['victim/a.yaml']).toBe('a: 1\n');
});

describe('refused before anything is read', () => {
  test.each<[string, string[], Record<string, string>, string]>([
    ['no folder', [], {}, 'EMPTY_TREE'],
    ['a folder without files', ['a', 'b'], { 'a/x': '' }, 'EMPTY_TREE'],
    ['a file outside', ['a'], { 'a/x': '', 'b/x': '' }, 'MODEL_INVALID'],
    ['a file in the folder of a layout', ['clusters'], { 'clusters/x': '' }, 'MODEL_INVALID'],
    ['a folder of a layout', ['environments/dev'], { 'environments/dev/x': '' }, 'MODEL_INVALID'],
    ['records', ['releases/_folders'], { 'releases/_folders/x.yaml': '' }, 'MODEL_INVALID'],
    ['a path that climbs', ['a/../b'], { 'a/../b/x': '' }, 'MODEL_INVALID'],
    ['an absolute path', ['/a'], { '/a/x': '' }, 'MODEL_INVALID'],
    ["git's own folder", ['.git'], { '.git/x': '' }, 'MODEL_INVALID'],
    ["git's own folder, below", ['a'], { 'a/.GIT/x': '' }, 'MODEL_INVALID'],
    ['the repository itself', [''], { 'a/x': '' }, 'MODEL_INVALID'],
    ['a trailing slash', ['a/'], { 'a/x': '' }, 'MODEL_INVALID'],
    ['a name like a record', ['a/b.yaml'], { 'a/b.yaml/x': '' }, 'MODEL_INVALID'],
    ['one in another', ['a', 'a/b'], { 'a/x': '', 'a/b/x': '' }, 'NESTED_OWNERSHIP'],
  ])('%s', async (_, folders, files, code) => {
    const error = await failure((async () => treeOfFolders({ source, folders, files }))(), code as never);
    expect(error.message.length).toBeGreaterThan(30);
  });
});
