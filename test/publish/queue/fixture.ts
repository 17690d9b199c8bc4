import { expect } from 'vitest';
import { layout } from '../../../src/model/layout';
import { commitsOf, filesOf, git } from '../../helpers/git';

import { publishRound } from './racer';

export { authorOf, publishRound } from './racer';

export const PREFIX = 'refs/cdk8s-gitops/queue';

/** Refs of every queue in a repository. */
export function queueRefs(bare: string, prefix = PREFIX): string[] {
  return git(bare, 'for-each-ref', '--format=%(refname)', prefix).split('\n').filter(Boolean);
}

/** What has to hold after every publisher has published its own unit, round after round. */
export function expectAllLanded(bare: string, publishers: number, rounds: number): void {
  expect(commitsOf(bare)).toHaveLength(publishers * rounds + 1);
  expect(git(bare, 'rev-list', '--min-parents=2', 'main')).toBe('');
  const log = git(bare, 'log', '--reverse', '--format=%x01%an%x02%T', '--name-only', 'main');
  const trees = new Set<string>();
  const seen = new Map<string, string[]>();
  for (const [i, commit] of log.split('\u0001').slice(1).entries()) {
    const [head = '', ...paths] = commit.trimEnd().split('\n');
    const [author = '', id = ''] = head.split('\u0002');
    expect(trees.has(id), 'an empty commit').toBe(false);
    trees.add(id);
    if (i === 0) continue;
    const publisher = author.replace('Publisher ', '');
    const own = (path: string) => path.includes(`app-${publisher}/`) || path.includes(`app-${publisher}.yaml`);
    const foreign = paths.filter((path) => path !== '' && !own(path));
    for (const path of foreign) expect([layout.readme, layout.gitattributes, layout.codeowners]).toContain(path);
    seen.set(publisher, [...(seen.get(publisher) ?? []), id]);
  }
  const files = filesOf(bare);
  for (let i = 0; i < publishers; i++) {
    const order = (seen.get(String(i)) ?? []).map((id) =>
      git(bare, 'cat-file', 'blob', `${id}:environments/dev/app-${i}/a.yaml`),
    );
    expect(order).toEqual(Array.from({ length: rounds }, (_, round) => `round: ${round}`));
    expect(files[`environments/dev/app-${i}/b.yaml`]).toBe(`by: ${i}\n`);
    expect(files[layout.readme]).toContain(`app-${i} `);
    expect(files[layout.registration('eu-1', 'dev', `app-${i}`)]).toBeDefined();
  }
  expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
  expect(queueRefs(bare)).toEqual([]);
}

/** Publishers that queue at once, round after round. Returns the pushes that it took. */
export async function raceThroughQueue(
  remote: string,
  bare: string,
  publishers: number,
  rounds: number,
): Promise<number> {
  const retry = { minDelay: 50, maxDelay: 1_000, attempts: 100 };
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
