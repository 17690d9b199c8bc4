import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GitOpsError } from '../../src/errors';
import { parseYaml } from '../../src/yaml/parse';
import { asJson } from '../helpers/json';
import { GO_DOCUMENTS } from './go-yaml.documents';
import { GO_SCALARS } from './go-yaml.scalars';
import { REFUSED } from './refused';

/** What Kubernetes reads and we refuse: it hides a mistake, or it would be something else to another reader. */
const STRICTER: readonly (readonly [text: string, message: string])[] = [
  ['{a: 1, a: 2}', 'line 1, column 8: key "a" is there twice'],
  ['a: 1\na: 2', 'line 2, column 1: key "a" is there twice'],
  ['a: 1\n"a": 2', 'line 2, column 1: key "a" is there twice'],
  ['1: a\n"1": b', 'line 2, column 1: key "1" is there twice'],
  ['1: a\n1.0: b', 'line 2, column 1: key "1" is there twice'],
  ['yes: a\ntrue: b', 'line 2, column 1: key "true" is there twice'],
  ['a: !!binary gIGC', 'line 1, column 13: !!binary holds bytes that are not text'],
  ['a: "x\u0085y"', 'line 1, column 6: Missing closing "quote'],
  ['a: "\\\nb"', 'line 1, column 6: Missing closing "quote'],
  ['{a: 1}\nb: 2', 'line 2, column 1: Unexpected scalar at node end'],
];

/** Integers that a number cannot hold: Kubernetes would keep them, we would silently write another one. */
const INEXACT = [
  '9007199254740993',
  '-9007199254740993',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '18446744073709551615',
  '0xFFFFFFFFFFFFFFFF',
  '0777777777777777777777',
  '0b1111111111111111111111111111111111111111111111111111111111111111',
];

/** What Kubernetes refuses and we read: it can be meant in one way only, and what we write of it is fine. */
const MORE_LENIENT: readonly (readonly [text: string, value: unknown])[] = [
  ['%YAML 1.2\n---\na: yes', { a: true }],
  ['{"a": 1, "b": [true, null, "x\\u00e9\\n\\/"], "c": {}}', { a: 1, b: [true, null, 'xé\n/'], c: {} }],
  ['"\\ud83d\\ude00"', '😀'],
  ['a: |\n  \tx\n', { a: '\tx\n' }],
  ['a: &x-y.z 1\nb: *x-y.z', { a: 1, b: 1 }],
];

const ours = new Set([...STRICTER, ...MORE_LENIENT].map(([text]) => text));
const refusal = (text: string): string => {
  try {
    return `read as ${JSON.stringify(parseYaml(text))}`;
  } catch (error) {
    if (!GitOpsError.is(error) || error.code !== 'SOURCE_UNREADABLE') throw error;
    return error.message;
  }
};
const one = (text: string): unknown => {
  const documents = parseYaml(text);
  expect(documents.length).toBeLessThan(2);
  return asJson(documents[0] ?? null);
};

describe('a scalar is what Kubernetes reads', () => {
  it.each(GO_SCALARS.filter(([text]) => !INEXACT.includes(text)))('%j', (text, value) => {
    if (value === REFUSED) expect(refusal(`v: ${text}`)).toMatch(/^line 1, column \d+: /);
    else expect(one(`v: ${text}`)).toEqual({ v: asJson(value) });
  });

  it.each(INEXACT)('refuses %s, which a number cannot hold', (text) => {
    expect(refusal(`v: ${text}`)).toMatch(/^line 1, column 4: -?\d+ would be read as -?\d+: /);
  });
});

describe('a document is what Kubernetes reads', () => {
  it.each(GO_DOCUMENTS.filter(([text]) => !ours.has(text)))('%j', (text, value) => {
    if (value === REFUSED) expect(refusal(text)).toMatch(/^line \d+, column \d+: /);
    else expect(one(text)).toEqual(asJson(value));
  });

  it.each(STRICTER)('refuses %j', (text, message) => {
    expect(refusal(text)).toBe(message);
  });

  it.each(MORE_LENIENT)('reads %j all the same', (text, value) => {
    expect(one(text)).toEqual(value);
  });
});

describe('a stream', () => {
  it.each([
    ['', []],
    ['# nothing\n', []],
    ['---\n---\n', []],
    ['a: 1\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['a: 1\n---\n# nothing\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['null\n---\n~\n---\na: 1\n', [{ a: 1 }]],
    ['a: 1\n...\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['a: 1\r\n---\r\nb: 2\r\n', [{ a: 1 }, { b: 2 }]],
    ['\ufeffa: 1\n---\nb: 2\n', [{ a: 1 }, { b: 2 }]],
    ['{"a": 1}\n---\n{"b": 2}\n', [{ a: 1 }, { b: 2 }]],
    ['a: |\n  ---\n  x\n---\nb: 1\n', [{ a: '---\nx\n' }, { b: 1 }]],
  ])('%j', (text, documents) => {
    expect(parseYaml(text)).toEqual(documents);
  });

  it('keeps anchors to their document', () => {
    expect(refusal('a: &x 1\n---\nb: *x\n')).toBe('line 3, column 4: there is no &x above for *x');
  });

  it('says where the mistake is in the stream', () => {
    expect(refusal('a: 1\n---\nb: [\n')).toMatch(/^line \d+, column \d+: /);
    expect(refusal('a: 1\r\n---\r\nb: 1\r\nb: 2\r\n')).toBe('line 4, column 1: key "b" is there twice');
    expect(refusal('%b: 1')).toMatch(/^line 1, column 1: /);
  });
});

describe('hostile input', () => {
  it('refuses aliases that expand to far more than was written', () => {
    const levels = Array.from({ length: 12 }, (_, n) => `l${n}: &l${n} [${Array(9).fill(n ? `*l${n - 1}` : 'x')}]`);
    expect(refusal(levels.join('\n'))).toContain('aliases would expand');
  });

  it('expands aliases to values of their own', () => {
    const [{ a, b }] = parseYaml('a: &x {k: [1]}\nb: *x\n') as [{ a: unknown; b: unknown }];
    expect(a).toEqual(b);
    expect(a).not.toBe(b);
  });

  it.each(['a: &x\n  b: *x', '&x [*x]', 'a: &x {<<: *x}', 'a: &x [{b: *x}]'])('refuses a cycle: %j', (text) => {
    expect(refusal(text)).toMatch(/contains itself$/);
  });

  it('keeps __proto__ a member', () => {
    const [value] = parseYaml('__proto__: {polluted: true}\na: 1') as [Record<string, unknown>];
    expect(Object.keys(value)).toEqual(['__proto__', 'a']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('refuses nesting that would exhaust the stack', () => {
    expect(refusal('['.repeat(100_000))).toMatch(/^line 1, column \d+: /);
    expect(refusal(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toContain('nested too deeply');
  });

  it.each([
    ['a: \u2028b', 'line 1, column 4: U+2028 has to be written as an escape'],
    ['a: 1\n# \u2029b: 2', 'line 2, column 3: U+2029 has to be written as an escape'],
    ['a: \x00', 'line 1, column 4: U+0000 has to be written as an escape'],
    ['a: \ud800', 'line 1, column 4: U+D800 has to be written as an escape'],
  ])('refuses what readers disagree on: %j', (text, message) => {
    expect(refusal(text)).toBe(message);
  });

  it('throws nothing but its own error', () => {
    const soup = fc.array(
      fc.constantFrom(
        'a',
        '"',
        "'",
        ': ',
        '\n',
        '  ',
        '- ',
        '? ',
        '[',
        ']',
        '{',
        '}',
        ', ',
        '&x ',
        '*x',
        '!!int ',
        '|',
        '>',
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          soup.map((parts) => parts.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          refusal(text);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
