import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { publish } from '../../src/publish';
import { bareRepository, commitsOf, filesOf, git, gitEnv, script } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { failure, options } from './options';
import { tree, unit } from './trees';

const PUBLISHERS = 8;
const retry = { minDelay: 20, maxDelay: 400, attempts: 100 };

async function race(remote: string, bare: string, rounds: number): Promise<void> {
  const publishers = Array.from({ length: PUBLISHERS }, async (_, i) => {
    const source = `acme/app-${i}`;
    for (let round = 0; round < rounds; round++) {
      const mine = unit('dev', `app-${i}`, { 'a.yaml': `round: ${round}\n`, 'b.yaml': `by: ${i}\n` }, { source });
      const result = await publish(tree([mine], source), options(remote, { retry }));
      expect(result.outcome).toBe('published');
    }
  });
  await Promise.all(publishers);

  const commits = commitsOf(bare);
  expect(commits).toHaveLength(PUBLISHERS * rounds);
  const merges = git(bare, 'rev-list', '--min-parents=2', 'main');
  expect(merges).toBe('');
  const trees = git(bare, 'log', '--format=%T', 'main').split('\n');
  expect(new Set(trees).size).toBe(commits.length);
  const files = filesOf(bare);
  for (let i = 0; i < PUBLISHERS; i++) {
    expect(files[`environments/dev/app-${i}/a.yaml`]).toBe(`round: ${rounds - 1}\n`);
    expect(files[`environments/dev/app-${i}/b.yaml`]).toBe(`by: ${i}\n`);
    expect(files[`clusters/eu-1/applications/dev.app-${i}.yaml`]).toBeDefined();
    const own = git(bare, 'log', '--reverse', '--format=%H', 'main', '--', `environments/dev/app-${i}`).split('\n');
    const seen = own.map((commit) => git(bare, 'show', `${commit}:environments/dev/app-${i}/a.yaml`));
    expect(seen).toEqual(Array.from({ length: rounds }, (_, round) => `round: ${round}`));
  }
  expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
  expect(git(bare, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
}

test('8 publishers at once: every publish lands, nothing is lost, history is linear', async () => {
  const bare = bareRepository();
  await race(bare, bare, 3);
});

test('the same over HTTP, from an empty repository', async () => {
  const bare = bareRepository();
  const { url } = await serveGit(bare);
  await race(url, bare, 2);
});

test("another publisher's first commit between two looks at an empty repository is published upon", async () => {
  const bare = bareRepository();
  const empty = git(bare, 'hash-object', '-w', '-t', 'tree', '/dev/null');
  const first = git(bare, 'commit-tree', '-m', 'theirs', empty);
  const real = execFileSync('which', ['git'], { encoding: 'utf8' }).trim();
  const wrapper = script(
    `[ "$1" = ls-remote ] && env -u GIT_DIR '${real}' -C '${bare}' update-ref refs/heads/main ${first}\nexec '${real}' "$@"`,
    'git',
  );
  const env = { ...gitEnv, PATH: `${dirname(wrapper)}:${gitEnv.PATH}` };
  const result = await publish(tree([unit('dev', 'a')]), options(bare, { env }));
  expect(result.outcome).toBe('published');
  expect(commitsOf(bare)).toEqual([first, result.commit]);
});

test('a tip that moves each time is given up on, with a coded error', async () => {
  const bare = bareRepository({ files: { 'README.md': 'x\n' } });
  const phases: string[] = [];
  const moved = publish(
    tree([unit('dev', 'a')]),
    options(bare, {
      retry: { attempts: 3, minDelay: 1, maxDelay: 2 },
      progress: ({ phase }) => {
        phases.push(phase);
        if (phase !== 'push') return;
        const tip = git(bare, 'rev-parse', 'main');
        const next = git(bare, 'commit-tree', '-p', tip, '-m', 'theirs', `${tip}^{tree}`);
        git(bare, 'update-ref', 'refs/heads/main', next);
      },
    }),
  );
  const error = await failure(moved, 'REMOTE_CONTENDED');
  expect(error.message).toContain('3 attempts');
  expect(phases.filter((phase) => phase === 'push')).toHaveLength(3);
  expect(phases.filter((phase) => phase === 'retry')).toHaveLength(2);
});

test('what somebody else publishes meanwhile is found to be there already', async () => {
  const bare = bareRepository({ files: { 'README.md': 'x\n' } });
  let other: Promise<unknown> | undefined;
  const result = await publish(
    tree([unit('dev', 'a')]),
    options(bare, {
      retry: { minDelay: 1 },
      progress: ({ phase }) => {
        if (phase !== 'push' || other !== undefined) return;
        const tip = git(bare, 'rev-parse', 'main');
        const next = git(bare, 'commit-tree', '-p', tip, '-m', 'theirs', `${tip}^{tree}`);
        git(bare, 'update-ref', 'refs/heads/main', next);
        other = publish(tree([unit('dev', 'a')]), options(bare));
      },
    }),
  );
  await other;
  expect(commitsOf(bare)).toHaveLength(3);
  expect(result.attempts).toBeGreaterThan(0);
});
