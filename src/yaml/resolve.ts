/**
 * What a scalar means to Kubernetes, that is to go-yaml 2 under sigs.k8s.io/yaml. It is neither YAML 1.1 (`12:30` and dates
 * are strings) nor 1.2 (`yes` is a boolean, `0775` is octal, and so is `0o17`). The tests hold what the Go reader says.
 */

export type Kind = 'null' | 'bool' | 'int' | 'float' | 'timestamp' | 'str';

export interface Resolved {
  readonly kind: Kind;
  /** An integer is a bigint when it is too large for a number to hold exactly. A float may be infinite or NaN. */
  readonly value: string | number | bigint | boolean | null;
}

const WORDS = new Map<string, Resolved>();
const word = (kind: Kind, value: Resolved['value'], ...words: string[]): void => {
  for (const text of words) {
    for (const cased of [text, text.toUpperCase(), text.replace(/[a-z]/, (letter) => letter.toUpperCase())]) {
      WORDS.set(cased, { kind, value });
    }
  }
};
word('null', null, '', '~', 'null');
word('bool', true, 'y', 'yes', 'true', 'on');
word('bool', false, 'n', 'no', 'false', 'off');
word('float', Number.POSITIVE_INFINITY, '.inf', '+.inf');
word('float', Number.NEGATIVE_INFINITY, '-.inf');
word('float', Number.NaN, '.nan', '.NaN');

const SMALL_INTEGER = /^(?:0|-?[1-9]\d{0,14})$/;
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}(?:$|[Tt ]\d{1,2}:)/;
const INTEGER = /^([-+]?)(0[xX][\da-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const UNDERSCORE_BETWEEN_DIGITS = /(?<=\d)_(?=\d)/g;

/** What an untagged plain scalar is. */
export function resolvePlain(text: string): Resolved {
  const known = WORDS.get(text);
  if (known) return known;
  if (SMALL_INTEGER.test(text)) return { kind: 'int', value: Number(text) };
  const string = { kind: 'str', value: text } as const;
  if (text.startsWith('.')) return float(text.replace(UNDERSCORE_BETWEEN_DIGITS, '')) ?? string;
  if (!/^[-+\d]/.test(text)) return string;
  if (TIMESTAMP.test(text)) return { kind: 'timestamp', value: text };
  const digits = text.replaceAll('_', '');
  return integer(digits) ?? float(digits) ?? string;
}

/** An integer of 64 bits, unsigned only without a sign. What is larger is a float, if it is decimal. */
function integer(text: string): Resolved | undefined {
  const [, sign, digits] = INTEGER.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const size = BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (size >= 1n << (sign === '' ? 64n : 63n) && !(sign === '-' && size === 1n << 63n)) return undefined;
  const exact = sign === '-' ? -size : size;
  return { kind: 'int', value: Number.isSafeInteger(Number(exact)) ? Number(exact) : exact };
}

/** A float of 64 bits: what is too large for one is a string. */
function float(text: string): Resolved | undefined {
  const value = FLOAT.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? { kind: 'float', value } : undefined;
}

/**
 * What a scalar with a tag is, whatever its quotes, or the reason why it cannot be. A tag that go-yaml does not know makes
 * a string.
 */
export function resolveTagged(tag: string, text: string): Resolved | string {
  switch (tag) {
    case 'null':
    case 'bool':
    case 'int':
    case 'float':
    case 'timestamp': {
      const resolved = resolvePlain(text);
      const fits = resolved.kind === tag || (tag === 'float' && resolved.kind === 'int');
      return fits ? resolved : `cannot read this as !!${tag}`;
    }
    case 'binary':
      return binary(text);
    default:
      return { kind: 'str', value: text };
  }
}

function binary(text: string): Resolved | string {
  const base64 = text.replaceAll('\n', '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z\d+/]*={0,2}$/.test(base64)) return '!!binary is not base64';
  const bytes = Buffer.from(base64, 'base64');
  const value = bytes.toString('utf8');
  return Buffer.from(value).equals(bytes) ? { kind: 'str', value } : '!!binary holds bytes that are not text';
}

/** The member name that a key becomes in JSON, or undefined when it cannot be one. */
export function keyName({ kind, value }: Resolved): string | undefined {
  if (value === null) return undefined;
  if (kind === 'float') return floatName(Number(value));
  // Go would need an unsigned type for it, which is not among those that may be a key.
  if (typeof value === 'bigint' && value >= 1n << 63n) return undefined;
  return String(value);
}

/** As Go prints a float (`%g`): with as few digits as 32 bits need, and an exponent from a million on. */
function floatName(value: number): string {
  const single = Math.fround(value);
  if (Number.isNaN(single)) return '.nan';
  if (!Number.isFinite(single)) return single < 0 ? '-.inf' : '.inf';
  if (Object.is(single, -0)) return '-0';
  let digits = 1;
  while (Math.fround(Number(single.toPrecision(digits))) !== single) digits++;
  const [mantissa = '', exponent = ''] = single.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(single.toPrecision(digits)));
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}
