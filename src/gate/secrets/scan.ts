import { readAssignment } from './assignments';
import { commandAt, secretsInWords, shellWords } from './commands';
import { decodeBase64, SHORTEST_RUN } from './decode';
import { distinctCharacters } from './entropy';
import { pemPrivateKey } from './keys';
import { Lines } from './lines';
import { strengthOf } from './names';
import type { Pattern } from './pattern';
import { FINDINGS, type Finding, type Report } from './report';
import { driverCredentials, type UrlVerdict, urlCredentials } from './urls';
import { judge, kindOf } from './values';
import { ACL, AUTOMATON, BASIC, BEARER, HASH, SQL, type Word } from './vocabulary';
import { describe, isCode, isLetter, isStandIn } from './words';

/** Steps that a word costs beyond the reading of the text. */
const STEPS = 12;
/** Texts within texts that are opened. */
const DEEPEST = 3;

/** Texts in which nothing was found, for as long as the process runs. */
const harmless = new Set<string>();
const LONGEST_REMEMBERED = 96;
const MOST_REMEMBERED = 50_000;
/** Characters of the shortest token, or run of base64. */
const SHORTEST_TOKEN = 16;

/**
 * True of explanations in which no word is as long as the shortest token, or looks as if it were made by a machine: they
 * are most of what definitions hold.
 */
function isPlainProse(text: string): boolean {
  let length = 0;
  let hasDigit = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 32) {
      length = 0;
      hasDigit = false;
    } else {
      if (code <= 57 && code >= 48) hasDigit = true;
      if (++length >= SHORTEST_TOKEN && hasDigit) return false;
    }
  }
  return !text.includes('PRIVATE KEY');
}

/** How much of a text is looked at. */
export interface ScanOptions {
  /** Only what is known by its form: tokens and keys. For texts that explain: names and examples are no secrets there. */
  readonly isProse?: boolean;
  /** How many texts this one is within. @default 0 */
  readonly depth?: number;
}

/** Looks for secrets in texts. What a text holds in base64 is given back to be looked at as the text it is. */
export class Scanner {
  constructor(
    private readonly report: Report,
    private readonly onDecoded: (text: string, depth: number) => void,
  ) {}

  /** @throws EXHAUSTED when the budget is spent */
  scan(text: string, options: ScanOptions = {}): void {
    if (text.length < 6) return;
    this.report.spend(text.length + 8);
    if (options.isProse === true && isPlainProse(text)) return;
    // Names, images and labels come again and again. Words are judged otherwise in what is no object.
    const isShort = text.length <= LONGEST_REMEMBERED && !this.report.isData && options.isProse !== true;
    if (isShort && harmless.has(text)) return;
    const found = this.report.issues.length;
    new TextScan(this.report, text, options, this.onDecoded).all();
    if (!isShort || this.report.issues.length > found || this.report.isFull) return;
    if (harmless.size >= MOST_REMEMBERED) harmless.clear();
    harmless.add(text);
  }
}

class TextScan {
  private lines?: Lines;
  private isMultiline?: boolean;
  private readonly depth: number;
  private namesFrom = 0;
  private toolsFrom = 0;
  private authFrom = 0;
  /** A run of base64 that may go on in the next line. */
  private run = '';
  private runEnd = -1;
  private runStart = 0;

  constructor(
    private readonly report: Report,
    private readonly text: string,
    private readonly options: ScanOptions,
    private readonly onDecoded: (text: string, depth: number) => void,
  ) {
    this.depth = options.depth ?? 0;
  }

  /** Looked for once: texts of one long line are asked often. */
  private get hasLines(): boolean {
    this.isMultiline ??= this.text.includes('\n');
    return this.isMultiline;
  }

  all(): void {
    AUTOMATON.scan(
      this.text,
      SHORTEST_RUN,
      (word, start, end) => this.word(word, start, end),
      (start, end) => this.base64(start, end),
    );
    this.flush();
  }

  private word(word: Word, start: number, end: number): void {
    if (typeof word === 'object') {
      this.pattern(word, start);
      return;
    }
    if (word === 'name') {
      if (start >= this.namesFrom && this.options.isProse !== true) this.name(start, end);
      return;
    }
    this.report.spend(STEPS);
    if (word === 'pem') {
      const dashes = this.text.startsWith('--', start - 2) ? start - 2 : start;
      const what = pemPrivateKey(this.text, dashes);
      this.report.spend(256);
      if (what !== undefined) this.add(FINDINGS.privateKey(`it holds ${what}`), start);
      return;
    }
    if (this.options.isProse === true) return;
    switch (word) {
      case 'url':
        this.url(urlCredentials(this.text, start), start);
        break;
      case 'driver':
        this.driver(start, end);
        break;
      case 'hash':
        HASH.lastIndex = start;
        if (HASH.test(this.text)) this.add(FINDINGS.passwordHash, start);
        break;
      case 'tool':
        this.command(start);
        break;
      case 'bearer':
      case 'basic':
        this.authorization(word, start);
        break;
      case 'sql':
        this.captured(SQL, start);
        break;
      case 'acl':
        this.captured(ACL, start);
        break;
    }
  }

  private pattern({ id, what, token, before, distinct = 6 }: Pattern, start: number): void {
    this.report.spend(3);
    const { text } = this;
    token.lastIndex = start;
    const match = token.exec(text);
    if (!match) return;
    this.report.spend(match[0].length);
    if (before !== undefined) {
      if (!before.test(text.slice(Math.max(0, start - 128), start))) return;
    } else if (
      start > 0 &&
      /[A-Za-z0-9]/.test(text[start - 1] as string) &&
      /^\w/.test(match[0]) &&
      !/[\\][nrt]$/.test(text.slice(start - 2, start))
    ) {
      return;
    }
    const body = match[1];
    if (body !== undefined && (distinctCharacters(body) < distinct || isStandIn(body))) return;
    this.add(FINDINGS.pattern(id, what), start);
  }

  private name(start: number, end: number): void {
    const { text } = this;
    // Cheap: most words are followed by more of a sentence.
    const next = text.charCodeAt(end);
    if (end >= text.length && text[start - 1] !== '"') return;
    if (end - start === 3 && isLetter(next)) {
      const upper = next >= 65 && next <= 90;
      const word = text.slice(start, end).toLowerCase();
      if (word === 'key' && !upper) return;
    }
    this.report.spend(STEPS * 8);
    const found = readAssignment(text, start, end);
    this.namesFrom = found.nameEnd;
    if (!('name' in found)) return;
    const strength = strengthOf(found.name);
    if (strength === 0) return;
    const { value, isFlag, isComment, isBare, isQuoted, isProse } = found;
    this.report.spend(STEPS * 75 + value.length);
    if (value.length > 256) this.namesFrom = found.valueEnd;
    if (isBare && strength < 3 && !/[_.-]|^(?:requirepass|masterauth)$/.test(found.name)) return;
    if (isCode(value, isQuoted)) return;
    if (isComment && kindOf(value) !== 'random') return;
    if (isProse && (/^[A-Za-z'.-]*$/.test(value) || kindOf(value) === 'words')) return;
    if (this.report.isData && kindOf(value) === 'words') return;
    // What help calls an argument: `--token TOKEN`.
    if ((isFlag || isBare) && /^[A-Z][A-Z_]*$/.test(value)) return;
    if (isBare && !this.hasLines && isProse) return;
    if (strength < 3 && isQuoted === false && /\s/.test(value)) return;
    // Operators call the key within a Secret so.
    const verdict = judge(strength, value, found.name === 'secretKey');
    const what = isFlag ? 'an option' : describe(found.name);
    if (verdict === 'leak') this.add(isFlag ? FINDINGS.argument(what) : FINDINGS.named(what), found.nameEnd);
    else if (verdict === 'placeholder') this.add(FINDINGS.placeholder(what), found.nameEnd);
  }

  private url(verdict: UrlVerdict, start: number): void {
    if (verdict === 'leak') this.add(FINDINGS.urlCredentials, start);
    else if (verdict === 'placeholder') this.add(FINDINGS.urlPlaceholder, start);
  }

  private driver(start: number, end: number): void {
    if (this.text[start] === '@') {
      this.url(driverCredentials(this.text, start), start);
      return;
    }
    const rest = this.text.slice(end, end + 256);
    const at = /^[\w.-]+\/[^\s"'@/]+@/.exec(rest)?.[0].length;
    if (at !== undefined) this.url(driverCredentials(rest, at - 1), start);
  }

  private command(start: number): void {
    if (start < this.toolsFrom) return;
    const { text } = this;
    const { from, to } = commandAt(text, start, this.toolsFrom);
    this.toolsFrom = to;
    this.report.spend((to - from) * 10 + STEPS * 8);
    if (/^\s*(?:#|\/\/)/.test(text.slice(from, from + 64))) return;
    if (secretsInWords(shellWords(text.slice(from, to).replace(/\\\n/g, ' '))).length > 0) {
      this.add(FINDINGS.argument('an argument'), start);
    }
  }

  private authorization(scheme: 'bearer' | 'basic', start: number): void {
    if (start < this.authFrom) return;
    const expression = scheme === 'bearer' ? BEARER : BASIC;
    expression.lastIndex = start;
    const value = expression.exec(this.text)?.[1];
    if (value === undefined) return;
    this.authFrom = start + value.length;
    this.report.spend(value.length);
    if (scheme === 'basic') {
      const text = Buffer.from(value, 'base64').toString('utf8');
      if (
        !/^[\x20-\x7e]+$/.test(text) ||
        !text.includes(':') ||
        kindOf(text.slice(text.indexOf(':') + 1)) === 'reference'
      )
        return;
    } else {
      const kind = kindOf(value);
      if (kind !== 'random' && !(kind === 'literal' && /\d/.test(value) && value.length >= 10)) return;
    }
    this.add(FINDINGS.authorization, start);
  }

  private captured(expression: RegExp, start: number): void {
    expression.lastIndex = start;
    const value = expression.exec(this.text)?.[1];
    if (value === undefined) return;
    const verdict = judge(3, value, false);
    if (verdict === 'leak') this.add(FINDINGS.named('a password'), start);
    else if (verdict === 'placeholder') this.add(FINDINGS.placeholder('a password'), start);
  }

  private base64(start: number, end: number): void {
    const isNext = this.runEnd >= 0 && start - this.runEnd <= 40 && /^\s+$/.test(this.text.slice(this.runEnd, start));
    if (isNext) this.run += this.text.slice(start, end);
    else {
      this.flush();
      this.run = this.text.slice(start, end);
      this.runStart = start;
    }
    // Only lines that are full go on.
    if (end - start >= 40 && /\s/.test(this.text[end] ?? '')) this.runEnd = end;
    else this.flush();
  }

  private flush(): void {
    const { run } = this;
    this.run = '';
    this.runEnd = -1;
    if (run === '') return;
    this.report.spend(STEPS);
    const decoded = decodeBase64(run);
    if (decoded === undefined) return;
    this.report.spend(run.length + STEPS * 60);
    if ('key' in decoded) this.add(FINDINGS.privateKey(`it holds ${decoded.key} in base64`), this.runStart);
    else if (this.depth < DEEPEST) {
      this.report.trail.push('(base64)');
      this.onDecoded(decoded.text, this.depth + 1);
      this.report.trail.pop();
    }
  }

  private add(finding: Finding, at: number): void {
    if (this.report.isFull) return;
    this.lines ??= new Lines(this.text);
    this.report.add(finding, this.hasLines ? `line ${this.lines.at(at)}` : '');
  }
}
