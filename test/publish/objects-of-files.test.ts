import fc from 'fast-check';
import { expect, test } from 'vitest';
import { objectsIn } from '../../src/publish/objects-of-files';

const names = (text: string) => objectsIn(text)?.map(({ kind, metadata }) => `${kind}/${metadata.name}`);

test('objects of several documents and of lists are found', () => {
  const one = (kind: string, name: string) => `apiVersion: v1\nkind: ${kind}\nmetadata: {name: ${name}}\n`;
  expect(names(`${one('A', 'a')}---\n${one('B', 'b')}---\n`)).toEqual(['A/a', 'B/b']);
  const list = { apiVersion: 'v1', kind: 'ConfigMapList', items: [{ metadata: { name: 'x' } }] };
  expect(names(JSON.stringify(list))).toEqual(['ConfigMap/x']);
  const nested = { kind: 'List', items: [{ kind: 'List', items: [{ kind: 'A', metadata: { name: 'a' } }] }] };
  expect(names(JSON.stringify(nested))).toEqual(['A/a']);
});

test('what is no object is left out, and what cannot be read is told apart from it', () => {
  for (const text of [
    '',
    'a: 1\n',
    '- 1\n',
    'kind: A\n',
    'kind: A\nmetadata: {name: 1}\n',
    'kind: 1\nmetadata: {name: a}\n',
  ]) {
    expect(names(text), text).toEqual([]);
  }
  for (const text of ['a: [', '{', 'a: 1\na: 2\n', 'a: *b\n']) expect(objectsIn(text), text).toBeUndefined();
  expect(objectsIn(new Uint8Array(17 * 1024 * 1024))).toBeUndefined();
});

test('hostile files end soon', () => {
  const bomb = ['a0: &a0 [x,x]', ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i},*a${i}]`)].join(
    '\n',
  );
  const deep = `kind: ${'['.repeat(100_000)}`;
  const list = `${'{"kind":"List","items":['.repeat(3_000)}${']}'.repeat(3_000)}`;
  const started = performance.now();
  for (const text of [bomb, deep, list]) objectsIn(text);
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('nothing is thrown, whatever a file holds', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      objectsIn(bytes);
    }),
  );
});
