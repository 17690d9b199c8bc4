import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { failureJson, failureText } from '../../src/cli/failure';
import { duration, imageTag, plural } from '../../src/cli/format';
import { fenced, markdownTable } from '../../src/cli/job-summary';
import { toJson } from '../../src/cli/json';
import { progressHost } from '../../src/cli/progress';
import { renderTable } from '../../src/cli/table';
import { isInteractive } from '../../src/cli/terminal';
import { GitOpsError } from '../../src/errors';

const plain = createColors(false);

function recorder(): { text: string; write(chunk: string | Uint8Array): void } {
  return {
    text: '',
    write(chunk) {
      this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    },
  };
}

describe('errors', () => {
  it('are shown with their code', () => {
    const error = GitOpsError.of('MODEL_INVALID', 'two problems', [{ where: 'dev/app', message: 'is wrong' }]);
    expect(failureText(error, plain, false)).toBe('error MODEL_INVALID: two problems\n  [dev/app] is wrong\n');
    expect(failureJson(error)).toEqual({
      error: { code: 'MODEL_INVALID', message: error.message, problems: [{ where: 'dev/app', message: 'is wrong' }] },
    });
  });

  it('of no kind of ours are mistakes of the tool', () => {
    const error = new TypeError('x is undefined');
    expect(failureText(error, plain, false)).toMatch(/^error INTERNAL: x is undefined\n.*--verbose/);
    expect(failureText(error, plain, false)).not.toContain('rendering.test.ts');
    expect(failureText(error, plain, true)).toContain('rendering.test.ts');
    expect(failureJson('text')).toMatchObject({ error: { code: 'INTERNAL' } });
  });
});

describe('JSON', () => {
  it('reads back as the same, and prints nothing that acts', () => {
    const value = { a: 'x\u009b\u202e\u2028\u0007\u{e0001}y', b: ['\n', 1, null], 'k\u200b': 'ü' };
    const text = toJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u);
    expect(text).toContain('ü');
  });
});

describe('progress', () => {
  it('is a line for each event where nobody watches', () => {
    const stream = recorder();
    const host = progressHost({ stream, colors: plain, interactive: false, quiet: false });
    host.progress({ phase: 'load', message: 'loading\u001b[2J' });
    host.output('no line end');
    host.warn('careful');
    host.progress({ phase: 'done', message: 'x' });
    host.end();
    expect(stream.text).toBe('loading\\u001b[2J\nno line end\nwarning: careful\n');
  });

  it('is one line in a terminal, and gone at the end', () => {
    const stream = { ...recorder(), columns: 30 };
    const host = progressHost({ stream, colors: plain, interactive: true, quiet: false });
    host.progress({ phase: 'load', message: 'x'.repeat(100) });
    host.warn('careful');
    host.end();
    expect(stream.text).toContain(`⠋ ${'x'.repeat(25)}…`);
    expect(stream.text).toContain('\r\u001b[2Kwarning: careful\n');
    expect(stream.text.endsWith('\r\u001b[2K')).toBe(true);
  });

  it('is silent when it should be, but for warnings', () => {
    const stream = recorder();
    const host = progressHost({ stream, colors: plain, interactive: false, quiet: true });
    host.progress({ phase: 'load', message: 'loading' });
    host.warn('careful');
    expect(stream.text).toBe('warning: careful\n');
  });

  it('is not drawn over in CI', () => {
    const stream = { ...recorder(), isTTY: true };
    expect(isInteractive(stream, { TERM: 'xterm' })).toBe(true);
    expect(isInteractive(stream, { TERM: 'dumb' })).toBe(false);
    expect(isInteractive(stream, { CI: 'true' })).toBe(false);
    expect(isInteractive({ ...stream, isTTY: false }, {})).toBe(false);
  });
});

describe('tables', () => {
  it('escape what they show, and end somewhere', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => [`row ${index}`, 'a\u001b[31mb\nsecond']);
    const text = await renderTable(['one', 'two'], rows, plain, 'unit');
    expect(text).toContain('a\\u001b[31mb');
    expect(text).toContain('row 59');
    expect(text).not.toContain('row 60');
    expect(text).toContain('… and 40 more units');
  });

  it('of Markdown hold on to their cells', () => {
    expect(markdownTable(['a'], [['x | y\nz']])).toBe('| a |\n| --- |\n| x   y z |');
    expect(fenced('````\nx')).toBe('`````diff\n````\nx\n`````');
  });
});

describe('words', () => {
  it('are for people', () => {
    expect([plural(1, 'unit'), plural(0, 'unit')]).toEqual(['1 unit', '0 units']);
    expect([duration(840), duration(12_400)]).toEqual(['0.8 s', '12 s']);
    const digest = `sha256:${'a'.repeat(64)}`;
    const images = ['x:1.2', 'r:5000/x', 'r:5000/x:1', `x@${digest}`, `x:2@${digest}`, 'x'];
    expect(images.map(imageTag)).toEqual(['1.2', 'latest', '1', 'a'.repeat(12), '2', 'latest']);
  });
});
