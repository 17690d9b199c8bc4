import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sourceHistory } from '../../src/publish';
import { git, gitEnv, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { watchTemporary } from '../helpers/temporary';
import { Source } from './source-repository';

/** Every file of a clone's git folder, with what it holds. */
function state(clone: string): Record<string, string> {
  const root = join(clone, '.git');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(root, path)).isFile(),
  );
  return Object.fromEntries(
    files.sort().map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(root, path)))
        .digest('hex'),
    ]),
  );
}

watchTemporary();

const history = (dir: string, env: NodeJS.ProcessEnv = {}) => sourceHistory(dir, { ...gitEnv, ...env });

describe('ancestors', () => {
  test('are told in a full clone', async () => {
    const source = new Source();
    const [v1, v2] = [source.push('app', '1'), source.push('app', '2')] as const;
    git(source.work, 'checkout', '--quiet', '--orphan', 'other');
    const other = source.push('app', '3', '--force');
    const { isAncestor } = bound(history(source.work));
    expect(await isAncestor(v1, v2)).toBe(true);
    expect(await isAncestor(v2, v1)).toBe(false);
    expect(await isAncestor(v2, v2)).toBe(true);
    expect(await isAncestor(v2, other)).toBe(false);
    expect(await isAncestor('a'.repeat(40), v2)).toBeUndefined();
    expect(await isAncestor(v2, 'a'.repeat(40))).toBeUndefined();
    for (const no of ['HEAD', '--help', `${v1}~`, '']) expect(await isAncestor(no, v2)).toBeUndefined();
  });

  test('are told in a shallow clone as far as it goes', async () => {
    const source = new Source();
    const commits = ['1', '2', '3', '4'].map((content) => source.push('app', content));
    const { isAncestor } = bound(history(source.clone('--depth', '2')));
    const [v1, , v3, v4] = commits as [string, string, string, string];
    expect(await isAncestor(v3, v4)).toBe(true);
    expect(await isAncestor(v4, v3)).toBeUndefined();
    expect(await isAncestor(v1, v4)).toBeUndefined();
  });

  test('are not told outside of a repository, or without git', async () => {
    const source = new Source();
    const [v1, v2] = [source.push('app', '1'), source.push('app', '2')] as const;
    expect(await history(temporaryFolder()).isAncestor(v1, v2)).toBeUndefined();
    expect(await history('/nowhere/at/all').isAncestor(v1, v2)).toBeUndefined();
    expect(await history(source.work, { PATH: temporaryFolder() }).isAncestor(v1, v2)).toBeUndefined();
    expect(await history(source.work, { PATH: temporaryFolder() }).laterHead(v1)).toBeUndefined();
    expect(await history('/nowhere/at/all').laterHead(v1)).toBeUndefined();
  });
});

function bound(of: ReturnType<typeof sourceHistory>) {
  return { isAncestor: of.isAncestor.bind(of) };
}

describe('the head of the branch', () => {
  const CLONES: [string, string[]][] = [
    ['a full clone', []],
    ['a shallow clone', ['--depth', '1']],
    ['a clone without blobs', ['--filter', 'blob:none']],
    ['a clone without trees', ['--filter', 'tree:0']],
  ];

  describe.each(CLONES)('from %s', (_, how) => {
    test('is later when it descends and declares something else; the clone stays as it is', async () => {
      const source = new Source();
      const v1 = source.push('app/main.ts', '1');
      const clone = source.clone(...how);
      git(clone, 'checkout', '--quiet', '--detach');
      expect(await history(clone).laterHead(v1)).toBeUndefined();
      const [v2, v3] = [source.push('app/main.ts', '2'), source.push('app/main.ts', '3')];
      const was = state(clone);
      const asked = history(clone);
      expect(await asked.laterHead(v1)).toBe(v3);
      expect(await history(join(clone, 'app')).laterHead(v1)).toBe(v3);
      // What came to light is remembered: the clone itself does not have these commits.
      expect(await asked.isAncestor(v1, v2)).toBe(true);
      expect(state(clone)).toEqual(was);
    });

    test('is not when only other folders changed', async () => {
      const source = new Source();
      source.push('teams/one/app/main.ts', '1');
      const v1 = source.push('teams/two/app/main.ts', '1');
      const clone = source.clone(...how);
      for (let i = 0; i < 5; i++) source.push('teams/two/app/main.ts', `more ${i}`);
      const was = state(clone);
      expect(await history(join(clone, 'teams/one/app')).laterHead(v1)).toBeUndefined();
      expect(await history(join(clone, 'teams/two/app')).laterHead(v1)).toBe(git(source.origin, 'rev-parse', 'main'));
      expect(await history(clone).laterHead(v1)).toBe(git(source.origin, 'rev-parse', 'main'));
      expect(state(clone)).toEqual(was);
    });

    test('is not when it was pushed by force, and knows nothing of the running commit', async () => {
      const source = new Source();
      const base = source.push('app', '0');
      const v1 = source.push('app', '1');
      const clone = source.clone(...how);
      git(source.work, 'reset', '--quiet', '--hard', base);
      source.push('app', '2', '--force');
      const was = state(clone);
      expect(await history(clone).laterHead(v1)).toBeUndefined();
      expect(state(clone)).toEqual(was);
    });
  });

  test('is later when the folder is there no more', async () => {
    const source = new Source();
    const v1 = source.push('app/main.ts', '1');
    const clone = source.clone();
    rmSync(join(source.work, 'app'), { recursive: true });
    const v2 = source.push('x', 'x');
    expect(await history(join(clone, 'app')).laterHead(v1)).toBe(v2);
  });

  test('may be in the clone already', async () => {
    const source = new Source();
    const [v1, v2] = [source.push('app', '1'), source.push('app', '2')];
    const clone = source.clone();
    git(clone, 'checkout', '--quiet', v1);
    expect(await history(clone).laterHead(v1)).toBe(v2);
  });

  test('comes from a server that knows no filters', async () => {
    const source = new Source();
    const v1 = source.push('app/main.ts', '1');
    const clone = source.clone();
    const v2 = source.push('app/main.ts', '2');
    for (const config of ['uploadpack.allowFilter', 'uploadpackfilter.allow']) {
      git(source.origin, 'config', config, 'false');
      const was = state(clone);
      expect(await history(join(clone, 'app')).laterHead(v1)).toBe(v2);
      expect(state(clone)).toEqual(was);
      git(source.origin, 'config', config, 'true');
    }
  });

  test('is found with what a CI system put into the configuration of the clone', async () => {
    const source = new Source();
    const v1 = source.push('app', '1');
    const clone = source.clone();
    const v2 = source.push('app', '2');
    const credentials = { user: 'ci', password: 'hunter2' };
    const { url, host } = await serveGit(source.origin, { credentials });
    git(clone, 'remote', 'set-url', 'origin', url);
    expect(await history(clone).laterHead(v1)).toBeUndefined();
    const basic = Buffer.from('ci:hunter2').toString('base64');
    git(clone, 'config', `http.http://${host}/.extraHeader`, `Authorization: Basic ${basic}`);
    expect(await history(clone).laterHead(v1)).toBe(v2);
  });

  test('is not touched by what the clone is configured to do on a fetch', async () => {
    const source = new Source();
    const v1 = source.push('app', '1');
    git(source.work, 'push', '--quiet', 'origin', 'HEAD:refs/heads/gone', 'HEAD:refs/tags/old');
    const clone = source.clone();
    git(source.work, 'push', '--quiet', 'origin', ':refs/heads/gone');
    const v2 = source.push('app', '2');
    git(source.work, 'push', '--quiet', 'origin', 'HEAD:refs/tags/new');
    const settings = {
      'fetch.prune': 'true',
      'fetch.pruneTags': 'true',
      'remote.origin.tagOpt': '--tags',
      'fetch.writeCommitGraph': 'true',
      'fetch.recurseSubmodules': 'true',
      'gc.auto': '1',
      'transfer.fsckObjects': 'true',
    };
    for (const [name, value] of Object.entries(settings)) git(clone, 'config', name, value);
    const was = state(clone);
    expect(await history(clone).laterHead(v1)).toBe(v2);
    expect(state(clone)).toEqual(was);
  });
});

describe('which branch', () => {
  /** `main` and `release` go on from the commit, `topic` stays. */
  function branches() {
    const source = new Source();
    const v1 = source.push('app', '1');
    git(source.work, 'push', '--quiet', 'origin', ...['release', 'topic'].map((name) => `HEAD:refs/heads/${name}`));
    git(source.work, 'push', '--quiet', 'origin', 'HEAD:refs/tags/v1', 'HEAD:refs/pull/7/merge');
    const main = source.push('app', 'main');
    git(source.work, 'reset', '--quiet', '--hard', v1);
    git(source.work, 'commit', '--quiet', '--allow-empty', '--message', 'release');
    writeFileSync(join(source.work, 'app'), 'release');
    git(source.work, 'commit', '--quiet', '--all', '--message', 'release');
    git(source.work, 'push', '--quiet', 'origin', 'HEAD:refs/heads/release');
    const release = git(source.work, 'rev-parse', 'HEAD');
    const clone = source.clone();
    git(clone, 'checkout', '--quiet', v1);
    return { v1, main, release, clone };
  }

  test("is the upstream of the one that is checked out, else what CI says, else origin's own", async () => {
    const { v1, main, release, clone } = branches();
    const later = (env: NodeJS.ProcessEnv = {}) => history(clone, env).laterHead(v1);
    expect(await later()).toBe(main);
    const cases: [NodeJS.ProcessEnv, string | undefined][] = [
      [{ GITHUB_REF: 'refs/heads/release', GITHUB_REF_NAME: 'release', GITHUB_REF_TYPE: 'branch' }, release],
      [{ GITHUB_REF_NAME: 'release' }, release],
      [{ GITHUB_REF: 'refs/pull/7/merge', GITHUB_REF_NAME: '7/merge' }, undefined],
      [{ GITHUB_REF: 'refs/tags/v1', GITHUB_REF_NAME: 'v1', GITHUB_REF_TYPE: 'tag' }, undefined],
      [{ CI_COMMIT_BRANCH: 'release' }, release],
      [{ CI_COMMIT_TAG: 'v1' }, undefined],
      [{ BUILDKITE_BRANCH: 'release', BUILDKITE_TAG: '' }, release],
      [{ BUILDKITE_BRANCH: 'v1', BUILDKITE_TAG: 'v1' }, undefined],
      [{ CIRCLE_BRANCH: 'topic' }, undefined],
      [{ BITBUCKET_BRANCH: 'release' }, release],
      [{ BUILD_SOURCEBRANCH: 'refs/heads/release' }, release],
      [{ BRANCH_NAME: 'no-such-branch' }, undefined],
      [{ CI_COMMIT_BRANCH: '--upload-pack=touch pwned' }, main],
      [{ CI_COMMIT_BRANCH: 'rel*' }, main],
      [{ GITHUB_REF: 'refs/heads/re*\n' }, main],
    ];
    for (const [env, expected] of cases) expect(await later(env), JSON.stringify(env)).toBe(expected);

    git(clone, 'checkout', '--quiet', '-B', 'mine', 'origin/release');
    git(clone, 'branch', '--quiet', '--set-upstream-to=origin/release');
    expect(await later({ CI_COMMIT_BRANCH: 'topic' })).toBe(release);
    git(clone, 'branch', '--quiet', '--set-upstream-to=origin/topic');
    expect(await later({ CI_COMMIT_BRANCH: 'release' })).toBeUndefined();
  });
});

describe('an origin that is of no help', () => {
  async function soon(asked: ReturnType<typeof sourceHistory>, commit: string, limit: number): Promise<void> {
    const started = performance.now();
    expect(await asked.laterHead(commit)).toBeUndefined();
    expect(performance.now() - started).toBeLessThan(limit);
  }

  test('because there is none, or it is gone', async () => {
    const source = new Source();
    const v1 = source.push('app', '1');
    const clone = source.clone();
    source.push('app', '2');
    rmSync(source.origin, { recursive: true });
    expect(await history(clone).laterHead(v1)).toBeUndefined();
    git(clone, 'remote', 'remove', 'origin');
    expect(await history(clone).laterHead(v1)).toBeUndefined();
    for (const no of ['HEAD', '--help', '']) expect(await history(clone).laterHead(no)).toBeUndefined();
  });

  test('because it never answers: there is a limit, and it is not asked again', async () => {
    const source = new Source();
    const v1 = source.push('app', '1');
    const clone = source.clone();
    let connections = 0;
    const server = createServer(() => connections++);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    git(
      clone,
      'remote',
      'set-url',
      'origin',
      `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/x.git`,
    );
    const asked = sourceHistory(clone, gitEnv, { patience: 700 });
    await soon(asked, v1, 5_000);
    expect(connections).toBe(1);
    await soon(asked, v1, 5_000);
    expect(connections).toBe(1);
    server.close();
  });

  test('because it runs commands, or asks questions', async () => {
    const source = new Source();
    const v1 = source.push('app', '1');
    const clone = source.clone();
    const pwned = join(temporaryFolder(), 'pwned');
    git(clone, 'remote', 'set-url', 'origin', `ext::sh -c touch% ${pwned}`);
    expect(await history(clone).laterHead(v1)).toBeUndefined();
    expect(() => statSync(pwned)).toThrow();
    const { url } = await serveGit(source.origin, { credentials: { user: 'a', password: 'b' } });
    git(clone, 'remote', 'set-url', 'origin', url);
    await soon(history(clone), v1, 9_000);
  });

  test('because nobody waits for it any more', async () => {
    const source = new Source();
    const v1 = source.push('app', '1');
    const clone = source.clone();
    source.push('app', '2');
    expect(await history(clone).laterHead(v1, AbortSignal.abort())).toBeUndefined();
  });
});
