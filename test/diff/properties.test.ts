import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diffValues } from '../../src/diff/fields';
import { diffObjects } from '../../src/diff/objects';
import { renderDiff } from '../../src/diff/render';
import type { FieldChange } from '../../src/diff/types';
import { asJson } from '../helpers/json';
import { applyChanges } from './apply';

const key = fc.oneof(fc.constantFrom('a', 'b', 'name', 'spec', 'x-y', 'a.b/c', '0', ''), fc.string({ maxLength: 4 }));
const scalar = fc.oneof(
  fc.constantFrom('', 'a', 'b', '1', 'true', 'null', '--a=1', '--a=2'),
  fc.integer({ min: -3, max: 3 }),
  fc.boolean(),
  fc.constant(null),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
/** Any JSON value, with lists of all kinds, and no field that is a set. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.dictionary(key, tie('any'), { maxKeys: 4 }),
    fc.array(tie('any'), { maxLength: 4 }),
    fc.array(scalar, { maxLength: 6 }),
  ),
})).any;
const map = fc.dictionary(key, value, { maxKeys: 5 });

/** A list whose items are known by their name, as containers are. */
const keyed = fc.uniqueArray(
  fc.record(
    { name: fc.string({ unit: 'binary', minLength: 1, maxLength: 4 }), image: scalar, env: fc.dictionary(key, scalar) },
    { requiredKeys: ['name'] },
  ),
  { selector: ({ name }) => name, maxLength: 6 },
);

describe('changes of fields', () => {
  test('a value does not differ from itself', () => {
    fc.assert(fc.property(value, (x) => void expect(diffValues(x, asJson(x))).toEqual([])));
  });

  test('carried out on the value before, they make the value after', () => {
    fc.assert(
      fc.property(map, map, (before, after) => {
        const [b, a] = [asJson(before), asJson(after)];
        expect(applyChanges(b, diffValues(b, a))).toEqual(a);
      }),
      { numRuns: 2_000 },
    );
  });

  test('carried out on lists with merge keys, they make the list after', () => {
    fc.assert(
      fc.property(keyed, keyed, (before, after) => {
        const [b, a] = [asJson({ containers: before }), asJson({ containers: after })];
        expect(applyChanges(b, diffValues(b, a))).toEqual(a);
      }),
      { numRuns: 1_000 },
    );
  });

  test('there are some whenever the values differ', () => {
    fc.assert(
      fc.property(value, value, (before, after) => {
        const [b, a] = [asJson(before), asJson(after)];
        const equal = fc.stringify(sorted(b)) === fc.stringify(sorted(a));
        expect(diffValues(b, a).length === 0).toBe(equal);
      }),
    );
  });

  test('another order of a list with merge keys is at most one change', () => {
    const permuted = keyed.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(permuted, ([before, after]) => {
        const changes = diffValues({ containers: before }, { containers: after });
        expect(changes.map(({ op }) => op)).toEqual(before.every((item, i) => item === after[i]) ? [] : ['order']);
      }),
    );
  });

  test('they are the same the other way round', () => {
    const flip = ({ op, path }: FieldChange) => `${op === 'add' ? 'remove' : op === 'remove' ? 'add' : op} ${path}`;
    fc.assert(
      fc.property(keyed, keyed, (before, after) => {
        const there = diffValues({ containers: before }, { containers: after });
        const back = diffValues({ containers: after }, { containers: before });
        expect(back.map(flip).sort()).toEqual(there.map(({ op, path }) => `${op} ${path}`).sort());
      }),
    );
  });
});

describe('changes of objects', () => {
  const pair = fc.record(
    {
      path: fc.constantFrom('environments/dev/a/x.yaml', 'environments/dev/b/y.yaml', 'clusters/c/z.yaml', 'README.md'),
      before: fc.constantFrom(...texts()),
      after: fc.constantFrom(...texts()),
    },
    { requiredKeys: ['path'] },
  );
  const pairs = fc.uniqueArray(pair, { selector: ({ path }) => path });

  test('the order of files means nothing', () => {
    const permuted = pairs.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(fc.property(permuted, ([one, other]) => void expect(diffObjects(one)).toEqual(diffObjects(other))));
  });

  test('they survive JSON, and render without control characters', () => {
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 200 }), fc.boolean(), (files, width, full) => {
        const diff = diffObjects(files);
        expect(asJson(diff)).toEqual(diff);
        expect(renderDiff(diff, { color: false, width, full }).replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  test('any value renders without control characters', () => {
    fc.assert(
      fc.property(map, map, fc.integer({ min: 1, max: 120 }), (before, after, width) => {
        const diff = [
          {
            file: 'f',
            section: { kind: 'repository' as const },
            change: 'changed' as const,
            fields: diffValues(before, after),
          },
        ];
        const text = renderDiff(diff, { color: false, width, full: true });
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 500 },
    );
  });
});

function texts(): string[] {
  const object = (name: string, extra = '') =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: n\n${extra}`;
  return [
    object('a'),
    object('b'),
    object('a', 'data:\n  k: "\\e[31m\\u202e"\n'),
    `${object('a')}---\n${object('b', 'data:\n  k: v\n')}`,
    `${object('a')}---\n${object('a')}`,
    'resources: [a, b]\n',
    'resources: [b]\n---\nother: 1\n',
    '',
  ];
}

function sorted(x: unknown): unknown {
  if (Array.isArray(x)) return x.map(sorted);
  if (typeof x !== 'object' || x === null) return x;
  const entries = Object.entries(x).map(([k, v]) => [k, sorted(v)] as const);
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
