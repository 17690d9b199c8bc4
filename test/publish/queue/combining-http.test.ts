import { test } from 'vitest';
import { bareRepository } from '../../helpers/git';
import { serveGit } from '../../helpers/git-http-server';
import { raceThroughQueue } from './fixture';

test('8 publishers, 2 rounds each, over HTTP', async () => {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
  const { url } = await serveGit(bare);
  await raceThroughQueue(url, bare, 8, 2);
});
