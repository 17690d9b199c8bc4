import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bareRepository, git, gitEnv, installHook, temporaryFolder } from '../../helpers/git';
import { serveGit } from '../../helpers/git-http-server';
import { expectAllLanded, PREFIX, publishRound } from './fixture';

const retry = { minDelay: 20, maxDelay: 400, attempts: 100 };
const PUBLISHERS = 3;
const ROUNDS = 2;

interface Server {
  readonly config?: Readonly<Record<string, string>>;
  readonly hook?: readonly [name: string, content: string];
  readonly env?: NodeJS.ProcessEnv;
}

/** A few publishers on such a server. Returns how many commits came through the queue. */
async function race({ config, hook, env = gitEnv }: Server, http = false): Promise<number> {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' }, config });
  if (hook !== undefined) installHook(bare, ...hook);
  const url = http ? (await serveGit(bare)).url : bare;
  await Promise.all(
    Array.from({ length: PUBLISHERS }, async (_, publisher) => {
      for (let round = 0; round < ROUNDS; round++) {
        const result = await publishRound(url, publisher, round, { env, retry, queue: { mode: 'always' } });
        expect(result.outcome).toBe('published');
        expect(result.warnings).toEqual([]);
      }
    }),
  );
  expectAllLanded(bare, PUBLISHERS, ROUNDS);
  return git(bare, 'log', '--format=%(trailers:key=Queued)', 'main').match(/^Queued: /gm)?.length ?? 0;
}

const DECLINE =
  'while read old new ref; do case "$ref" in refs/heads/*) ;; *) echo no such refs >&2; exit 1;; esac; done';

describe('servers without this or that still have a queue', () => {
  test.each([
    ['no filters, silently', { 'uploadpack.allowFilter': 'false' }],
    ['no filters, with an error', { 'uploadpackfilter.allow': 'false' }],
    ['no tree filters', { 'uploadpackfilter.tree.allow': 'false' }],
    ['no atomic pushes', { 'receive.advertiseAtomic': 'false' }],
  ])('%s', async (_, config: Record<string, string>) => {
    expect(await race({ config })).toBe(PUBLISHERS * ROUNDS);
  });

  test('no atomic pushes, over HTTP', async () => {
    expect(await race({ config: { 'receive.advertiseAtomic': 'false' } }, true)).toBe(PUBLISHERS * ROUNDS);
  });

  test('no objects by id, and no filters', async () => {
    const file = join(temporaryFolder(), 'config');
    writeFileSync(file, '[protocol]\n\tversion = 0\n');
    const config = { 'uploadpack.allowFilter': 'false', 'uploadpack.allowAnySHA1InWant': 'false' };
    expect(await race({ config, env: { ...gitEnv, GIT_CONFIG_GLOBAL: file } })).toBe(PUBLISHERS * ROUNDS);
  });
});

describe('servers that want no such refs are pushed to again and again', () => {
  test.each<[string, Server]>([
    ['they hide them', { config: { 'transfer.hideRefs': PREFIX } }],
    ['they refuse them', { config: { 'receive.hideRefs': PREFIX } }],
    ['they take them and never show them', { config: { 'uploadpack.hideRefs': PREFIX } }],
    ['a pre-receive hook declines', { hook: ['pre-receive', DECLINE] }],
    ['an update hook declines', { hook: ['update', 'case "$1" in refs/heads/*) ;; *) exit 1;; esac'] }],
  ])('%s', async (_, server) => {
    expect(await race(server)).toBe(0);
  });
});

test('refs that can be made but not deleted keep nobody from publishing', async () => {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' }, config: { 'receive.denyDeletes': 'true' } });
  const result = await publishRound(bare, 0, 0, { retry, queue: { mode: 'always' } });
  expect(result.outcome).toBe('published');
  expect(git(bare, 'rev-parse', 'main')).toBe(result.commit);
});

test('another prefix is a queue of its own', async () => {
  const prefix = 'refs/heads/queue-of-the-tool';
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' }, config: { 'transfer.hideRefs': PREFIX } });
  const result = await publishRound(bare, 0, 0, { retry, queue: { mode: 'always', prefix } });
  expect(git(bare, 'log', '-1', '--format=%(trailers:key=Queued)', String(result.commit))).toContain('Queued: ');
  expect(git(bare, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
});
