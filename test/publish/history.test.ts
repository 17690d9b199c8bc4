import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publish } from '../../src/publish';
import { type HistoryOptions, openLocalLog, openRemoteLog, readHistory } from '../../src/publish/history';
import { SignatureChecker } from '../../src/publish/signing/check';
import { signerFrom } from '../../src/publish/signing/settings';
import { bareRepository, commitFiles, contentOf, git, gitEnv, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { allowedSigners, sshKey } from './keys';
import { COMMIT, options } from './options';
import { cluster, environment, tree, unit } from './trees';

const unchecked = new SignatureChecker(undefined, { env: gitEnv, dir: '/' });

async function historyOf(bare: string, more: Partial<HistoryOptions> & { depth?: number } = {}, checker = unchecked) {
  const url = bare.includes('://') ? bare : `file://${bare}`;
  const log = await openRemoteLog({ url, branch: 'main' }, more.depth ?? 50, { env: gitEnv });
  try {
    return await readHistory(log, { limit: 20, ...more }, checker);
  } finally {
    await log.close();
  }
}

async function localHistory(dir: string, more: Partial<HistoryOptions> = {}) {
  const log = await openLocalLog(dir, { env: gitEnv });
  try {
    return { ...(await readHistory(log, { limit: 20, ...more }, unchecked)), isShallow: log.isShallow };
  } finally {
    await log.close();
  }
}

/** A commit made on a branch of its own, by whoever; `merge` says how it comes to main. */
function contribute(bare: string, files: Readonly<Record<string, string>>, merge: (clone: string) => void): void {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '--quiet', bare, clone);
  git(clone, 'checkout', '--quiet', '-b', 'topic');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), content);
  }
  git(clone, 'add', '--all');
  git(clone, 'commit', '--quiet', '--allow-empty', '--message', 'A change');
  git(clone, 'checkout', '--quiet', 'main');
  merge(clone);
  git(clone, 'push', '--quiet', 'origin', 'main');
}

const names = (entry: { units: readonly { environment: string; application: string; change: string }[] } | undefined) =>
  entry?.units.map(({ environment, application, change }) => `${change} ${environment}/${application}`);

const OBJECT = 'environments/dev/checkout/deployment-api.yaml';

describe('history', () => {
  test('tells who published what, from where', async () => {
    const bare = bareRepository();
    const all = [cluster('eu-1'), environment('dev'), unit('dev', 'checkout'), unit('dev', 'cart')];
    const first = await publish(tree(all), options(bare));
    const changed = unit('dev', 'checkout', { 'a.yaml': 'a: 1\n' });
    const second = await publish(
      tree([cluster('eu-1'), environment('dev'), changed]),
      options(bare, { sourceCommit: 'b'.repeat(40), generator: 'cdk8s-gitops 9' }),
    );
    const { entries, more } = await historyOf(bare);
    expect(more).toBe(false);
    expect(entries.map(({ commit }) => commit)).toEqual([second.commit, first.commit]);
    expect(entries[0]).toEqual({
      commit: second.commit,
      time: new Date(Number(git(bare, 'log', '-1', '--format=%ct', 'main')) * 1000).toISOString(),
      author: { name: 'Test', email: 'test@example.com' },
      subject: 'dev/checkout, dev/cart: 1 changed, 1 removed',
      sources: [{ repository: 'acme/checkout', commit: 'b'.repeat(40) }],
      generator: 'cdk8s-gitops 9',
      units: [
        { environment: 'dev', application: 'checkout', change: 'changed' },
        { environment: 'dev', application: 'cart', change: 'removed' },
      ],
      others: [],
      files: [],
      trailers: [],
      byHand: false,
      merged: [],
      signature: { status: 'none' },
    });
    expect(names(entries[1])).toEqual(['added dev/checkout', 'added dev/cart']);
    expect(entries[1]?.others).toEqual([
      { name: 'cluster eu-1', change: 'added' },
      { name: 'environment dev', change: 'added' },
    ]);
    expect(await historyOf(bareRepository())).toEqual({ entries: [], more: false });
  });

  test('flags what was done by hand, and finds it by its paths', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'checkout'), unit('dev', 'cart')]), options(bare));
    commitFiles(bare, {
      [OBJECT]: 'hand: made\n',
      'clusters/eu-1/applications/dev.cart.yaml': undefined,
      'environments/dev.yaml': 'hand: made\n',
      'releases/dev/cart.yaml': undefined,
      'README.md': 'mine\n',
      '.github/workflows/verify.yaml': 'on: push\n',
    });
    const { entries } = await historyOf(bare);
    expect(entries.map(({ byHand }) => byHand)).toEqual([true, false]);
    expect(entries[0]).toMatchObject({
      subject: 'By hand',
      sources: [],
      others: [{ name: 'environment dev', change: 'added' }],
      files: ['.github/workflows/verify.yaml'],
    });
    expect(names(entries[0])?.sort()).toEqual(['changed dev/checkout', 'removed dev/cart']);
    const clone = join(temporaryFolder(), 'clone.git');
    git('/', 'clone', '--quiet', '--bare', bare, clone);
    expect((await localHistory(clone)).entries).toEqual(entries);
  });

  test('shows a merged pull request as one entry, by what was merged', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'checkout')]), options(bare));
    // A pull request of this tool: a commit with its trailers on a branch.
    git(bare, 'branch', 'topic', 'main');
    const change = tree([unit('dev', 'checkout', { 'a.yaml': 'a: 1\n' })]);
    const proposal = await publish(change, { ...options(bare), remote: { url: `file://${bare}`, branch: 'topic' } });
    contribute(bare, {}, (clone) => {
      git(clone, 'merge', '--quiet', '--no-ff', '-m', 'Merge pull request #7 from acme/topic', 'origin/topic');
    });
    contribute(bare, { [OBJECT]: 'hand: made\n' }, (clone) => {
      git(clone, 'merge', '--quiet', '--no-ff', '-m', 'Merge pull request #8 from jane/fix', 'topic');
    });
    const { entries } = await historyOf(bare);
    expect(entries).toHaveLength(3);
    expect(entries[0]).toMatchObject({ byHand: true, pullRequest: 8, sources: [], merged: [expect.any(String)] });
    expect(names(entries[0])).toEqual(['changed dev/checkout']);
    expect(entries[1]).toMatchObject({
      byHand: false,
      pullRequest: 7,
      merged: [proposal.commit],
      sources: [{ repository: 'acme/checkout', commit: COMMIT }],
    });
    expect(names(entries[1])).toEqual(['changed dev/checkout']);
  });

  test('shows a squashed pull request: with its messages, without them, and one made by hand', async () => {
    const bare = bareRepository();
    const v = (n: number) => tree([unit('dev', 'checkout', { 'a.yaml': `a: ${n}\n` })]);
    await publish(v(1), options(bare));
    const squash = async (n: number, message: (body: string) => string) => {
      git(bare, 'branch', '--force', 'topic', 'main');
      await publish(v(n), { ...options(bare), remote: { url: `file://${bare}`, branch: 'topic' } });
      const body = git(bare, 'log', '-1', '--format=%B', 'topic');
      contribute(bare, {}, (clone) => {
        git(clone, 'merge', '--quiet', '--squash', 'origin/topic');
        git(clone, 'commit', '--quiet', '-m', message(body));
      });
    };
    await squash(2, (body) => `Publish dev (#2)\n\n* ${body}\n\n* Another\n\nCo-authored-by: Jane <jane@example.com>`);
    await squash(3, () => 'Publish dev (#3)');
    contribute(bare, { [OBJECT]: 'hand: made\n' }, (clone) => {
      git(clone, 'merge', '--quiet', '--squash', 'topic');
      git(clone, 'commit', '--quiet', '-m', 'Quick fix (#4)');
    });
    const { entries } = await historyOf(bare);
    expect(entries.map(({ pullRequest, byHand, sources }) => [pullRequest, byHand, sources.length])).toEqual([
      [4, true, 0],
      [3, false, 0],
      [2, false, 1],
      [undefined, false, 1],
    ]);
    expect(entries.map(names).slice(0, 3)).toEqual([
      ['changed dev/checkout'],
      ['changed dev/checkout'],
      ['changed dev/checkout'],
    ]);
    expect(entries[2]?.trailers).toEqual([{ name: 'Co-authored-by', value: 'Jane <jane@example.com>' }]);
  });

  test('shows whose signatures there are', async () => {
    const bare = bareRepository();
    const [known, other] = [sshKey(), sshKey()];
    const signed = async (key: string | undefined, n: number) => {
      const signer = key === undefined ? undefined : await signerFrom({ config: { key }, env: gitEnv, dir: '/' });
      await publish(tree([unit('dev', 'checkout', { 'a.yaml': `a: ${n}\n` })]), options(bare, { signer }));
    };
    await signed(known.file, 1);
    await signed(other.file, 2);
    await signed(undefined, 3);
    const checker = new SignatureChecker(allowedSigners(known), { env: gitEnv, dir: '/' });
    const { entries } = await historyOf(bare, {}, checker);
    expect(entries.map(({ signature }) => signature)).toEqual([
      { status: 'none' },
      { status: 'unknown', format: 'ssh', key: other.fingerprint },
      { status: 'good', format: 'ssh', key: known.fingerprint, signer: 'bot@example.com' },
    ]);
  });

  test('shows nothing of a commit that could act on a terminal', async () => {
    const bare = bareRepository();
    const clone = join(temporaryFolder(), 'clone');
    git('/', 'clone', '--quiet', bare, clone);
    const message =
      'Red \u001b[31malert\u0007\u202e\n\nchanged dev/x (1 file)\n\nSource-Repository: acme/\u001b]0;title\u0007evil\nSource-Commit: ../../etc\nUnit: ../../etc/passwd\nUnit: dev/x\nNote: https://user:hunter2@example.com/';
    const author = ['-c', 'user.name=x', `--author=Ev\u001b[2Jil <e@x>`];
    execFileSync('git', ['commit', '--quiet', '--allow-empty', author.at(-1) as string, '-m', message], {
      cwd: clone,
      env: gitEnv,
    });
    git(clone, 'push', '--quiet', 'origin', 'HEAD:main');
    const [entry] = (await historyOf(bare)).entries;
    expect(JSON.stringify(entry)).not.toMatch(/\\u001b|\\u0007|\u202e|hunter2|passwd|etc/);
    expect(entry).toMatchObject({
      subject: 'Red alert',
      author: { name: 'Evil' },
      sources: [{ repository: 'acme/evil' }],
    });
    expect(names(entry)).toEqual(['changed dev/x']);
  });
});

/** A repository with a long history, each commit of one unit of many. */
function longHistory(count: number, config: Readonly<Record<string, string>> = {}): string {
  const bare = bareRepository({ config });
  let stream = '';
  for (let n = 0; n < count; n++) {
    const name = `dev/app-${n % 100}`;
    const message = `${name}: change 1 file\n\nchanged ${name} (1 file)\n\nSource-Repository: acme/apps\nGenerator: x\nUnit: ${name}\n`;
    const path = `environments/${name}/a.yaml`;
    stream += `commit refs/heads/main\ncommitter T <t@example.com> ${1_700_000_000 + n * 60} +0000\n`;
    stream += `data ${Buffer.byteLength(message)}\n${message}\nM 100644 inline ${path}\ndata ${String(n).length}\n${n}\n`;
  }
  execFileSync('git', ['fast-import', '--quiet'], { cwd: bare, env: gitEnv, input: stream });
  return bare;
}

describe('a long history', () => {
  test('is read as far as it is asked for', async () => {
    const bare = longHistory(1500);
    const { entries, more } = await historyOf(bare, { limit: 20 });
    expect({ count: entries.length, more }).toEqual({ count: 20, more: true });
    const of = await historyOf(bare, { applications: ['app-7'], limit: 10, depth: 60 });
    expect(of.entries).toHaveLength(10);
    expect(of.entries.map(({ subject }) => subject)).toEqual(Array(10).fill('dev/app-7: change 1 file'));
    const all = await historyOf(bare, { applications: ['app-7'], environments: ['dev'], limit: 50, depth: 60 });
    expect({ count: all.entries.length, more: all.more }).toEqual({ count: 15, more: false });
    expect((await historyOf(bare, { environments: ['prod'], limit: 5 })).entries).toEqual([]);
    const since = (1_700_000_000 + 1490 * 60) * 1000;
    expect((await historyOf(bare, { since, limit: 50 })).entries).toHaveLength(10);
  });

  test.each<Readonly<Record<string, string>>>([
    { 'uploadpack.allowFilter': 'false' },
    { 'uploadpackfilter.tree.allow': 'false' },
    { 'uploadpackfilter.allow': 'false' },
  ])('is read from a server with %j', async (config) => {
    const bare = longHistory(300, config);
    commitFiles(bare, { 'environments/dev/app-1/a.yaml': 'hand: made\n' });
    const { entries } = await historyOf(bare, { applications: ['app-1'], limit: 3, depth: 20 });
    expect(entries.map(({ byHand }) => byHand)).toEqual([true, false, false]);
    expect(entries.map(names)).toEqual(Array(3).fill(['changed dev/app-1']));
  });

  test('takes few requests, and no files', async () => {
    const server = await serveGit(longHistory(400));
    expect((await historyOf(server.url)).entries).toHaveLength(20);
    expect(server.requests.length).toBeLessThanOrEqual(4);
  });

  test('ends where a shallow clone ends', async () => {
    const bare = longHistory(30);
    commitFiles(bare, { 'environments/dev/app-1/a.yaml': 'hand: made\n' });
    const clone = join(temporaryFolder(), 'clone');
    git('/', 'clone', '--quiet', '--depth=3', `file://${bare}`, clone);
    const { entries, more, isShallow } = await localHistory(clone);
    expect({ count: entries.length, more, isShallow }).toEqual({ count: 3, more: true, isShallow: true });
    git('/', 'clone', '--quiet', '--depth=1', `file://${bare}`, `${clone}-1`);
    expect((await localHistory(`${clone}-1`)).entries).toMatchObject([{ byHand: true, units: [], isPartial: true }]);
  });

  test('of commits whose trailers do not name all is made up for by the files', async () => {
    const bare = bareRepository();
    const units = Array.from({ length: 520 }, (_, i) => unit('dev', `app-${i}`, { 'a.yaml': 'a: 1\n' }));
    await publish(tree(units), options(bare));
    const [entry] = (await historyOf(bare)).entries;
    expect(entry?.units).toHaveLength(520);
    expect(new Set(entry?.units.map(({ change }) => change))).toEqual(new Set(['added']));
    expect(entry).toMatchObject({ byHand: false, sources: [{ repository: 'acme/checkout' }] });
    expect((await historyOf(bare, { applications: ['app-519'] })).entries).toHaveLength(1);
    expect(contentOf(bare, 'releases/dev/app-519.yaml')).toContain('app-519');
  });
});
