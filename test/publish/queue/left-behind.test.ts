import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publish } from '../../../src/publish';
import { bareRepository, commitsOf, contentOf, git, gitEnv, temporaryFolder } from '../../helpers/git';
import { failure, options } from '../options';
import { environment, tree, unit } from '../trees';
import { authorOf, publishRound, queueRefs } from './fixture';
import { leaveEntry } from './left-behind';

const queue = { lease: 200 };
const retry = { minDelay: 20, maxDelay: 200 };
const start = () => bareRepository({ files: { 'NOTES.md': 'x\n' } });

/** A publisher in a process of its own, killed at a moment of its own choice. */
async function killed(bare: string, publisher: number, round: number, phase: string): Promise<string | null> {
  const file = join(temporaryFolder(), 'program.ts');
  writeFileSync(
    file,
    `import { publishRound } from ${JSON.stringify(resolve(__dirname, 'racer'))};
     void publishRound(${JSON.stringify(bare)}, ${publisher}, ${round}, {
       queue: { mode: 'always', lease: 200 },
       progress: (event) => {
         if (event.phase === ${JSON.stringify(phase)}) process.kill(process.pid, 'SIGKILL');
       },
     });`,
  );
  const temporary = temporaryFolder();
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    cwd: resolve(__dirname, '../../..'),
    env: { ...gitEnv, TMPDIR: temporary },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((done) => child.on('close', (_, signal) => done(signal)));
}

describe('a publisher that was killed while it led', () => {
  test('is landed by the next one, after the lease', async () => {
    const bare = start();
    expect(await killed(bare, 0, 0, 'push')).toBe('SIGKILL');
    expect(queueRefs(bare)).toHaveLength(1);
    expect(commitsOf(bare)).toHaveLength(1);

    const result = await publishRound(bare, 1, 0, { queue, retry });
    expect(result.outcome).toBe('published');
    const log = git(bare, 'log', '--reverse', '--format=%an/%cn/%(trailers:key=Queued,valueonly)', 'main').split('\n');
    const lines = log.filter((line) => line.includes('/')).slice(1);
    expect(lines[0]).toMatch(/^Publisher 0\/Publisher 1\/\d{15}-[0-9a-f]{16}$/);
    expect(lines[1]).toMatch(/^Publisher 1\/Publisher 1\/\d{15}-[0-9a-f]{16}$/);
    expect(git(bare, 'rev-parse', 'main')).toBe(result.commit);
    expect(contentOf(bare, 'environments/dev/app-0/a.yaml')).toBe('round: 0\n');
    expect(contentOf(bare, 'README.md')).toContain('app-0');
    expect(queueRefs(bare)).toEqual([]);
    expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
  });

  test('finishes when it is run again, and leaves nothing behind', async () => {
    const bare = start();
    await killed(bare, 0, 0, 'push');
    expect(queueRefs(bare)).toHaveLength(1);
    expect(await publishRound(bare, 0, 0, { queue: { lease: 60_000 }, retry })).toMatchObject({ outcome: 'published' });
    expect(commitsOf(bare)).toHaveLength(2);
    expect(queueRefs(bare)).toEqual([]);
  });

  test('is replaced when it is run again with something else', async () => {
    const bare = start();
    await killed(bare, 0, 0, 'push');
    await publishRound(bare, 0, 1, { queue: { lease: 60_000 }, retry });
    expect(commitsOf(bare)).toHaveLength(2);
    expect(contentOf(bare, 'environments/dev/app-0/a.yaml')).toBe('round: 1\n');
    expect(queueRefs(bare)).toEqual([]);
  });
});

describe('an entry that is left behind', () => {
  const sectionsOf = (publisher: number, round: number) => [
    unit(
      'dev',
      `app-${publisher}`,
      { 'a.yaml': `round: ${round}\n`, 'b.yaml': `by: ${publisher}\n`, 'deep/er/c.yaml': `c: ${publisher}\n` },
      { source: `acme/app-${publisher}` },
    ),
  ];
  const left = (bare: string, publisher: number, round: number, ticket?: string) =>
    leaveEntry(bare, { source: `acme/app-${publisher}`, sections: sectionsOf(publisher, round), ticket });

  test('is dropped where something newer was published, whatever its clock said', async () => {
    const bare = start();
    await publishRound(bare, 0, 0);
    await left(bare, 0, 1, `000000000000001-${'a'.repeat(16)}`);
    await left(bare, 0, 2, `999999999999999-${'b'.repeat(16)}`);
    await publishRound(bare, 0, 3, { queue: { mode: 'off' } });
    expect(queueRefs(bare)).toHaveLength(2);
    await publishRound(bare, 1, 0, { queue, retry });
    expect(contentOf(bare, 'environments/dev/app-0/a.yaml')).toBe('round: 3\n');
    expect(commitsOf(bare)).toHaveLength(4);
    expect(queueRefs(bare)).toEqual([]);
  });

  test('is dropped as a whole when one of its sections has changed', async () => {
    const bare = start();
    const source = 'acme/many';
    const many = (text: string) =>
      ['a', 'b'].map((name) => unit('dev', name, { 'x.yaml': `x: ${text}\n` }, { source }));
    await publish(tree(many('1'), source), options(bare));
    await leaveEntry(bare, { source, sections: many('2') });
    const [a] = many('3');
    const [, b] = many('1');
    if (a === undefined || b === undefined) throw new Error('there are two');
    await publish(tree([a, b], source), options(bare, { queue: { mode: 'off' } }));
    await publishRound(bare, 1, 0, { queue, retry });
    expect(contentOf(bare, 'environments/dev/a/x.yaml')).toBe('x: 3\n');
    expect(contentOf(bare, 'environments/dev/b/x.yaml')).toBe('x: 1\n');
    expect(queueRefs(bare)).toEqual([]);
  });

  test('is deleted by a later run of its source that finds nothing to change', async () => {
    const bare = start();
    await publishRound(bare, 0, 0);
    const tip = git(bare, 'rev-parse', 'main');
    await left(bare, 0, 1);
    expect(await publishRound(bare, 0, 0)).toMatchObject({ outcome: 'unchanged', attempts: 1 });
    expect(queueRefs(bare)).toEqual([]);
    expect(git(bare, 'rev-parse', 'main')).toBe(tip);
  });

  test("of another source is not that run's business", async () => {
    const bare = start();
    await publishRound(bare, 0, 0);
    await left(bare, 1, 0);
    expect(await publishRound(bare, 0, 0)).toMatchObject({ outcome: 'unchanged', attempts: 0 });
    expect(queueRefs(bare)).toHaveLength(1);
  });

  test('that was landed by a server without atomic pushes is deleted, and not landed again', async () => {
    const bare = start();
    await left(bare, 0, 0);
    await publishRound(bare, 0, 0, { queue: { mode: 'off' } });
    await publishRound(bare, 1, 0, { queue, retry });
    expect(commitsOf(bare)).toHaveLength(3);
    expect(queueRefs(bare)).toEqual([]);
  });

  test('changes the front page with the commit that lands it', async () => {
    const bare = start();
    const source = 'acme/platform';
    await leaveEntry(bare, { source, sections: [environment('stage', { source })] });
    await left(bare, 0, 0);
    await publishRound(bare, 1, 0, { queue, retry });
    const [, first, second, third] = commitsOf(bare);
    expect(contentOf(bare, 'README.md', first)).toContain('stage');
    expect(contentOf(bare, 'README.md', second)).toContain('app-0');
    expect(contentOf(bare, 'README.md', third)).toContain('app-1');
  });

  test('does not keep anybody: an aborted wait ends, and takes its own entry back', async () => {
    const bare = start();
    await left(bare, 0, 0);
    const abort = new AbortController();
    const waiting = publishRound(bare, 1, 0, { queue: { lease: 60_000 }, retry, signal: abort.signal });
    while (queueRefs(bare).length < 2) await new Promise((done) => setTimeout(done, 20));
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(queueRefs(bare)).toHaveLength(1);
    expect(commitsOf(bare)).toHaveLength(1);
  });

  test('does not keep anybody: time runs out with a coded error, and the own entry is taken back', async () => {
    const bare = start();
    await left(bare, 0, 0);
    const waiting = publishRound(bare, 1, 0, { queue: { lease: 60_000 }, retry: { ...retry, maxTime: 300 } });
    await failure(waiting, 'REMOTE_CONTENDED');
    expect(queueRefs(bare)).toHaveLength(1);
  });
});

test('runs of one unit at the same time land one after the other, each as a whole', async () => {
  const bare = start();
  const source = 'acme/one';
  const results = await Promise.all(
    [0, 1, 2, 3].map((run) =>
      publish(
        tree([unit('dev', 'one', { 'a.yaml': `a: ${run}\n`, 'b.yaml': `b: ${run}\n` }, { source })], source),
        options(bare, { queue: { mode: 'always' }, retry, author: authorOf(run) }),
      ),
    ),
  );
  expect(results.every(({ outcome }) => outcome === 'published')).toBe(true);
  for (const commit of commitsOf(bare).slice(1)) {
    const a = contentOf(bare, 'environments/dev/one/a.yaml', commit).replace('a: ', '');
    expect(contentOf(bare, 'environments/dev/one/b.yaml', commit)).toBe(`b: ${a}`);
  }
  expect(queueRefs(bare)).toEqual([]);
});
