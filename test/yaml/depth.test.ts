import { describe, expect, test } from 'vitest';
import { MAX_DEPTH, tooDeepAt } from '../../src/yaml/depth';
import { parseYaml } from '../../src/yaml/parse';

/** Ways to nest a value, by how deep. */
const shapes: [string, (depth: number) => string][] = [
  ['lists in brackets', (n) => `${'['.repeat(n)}x${']'.repeat(n)}`],
  ['unclosed brackets', (n) => '['.repeat(n)],
  ['maps in braces', (n) => `${'{a: '.repeat(n)}x${'}'.repeat(n)}`],
  ['lists in a line', (n) => `${'- '.repeat(n)}x`],
  ['lists with anchors', (n) => `${Array.from({ length: n }, (_, i) => `[&a${i} `).join('')}x`],
  ['keys of keys', (n) => `${'? '.repeat(n)}x`],
  ['indented maps', (n) => Array.from({ length: n }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
  ['lists of maps', (n) => Array.from({ length: n / 2 }, (_, i) => `${'  '.repeat(i)}- a:`).join('\n')],
];

describe.each(shapes)('%s', (_, shape) => {
  test('are read as deep as any object goes', () => {
    expect(tooDeepAt(shape(100))).toBeUndefined();
    expect(tooDeepAt(shape(MAX_DEPTH - 2))).toBeUndefined();
  });

  test.each([MAX_DEPTH + 4, 3_000])('are refused where they are %i deep', (depth) => {
    expect(tooDeepAt(shape(depth))).toBeGreaterThan(0);
    expect(() => parseYaml(shape(depth))).toThrow('nested too deeply');
  });
});

test('long lines and many brackets are not deep', () => {
  const flat = `a: ${'x y - z: '.repeat(2_000).replaceAll(': ', ' ')}\nb: ${JSON.stringify(Array(1_000).fill({ c: [1] }))}\n`;
  expect(tooDeepAt(flat)).toBeUndefined();
  expect(parseYaml(flat)).toHaveLength(1);
});
