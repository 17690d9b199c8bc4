import { GitOpsError } from '../errors';

/** Several values in one text. Messages name lines and never what is in them. */

export type PlaintextFormat = 'env' | 'json';

export const PLAINTEXT_FORMATS: readonly PlaintextFormat[] = ['env', 'json'];

/**
 * Reads values by key.
 * @throws GitOpsError SECRET_INPUT_INVALID
 */
export function parsePlaintext(text: string, format: PlaintextFormat): Map<string, Uint8Array> {
  const read = format === 'json' ? parseJson(text) : parseEnv(text);
  return new Map([...read].map(([key, value]) => [key, Buffer.from(value, 'utf8')]));
}

function parseJson(text: string): Map<string, string> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // What the parser says may quote the text.
    throw invalid('the input is not JSON: write an object with a text for each key');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('the input is JSON, and no object: write one with a text for each key');
  }
  const entries = Object.entries(value);
  const other = entries.findIndex(([, each]) => typeof each !== 'string');
  if (other >= 0) throw invalid(`member ${other + 1} of the input is no text: put it into quotes`);
  return new Map(entries as [string, string][]);
}

const ASSIGNMENT = /^\s*(?:export\s+)?([-._a-zA-Z0-9]+)\s*=[^\S\n]*/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** `KEY=value` lines: `#` comments on lines of their own, `'…'` as it is, `"…"` with escapes, both over several lines. Nothing is expanded. */
function parseEnv(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const source = text.replace(/^\ufeff/, '').replace(/\r\n/g, '\n');
  let at = 0;
  let line = 1;
  const advance = (length: number): void => {
    line += source.slice(at, at + length).split('\n').length - 1;
    at += length;
  };
  while (at < source.length) {
    const rest = source.slice(at);
    const skipped = /^(?:[^\S\n]*(?:#[^\n]*)?(?:\n|$))+/.exec(rest)?.[0] ?? '';
    if (skipped !== '') {
      advance(skipped.length);
      continue;
    }
    const [assignment, key] = ASSIGNMENT.exec(rest) ?? [];
    if (assignment === undefined || key === undefined) throw invalid(`line ${line} of the input is not like KEY=value`);
    if (values.has(key)) throw invalid(`line ${line} of the input has a key that was there before`);
    advance(assignment.length);
    const [value, length] = valueAt(source.slice(at), line);
    values.set(key, value);
    advance(length);
    const end = /^[^\S\n]*(?:#[^\n]*)?(?:\n|$)/.exec(source.slice(at))?.[0];
    if (end === undefined) throw invalid(`line ${line} of the input goes on after its closing quote`);
    advance(end.length);
  }
  return values;
}

/** A value, and how long it is as it was written. */
function valueAt(text: string, line: number): readonly [value: string, length: number] {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") {
    const whole = /^[^\n]*/.exec(text)?.[0] ?? '';
    // Some readers take what follows for a comment, others do not.
    if (/(?:^|\s)#/.test(whole))
      throw invalid(`line ${line} of the input has a \`#\` in its value: put the value into quotes`);
    return [whole.trimEnd(), whole.length];
  }
  const quoted = quote === "'" ? /^'([^']*)'/.exec(text) : /^"((?:[^"\\]|\\[\s\S])*)"/.exec(text);
  if (quoted === null) throw invalid(`line ${line} of the input opens a quote that is never closed`);
  const [whole, inner = ''] = quoted;
  const value = quote === "'" ? inner : inner.replace(/\\([\s\S])/g, (_, char: string) => ESCAPES[char] ?? char);
  return [value, whole.length];
}

function invalid(message: string): GitOpsError {
  return new GitOpsError('SECRET_INPUT_INVALID', message);
}
