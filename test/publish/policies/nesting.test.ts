import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNesting } from '../../../src/publish/policies/nesting';

test('folders in one another are found, whichever of them is to be published', () => {
  const present = ['apps/a', 'apps/b/inner', 'apps-a', 'x'];
  expect(findNesting(['apps/a/sub/deeper'], present)).toEqual([{ path: 'apps/a/sub/deeper', other: 'apps/a' }]);
  expect(findNesting(['apps/b'], present)).toEqual([{ path: 'apps/b', other: 'apps/b/inner' }]);
  expect(findNesting(['apps'], present)).toEqual([
    { path: 'apps', other: 'apps/a' },
    { path: 'apps', other: 'apps/b/inner' },
  ]);
});

test('equal folders, siblings and names that start alike are not nested', () => {
  expect(findNesting(['apps/a', 'apps/aa', 'app', 'y'], ['apps/a', 'apps/b', 'apps-a', 'apps.a/x'])).toEqual([]);
});

test('exactly the pairs of which one is the beginning of the other, part by part', () => {
  const path = fc
    .array(fc.constantFrom('a', 'b', 'a-b', 'a.b'), { minLength: 1, maxLength: 4 })
    .map((parts) => parts.join('/'));
  const isWithin = (inner: string[], outer: string[]) =>
    inner.length > outer.length && outer.every((part, i) => part === inner[i]);
  fc.assert(
    fc.property(fc.uniqueArray(path), fc.uniqueArray(path), (wanted, present) => {
      const expected = wanted.flatMap((one) =>
        present
          .filter((other) => {
            const [a, b] = [one.split('/'), other.split('/')];
            return isWithin(a, b) || isWithin(b, a);
          })
          .map((other) => `${one} ${other}`),
      );
      const found = findNesting(wanted, present).map(({ path: one, other }) => `${one} ${other}`);
      expect(found.sort()).toEqual(expected.sort());
    }),
  );
});
