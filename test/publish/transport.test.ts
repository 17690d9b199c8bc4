import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { blobId } from '../../src/model/git-objects';
import { publish } from '../../src/publish';
import { bareRepository, commitsOf, contentOf, filesOf, git, gitEnv, script, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { options } from './options';
import { cluster, environment, tree, unit } from './trees';

const retry = { minDelay: 1 };

/** First publish, nothing, a change, a removal, with another source's unit beside it; as many servers see it. */
async function scenario(remote: string, bare: string, env: NodeJS.ProcessEnv = gitEnv): Promise<void> {
  const base = options(remote, { env, retry });
  await publish(tree([unit('dev', 'theirs', undefined, { source: 'x/y' })], 'x/y'), base);
  const shared = [cluster('eu-1'), environment('dev')];
  await publish(
    tree([...shared, unit('dev', 'a', { 'a.yaml': 'a: 1\n', 'deep/er/b.yaml': 'b: 1\n' }), unit('dev', 'b')]),
    base,
  );
  expect(
    await publish(
      tree([...shared, unit('dev', 'a', { 'a.yaml': 'a: 1\n', 'deep/er/b.yaml': 'b: 1\n' }), unit('dev', 'b')]),
      base,
    ),
  ).toMatchObject({ outcome: 'unchanged', attempts: 0 });
  await publish(
    tree([...shared, unit('dev', 'a', { 'a.yaml': 'a: 2\n', 'deep/er/b.yaml': 'b: 1\n' }), unit('dev', 'b')]),
    base,
  );
  expect(contentOf(bare, 'environments/dev/a/a.yaml')).toBe('a: 2\n');
  await publish(tree([...shared, unit('dev', 'a', { 'a.yaml': 'a: 2\n' })]), base);
  expect(commitsOf(bare)).toHaveLength(4);
  expect(Object.keys(filesOf(bare)).filter((path) => path.startsWith('environments/dev/'))).toEqual([
    'environments/dev/a/a.yaml',
    'environments/dev/theirs/deployment-api.yaml',
  ]);
  expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
}

describe('over every transport', () => {
  test('file://', async () => {
    const bare = bareRepository();
    await scenario(`file://${bare}`, bare);
  });

  test('a local path', async () => {
    const bare = bareRepository();
    await scenario(relative(process.cwd(), bare), bare);
  });

  test('smart HTTP', async () => {
    const bare = bareRepository();
    const { url } = await serveGit(bare);
    await scenario(url, bare);
  });

  test.each(['git@example.com:', 'ssh://git@example.com'])('SSH, as %s', async (prefix) => {
    const bare = bareRepository();
    const ssh = script('for last; do :; done; exec sh -c "$last"', 'ssh');
    const env = { ...gitEnv, GIT_SSH_COMMAND: ssh, GIT_SSH_VARIANT: 'ssh' };
    await scenario(`${prefix}${bare}`, bare, env);
  });
});

test('files larger than a request body are pushed over HTTP', async () => {
  const bare = bareRepository();
  const { url } = await serveGit(bare);
  const large = new Uint8Array(randomBytes(3_000_000));
  await publish(tree([unit('dev', 'a', { 'large.bin': large })]), options(url));
  expect(git(bare, 'rev-parse', 'main:environments/dev/a/large.bin')).toBe(blobId(large));
});

describe('over servers that can do less', () => {
  test.each([
    ['no filters, silently', { 'uploadpack.allowFilter': 'false', 'uploadpack.allowAnySHA1InWant': 'false' }],
    ['no tree filter', { 'uploadpackfilter.tree.allow': 'false' }],
    ['only shallow tree filters', { 'uploadpackfilter.tree.maxDepth': '0' }],
    ['no filters, with an error', { 'uploadpackfilter.allow': 'false' }],
  ])('%s', async (_, config: Record<string, string>) => {
    const bare = bareRepository({ config });
    await scenario(`file://${bare}`, bare);
    const other = bareRepository({ config });
    const { url } = await serveGit(other);
    await scenario(url, other);
  });

  test.each([
    ['with filters', 'true'],
    ['and no filters', 'false'],
  ])('no objects by id (protocol 0), %s', async (_, allowFilter) => {
    const bare = bareRepository({
      config: { 'uploadpack.allowFilter': allowFilter, 'uploadpack.allowAnySHA1InWant': 'false' },
    });
    const config = join(temporaryFolder(), 'config');
    writeFileSync(config, '[protocol]\n\tversion = 0\n');
    await scenario(`file://${bare}`, bare, { ...gitEnv, GIT_CONFIG_GLOBAL: config });
  });
});

test('what a user configured globally neither helps nor harms', async () => {
  const bare = bareRepository();
  const hooks = temporaryFolder();
  writeFileSync(join(hooks, 'pre-push'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  const config = join(temporaryFolder(), 'config');
  writeFileSync(
    config,
    `[core]\n\thooksPath = ${hooks}\n[push]\n\tgpgSign = true\n\tfollowTags = true\n[commit]\n\tgpgSign = true\n[fetch]\n\tprune = true\n[safe]\n\tbareRepository = explicit\n[remote "origin"]\n\tfetch = +refs/pull/*:refs/pull/*\n[transfer]\n\tfsckObjects = true\n`,
  );
  await scenario(`file://${bare}`, bare, {
    ...gitEnv,
    GIT_CONFIG_GLOBAL: config,
    GIT_DIR: '/nowhere',
    GIT_INDEX_FILE: '/x',
  });
});
