/** Characters as inclusive ranges of code points. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** A regular expression, read. */
export type Node =
  | { readonly kind: 'characters'; readonly ranges: Ranges }
  | { readonly kind: 'start' | 'end' | 'empty' }
  | { readonly kind: 'sequence' | 'either'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

const LAST = 0x10ffff;
const DIGITS: Ranges = [[48, 57]];
const WORDS: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACES: Ranges = [
  [9, 10],
  [12, 13],
  [32, 32],
];
const CLASSES: Readonly<Record<string, Ranges>> = { d: DIGITS, w: WORDS, s: SPACES };
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const POSIX: Readonly<Record<string, Ranges>> = {
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  alpha: [
    [65, 90],
    [97, 122],
  ],
  digit: DIGITS,
  lower: [[97, 122]],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: [[65, 90]],
  word: WORDS,
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};
const MOST_REPEATS = 1000;
const DEEPEST = 100;

/** Thrown for what is not understood. */
export class UnknownSyntax extends Error {}

/** Reads the regular expressions of Go, which Kubernetes has. @throws UnknownSyntax */
export function readExpression(text: string): Node {
  return new Reader(text).all();
}

class Reader {
  private at = 0;
  private depth = 0;
  private ignoresCase = false;
  private dotIsAll = false;

  constructor(private readonly text: string) {}

  all(): Node {
    const node = this.either();
    if (this.at < this.text.length) throw new UnknownSyntax();
    return node;
  }

  private either(): Node {
    if (++this.depth > DEEPEST) throw new UnknownSyntax();
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    this.depth--;
    return parts.length === 1 ? (parts[0] as Node) : { kind: 'either', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.text.length && !this.sees('|') && !this.sees(')')) parts.push(this.repeated(this.atom()));
    return { kind: 'sequence', parts };
  }

  private repeated(part: Node): Node {
    let node = part;
    for (;;) {
      const bounds = this.bounds();
      if (bounds === undefined) return node;
      // Whether it takes as little as it can does not matter to what matches.
      this.take('?');
      node = { kind: 'repeat', part: node, ...bounds };
    }
  }

  private bounds(): { least: number; most: number } | undefined {
    if (this.take('*')) return { least: 0, most: Number.POSITIVE_INFINITY };
    if (this.take('+')) return { least: 1, most: Number.POSITIVE_INFINITY };
    if (this.take('?')) return { least: 0, most: 1 };
    const [all, least = '', comma, most = ''] = this.match(/\{(\d+)(,)?(\d*)\}/y) ?? [];
    if (all === undefined) return undefined;
    const from = Number(least);
    const to = comma === undefined ? from : most === '' ? Number.POSITIVE_INFINITY : Number(most);
    const isTooMuch = from > MOST_REPEATS || (to !== Number.POSITIVE_INFINITY && to > MOST_REPEATS);
    if (isTooMuch || to < from) throw new UnknownSyntax();
    return { least: from, most: to };
  }

  private atom(): Node {
    if (this.take('(')) return this.group();
    if (this.take('[')) return this.characters(this.set());
    if (this.take('^')) return { kind: 'start' };
    if (this.take('$')) return { kind: 'end' };
    if (this.take('.')) {
      return this.characters(
        this.dotIsAll
          ? [[0, LAST]]
          : [
              [0, 9],
              [11, LAST],
            ],
      );
    }
    if (this.take('\\')) return this.escaped();
    const code = this.next();
    if ('*+?'.includes(String.fromCodePoint(code))) throw new UnknownSyntax();
    return this.characters([[code, code]]);
  }

  private group(): Node {
    const before = { ignoresCase: this.ignoresCase, dotIsAll: this.dotIsAll };
    if (this.take('?')) {
      const [flags, letters = '', end] = this.match(/([is]*)([:)])/y) ?? [];
      if (flags !== undefined) {
        if (letters.includes('i')) this.ignoresCase = true;
        if (letters.includes('s')) this.dotIsAll = true;
        // Flags alone hold for the rest of the group around them.
        if (end === ')') return { kind: 'empty' };
      } else if (this.match(/P?<\w+>/y) === undefined) throw new UnknownSyntax();
    }
    const node = this.either();
    if (!this.take(')')) throw new UnknownSyntax();
    Object.assign(this, before);
    return node;
  }

  private escaped(): Node {
    if (this.take('A')) return { kind: 'start' };
    if (this.take('z')) return { kind: 'end' };
    return this.characters(this.escape());
  }

  /** What stands after a backslash. */
  private escape(): Ranges {
    const [, hex, longHex] = this.match(/x(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/y) ?? [];
    const code = hex ?? longHex;
    if (code !== undefined) return [[Number.parseInt(code, 16), Number.parseInt(code, 16)]];
    const point = this.next();
    const letter = String.fromCodePoint(point);
    const own = CLASSES[letter.toLowerCase()];
    if (own !== undefined) return letter === letter.toLowerCase() ? own : inverted(own);
    const control = CONTROLS[letter];
    if (control !== undefined) return [[control, control]];
    // Letters and digits that are left mean something that is not done here: boundaries, properties, references.
    if (/[A-Za-z0-9]/.test(letter)) throw new UnknownSyntax();
    return [[point, point]];
  }

  private set(): Ranges {
    const isNegative = this.take('^');
    const ranges: (readonly [number, number])[] = [];
    for (let isFirst = true; isFirst || !this.sees(']'); isFirst = false) {
      const [, name = ''] = this.match(/\[:(\w+):\]/y) ?? [];
      if (name !== '') {
        const posix = POSIX[name];
        if (posix === undefined) throw new UnknownSyntax();
        ranges.push(...posix);
        continue;
      }
      const from = this.member();
      if (from.length === 1 && this.sees('-') && this.text[this.at + 1] !== ']') {
        this.at++;
        const to = this.member();
        ranges.push([from[0]?.[0] ?? 0, to[0]?.[0] ?? 0]);
      } else ranges.push(...from);
    }
    this.at++;
    return isNegative ? inverted(this.folded(ranges)) : ranges;
  }

  private member(): Ranges {
    if (this.take('\\')) return this.escape();
    const code = this.next();
    return [[code, code]];
  }

  private characters(ranges: Ranges): Node {
    return { kind: 'characters', ranges: this.folded(ranges) };
  }

  /** With both cases of the letters of ASCII, if that is asked for. */
  private folded(ranges: Ranges): Ranges {
    if (!this.ignoresCase) return ranges;
    const shift = (from: number, to: number, by: number) =>
      ranges
        .filter(([a, b]) => a <= to && b >= from)
        .map(([a, b]) => [Math.max(a, from) + by, Math.min(b, to) + by] as const);
    return [...ranges, ...shift(65, 90, 32), ...shift(97, 122, -32)];
  }

  private next(): number {
    const code = this.text.codePointAt(this.at);
    if (code === undefined) throw new UnknownSyntax();
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  private sees(letter: string): boolean {
    return this.text[this.at] === letter;
  }

  private take(letter: string): boolean {
    if (!this.sees(letter)) return false;
    this.at++;
    return true;
  }

  private match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.text);
    if (found === null) return undefined;
    this.at = expression.lastIndex;
    return found;
  }
}

function inverted(ranges: Ranges): Ranges {
  const result: (readonly [number, number])[] = [];
  let from = 0;
  for (const [a, b] of [...ranges].sort(([x], [y]) => x - y)) {
    if (a > from) result.push([from, a - 1]);
    from = Math.max(from, b + 1);
  }
  if (from <= LAST) result.push([from, LAST]);
  return result;
}
