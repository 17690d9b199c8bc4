import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EMPTY_TREE_ID, encodeTree } from '../../../src/model/git-objects';
import { treesOf } from '../../../src/publish/queue/entry';
import { bareRepository, commitsOf, git, gitEnv } from '../../helpers/git';
import { unit } from '../trees';
import { PREFIX, publishRound, queueRefs } from './fixture';
import { leaveEntry } from './left-behind';

const queue = { lease: 300 };
const retry = { minDelay: 20, maxDelay: 200 };
const OLD = '000000000000001';

function write(bare: string, type: string, body: string | Buffer): string {
  const args = ['hash-object', '-w', '-t', type, '--literally', '--stdin'];
  return execFileSync('git', args, { cwd: bare, env: gitEnv, input: body, encoding: 'utf8' }).trim();
}

/** A sound entry of the publisher 0, as its commit's text. */
async function sound(bare: string) {
  const files = { 'a.yaml': 'theirs\n' };
  const source = 'acme/app-0';
  const ticket = `${OLD}-${'a'.repeat(16)}`;
  const entry = await leaveEntry(bare, { source, sections: [unit('dev', 'app-0', files, { source })], ticket });
  const text = execFileSync('git', ['cat-file', 'commit', entry.id], { cwd: bare, env: gitEnv, encoding: 'utf8' });
  git(bare, 'update-ref', '-d', entry.ref);
  return { text, ref: entry.ref, tree: git(bare, 'rev-parse', `${entry.id}^{tree}`) };
}

type Entry = Awaited<ReturnType<typeof sound>>;
type Forged = { readonly text?: string | Buffer; readonly ref?: string; readonly id?: string };

/** The text with the unit's folder replaced by a tree. */
function withFolder(bare: string, { text }: Entry, entries: string): string {
  const folder = execFileSync('git', ['mktree', '--missing'], {
    cwd: bare,
    env: gitEnv,
    input: entries,
    encoding: 'utf8',
  });
  return withTree(bare, text, 'environments/dev/app-0', folder.trim());
}

/** The text with another id at a root, and the tree that follows from it. */
function withTree(bare: string, text: string, root: string, id: string): string {
  const said = text.replace(new RegExp(`^(Queue-Root: )\\S+( \\S+ ${root})$`, 'm'), `$1${id}$2`);
  const roots = [...said.matchAll(/^Queue-Root: (\S+) \S+ (.+)$/gm)].map(([, wanted = '', path = '']) => {
    return { path, wanted: wanted === '-' ? null : wanted, base: null };
  });
  const { id: tree, trees } = treesOf(roots);
  for (const entries of trees.values()) write(bare, 'tree', encodeTree(entries));
  return said.replace(/^tree .*/, `tree ${tree}`);
}

const blob = (bare: string) => write(bare, 'blob', 'x\n');

const FORGERIES: Record<string, (entry: Entry, bare: string) => Forged> = {
  'not named as an entry': ({ text, ref }) => ({ text, ref: ref.replace(/[^/]+$/, 'mine') }),
  'for other paths than its ref says': ({ text, ref }) => ({ text, ref: ref.replace(/[0-9a-f]{40}/, 'f'.repeat(40)) }),
  'another than its ref says': ({ text, ref }) => ({ text, ref: ref.replace(/a{16}$/, 'b'.repeat(16)) }),
  'for another branch': ({ text }) => ({ text: text.replace('Queue-Branch: main', 'Queue-Branch: other') }),
  'with a parent': ({ text }, bare) => ({ text: text.replace('\n', `\nparent ${git(bare, 'rev-parse', 'main')}\n`) }),
  'with an unknown header': ({ text }) => ({ text: text.replace('\n\n', '\nencoding latin1\n\n') }),
  'no commit but a blob': (_, bare) => ({ id: blob(bare) }),
  'no commit but a tag': ({ text }, bare) => ({
    id: write(
      bare,
      'tag',
      `object ${write(bare, 'commit', text)}\ntype commit\ntag x\ntagger T <t@example.com> 1 +0000\n\nx\n`,
    ),
  }),
  'without trailers': ({ text }) => ({ text: text.replace(/^Queue-.*\n/gm, '') }),
  'nothing but trailers': ({ text }) => ({ text: text.replace(/\n\n[\s\S]*?(?=^Queue-)/m, '\n\n') }),
  'with an unknown trailer': ({ text }) => ({ text: `${text}Queue-More: x\n` }),
  'with a trailer twice': ({ text }) => ({ text: `${text}Queue-Source: x/y\n` }),
  'with an escape sequence in its message': ({ text }) => ({ text: text.replace('\n\n', '\n\n\u001b]0;pwned\u0007') }),
  'not UTF-8': ({ text }) => ({ text: Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0x0a])]) }),
  'by an author with two addresses': ({ text }) => ({
    text: text.replace(/^author .*/m, 'author A <a@x> <b@x> 1 +0000'),
  }),
  'by an author with a control character': ({ text }) => ({
    text: text.replace(/^author .*/m, 'author A\u0007 <a@x> 1 +0000'),
  }),
  'with a tree that holds more': ({ text }, bare) => ({
    text: text.replace(/^tree .*/, `tree ${git(bare, 'rev-parse', 'main^{tree}')}`),
  }),
  'with an empty tree': ({ text }) => ({ text: text.replace(/^tree .*/, `tree ${EMPTY_TREE_ID}`) }),
  'with a root outside of its sections': ({ text }) => ({ text: text.replace('releases/dev/app-0.yaml', 'README.md') }),
  'with a root that leads out': ({ text }) => ({
    text: text.replace('environments/dev/app-0\n', 'environments/../app-0\n'),
  }),
  "with a root in git's own folder": ({ text }) => ({ text: text.replace('environments/dev/app-0\n', '.git/hooks\n') }),
  'with a root too few': ({ text }) => ({ text: text.replace(/^Queue-Root: .*releases.*\n/m, '') }),
  'with a root twice': ({ text }) => ({ text: `${text}${/^Queue-Root: .*\n/m.exec(text)?.[0] ?? ''}` }),
  'about a section that cannot be': ({ text }) => ({
    text: text.replace('Queue-Section: unit eu-1 dev app-0', 'Queue-Section: unit eu-1 dev ../x'),
  }),
  'about a folder that has a layout': ({ text }) => ({
    text: text.replace(/^Queue-Section: .*/m, 'Queue-Section: folder environments/dev'),
  }),
  'with an id that is none': ({ text }) => ({ text: text.replace(/^Queue-Root: \S{40} /m, 'Queue-Root: HEAD ') }),
  'with a symbolic link': (entry, bare) => ({ text: withFolder(bare, entry, `120000 blob ${blob(bare)}\ta.yaml\n`) }),
  'with a submodule': (entry, bare) => ({
    text: withFolder(bare, entry, `160000 commit ${git(bare, 'rev-parse', 'main')}\ta\n`),
  }),
  'with a program': (entry, bare) => ({ text: withFolder(bare, entry, `100755 blob ${blob(bare)}\ta.yaml\n`) }),
  'with a name of git in a folder below': (entry, bare) => {
    const below = Buffer.concat([Buffer.from('100644 .gitmodules\0'), Buffer.from(blob(bare), 'hex')]);
    return { text: withFolder(bare, entry, `040000 tree ${write(bare, 'tree', below)}\tdeep\n`) };
  },
};

/** Puts some of them there, each under a ticket of its own. Returns their refs. */
async function forge(bare: string, names: readonly string[]): Promise<string[]> {
  const entry = await sound(bare);
  return names.map((name, i) => {
    const forged = FORGERIES[name]?.(entry, bare) ?? {};
    const own = `${OLD}-${'a'.repeat(16)}`;
    const ticket = `${OLD}-${String(i).padStart(16, '0')}`;
    // Nothing but what it is about may be wrong with it.
    const { text, ref = entry.ref.replace(own, ticket) } = forged;
    const fitting = typeof text === 'string' && forged.ref === undefined ? text.replaceAll(own, ticket) : text;
    git(bare, 'update-ref', ref, forged.id ?? write(bare, 'commit', fitting ?? ''));
    return ref;
  });
}

/** What publishers are told of each. */
const REASONS: Readonly<Record<string, string>> = {
  'not named as an entry': 'is not named as entries are',
  'for other paths than its ref says': 'it holds other paths than its ref says',
  'another than its ref says': 'it is another entry than its ref says',
  'for another branch': 'it is for another branch',
  'with a parent': 'it has a parent',
  'with an unknown header': 'its commit has an unknown header',
  'no commit but a blob': 'it is no commit',
  'no commit but a tag': 'it is no commit',
  'without trailers': 'it is for another branch',
  'nothing but trailers': 'it has no message',
  'with an unknown trailer': 'it has a trailer that cannot be',
  'with a trailer twice': 'it has a trailer that cannot be',
  'with an escape sequence in its message': 'its message holds control characters',
  'not UTF-8': 'it is not UTF-8',
  'by an author with two addresses': 'its tree, author or committer cannot be',
  'by an author with a control character': 'its tree, author or committer cannot be',
  'with a tree that holds more': 'its tree is not what its message says',
  'with an empty tree': 'its tree is not what its message says',
  'with a root outside of its sections': 'its roots are not those of its sections',
  'with a root that leads out': 'it names a path that cannot be',
  "with a root in git's own folder": 'it names a path that cannot be',
  'with a root too few': 'its roots are not those of its sections',
  'with a root twice': 'its roots are not those of its sections',
  'about a section that cannot be': 'it names a section that cannot be',
  'about a folder that has a layout': 'it names a section that cannot be',
  'with an id that is none': 'it names an object that cannot be',
  'with a symbolic link': 'it holds something of mode 120000',
  'with a submodule': 'it holds something of mode 160000',
  'with a program': 'it holds something of mode 100755',
  'with a name of git in a folder below': 'it holds a file with a name that cannot be',
};

const NAMES = Object.keys(FORGERIES);
const CHUNKS = Array.from({ length: Math.ceil(NAMES.length / 8) }, (_, i) => NAMES.slice(8 * i, 8 * i + 8));

describe('entries that no publisher would make', () => {
  test.each(CHUNKS)('are passed over and reported: %s, %s, %s, %s, …', async (...names) => {
    const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
    const refs = await forge(bare, names);
    const result = await publishRound(bare, 1, 0, { queue, retry });
    expect(result.outcome).toBe('published');
    expect(result.warnings).toHaveLength(names.length);
    for (const [i, ref] of refs.entries()) {
      const warning = result.warnings.find((text) => text.includes(ref));
      expect(warning, names[i]).toMatch(/^the queue entry \S+ /);
      expect(warning?.endsWith(` ${REASONS[names[i] ?? '']}`), warning).toBe(true);
      expect(warning).not.toMatch(/\p{Cc}/u);
    }
    expect(commitsOf(bare)).toHaveLength(2);
    expect(git(bare, 'ls-tree', '-r', '--name-only', 'main')).not.toContain('app-0');
    expect(queueRefs(bare)).toEqual([...refs].sort());
  });

  test('are not all listed when there are many', async () => {
    const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
    await forge(bare, NAMES);
    const result = await publishRound(bare, 1, 0, { queue, retry });
    expect(result.outcome).toBe('published');
    expect(result.warnings).toHaveLength(11);
    expect(result.warnings.at(-1)).toBe(`${NAMES.length - 10} more queue entries were passed over`);
  });

  test('a sound one is landed: the forgeries above differ from it alone', async () => {
    const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
    const { text, ref } = await sound(bare);
    git(bare, 'update-ref', ref, write(bare, 'commit', text));
    const result = await publishRound(bare, 1, 0, { queue, retry });
    expect(result.warnings).toEqual([]);
    expect(commitsOf(bare)).toHaveLength(3);
    expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
  });
});

test('a thousand refs keep nobody', async () => {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
  const id = git(bare, 'rev-parse', 'main');
  const updates = Array.from(
    { length: 1_000 },
    (_, i) => `create ${PREFIX}/main/${'e'.repeat(40)}/${OLD}-${String(i).padStart(16, '0')} ${id}\n`,
  );
  execFileSync('git', ['update-ref', '--stdin'], { cwd: bare, env: gitEnv, input: updates.join('') });
  const result = await publishRound(bare, 1, 0, { queue, retry });
  expect(result.outcome).toBe('published');
  expect(result.warnings).toHaveLength(11);
});

test('a ref that no file can be called after keeps nobody', async () => {
  const bare = bareRepository({ files: { 'NOTES.md': 'x\n' } });
  git(bare, 'update-ref', `${PREFIX}/main/short`, 'main');
  git(bare, 'pack-refs', '--all');
  const file = `${bare}/packed-refs`;
  writeFileSync(file, readFileSync(file, 'utf8').replace('main/short', `main/${'n'.repeat(300)}`));
  expect(queueRefs(bare)).toHaveLength(1);
  const result = await publishRound(bare, 1, 0, { queue: { ...queue, mode: 'always' }, retry });
  expect(result.outcome).toBe('published');
});
