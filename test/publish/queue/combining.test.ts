import { expect, test } from 'vitest';
import { bareRepository, git } from '../../helpers/git';
import { raceThroughQueue } from './fixture';

test('16 publishers, 3 rounds each, over file://', async () => {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
  const pushes = await raceThroughQueue(bare, bare, 16, 3);
  // One push for each entry, and few for all of them together.
  expect(pushes).toBeLessThan(16 * 3 * 1.6);
  const people = git(bare, 'log', '--format=%an/%cn', 'main').split('\n');
  expect(people.some((line) => line.split('/')[0] !== line.split('/')[1])).toBe(true);
});
