import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publish } from '../../src/publish';
import { bareRepository, commitFiles, commitsOf, contentOf, filesOf, git, gitEnv, installHook } from '../helpers/git';
import { failure, options } from './options';
import { tree, unit } from './trees';

/** What a hostile remote, or whoever else may write to it, can put in a publisher's way. */

const theirs = () => tree([unit('dev', 'theirs', undefined, { source: 'x/y' })], 'x/y');
const one = (content = 'x: 1\n') => tree([unit('dev', 'a', { 'a.yaml': content })]);

/** Texts that say more than they show: to a terminal, to a reader, or to a CI system that looks at output. */
const ESC = '\u001b';
const TRICKS: [string, string][] = [
  ['colours', `${ESC}[31mred${ESC}[0m`],
  ['a title', `${ESC}]0;owned\u0007`],
  ['a link', `${ESC}]8;;https://evil.example/${ESC}\\click${ESC}]8;;${ESC}\\`],
  ['a device control string', `${ESC}P1$r0m${ESC}\\`],
  ['a cleared screen', `${ESC}[2J${ESC}[H`],
  ['eight-bit control characters', '\u009b31mred\u009c'],
  ['an overwritten line', 'error\rpublished'],
  ['backspaces', 'no\b\byes'],
  ['a change of direction', 'user\u202efdp.exe'],
  ['what cannot be seen', 'a\u200bb\u2060c\ufeff'],
];
const UNSAFE = /[^\P{C}\n]/u;

describe('a message', () => {
  test.each(TRICKS)('with %s is plain text', async (_, trick) => {
    const bare = bareRepository();
    const message = join(bare, 'message');
    writeFileSync(message, `not today: ${trick}\n::error::injected\n::add-mask::x\n`);
    installHook(bare, 'pre-receive', `cat '${message}' >&2; exit 1`);
    const error = await failure(publish(one(), options(bare)), 'REMOTE_REJECTED');
    expect(error.message).toContain('not today');
    expect(error.message).not.toMatch(UNSAFE);
    // CI systems take lines for commands that start so, whatever the indentation.
    for (const line of error.message.split('\n')) expect(line).not.toMatch(/^\s*(::|##\[)/);
    expect(git(bare, 'for-each-ref')).toBe('');
  });

  test('without an end is cut', async () => {
    const bare = bareRepository();
    installHook(bare, 'pre-receive', 'head -c 5000000 /dev/zero | tr "\\0" x | fold -w 900 >&2; exit 1');
    const error = await failure(publish(one(), options(bare)), 'REMOTE_REJECTED');
    expect(error.message.length).toBeLessThan(5_000);
  });
});

describe('a ref', () => {
  test.each(['\u009b31mred', '\u202egnp', 'zero\u200bwidth', 'line\u2028break'])(
    'named %j is listed without what a terminal would act on',
    async (name) => {
      const bare = bareRepository({ branch: 'trunk', files: { x: 'x\n' } });
      git(bare, 'update-ref', `refs/heads/${name}`, 'trunk');
      const error = await failure(publish(one(), options(bare)), 'BRANCH_NOT_FOUND');
      expect(error.message).toContain('trunk');
      expect(error.message).not.toMatch(/[^\P{C}\n]|\p{Zl}|\p{Zp}/u);
    },
  );

  test('of the same name elsewhere is not taken for the branch', async () => {
    const bare = bareRepository({ files: { 'README.md': 'x\n' } });
    const decoy = git(bare, 'commit-tree', '-m', 'decoy', `${git(bare, 'rev-parse', 'main')}^{tree}`);
    for (const ref of ['refs/tags/main', 'refs/heads/heads/main', 'refs/main', 'refs/remotes/origin/main']) {
      git(bare, 'update-ref', ref, decoy);
    }
    const tip = git(bare, 'rev-parse', 'refs/heads/main');
    const result = await publish(one(), options(bare));
    expect(commitsOf(bare, 'refs/heads/main')).toEqual([tip, result.commit]);
    expect(git(bare, 'rev-parse', 'refs/tags/main')).toBe(decoy);
  });

  test.each(['blob', 'tree', 'tag'])('that leads to a %s instead of a commit is refused', async (kind) => {
    const bare = bareRepository({ files: { 'README.md': 'x\n' } });
    git(bare, 'tag', '-a', '-m', 'of a tree', 'odd', 'main^{tree}');
    const id = git(
      bare,
      'rev-parse',
      { blob: 'main:README.md', tree: 'main^{tree}', tag: 'refs/tags/odd' }[kind] as string,
    );
    writeFileSync(join(bare, 'refs/heads/main'), `${id}\n`);
    const error = await publish(one(), options(bare)).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error).toMatchObject({
      code: expect.stringMatching(/^(REMOTE_CORRUPT|GIT_FAILED|REMOTE_NOT_A_REPOSITORY)$/),
    });
    expect(error.message).not.toMatch(UNSAFE);
    expect(git(bare, 'rev-parse', 'refs/heads/main')).toBe(id);
  });
});

describe("a name in the remote's tree", () => {
  const raw = (bare: string, args: string[], input: string | Buffer) =>
    execFileSync('git', args, { cwd: bare, env: gitEnv, input, stdio: ['pipe', 'pipe', 'ignore'] })
      .toString()
      .trim();

  /** Makes a commit whose topmost folder holds an entry that no well-meaning git would write. */
  function commitEntry(bare: string, name: string | Buffer, mode = '100644'): void {
    const blob = raw(bare, ['hash-object', '-w', '--stdin'], 'x\n');
    const entry = [Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), Buffer.from(blob, 'hex')];
    const root = raw(bare, ['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], Buffer.concat(entry));
    git(bare, 'update-ref', 'refs/heads/main', git(bare, 'commit-tree', '-m', 'evil', root));
  }

  test.each([
    '.git',
    '.GiT',
    '.git.',
    '.git ',
    '.git. .',
    '.g\u200cit',
    '\ufeff.git',
    '.git::$DATA',
    'git~1',
    'GIT~12',
    '..',
    '.',
    'a/b',
  ])('%j is refused', async (name) => {
    const bare = bareRepository();
    commitEntry(bare, name);
    const error = await failure(publish(one(), options(bare)), 'REMOTE_CORRUPT');
    expect(error.message).not.toMatch(UNSAFE);
    expect(commitsOf(bare)).toHaveLength(1);
  });

  test.each([
    ['in Latin-1', Buffer.from('caf\u00e9', 'latin1')],
    ['cut within a character', Buffer.from([0x61, 0xe2, 0x82])],
    ['half of a pair', Buffer.from([0xed, 0xa0, 0x80])],
  ])('%s is refused, for it could not be kept as it is', async (_, name) => {
    const bare = bareRepository();
    commitEntry(bare, name);
    const error = await failure(publish(one(), options(bare)), 'REMOTE_CORRUPT');
    expect(error.message).toContain('not UTF-8');
    expect(commitsOf(bare)).toHaveLength(1);
  });

  test.each(['100666', '100600', '160001', '40755', '0', '777777777'])('of mode %s is refused', async (mode) => {
    const bare = bareRepository();
    commitEntry(bare, 'x', mode);
    await failure(publish(one(), options(bare)), 'REMOTE_CORRUPT');
  });

  test.each(['git', 'agit~1', '.gitignore', '.gitattributes', '.github', 'git~', '.git-x', 'git~x'])(
    '%j is kept as it is',
    async (name) => {
      const bare = bareRepository();
      commitEntry(bare, name);
      await publish(one(), options(bare));
      expect(Object.keys(filesOf(bare))).toContain(name);
    },
  );
});

describe('a record', () => {
  const PATH = 'releases/dev/a.yaml';
  const bomb = ['a: &a0 [x, x, x, x, x, x, x, x, x]']
    .concat(Array.from({ length: 12 }, (_, i) => `a${i}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`))
    .join('\n');
  const BAD: [string, (text: string) => string][] = [
    ['nothing', () => ''],
    ['no YAML', () => '{ a: [ }\n'],
    ['binary', () => '\u0000\u0001\u0002'],
    ['a list', () => '- a\n'],
    ['two documents', (text) => `${text}---\n${text}`],
    ['a tag of a language', () => '!!js/function "function () { process.exit() }"\n'],
    ['a billion laughs', () => bomb],
    ['a deep nesting', () => `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`],
    ['a version of the future', (text) => text.replace('cdk8s-gitops/v1', 'cdk8s-gitops/v9')],
    ['another kind', (text) => text.replace('kind: Release', 'kind: __proto__')],
    ['a commit that is an option', (text) => text.replace(/commit: .*/, 'commit: --upload-pack=x')],
    ['a commit with a line end', (text) => text.replace(/commit: .*/, `commit: "${'a'.repeat(40)}\\n--x"`)],
    ['a sequence beyond all', (text) => text.replace(/(commit: .*)/, '$1\n  sequence: 9007199254740993')],
    ['content that is no id', (text) => text.replace(/: [0-9a-f]{40}$/m, ': $(id)')],
    ['images that are no list', (text) => text.replace('images: []', 'images: {length: 3}')],
    ['a source that is a list', (text) => text.replace(/repository: .*/, 'repository: [a]')],
    ['an escape sequence', (text) => text.replace('kind: Release', 'kind: "\\e[31mRelease"')],
  ];

  test.each(BAD)('of %s is an error where it is one of ours, and no hindrance where it is not', async (_, spoil) => {
    const bare = bareRepository();
    await publish(theirs(), options(bare));
    await publish(one(), options(bare));
    const good = contentOf(bare, PATH);
    expect(spoil(good)).not.toBe(good);
    commitFiles(bare, { [PATH]: spoil(good) });
    const started = performance.now();
    const error = await failure(publish(one('x: 2\n'), options(bare)), 'RECORD_INVALID');
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(error.message).toContain(PATH);
    expect(error.message).not.toMatch(UNSAFE);

    commitFiles(bare, { [PATH]: good, 'releases/dev/theirs.yaml': spoil(good) });
    expect(await publish(one('x: 3\n'), options(bare))).toMatchObject({ outcome: 'published' });
    expect(contentOf(bare, 'releases/dev/theirs.yaml')).toBe(spoil(good));
  });

  test('of another owner names it without what a terminal would act on', async () => {
    const bare = bareRepository();
    await publish(one(), options(bare));
    const evil = JSON.stringify(`x/y${ESC}[2J\nerror: all is well\u202e`);
    commitFiles(bare, { [PATH]: contentOf(bare, PATH).replace(/repository: .*/, `repository: ${evil}`) });
    const error = await failure(publish(one('x: 2\n'), options(bare)), 'OWNED_BY_ANOTHER_SOURCE');
    expect(error.message).toContain('x/y');
    expect(error.message).not.toMatch(UNSAFE);
    expect(error.message.split('\n').some((line) => line.trimStart().startsWith('error:'))).toBe(false);
  });

  test.each(['../../x', 'eu-1/../../environments/dev', '.git', '', 'EU', 'a'.repeat(100_000)])(
    'that names the cluster %j leads nowhere else',
    async (cluster) => {
      const bare = bareRepository();
      await publish(theirs(), options(bare));
      await publish(one(), options(bare));
      const text = contentOf(bare, PATH).replace(/^cluster: .*/m, `cluster: ${JSON.stringify(cluster)}`);
      commitFiles(bare, { [PATH]: text });
      const before = filesOf(bare);
      const result = await publish(one('x: 2\n'), options(bare, { acknowledged: { overwrite: ['dev/a'] } })).catch(
        (error) => error,
      );
      if (result.outcome === undefined) {
        expect(result).toMatchObject({ code: expect.stringMatching(/^(RECORD_INVALID|CHANGED_BY_HAND)$/) });
        expect(filesOf(bare)).toEqual(before);
      } else {
        const after = filesOf(bare);
        expect(Object.keys(after)).toEqual(Object.keys(before));
        const touched = Object.keys(after).filter((path) => after[path] !== before[path]);
        expect(touched).toEqual(['environments/dev/a/a.yaml', PATH]);
      }
    },
  );

  test('of a unit that is declared no more does not say what is removed: its own folders do', async () => {
    const bare = bareRepository();
    await publish(theirs(), options(bare));
    await publish(tree([unit('dev', 'a'), unit('dev', 'b')]), options(bare));
    const record = contentOf(bare, 'releases/dev/b.yaml');
    for (const [from, to] of [
      [/^application: .*/m, 'application: theirs'],
      [/^environment: .*/m, 'environment: ..'],
      [/^cluster: .*/m, 'cluster: ../..'],
    ] as const) {
      commitFiles(bare, { 'releases/dev/b.yaml': record.replace(from, to) });
      await failure(publish(tree([unit('dev', 'a')]), options(bare)), 'RECORD_INVALID');
    }
    expect(Object.keys(filesOf(bare))).toContain('environments/dev/theirs/deployment-api.yaml');
  });
});

describe('a trailer', () => {
  const EVIL = [
    'acme/x\nUnit: prod/evil',
    'acme/x\r\nOut-Of-Order: yes',
    'acme/x\n\nSigned-off-by: root <root@localhost>',
    'acme/x\u2028Unit: prod/evil',
    'acme/x\u0085Unit: prod/evil',
    `acme/x${ESC}[2J`,
    'acme/x\u0000y',
    'acme/\u202ex',
    `acme/${'x'.repeat(100_000)}`,
  ];

  function trailersOf(bare: string): [string, string][] {
    const text = git(bare, 'log', '-1', '--format=%(trailers:only,unfold)', 'main');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
  }

  function check(bare: string): void {
    const body = execFileSync('git', ['cat-file', 'commit', 'main'], { cwd: bare, env: gitEnv, encoding: 'utf8' });
    expect(body).not.toMatch(/[^\P{C}\n]|\p{Zl}|\p{Zp}/u);
    for (const line of body.split('\n')) expect(line.length).toBeLessThan(600);
    const trailers = trailersOf(bare);
    expect(trailers.map(([key]) => key)).toEqual(['Source-Repository', 'Source-Commit', 'Generator', 'Unit']);
    expect(trailers.at(-1)).toEqual(['Unit', 'dev/a']);
  }

  test.each(EVIL)('of the source %j says nothing else', async (source) => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'a', undefined, { source })], source), options(bare));
    check(bare);
    expect(await publish(tree([unit('dev', 'a', undefined, { source })], source), options(bare))).toMatchObject({
      outcome: 'unchanged',
    });
  });

  test.each(EVIL)('of the generator %j says nothing else', async (generator) => {
    const bare = bareRepository();
    await publish(one(), options(bare, { generator }));
    check(bare);
  });

  test.each([
    ['takeOver', 'dev/a\nUnit: prod/evil'],
    ['overwrite', `dev/a${ESC}[2J`],
    ['delete', 'dev/a\r\nOut-Of-Order: yes'],
  ] as const)('of what is acknowledged with %s says nothing else', async (what, name) => {
    const bare = bareRepository();
    const result = await publish(one(), options(bare, { acknowledged: { [what]: [name] } })).catch((error) => error);
    if (result.outcome === undefined) {
      expect(result).toMatchObject({ code: 'USAGE' });
      expect(result.message).not.toMatch(UNSAFE);
      expect(git(bare, 'for-each-ref')).toBe('');
    } else check(bare);
  });

  test.each(EVIL.filter((text) => /\p{Cc}/u.test(text)))('has no room for the author %j', async (text) => {
    const author = { name: text, email: 'a@example.com' };
    const error = await failure(publish(one(), options('/nowhere', { author })), 'CONFIG_INVALID');
    expect(error.message).not.toMatch(UNSAFE);
    const env = { ...gitEnv, GIT_AUTHOR_EMAIL: text };
    if (!text.includes('\0')) await failure(publish(one(), options('/nowhere', { env })), 'CONFIG_INVALID');
  });

  test.each(['a<b', 'a>b', ' ', 'Ann <ann@example.com>'])('has no room for the author %j either', async (name) => {
    await failure(publish(one(), options('/nowhere', { author: { name, email: 'a@example.com' } })), 'CONFIG_INVALID');
    await failure(publish(one(), options('/nowhere', { author: { name: 'Ann', email: name } })), 'CONFIG_INVALID');
  });

  test.each(['dev\nUnit: x', 'dev\u0000', 'dev\u2028', `${ESC}[2J`, 'DEV', '../dev', 'dev/../prod', '-dev'])(
    'has no room for the environment %j',
    async (environment) => {
      const section = unit('dev', 'a');
      const owner = { kind: 'unit', environment, application: 'a', cluster: 'eu-1' } as const;
      const error = await failure(publish(tree([{ ...section, owner }]), options('/nowhere')), 'MODEL_INVALID');
      expect(error.message).not.toMatch(UNSAFE);
    },
  );
});
