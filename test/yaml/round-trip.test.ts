import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emitYaml } from '../../src/yaml/emit';
import { parseYaml } from '../../src/yaml/parse';
import { asJson } from '../helpers/json';
import { NASTY } from './nasty';
import { READERS } from './readers';

/** Pieces that mean something in YAML, and characters that readers treat in ways of their own. */
const PIECES = [
  'a',
  'é',
  '日',
  '😀',
  '0',
  '1',
  '-',
  '- ',
  '--',
  '.',
  ':',
  ': ',
  '#',
  ' #',
  ' ',
  '  ',
  '\t',
  '\n',
  '\n\n',
  '\n  ',
];
PIECES.push(
  '\r',
  '"',
  "'",
  '\\',
  '|',
  '>',
  '%',
  '@',
  '`',
  '&',
  '*',
  '!',
  '?',
  ',',
  '[',
  ']',
  '{',
  '}',
  '~',
  '=',
  '<',
  '_',
);
PIECES.push(
  'e',
  'x',
  'o',
  'yes',
  'null',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\x7f',
  '\x00',
  '\u200b',
  '\u{e0001}',
  '---',
  '...',
);

const text = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.array(fc.constantFrom('a', ' ', '\t', '\n'), { maxLength: 12 }).map((pieces) => pieces.join('')),
  fc.array(fc.constantFrom(...'0123456789_.+-:eExobTZ'), { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.constantFrom(...NASTY.filter((nasty) => nasty.length < 100)),
  fc.string({ unit: 'binary' }).filter((string) => !/[\ud800-\udfff]/u.test(string)),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
}));

describe('any JSON value', () => {
  it.each(Object.entries(READERS))('comes back from %s', (_, read) => {
    fc.assert(
      fc.property(value, (given) => {
        expect(read(emitYaml(given))).toEqual(asJson(given));
      }),
      { numRuns: 1500 },
    );
  });

  it('is written the same when it was read back', () => {
    fc.assert(
      fc.property(value, (given) => {
        const written = emitYaml(given);
        for (const back of parseYaml(written)) expect(emitYaml(back)).toBe(written);
      }),
      { numRuns: 1000 },
    );
  });

  it('is one document among others', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 4 }), (given) => {
        const stream = given.map((each) => `---\n${emitYaml(each)}`).join('');
        expect(parseYaml(stream)).toEqual(asJson(given.filter((each) => each !== null)));
      }),
      { numRuns: 300 },
    );
  });

  it('has no line that kubectl would take for the end of a document, and no character that go-yaml refuses', () => {
    fc.assert(
      fc.property(fc.dictionary(text, value, { minKeys: 1 }), (given) => {
        const written = emitYaml(given);
        expect(written).not.toMatch(/^(?:---|\.\.\.|%)/m);
        expect(written).not.toMatch(
          /[^\t\n -~\u00a1-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\ud7ff\ue000-\ufefe\uff00-\uffef\ufffc\ufffd\u{10000}-\u{10ffff}]/u,
        );
        expect(written.endsWith('\n')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
