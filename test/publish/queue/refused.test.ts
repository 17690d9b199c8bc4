import { describe, expect, test } from 'vitest';
import { bareRepository, git } from '../../helpers/git';
import { PREFIX, publishRound } from './fixture';
import { race, type Server } from './servers';

const retry = { minDelay: 20, maxDelay: 400 };
const DECLINE =
  'while read old new ref; do case "$ref" in refs/heads/*) ;; *) echo no such refs >&2; exit 1;; esac; done';

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
