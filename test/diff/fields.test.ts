import { describe, expect, test } from 'vitest';
import { diffManifests, diffValues } from '../../src/diff/fields';
import type { Manifest } from '../../src/model/manifest';
import { brief } from './brief';

describe('maps and scalars', () => {
  test.each<[string, unknown, unknown, unknown[]]>([
    ['equal', { a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 2 }] } }, []],
    ['order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }, []],
    ['changed', { a: { b: 1 } }, { a: { b: 2 } }, [['~', 'a.b', 1, 2]]],
    ['added', { a: {} }, { a: { b: { c: 1 } } }, [['+', 'a.b', { c: 1 }]]],
    ['removed', { a: { b: 0 } }, { a: {} }, [['-', 'a.b', 0]]],
    ['text is not number', { a: '1' }, { a: 1 }, [['~', 'a', '1', 1]]],
    ['text is not boolean', { a: 'true' }, { a: true }, [['~', 'a', 'true', true]]],
    ['null is not missing', { a: null }, {}, [['-', 'a', null]]],
    ['missing is not null', {}, { a: null }, [['+', 'a', null]]],
    ['null is not empty', { a: null }, { a: {} }, [['~', 'a', null, {}]]],
    ['undefined is missing', { a: undefined }, {}, []],
    ['map to list', { a: { b: 1 } }, { a: [1] }, [['~', 'a', { b: 1 }, [1]]]],
    ['quoted keys', { m: { 'a.b/c': '1' } }, { m: { 'a.b/c': '2' } }, [['~', 'm["a.b/c"]', '1', '2']]],
    [
      'keys that look like items',
      { m: {} },
      { m: { '0': 1, '': 2 } },
      [
        ['+', 'm[""]', 2],
        ['+', 'm["0"]', 1],
      ],
    ],
    ['keys with escapes', {}, { '\u001b[2J\u202e"': 1 }, [['+', '["\\u001b[2J\\u202e\\""]', 1]]],
    [
      'inherited names',
      {},
      { toString: 1, constructor: 2 },
      [
        ['+', 'constructor', 2],
        ['+', 'toString', 1],
      ],
    ],
    [
      'prototype',
      JSON.parse('{"__proto__": {"a": 1}}'),
      JSON.parse('{"__proto__": {"a": 2}}'),
      [['~', '__proto__.a', 1, 2]],
    ],
    ['not a number', { a: Number.NaN }, { a: Number.NaN }, []],
  ])('%s', (_, before, after, expected) => {
    expect(brief(before, after)).toEqual(expected);
  });

  test('a missing object is compared with an empty one', () => {
    const manifest: Manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } };
    expect(diffManifests(undefined, manifest).map(({ op, path }) => `${op} ${path}`)).toEqual([
      'add apiVersion',
      'add kind',
      'add metadata',
    ]);
    expect(diffManifests(manifest, undefined).map(({ op }) => op)).toEqual(['remove', 'remove', 'remove']);
    expect(diffManifests(undefined, undefined)).toEqual([]);
  });
});

describe('size', () => {
  const within = (milliseconds: number, before: unknown, after: unknown) => {
    // Time of the processor, whatever else the machine does: it is the square of the size that must not be spent.
    const start = process.cpuUsage();
    const changes = diffValues(before, after);
    expect(process.cpuUsage(start).user / 1_000).toBeLessThan(milliseconds);
    return changes;
  };
  const items = (count: number, make: (i: number) => unknown) => Array.from({ length: count }, (_, i) => make(i));

  test('10,000 items with keys, in reverse', () => {
    const env = items(10_000, (i) => ({ name: `V${i}`, value: `${i}` }));
    expect(within(2_000, { env }, { env: env.toReversed() })).toHaveLength(1);
  });

  test('10,000 items without keys, shifted by one and every hundredth changed', () => {
    const rules = items(10_000, (i) => ({ a: [i], b: { c: i } }));
    const now = [{ a: ['new'], b: {} }, ...items(10_000, (i) => ({ a: [i], b: { c: i % 100 === 50 ? -1 : i } }))];
    expect(within(2_000, { rules }, { rules: now })).toHaveLength(101);
  });

  test('10,000 items that all changed', () => {
    const before = items(10_000, (i) => ({ a: i, b: 0 }));
    const after = items(10_000, (i) => ({ a: i, b: 1 }));
    expect(within(2_000, { x: before }, { x: after })).toHaveLength(10_000);
  });

  test('10,000 equal items among few others', () => {
    const before = items(10_000, (i) => (i % 3 === 0 ? 'a' : 'b'));
    const after = items(10_000, (i) => (i % 5 === 0 ? 'b' : 'a'));
    within(2_000, { args: before }, { args: after });
  });

  test('nesting of any depth', () => {
    const nest = (depth: number, core: unknown) => {
      let value: unknown = core;
      for (let i = 0; i < depth; i++) value = i % 2 === 0 ? { a: value } : [value];
      return { value };
    };
    expect(within(2_000, nest(50_000, 1), nest(50_000, 1))).toEqual([]);
    expect(within(2_000, nest(50_000, 1), nest(50_000, 2))).toHaveLength(1);
  });
});
