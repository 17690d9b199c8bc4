import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { publish } from '../../src/publish';
import {
  bareRepository,
  commitFiles,
  commitsOf,
  contentOf,
  git,
  gitEnv,
  installHook,
  script,
  temporaryFolder,
} from '../helpers/git';
import { type GitServerOptions, serveGit } from '../helpers/git-http-server';
import { leftIn, watchTemporary } from '../helpers/temporary';
import { failure, options } from './options';
import { tree, unit } from './trees';

/** What a publish does when its surroundings fail: a clear error, nothing left behind, and the next run finishes. */

const TOKEN = 'ghp_verysecrettokenvalue';
const HEADER = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
const declared = (content = 'x: 1\n') => tree([unit('dev', 'a', { 'a.yaml': content })]);

const temporary = watchTemporary();
afterEach(() => {
  vi.useRealTimers();
});

/** An environment repository with a unit, and another source's. */
async function published(): Promise<string> {
  const bare = bareRepository();
  await publish(tree([unit('dev', 'theirs', undefined, { source: 'x/y' })], 'x/y'), options(bare));
  await publish(declared('x: 0\n'), options(bare));
  return bare;
}

describe('a network that is lost', () => {
  const FETCHED = /POST .*git-upload-pack$/;
  const PUSHED = /POST .*git-receive-pack$/;
  const CASES: [
    string,
    (nth: (pattern: RegExp) => number, request: string) => ReturnType<NonNullable<GitServerOptions['cut']>>,
  ][] = [
    ['when it is first asked', () => 'answer'],
    ['while it says which branches there are', (nth) => (nth(FETCHED) === 1 ? 'answer' : undefined)],
    ['while it sends objects', (nth) => (nth(FETCHED) === 2 ? 'answer' : undefined)],
    ['before the push', (_, request) => (request.includes('service=git-receive-pack') ? 'answer' : undefined)],
    // Each time: curl itself tries once more where a connection was used before.
    ['while it is pushed to', (_, request) => (PUSHED.test(request) ? 'request' : undefined)],
  ];

  test.each(CASES)('%s', async (_, when) => {
    const bare = await published();
    const tip = git(bare, 'rev-parse', 'main');
    const asked: string[] = [];
    const nth = (pattern: RegExp) =>
      pattern.test(asked.at(-1) ?? '') ? asked.filter((each) => pattern.test(each)).length : 0;
    let isBroken = true;
    let cuts = 0;
    const { url } = await serveGit(bare, {
      cut: (request) => {
        asked.push(request);
        const cut = isBroken ? when(nth, request) : undefined;
        if (cut !== undefined) cuts++;
        return cut;
      },
    });
    const error = await failure(publish(declared(), options(url)), 'REMOTE_UNREACHABLE');
    expect(cuts).toBeGreaterThan(0);
    expect(error.message).toContain(url);
    expect(git(bare, 'rev-parse', 'main')).toBe(tip);
    expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
    expect(leftIn(temporary.path)).toEqual([]);

    isBroken = false;
    expect(await publish(declared(), options(url))).toMatchObject({ outcome: 'published' });
    expect(commitsOf(bare)).toHaveLength(3);
  });

  test('after the push has arrived: the next run finds it there', async () => {
    const bare = await published();
    let cuts = 0;
    const { url } = await serveGit(bare, {
      cut: (request) => (PUSHED.test(request) && ++cuts === 1 ? 'answer' : undefined),
    });
    await failure(publish(declared(), options(url)), 'REMOTE_UNREACHABLE');
    expect(contentOf(bare, 'environments/dev/a/a.yaml')).toBe('x: 1\n');
    expect(await publish(declared(), options(url))).toMatchObject({ outcome: 'unchanged', attempts: 0 });
    expect(commitsOf(bare)).toHaveLength(3);
  });
});

describe('credentials that expire', () => {
  test.each([
    ['before the push', /service=git-receive-pack/, 401],
    ['while it is pushed', /POST .*git-receive-pack/, 401],
    ['into a refusal', /service=git-receive-pack/, 403],
  ])('%s', async (_, pattern, status) => {
    const bare = await published();
    let isExpired = true;
    const credentials = { user: 'x-access-token', password: TOKEN };
    const { url, requests } = await serveGit(bare, {
      credentials,
      status: (request) => (isExpired && pattern.test(request) ? status : undefined),
    });
    const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: TOKEN };
    const error = await failure(publish(declared(), options(url, { env })), 'REMOTE_AUTHENTICATION');
    expect(error.message).toContain('CDK8S_GITOPS_TOKEN');
    expect(JSON.stringify([error.message, error.stack, error.problems])).not.toMatch(new RegExp(`${TOKEN}|${HEADER}`));
    expect(requests.some((request) => pattern.test(request))).toBe(true);
    expect(commitsOf(bare)).toHaveLength(2);
    isExpired = false;
    expect(await publish(declared(), options(url, { env }))).toMatchObject({ outcome: 'published' });
  });
});

test('a server that declines does so for good, without another try', async () => {
  const bare = await published();
  installHook(bare, 'pre-receive', 'echo "not on fridays" >&2; exit 1');
  const attempts: number[] = [];
  const progress = ({ phase, attempt }: { phase: string; attempt: number }) => {
    if (phase === 'push') attempts.push(attempt);
  };
  const error = await failure(publish(declared(), options(bare, { progress })), 'REMOTE_REJECTED');
  expect(error.message).toContain('not on fridays');
  expect(attempts).toEqual([1]);
  installHook(bare, 'pre-receive', 'exit 0');
  expect(await publish(declared(), options(bare))).toMatchObject({ outcome: 'published' });
});

test("a server's own full disk is the server's", async () => {
  const bare = await published();
  installHook(bare, 'pre-receive', 'echo "error: unable to write file: No space left on device" >&2; exit 1');
  await failure(publish(declared(), options(bare)), 'REMOTE_REJECTED');
});

describe('a temporary.path folder', () => {
  test.each([
    ['that is not there', () => '/nowhere/at/all', 'it does not exist'],
    ['that is a file', () => script('', 'file'), 'it is not a folder'],
  ])('%s', async (_, folder, why) => {
    const bare = await published();
    process.env.TMPDIR = folder();
    const error = await failure(publish(declared(), options(bare)), 'TEMPORARY_UNWRITABLE');
    process.env.TMPDIR = temporary.path;
    expect(error.message).toContain(why);
    expect(error.message).toContain('TMPDIR');
    expect(commitsOf(bare)).toHaveLength(2);
  });

  /** Publishes in a process of its own, which a shell has prepared. */
  function publishIn(prepare: string, url: string, bytes: number) {
    const file = join(temporaryFolder(), 'program.ts');
    writeFileSync(
      file,
      `import { publish } from ${JSON.stringify(resolve(__dirname, '../../src/publish'))};
      import { tree, unit } from ${JSON.stringify(resolve(__dirname, 'trees'))};
      import { randomBytes } from 'node:crypto';
      import { readdirSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      void publish(tree([unit('dev', 'a', { 'a.bin': randomBytes(${bytes}) })]), {
        remote: { url: ${JSON.stringify(url)}, branch: 'main' },
        generator: 'test 1',
      }).then(({ outcome }) => outcome, (error) => error.code + ' ' + error.message).then((text) => {
        const left = readdirSync(tmpdir()).filter((name) => name.startsWith('cdk8s-gitops-'));
        process.stdout.write(JSON.stringify({ text, left }));
      });`,
    );
    const child = spawn('sh', ['-c', `${prepare}\nexec "$@"`, 'sh', process.execPath, '--import', 'tsx', file], {
      cwd: resolve(__dirname, '../..'),
      env: { ...gitEnv, TMPDIR: temporary.path, TSX_DISABLE_CACHE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    return new Promise<{ text: string; left: string[] }>((done, fail) => {
      child.on('close', () => {
        try {
          done(JSON.parse(output));
        } catch {
          fail(new Error(`${output}\n${errors}`));
        }
      });
    });
  }

  test('whose files may not grow large enough', async () => {
    const bare = await published();
    // In blocks of 512 bytes, or of a kilobyte.
    const { text, left } = await publishIn('ulimit -f 128', `file://${bare}`, 400_000);
    expect(text).toMatch(/^TEMPORARY_UNWRITABLE .*files may not become that large.*TMPDIR/);
    expect(left).toEqual([]);
    expect(commitsOf(bare)).toHaveLength(2);
    expect(await publishIn('', `file://${bare}`, 400_000)).toEqual({ text: 'published', left: [] });
  });

  test.for([
    ['what is written', 10, 400_000, 'no space is left there'],
    ['what is fetched', 400_000, 10, 'No space left on device'],
  ] as const)('on a disk that is full, for %s', async ([, there, added, why], { skip }) => {
    const disk = join(temporary.path, 'disk');
    mkdirSync(disk);
    // A namespace of its own: nothing is mounted for anybody else.
    const mount = `mount -t tmpfs -o size=128k tmpfs '${disk}'`;
    const isAllowed = spawnSync('unshare', ['-rm', 'sh', '-c', mount]).status === 0;
    if (!isAllowed) skip('mounting is not allowed here');
    // Without filters all that is there is fetched.
    const bare = bareRepository({ config: { 'uploadpack.allowFilter': 'false' } });
    const large = new Uint8Array(randomBytes(there));
    await publish(tree([unit('dev', 'b', { 'b.bin': large }, { source: 'x/y' })], 'x/y'), options(bare));
    const inside = `export TMPDIR='${disk}'; ${mount}; exec "$@"`;
    const { text, left } = await publishIn(
      `set -- unshare -rm sh -c '${inside.replaceAll("'", `'"'"'`)}' sh "$@"`,
      `file://${bare}`,
      added,
    );
    expect(text).toMatch(/^TEMPORARY_UNWRITABLE .*TMPDIR/);
    expect(text).toContain(why);
    expect(left).toEqual([]);
    expect(commitsOf(bare)).toHaveLength(1);
    expect(await publishIn('', `file://${bare}`, added)).toEqual({ text: 'published', left: [] });
  });
});

describe('a clock', () => {
  const dateOf = (bare: string, revision = 'main') => Number(git(bare, 'log', '-1', '--format=%ct', revision));
  const HOUR = 3_600;

  test.each([
    ['backwards by an hour', -HOUR, 0],
    ['forwards by an hour', HOUR, HOUR],
    ['backwards by years, as of a machine without a clock', -10 * 365 * 24 * HOUR, -10 * 365 * 24 * HOUR],
  ])('that jumps %s between publishes', async (_, jump, expected) => {
    const bare = await published();
    const tip = dateOf(bare);
    vi.useFakeTimers({ now: (tip + jump) * 1000, toFake: ['Date'] });
    await publish(declared(), options(bare));
    expect(dateOf(bare)).toBe(tip + expected);
    expect(git(bare, 'log', '-1', '--format=%at', 'main')).toBe(String(tip + expected));
    vi.useRealTimers();
    await publish(declared('x: 2\n'), options(bare));
    expect(commitsOf(bare)).toHaveLength(4);
    expect(dateOf(bare)).toBeGreaterThanOrEqual(Math.min(dateOf(bare, 'main~'), Date.now() / 1000 - HOUR));
  });

  test.each([-HOUR, HOUR])('that jumps by %d seconds between two attempts', async (jump) => {
    const bare = await published();
    const start = Math.floor(Date.now() / 1000);
    let pushes = 0;
    const result = await publish(
      declared(),
      options(bare, {
        retry: { minDelay: 1, maxDelay: 2 },
        queue: { mode: 'off' },
        progress: ({ phase }) => {
          if (phase !== 'push' || ++pushes > 1) return;
          commitFiles(bare, { 'x.txt': 'x\n' });
          vi.useFakeTimers({ now: (start + jump) * 1000, toFake: ['Date'] });
        },
      }),
    );
    expect(result).toMatchObject({ outcome: 'published', attempts: 2 });
    const dates = commitsOf(bare).map((commit) => dateOf(bare, commit));
    expect(dates).toEqual([...dates].sort((a, b) => a - b));
  });
});
