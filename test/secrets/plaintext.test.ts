import { describe, expect, it } from 'vitest';
import { GitOpsError } from '../../src';
import { type PlaintextFormat, parsePlaintext } from '../../src/secrets/plaintext';

const read = (text: string, format: PlaintextFormat) =>
  Object.fromEntries(
    [...parsePlaintext(text, format)].map(([key, value]) => [key, Buffer.from(value).toString('utf8')]),
  );

describe('several values in one text', () => {
  it('are read from KEY=value lines', () => {
    const text = [
      '\ufeff# comment',
      'plain=a b=c',
      '  export spaced = x  ',
      'single=\'a # "b" \\n\'',
      'double="a\\n\\"b\\" \\\\ # $HOME"  # comment',
      'lines="one',
      'two"',
      '',
      "last.key-1='x'",
    ];
    const expected = {
      plain: 'a b=c',
      spaced: 'x',
      single: 'a # "b" \\n',
      double: 'a\n"b" \\ # $HOME',
      lines: 'one\ntwo',
      'last.key-1': 'x',
    };
    expect(read(text.join('\n'), 'env')).toEqual(expected);
    expect(read(text.join('\r\n'), 'env')).toEqual(expected);
    expect(read('', 'env')).toEqual({});
    expect(read('a=', 'env')).toEqual({ a: '' });
  });

  it('are read from JSON', () => {
    expect(read('{"a": "x\\ny", "b": "💥"}', 'json')).toEqual({ a: 'x\ny', b: '💥' });
  });

  it.each<[PlaintextFormat, string, RegExp]>([
    ['env', 'hunter2', /line 1 /],
    ['env', 'a=x\nhunter2\n', /line 2 /],
    ['env', 'a="x\nhunter2\n', /line 1 .*never closed/],
    ['env', "a='x' hunter2", /line 1 .*closing quote/],
    ['env', 'a=1\na=hunter2', /line 2 .*before/],
    ['env', 'a=hunter2 # really', /line 1 .*quotes/],
    ['env', '=hunter2', /line 1 /],
    ['json', '{"a": hunter2}', /not JSON/],
    ['json', '["hunter2"]', /no object/],
    ['json', '"hunter2"', /no object/],
    ['json', '{"a": "x", "b": {"hunter2": 1}}', /member 2 /],
  ])('are refused in %s when they are %j, unseen', (format, text, message) => {
    let thrown: unknown;
    try {
      parsePlaintext(text, format);
    } catch (error) {
      thrown = error;
    }
    expect(GitOpsError.is(thrown) && thrown.code).toBe('SECRET_INPUT_INVALID');
    expect(String(thrown)).toMatch(message);
    expect(String(thrown)).not.toContain('hunter2');
    expect((thrown as GitOpsError).cause).toBeUndefined();
  });
});
