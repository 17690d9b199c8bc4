import { expect, test } from 'vitest';
import { bareRepository, git } from '../../helpers/git';
import { serveGit } from '../../helpers/git-http-server';
import { expectAllLanded, publishRound } from './fixture';

const retry = { minDelay: 50, maxDelay: 1_000, attempts: 100 };

async function race(remote: string, bare: string, publishers: number, rounds: number): Promise<number> {
  const pushes = await Promise.all(
    Array.from({ length: publishers }, async (_, publisher) => {
      let sum = 0;
      for (let round = 0; round < rounds; round++) {
        const result = await publishRound(remote, publisher, round, { retry, queue: { mode: 'always' } });
        expect(result.outcome).toBe('published');
        expect(result.warnings).toEqual([]);
        sum += result.attempts;
      }
      return sum;
    }),
  );
  expectAllLanded(bare, publishers, rounds);
  return pushes.reduce((sum, each) => sum + each, 0);
}

test('16 publishers, 3 rounds each, over file://', async () => {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
  const pushes = await race(bare, bare, 16, 3);
  // One push for each entry, and few for all of them together.
  expect(pushes).toBeLessThan(16 * 3 * 1.6);
  const combined = git(bare, 'log', '--format=%an%x00%cn', 'main')
    .split('\n')
    .map((line) => line.split('\0'));
  expect(combined.some(([author, committer]) => author !== committer)).toBe(true);
});

test('8 publishers, 2 rounds each, over HTTP', async () => {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
  const { url } = await serveGit(bare);
  await race(url, bare, 8, 2);
});
