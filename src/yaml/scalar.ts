import { REFUSED } from './unrepresentable';

/**
 * How a string is written so that every reader gives the same string back: go-yaml 2 and 3 (Kubernetes, kustomize, Argo
 * CD, Flux, SOPS), libyaml and PyYAML (YAML 1.1), `yaml` and js-yaml (YAML 1.2). Only what is plainly safe in all of them
 * goes without quotes.
 */

/** Starts like a word, a path or a flag; holds neither `: ` nor ` #`; ends in neither a colon nor a space. */
const PLAIN = /^(?:[A-Za-z_/$(]|\.\/|--?[A-Za-z])(?:[!-9;-~]|:(?=[!-~])| (?=[ -"$-~]))*$/;

/** Words that some reader takes for a boolean, null or a number: YAML 1.1 in `yaml` reads even `e1` as a float. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|-?(?:inf|infinity|nan|e[-+]?\d+))$/i;

/** Quantities, durations and percentages start with a digit and are a number nowhere: `100m`, `2Gi`, `1h30m`, `25%`. */
const MEASURE = /^(?:\d+(?:\.\d+)?(?:%|[KMGTPE]i|[num]?s|[numkMGThd]))+$/;

/** A key longer than this is written as `? key`: readers look for the colon of a simple key for 1024 bytes at most. */
const LONGEST_SIMPLE_KEY = 320;

const READS_BETTER_IN_SINGLE_QUOTES = /^(?=.*["\\])[ -&(-~]*$/;

const BEYOND_ASCII = /[^\t\n -~]/;
const BEYOND_ASCII_RUNS = /[^\t\n -~]+/g;

/** In unicode mode a pair is one character: this matches only a surrogate without its partner. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/**
 * What has to be escaped: control characters, every space and line break beyond ASCII (readers disagree on them), and
 * what a reviewer cannot see or is misled by: zero-width and bidirectional controls, fillers, tags, noncharacters.
 */
const INVISIBLE = [
  '\\x7f-\\xa0\\xad\\u034f\\u061c\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f',
  '\\u205f-\\u206f\\u3000\\u3164\\ufdd0-\\ufdef\\ufeff\\uffa0\\ufff0-\\ufffb\\ufffe\\uffff\\u{e0000}-\\u{e0fff}',
].join('');
const NEEDS_ESCAPE = new RegExp(`[${INVISIBLE}]`, 'u');
const EVERY_ESCAPE = new RegExp(`[${INVISIBLE}]`, 'gu');
const CONTROL = /[^\t\n -\u{10ffff}]/u;
/**
 * No literal block for what has nothing visible; begins with a tab or a line of spaces (the indentation is lost when
 * kustomize writes it anew) or ends in a line of spaces (`yaml` drops it).
 */
const UNSAFE_IN_BLOCK = /^[\t\n ]*$|^\n*\t|^\n* +\n|\n[\t ]+\n*$/;
/** Empty lines get no indentation: nothing should end in spaces that the string has not. */
const LINE_STARTS = /\n(?=[^\n])/g;

const escapeChar = (char: string): string => {
  const hex = (char.codePointAt(0) ?? 0).toString(16);
  // A pair of surrogates, as JSON would write it, is an error to go-yaml.
  return hex.length > 4 ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
};

/**
 * JSON's escapes are YAML's too; what JSON leaves as it is but must not be seen raw is escaped after it. Text that holds
 * double quotes or backslashes and needs no escapes otherwise reads better in single quotes: JSON, regular expressions.
 */
function quote(text: string): string {
  if (READS_BETTER_IN_SINGLE_QUOTES.test(text)) return `'${text}'`;
  // It has no UTF-8, so it has no YAML.
  if (LONE_SURROGATE.test(text)) throw REFUSED;
  const quoted = JSON.stringify(text);
  return NEEDS_ESCAPE.test(quoted) ? quoted.replace(EVERY_ESCAPE, escapeChar) : quoted;
}

/** True of visible text, in whatever script. */
const isVisible = (text: string): boolean =>
  !CONTROL.test(text) && !NEEDS_ESCAPE.test(text) && !LONE_SURROGATE.test(text);

function isPlain(text: string): boolean {
  if (PLAIN.test(text)) return !RESERVED.test(text);
  if (MEASURE.test(text)) return true;
  // Beyond ASCII there are no indicators: to the readers it is all letters.
  return BEYOND_ASCII.test(text) && isVisible(text) && PLAIN.test(text.replace(BEYOND_ASCII_RUNS, 'x'));
}

/** Remembers what was made of short strings: the same few words fill most manifests. Emptied when full, so it is bounded. */
function memoize(make: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    if (text.length > 64) return make(text);
    let made = known.get(text);
    if (made === undefined) {
      made = make(text);
      if (known.size >= 20_000) known.clear();
      known.set(text, made);
    }
    return made;
  };
}

/** The string on one line: plain where that is safe, else in double quotes. */
export const formatLine = memoize((text) => (isPlain(text) ? text : quote(text)));

/**
 * The key with its colon; or, when it is too long for that, `? key` and nothing more: the colon then goes on the next
 * line, under the question mark.
 */
export const formatKey = memoize((key) => {
  const line = isPlain(key) ? key : quote(key);
  return line.length > LONGEST_SIMPLE_KEY ? `? ${line}` : `${line}:`;
});

/**
 * The string as a literal block without its last line end, or undefined when that would not give it back exactly.
 * @param pad a line end and the indentation of the block's lines: two more than its parent's
 */
export function formatLiteral(text: string, pad: string): string | undefined {
  if (UNSAFE_IN_BLOCK.test(text) || !isVisible(text)) return undefined;
  // Without an indicator the indentation is guessed from the first line.
  const indicator = /^\s/.test(text) ? '2' : '';
  const chomping = text.endsWith('\n\n') ? '+' : text.endsWith('\n') ? '' : '-';
  const body = text.endsWith('\n') ? text.slice(0, -1) : text;
  return `|${indicator}${chomping}${body.startsWith('\n') ? '\n' : pad}${body.replace(LINE_STARTS, pad)}`;
}
