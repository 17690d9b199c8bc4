import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeText, quote } from '../../src/diff/escape';
import { memberPath, scalarText } from '../../src/diff/path';
import { parsePath } from './apply';

const text = fc.string({ unit: 'binary' });

describe('paths', () => {
  test('keys can be read back', () => {
    fc.assert(
      fc.property(fc.array(text), (keys) => {
        expect(parsePath(keys.reduce(memberPath, '')).map((part) => part.text)).toEqual(keys);
      }),
    );
  });

  test('scalars that differ have texts that differ', () => {
    const scalar = fc.oneof(
      text,
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constantFrom('true', '1', 'NaN', '-1', ''),
    );
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        if (typeof a === typeof b ? a !== b && !(Number.isNaN(a) && Number.isNaN(b)) : true) {
          expect(scalarText(a)).not.toBe(scalarText(b));
        }
      }),
    );
  });
});

describe('escaping', () => {
  test('a quoted text is safe, and JSON of the same text', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(quote(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(JSON.parse(quote(value))).toBe(value);
      }),
    );
  });

  test.each([
    ['plain', 'plain'],
    ['größe → 日本', 'größe → 日本'],
    ['a\tb\r\n', 'a\\tb\\r\\n'],
    ['\u001b[31m', '\\u001b[31m'],
    ['\u{e0041}', '\\udb40\\udc41'],
    ['a\u200bb', 'a\\u200bb'],
  ])('%j', (value, expected) => expect(escapeText(value)).toBe(expected));
});
