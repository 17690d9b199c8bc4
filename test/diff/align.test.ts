import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { align, longestAscending } from '../../src/diff/align';
import { diffValues } from '../../src/diff/fields';
import { asJson } from '../helpers/json';
import { applyChanges } from './apply';

const none = () => 0;
const always = () => 1;

describe('alignment', () => {
  test.each<[string, number[], number[], number[][]]>([
    [
      'equal',
      [1, 2, 3],
      [1, 2, 3],
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ],
    [
      'inserted in front',
      [1, 2],
      [9, 1, 2],
      [
        [0, 1],
        [1, 2],
      ],
    ],
    [
      'removed in between',
      [1, 2, 3],
      [1, 3],
      [
        [0, 0],
        [2, 1],
      ],
    ],
    [
      'repeated items',
      [1, 1, 2, 1],
      [1, 2, 1, 1],
      [
        [0, 0],
        [2, 1],
        [3, 3],
      ],
    ],
    ['nothing in common', [1, 2], [3, 4], []],
    ['empty', [], [1], []],
  ])('%s', (_, before, after, pairs) => expect(align(before, after, none)).toEqual(pairs));

  test('items that are alike are paired, the most alike first', () => {
    const likeness = (b: number, a: number) => (b === 0 && a === 1 ? 5 : 1);
    expect(align([1], [2, 3], likeness)).toEqual([[0, 1]]);
  });

  /** Sizes around the bounds within which the best match is searched for. */
  const items = fc.oneof(
    fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 12 }),
    fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 100, maxLength: 300, size: 'max' }),
    fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 100, maxLength: 300, size: 'max' }),
  );

  test('pairs ascend, and pair equal items when only those are alike', () => {
    fc.assert(
      fc.property(items, items, fc.boolean(), (before, after, alike) => {
        const pairs = align(before, after, alike ? always : none);
        pairs.forEach(([b, a], i) => {
          const [lastB, lastA] = pairs[i - 1] ?? [-1, -1];
          expect(b > lastB && a > lastA && b < before.length && a < after.length).toBe(true);
          if (!alike) expect(before[b]).toBe(after[a]);
        });
      }),
    );
  });

  test('changes of long lists make the list after', () => {
    const item = fc.oneof(fc.integer({ min: 0, max: 400 }), fc.record({ a: fc.nat(9), b: fc.nat(9) }));
    const long = fc.array(item, { minLength: 90, maxLength: 250, size: 'max' });
    fc.assert(
      fc.property(long, long, (before, after) => {
        const [b, a] = [{ x: before }, { x: after }].map((x) => asJson(x));
        expect(applyChanges(b, diffValues(b, a))).toEqual(a);
      }),
      { numRuns: 50 },
    );
  });

  test('longest ascending subsequence', () => {
    expect(longestAscending([3, 1, 4, 0, 5, 2])).toEqual([1, 2, 4]);
    expect(longestAscending([])).toEqual([]);
  });
});
