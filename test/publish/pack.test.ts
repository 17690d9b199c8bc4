import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { objectId } from '../../src/model/git-objects';
import { buildTrees, commitObject, type NewObject, parseTree, treeObject } from '../../src/publish/git/objects';
import { writePack } from '../../src/publish/git/pack';
import { sanitize } from '../../src/publish/git/text';
import { bareRepository, git } from '../helpers/git';

const blob = (body: Uint8Array): NewObject => ({ id: objectId('blob', body), type: 'blob', body });

test('git reads the packs that are written, large and tiny objects alike', async () => {
  const bare = bareRepository();
  const bodies = [Buffer.alloc(0), Buffer.from('x'), Buffer.alloc(15, 1), Buffer.alloc(16, 2), randomBytes(3_000_000)];
  for (let i = 0; i < 400; i++) bodies.push(Buffer.from(`object ${i}\n`.repeat(i)));
  const blobs = bodies.map(blob).filter(({ id }, i, all) => all.findIndex((other) => other.id === id) === i);
  const { id, trees } = buildTrees(blobs.map((object, i) => [`d${i % 7}/f${i}`, { mode: '100644', id: object.id }]));
  const commit = commitObject({ tree: id, parent: null, author: 'A <a@b> 1 +0000', message: 'all\n' });
  const objects = [commit, ...[...trees.values()].map(treeObject), ...blobs];
  const folder = join(bare, 'objects/pack');
  await writePack(folder, objects, objects.length);
  git(bare, 'update-ref', 'refs/heads/main', commit.id);

  const index = readdirSync(folder).find((name) => name.endsWith('.idx'));
  git(bare, 'verify-pack', join(folder, index as string));
  expect(git(bare, 'fsck', '--full', '--strict')).toBe('');
  const tree = treeObject([...(trees.get(id) ?? [])]);
  expect(tree.id).toBe(git(bare, 'rev-parse', 'main^{tree}'));
  expect(parseTree(Buffer.from(tree.body), '').map(({ name }) => name)).toEqual([
    'd0',
    'd1',
    'd2',
    'd3',
    'd4',
    'd5',
    'd6',
  ]);
});

test('a count that is wrong is an error', async () => {
  await expect(writePack(join(bareRepository(), 'objects/pack'), [blob(Buffer.from('x'))], 2)).rejects.toThrow(
    '2 objects',
  );
});

test.each([
  ['\u001b[31mred\u001b[0m', 'red'],
  ['\u001b]0;title\u0007text', 'text'],
  ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
  ['a\r\nb\rc', 'a\nb\nc'],
  ['a\u0000\u0007b\u202ec', 'abc'],
  ['at https://user:pw@example.com/x and ssh://me@host', 'at https://***@example.com/x and ssh://***@host'],
  ['the token abc123', 'the token ***'],
])('%j is shown as %j', (text, shown) => {
  expect(sanitize(text, ['', 'abc123'])).toBe(shown);
});
