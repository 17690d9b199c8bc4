import { expect, test } from 'vitest';
import { bareRepository, contentOf, git } from '../../helpers/git';
import { unit } from '../trees';
import { publishRound, queueRefs } from './fixture';
import { leaveEntry } from './left-behind';

const queue = { lease: 200 };
const retry = { minDelay: 20, maxDelay: 200 };

test('an entry that was landed and published over before its publisher looked is not published again', async () => {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
  // A dead one in front, so that the publisher waits; and rarely looks.
  const source = 'acme/app-9';
  await leaveEntry(bare, { source, sections: [unit('dev', 'app-9', { 'a.yaml': 'x\n' }, { source })] });
  const waiting = publishRound(bare, 0, 1, { queue: { lease: 60_000 }, retry: { minDelay: 9_000, maxDelay: 9_000 } });
  while (queueRefs(bare).length < 2) await new Promise((done) => setTimeout(done, 20));
  await publishRound(bare, 1, 0, { queue, retry });
  const landed = git(bare, 'log', '-1', '--format=%H', 'main', '--', 'environments/dev/app-0');
  const newer = await publishRound(bare, 0, 2, { queue: { mode: 'off' } });
  expect(await waiting).toMatchObject({ outcome: 'published', commit: landed });
  expect(git(bare, 'rev-parse', 'main')).toBe(newer.commit);
  expect(contentOf(bare, 'environments/dev/app-0/a.yaml')).toBe('round: 2\n');
});
