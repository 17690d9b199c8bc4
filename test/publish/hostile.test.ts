import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Section } from '../../src/model/section';
import { publish } from '../../src/publish';
import { bareRepository, commitFiles, commitsOf, filesOf, git, gitEnv, temporaryFolder } from '../helpers/git';
import { failure, options } from './options';
import { tree, unit } from './trees';

function withFile(path: string): Section {
  const section = unit('dev', 'checkout');
  return { ...section, files: new Map([...section.files, [path, 'x: 1\n']]) };
}

describe('paths', () => {
  test.each([
    'environments/dev/checkout/../../../x.yaml',
    'environments/dev/checkout/./x.yaml',
    'environments/dev/checkout//x.yaml',
    'environments/dev/checkout/',
    '/environments/dev/checkout/x.yaml',
    '',
    'environments/dev/checkout/.git/config',
    'environments/dev/checkout/.GIT/config',
    'environments/dev/checkout/.Git',
    'environments/dev/checkout/.git ',
    'environments/dev/checkout/.git.',
    'environments/dev/checkout/.git::$INDEX_ALLOCATION',
    'environments/dev/checkout/git~1/config',
    'environments/dev/checkout/GIT~2',
    'environments/dev/checkout/.g\u200cit/config',
    'environments/dev/checkout/.git\u200c',
    'environments/dev/checkout/\ufeff.git',
    'environments/dev/checkout/.gitmodules',
    'environments/dev/checkout/a\nb.yaml',
    'environments/dev/checkout/a\0b.yaml',
    'environments/dev/checkout/a\u001bb.yaml',
    'environments/dev/checkout/a\\b.yaml',
    'environments/dev/checkout/-rf',
    'environments/dev/checkout/a\ud800.yaml',
    'C:/x.yaml',
    'environments/dev/other/x.yaml',
    'environments/dev/checkout',
    'environments/dev/checkouts/x.yaml',
    'releases/dev/other.yaml',
    'README.md',
    'clusters/eu-1/applications/dev.checkout.yaml/x',
    'environments/dev/checkout/deployment-api.yaml/below',
  ])('%j is refused', async (path) => {
    const error = await failure(publish(tree([withFile(path)]), options('/nowhere')), 'MODEL_INVALID');
    expect(error.problems[0]?.where).toBe('dev/checkout');
  });

  test('all problems are told at once', async () => {
    const error = await failure(
      publish(tree([withFile('../a'), withFile('../b'), unit('dev', 'other')]), options('/nowhere')),
      'MODEL_INVALID',
    );
    expect(error.problems.map(({ message }) => message)).toHaveLength(3);
    expect(error.message).toContain('declared twice');
  });

  test.each(['Dev', '..', 'a/b', '-x', 'a.b', ''])('an environment called %j is refused', async (name) => {
    const section = unit('dev', 'checkout');
    const owner = { kind: 'unit', environment: name, application: 'checkout', cluster: 'eu-1' } as const;
    await failure(publish(tree([{ ...section, owner }]), options('/nowhere')), 'MODEL_INVALID');
  });

  test('ordinary odd names are not', async () => {
    const bare = bareRepository();
    const names = ['a b.yaml', 'ünïcode.yaml', '.hidden', 'a:b.yaml', 'a~b.yaml', '.gitkeep', '日本.yaml', "it's.yaml"];
    const section = unit('dev', 'a', Object.fromEntries(names.map((name) => [name, `${name}\n`])));
    await publish(tree([section]), options(bare));
    const files = filesOf(bare);
    for (const name of names) expect(files[`environments/dev/a/${name}`]).toBe(`${name}\n`);
  });
});

describe('branches', () => {
  test.each([
    '',
    '-x',
    '--upload-pack=x',
    'a..b',
    'a b',
    'a~b',
    'a^b',
    'a:b',
    'a?b',
    'a*b',
    'a[b',
    'a\\b',
    'a@{b',
    '@',
    'HEAD',
    'a/',
    '/a',
    'a//b',
    '.a',
    'a/.b',
    'a.lock',
    'a.lock/b',
    'a.',
    'a\nb',
    'a\x7fb',
  ])('%j is refused', async (branch) => {
    const remote = { url: 'file:///nowhere', branch };
    await failure(publish(tree([unit('dev', 'a')]), options('/nowhere', { remote })), 'REMOTE_INVALID');
  });

  test.each(['main', 'release/1.x', 'a@b', 'üml'])('%j is not', async (branch) => {
    const bare = bareRepository();
    const url = `file://${bare}`;
    await publish(tree([unit('dev', 'a')]), options(bare, { remote: { url, branch } }));
    expect(commitsOf(bare, `refs/heads/${branch}`)).toHaveLength(1);
  });
});

describe('URLs', () => {
  const marker = join(temporaryFolder(), 'pwned');

  test.each([
    `ext::sh -c touch% ${marker}`,
    'fd::17',
    'EXT::x',
    'git://example.com/a.git',
    'ftp://example.com/a.git',
    'javascript://x',
    '--upload-pack=touch /tmp/x',
    '-oProxyCommand=x',
    'ssh://-oProxyCommand=x/path',
    'ssh://git@-oProxyCommand=x/path',
    'ssh://%2doProxyCommand=x@host/path',
    '-oProxyCommand=x:path',
    'git@-oProxyCommand=x:path',
    'host:-path',
    'https://example.com/\nx',
    'https://exa mple.com/x',
    'file:///a\u0000b',
    '',
    ' ',
    'https://',
  ])('%j is refused', async (url) => {
    await failure(
      publish(tree([unit('dev', 'a')]), options('/x', { remote: { url, branch: 'main' } })),
      'REMOTE_INVALID',
    );
    expect(existsSync(marker)).toBe(false);
  });

  test.each([
    'https://user:hunter2@example.com/a.git',
    'https://hunter2@example.com/a.git',
    'http://x:hunter2@example.com/a.git',
    'ssh://git:hunter2@example.com/a.git',
    'git:hunter2@example.com:a.git',
  ])('credentials in %j are refused, and not repeated', async (url) => {
    const error = await failure(
      publish(tree([unit('dev', 'a')]), options('/x', { remote: { url, branch: 'main' } })),
      'REMOTE_INVALID',
    );
    expect(error.message).not.toContain('hunter2');
  });

  test('a rewrite in the configuration to a helper runs nothing', async () => {
    const config = join(temporaryFolder(), 'config');
    execFileSync('git', [
      'config',
      '--file',
      config,
      `url.ext::sh -c touch% ${marker}% #.insteadOf`,
      'https://example.com/',
    ]);
    execFileSync('git', ['config', '--file', config, 'protocol.ext.allow', 'always']);
    const remote = { url: 'https://example.com/a.git', branch: 'main' };
    await failure(
      publish(tree([unit('dev', 'a')]), options('/x', { remote, env: { ...gitEnv, GIT_CONFIG_GLOBAL: config } })),
      'REMOTE_INVALID',
    );
    expect(existsSync(marker)).toBe(false);
  });
});

describe("what lies in the remote's tree", () => {
  test.each([
    ['environments', { environments: { link: '/etc' } }],
    ['releases', { releases: { link: '..' } }],
    ['clusters/eu-1', { 'clusters/eu-1': { link: '/etc' } }],
    ['environments/dev', { 'environments/dev': 'a file\n' }],
    ['environments/dev/checkout', { 'environments/dev/checkout': { link: '/etc' } }],
    ['clusters/eu-1/applications', { 'clusters/eu-1/applications': { link: '/etc' } }],
    ['releases/dev/checkout.yaml', { 'releases/dev/checkout.yaml/x': 'a folder\n' }],
    ['releases/dev/checkout.yaml', { 'releases/dev/checkout.yaml': { link: '/etc/passwd' } }],
  ])('%s as something else is refused', async (path, files: Record<string, string | { link: string }>) => {
    const bare = bareRepository({ files });
    const error = await failure(publish(tree([unit('dev', 'checkout')]), options(bare)), 'REMOTE_CORRUPT');
    expect(error.message).toContain(path);
    expect(commitsOf(bare)).toHaveLength(1);
  });

  /** Makes a commit with a folder that no well-meaning git would write. */
  function commitRaw(bare: string, entry: (blob: string) => { mode: string; name: string; id: string }): void {
    const run = (args: string[], input: string | Buffer) =>
      execFileSync('git', args, { cwd: bare, env: gitEnv, input, stdio: ['pipe', 'pipe', 'ignore'] })
        .toString()
        .trim();
    const blob = run(['hash-object', '-w', '--stdin'], 'x\n');
    const { mode, name, id } = entry(blob);
    const body = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);
    const evil = run(['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], body);
    const root = run(['mktree'], `040000 tree ${evil}\tenvironments\n`);
    git(bare, 'update-ref', 'refs/heads/main', git(bare, 'commit-tree', '-m', 'evil', root));
  }

  test.each(['..', '.git', '.GIT', 'a/b', '.'])('an entry named %j is refused', async (name) => {
    const bare = bareRepository();
    commitRaw(bare, (id) => ({ mode: '100644', name, id }));
    await failure(publish(tree([unit('dev', 'a')]), options(bare)), 'REMOTE_CORRUPT');
  });

  test('a submodule in the place of an environment is refused', async () => {
    const bare = bareRepository();
    commitRaw(bare, () => ({ mode: '160000', name: 'dev', id: 'a'.repeat(40) }));
    const error = await failure(publish(tree([unit('dev', 'a')]), options(bare)), 'REMOTE_CORRUPT');
    expect(error.message).toContain('environments/dev');
    expect(error.message).toContain('submodule');
  });

  test('a link inside of an owned folder is replaced like anything else there', async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'a')]), options(bare));
    commitFiles(bare, { 'environments/dev/a/link': { link: '/etc/passwd' } });
    const error = await failure(publish(tree([unit('dev', 'a')]), options(bare)), 'CHANGED_BY_HAND');
    expect(error.message).toContain('added environments/dev/a/link');
    const acknowledged = { overwrite: ['dev/a'] };
    const result = await publish(tree([unit('dev', 'a')]), options(bare, { acknowledged }));
    expect(result.plan.sections[0]?.files.map(({ path }) => path)).toContain('environments/dev/a/link');
    expect(git(bare, 'ls-tree', '-r', 'main')).not.toContain('120000');
  });
});
