import { describe, expect, it } from 'vitest';
import { GitOpsError } from '../../src/errors';
import { emitYaml } from '../../src/yaml/emit';
import { asJson } from '../helpers/json';
import { NASTY } from './nasty';
import { READERS } from './readers';

const lines = (...text: string[]): string => `${text.join('\n')}\n`;

describe('layout', () => {
  it('is block style, indented by two, lists too', () => {
    const value = {
      kind: 'Deployment',
      spec: {
        replicas: 2,
        paused: false,
        template: { containers: [{ name: 'main', args: ['--port=8080', '-v'], env: [] }, { name: 'side' }] },
        volumes: [{}],
        matrix: [[1, 2], [[3]], []],
        nothing: null,
      },
    };
    expect(emitYaml(value)).toBe(
      lines(
        'kind: Deployment',
        'spec:',
        '  replicas: 2',
        '  paused: false',
        '  template:',
        '    containers:',
        '      - name: main',
        '        args:',
        '          - --port=8080',
        '          - -v',
        '        env: []',
        '      - name: side',
        '  volumes:',
        '    - {}',
        '  matrix:',
        '    - - 1',
        '      - 2',
        '    - - - 3',
        '    - []',
        '  nothing: null',
      ),
    );
  });

  it.each([
    [null, 'null\n'],
    [true, 'true\n'],
    [1.5, '1.5\n'],
    ['text', 'text\n'],
    ['', '""\n'],
    ['a\nb', '|-\n  a\n  b\n'],
    [' a\nb', '" a\\nb"\n'],
    [{}, '{}\n'],
    [[], '[]\n'],
    [['a'], '- a\n'],
    [{ a: undefined }, '{}\n'],
  ])('%j alone is a document', (value, text) => {
    expect(emitYaml(value)).toBe(text);
  });

  it('keeps the order of keys', () => {
    expect(emitYaml({ b: 1, a: 2, c: { z: 1, x: 2 } })).toBe('b: 1\na: 2\nc:\n  z: 1\n  x: 2\n');
  });

  it('leaves out members that are undefined, and makes null of items', () => {
    expect(emitYaml({ a: undefined, b: { c: undefined }, d: [undefined, 1] })).toBe('b: {}\nd:\n  - null\n  - 1\n');
    expect(emitYaml({ a: new Array(2) })).toBe('a:\n  - null\n  - null\n');
  });

  it('writes what people write without quotes', () => {
    const plain = ['nginx:1.25', 'ghcr.io/acme/x@sha256:ab', 'app.kubernetes.io/name', '100m', '1.5Gi', '25%', '1h30m'];
    plain.push(
      '$(POD_IP)',
      'a, b',
      "it's",
      '/healthz',
      'https://x.io/?a=b#c',
      '--level=info',
      'Grüße',
      '日本語',
      'ok 👍',
    );
    for (const text of plain) expect(emitYaml([text])).toBe(`- ${text}\n`);
  });

  it('writes JSON and regular expressions in single quotes', () => {
    expect(emitYaml({ a: '{"b": 1}', c: '\\d+', d: `"it's"` })).toBe(
      lines(`a: '{"b": 1}'`, `c: '\\d+'`, `d: "\\"it's\\""`),
    );
  });

  it('escapes what a reviewer could not see', () => {
    expect(emitYaml(['a\u202eb', 'a\u200bb', 'a\u00a0b', '\u{e0041}', '\u0085', '\ufeff'])).toBe(
      lines('- "a\\u202eb"', '- "a\\u200bb"', '- "a\\u00a0b"', '- "\\U000e0041"', '- "\\u0085"', '- "\\ufeff"'),
    );
  });
});

describe('text of several lines', () => {
  it.each([
    ['a\nb', '|-', ['a', 'b']],
    ['a\nb\n', '|', ['a', 'b']],
    ['a\nb\n\n', '|+', ['a', 'b', '']],
    ['  a\nb\n', '|2', ['  a', 'b']],
    ['\na\n', '|2', ['', 'a']],
    ['a\n\n  b\n', '|', ['a', '', '  b']],
    ['a\n\tb\t\n', '|', ['a', '\tb\t']],
    ['# a\n---\n...\n- b: c\n', '|', ['# a', '---', '...', '- b: c']],
  ])('%j is a literal block', (text, header, body) => {
    const block = body.map((line) => (line === '' ? '' : `  ${line}`));
    expect(emitYaml({ k: text, z: 1 })).toBe(lines(`k: ${header}`, ...block, 'z: 1'));
  });

  it.each(['\n', ' \n ', '\ta\nb', '  \na', 'a\n  ', 'a\n\t\n', 'a\r\nb', 'a\nb\u0085', 'a\n\u2028b', 'a\n\x1b[0m'])(
    '%j is not: some reader would change it',
    (text) => {
      expect(emitYaml({ k: text })).toMatch(/^k: ".*"\n$/);
    },
  );

  it('folds nothing, however long', () => {
    const text = 'word '.repeat(5000).trim();
    expect(emitYaml({ k: text })).toBe(`k: ${text}\n`);
  });
});

describe('numbers', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [-1.5, '-1.5'],
    [1e21, '1.0e+21'],
    [1.5e-7, '1.5e-7'],
    [-1e-7, '-1.0e-7'],
    [123456789012345680000, '123456789012345680000'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [5e-324, '5.0e-324'],
    [42n, '42'],
  ])('%s is %s', (value, text) => {
    expect(emitYaml({ v: value })).toBe(`v: ${text}\n`);
    for (const read of Object.values(READERS)) expect(read(`v: ${text}\n`)).toEqual({ v: Number(value) + 0 });
  });
});

describe('strings that are not what they look like', () => {
  it.each(NASTY)('%j comes back from every reader', (text) => {
    const value = {
      k: text,
      [text]: text,
      list: [text, [text]],
      map: { [text]: { [text]: 1 } },
      each: [{ [text]: text }],
    };
    for (const [name, read] of Object.entries(READERS)) {
      expect(read(emitYaml(text)), name).toBe(text);
      expect(read(emitYaml(value)), name).toEqual(asJson(value));
    }
  });

  it('writes a key beyond what readers look for as an explicit one', () => {
    const long = 'k'.repeat(2000);
    expect(emitYaml([{ [long]: 1, b: { [long]: { c: 'a\nb' } } }])).toBe(
      lines(`- ? ${long}`, '  : 1', '  b:', `    ? ${long}`, '    :', '      c: |-', '        a', '        b'),
    );
  });
});

describe('what has no YAML is refused, and where it is', () => {
  const cycle: { a: unknown[] } = { a: [] };
  cycle.a.push({ back: cycle });
  let deep: unknown = 1;
  for (let n = 0; n < 2000; n++) deep = [deep];

  it.each<[string, unknown, string]>([
    ['a lone surrogate', { spec: { x: [1, 2, { y: 'a\ud800' }] } }, 'spec.x[2].y holds half of a surrogate pair'],
    ['the other half', { a: '\udc00b' }, 'a holds half of a surrogate pair'],
    ['one in text of several lines', { a: 'x\n\ud800\n' }, 'a holds half of a surrogate pair'],
    ['one in a key', { a: { '\ud800': 1 } }, 'a["\\ud800"] is a key that holds half of a surrogate pair'],
    ['NaN', { a: { 'b/c': Number.NaN } }, 'a["b/c"] is NaN'],
    ['Infinity', [Number.NEGATIVE_INFINITY], '[0] is -Infinity'],
    ['a function', { a: () => 1 }, 'a is a function'],
    ['a symbol', { a: [Symbol('s')] }, 'a[0] is a symbol'],
    ['a bigint beyond numbers', { a: 2n ** 53n }, 'a is a bigint'],
    ['a Date', { a: new Date(0) }, 'a is a Date'],
    ['a Map', { a: new Map([[1, 2]]) }, 'a is a Map'],
    [
      'an instance',
      {
        a: new (class Token {
          readonly x = 1;
        })(),
      },
      'a is a Token',
    ],
    ['a cycle', cycle, 'a[0].back contains itself'],
    ['great depth', deep, ' is nested more than 500 levels deep'],
    ['nothing', undefined, 'the document is undefined'],
  ])('%s', (_, value, message) => {
    let thrown: unknown;
    try {
      emitYaml(value);
    } catch (error) {
      thrown = error;
    }
    expect(GitOpsError.is(thrown) && thrown.code).toBe('YAML_UNREPRESENTABLE');
    expect((thrown as GitOpsError).message).toContain(message);
  });

  it('never says the value', () => {
    expect(() => emitYaml({ password: 'hunter2\ud800' })).toThrow(/^(?!.*hunter2)/);
  });

  it('takes objects without a prototype, and the same object twice', () => {
    const shared = Object.assign(Object.create(null), { x: 1 });
    expect(emitYaml({ a: shared, b: shared })).toBe('a:\n  x: 1\nb:\n  x: 1\n');
  });
});
