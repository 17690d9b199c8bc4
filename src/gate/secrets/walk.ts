import { parseYaml } from '../../yaml/parse';
import { secretsInWords } from './commands';
import { isEncrypted, isSopsMetadata, nameOfFile, type Pair, pairOf, spellsOutSecret } from './forms';
import { isPrivateJwk } from './keys';
import { isPlural, type Strength, strengthOf } from './names';
import { holdsPasswords } from './password-files';
import { EXHAUSTED, FINDINGS, type Report } from './report';
import { Scanner } from './scan';
import { hasPlainValues, isSecret, itemKind } from './secret-objects';
import { judge, kindOf } from './values';
import { describe } from './words';

/** Levels of maps and lists. */
const DEEPEST = 200;
/** Longest text that is parsed when it spells out a Secret. */
const LONGEST_MANIFEST = 64 * 1024;

/** Brackets within each other beyond which a text is not parsed: reading it would cost more than looking at it. */
const DEEPEST_TEXT = 2000;

function isEndlessly(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 91 || code === 123) {
      if (++depth > DEEPEST_TEXT) return true;
    } else if (code === 93 || code === 125) depth--;
  }
  return false;
}

/** Members that are the value of what their parent is named. */
const VALUE_KEYS = new Set([
  'value',
  'plain',
  'plaintext',
  'plainText',
  'text',
  'literal',
  'raw',
  'inline',
  'string',
  'default',
  'data',
  'content',
  'val',
  'stringValue',
  'clearText',
]);
/** Maps in which names stand for other names, or for objects. */
const REFERENCES =
  /(?:Ref|Refs|From|Selector|secretKeys|SecretKeys|keyMapping|keyMappings|mappings?|remoteRef|secretObjects|volumes?|volumeMounts|imagePullSecrets|labels|matchLabels|existingSecrets?|selector|encryptedData|resourceNames|audiences)$/;
const referring = new Map<string, boolean>();

/** Whether names under a key stand for others. Keys come from files: they are remembered up to a bound. */
function isReferring(key: string): boolean {
  let known = referring.get(key);
  if (known === undefined) {
    known = REFERENCES.test(key);
    if (referring.size >= 20_000) referring.clear();
    referring.set(key, known);
  }
  return known;
}

/** Members that say what a thing is called, not what it is. */
const NO_SECRETS = new Set([
  'name',
  'namespace',
  'kind',
  'apiVersion',
  'key',
  'type',
  'id',
  'path',
  'mountPath',
  'url',
  'host',
  'user',
  'username',
  'description',
  'enabled',
  'create',
  'secretName',
  'existingSecret',
  'file',
  'email',
]);

/** What is known of a value from where it stands. */
interface Context {
  readonly strength: Strength;
  /** Name the strength comes from. */
  readonly name: string;
  /** In a map of references: names there are those of other objects. */
  readonly isReference: boolean;
  readonly isProse: boolean;
  /** The value goes to a program as it is: a variable, a header, a parameter. */
  readonly isGiven: boolean;
}

export const OPEN: Context = { strength: 0, name: '', isReference: false, isProse: false, isGiven: false };

/** Goes through an object, and through what is written within its texts. */
export class Walker {
  private readonly scanner: Scanner;
  private texts = 0;

  constructor(private readonly report: Report) {
    this.scanner = new Scanner(report, (text, depth) => this.text(text, OPEN, depth));
  }

  value(value: unknown, context: Context, depth = 0): void {
    switch (typeof value) {
      case 'string':
        this.string(value, context);
        return;
      case 'number':
        if (context.strength === 3 && value >= 1000 && Number.isInteger(value)) this.named(String(value), context);
        return;
      case 'object':
        if (value === null) return;
        if (depth > DEEPEST) throw EXHAUSTED;
        if (Array.isArray(value)) this.list(value, context, depth);
        else this.map(value as Readonly<Record<string, unknown>>, context, depth);
    }
  }

  private string(value: string, context: Context): void {
    const found = this.report.issues.length;
    this.text(value, context, 0);
    const key = this.report.trail.at(-1);
    if (typeof key === 'string' && value.length > 8 && !context.isProse && holdsPasswords(key, value)) {
      this.report.add(FINDINGS.named('a password'));
    }
    if (context.strength > 0 && this.report.issues.length === found) this.named(value, context);
  }

  private named(value: string, { strength, name, isReference, isGiven }: Context): void {
    this.report.spend(24 + (Math.min(value.length, 4096) >> 1));
    if (isReference && kindOf(value) !== 'random') return;
    if (this.report.isData && kindOf(value) === 'words') return;
    const verdict = judge(strength, value, !isGiven);
    if (verdict === 'leak') this.report.add(FINDINGS.named(describe(name)));
    else if (verdict === 'placeholder') this.report.add(FINDINGS.placeholder(describe(name)));
  }

  /** A text of any form: JSON is read, all else is looked at as it is. */
  private text(text: string, context: Context, depth: number): void {
    // The shortest token is longer than what schemas are full of.
    if (text.length < (context.isProse ? 16 : 6) || isEncrypted(text)) return;
    if (!context.isProse && this.texts < 8) {
      const value = this.parsed(text);
      if (value !== undefined) {
        this.texts++;
        this.value(value, { ...OPEN, isGiven: true });
        this.texts--;
        return;
      }
      if (spellsOutSecret(text)) this.manifests(text);
    }
    this.scanner.scan(text, { isProse: context.isProse, depth });
  }

  private parsed(text: string): unknown {
    const first = text.charCodeAt(0) <= 32 ? text.trimStart().charCodeAt(0) : text.charCodeAt(0);
    if (first !== 123 && first !== 91) return undefined;
    const last = text.trimEnd().at(-1);
    if (last !== '}' && last !== ']') return undefined;
    this.report.spend(text.length);
    if (text.length > 1024 && isEndlessly(text)) return undefined;
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' && value !== null ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** Manifests within a text: only whether there is a Secret among them, the rest is found in the text itself. */
  private manifests(text: string): void {
    this.report.spend(text.length * 4);
    if (text.length > LONGEST_MANIFEST) throw EXHAUSTED;
    try {
      for (const value of parseYaml(text)) this.secrets(value);
    } catch (error) {
      if (error === EXHAUSTED) throw error;
      // A template of one, or broken: a Secret with values is taken for one when its lines say so.
      if (/^[ \t]*(?:stringData|data):[ \t]*\n[ \t]+[\w.-]+:[ \t]*["']?[\w+/=]{4,}/m.test(text.slice(0, 4096)))
        this.report.add(FINDINGS.plainSecret);
    }
  }

  private secrets(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (isSecret(value) && hasPlainValues(value)) this.report.add(FINDINGS.plainSecret);
    else for (const item of Object.values(value)) this.secrets(item);
  }

  private list(list: readonly unknown[], context: Context, depth: number): void {
    const { trail } = this.report;
    if (list.length > 1 && typeof list[0] === 'string' && !context.isProse) this.words(list);
    for (let i = 0; i < list.length; i++) {
      trail.push(i);
      this.value(list[i], context, depth + 1);
      trail.pop();
    }
  }

  /** A list of words may be a command line, or the arguments of one. */
  private words(list: readonly unknown[]): void {
    const words = list.map((item) => (typeof item === 'string' ? item : typeof item === 'number' ? String(item) : ''));
    this.report.spend(words.length * 20);
    for (const index of secretsInWords(words)) {
      this.report.trail.push(index);
      this.report.add(FINDINGS.argument('an argument'));
      this.report.trail.pop();
    }
  }

  private map(map: Readonly<Record<string, unknown>>, context: Context, depth: number): void {
    const { report } = this;
    if (context.isProse) {
      this.prose(map, context, depth);
      return;
    }
    const isSecretObject = isSecret(map);
    if (isSecretObject && hasPlainValues(map)) report.add(FINDINGS.plainSecret);
    if (typeof map.kty === 'string' && isPrivateJwk(map))
      report.add(FINDINGS.privateKey('it holds a private JSON Web Key'));
    const keys = Object.keys(map);
    const pair = pairOf(map, keys);
    const isItems = itemKind(map);
    for (const key of keys) {
      const value = map[key];
      if (value === null || typeof value === 'boolean' || value === '') continue;
      if (isSecretObject && key !== 'metadata') continue;
      if (key === 'sops' && isSopsMetadata(value)) continue;
      if (key === 'encryptedData') continue;
      report.spend(4);
      report.trail.push(key);
      if (isItems !== undefined && key === 'items' && Array.isArray(value)) this.items(value, isItems, context, depth);
      else this.value(value, this.contextOf(map, key, value, context, pair), depth + 1);
      report.trail.pop();
      if (key.length >= 16) this.key(key);
    }
  }

  /** Schemas explain: only texts count there. */
  private prose(map: Readonly<Record<string, unknown>>, context: Context, depth: number): void {
    for (const key in map) {
      const value = map[key];
      this.report.spend(2);
      if (typeof value === 'string' ? value.length < 16 : typeof value !== 'object') continue;
      this.report.trail.push(key);
      this.value(value, context, depth + 1);
      this.report.trail.pop();
    }
  }

  /** Items of a list of one kind may leave out what they are. */
  private items(items: readonly unknown[], own: object, context: Context, depth: number): void {
    items.forEach((item, index) => {
      this.report.trail.push(index);
      this.value(typeof item === 'object' && item !== null ? { ...own, ...item } : item, context, depth + 1);
      this.report.trail.pop();
    });
  }

  /** A key may be a secret as well; it is not named then. */
  private key(key: string): void {
    this.report.trail.push('(a key)');
    this.scanner.scan(key, { isProse: !key.includes('://') });
    this.report.trail.pop();
  }

  private contextOf(
    map: Readonly<Record<string, unknown>>,
    key: string,
    value: unknown,
    parent: Context,
    pair: Pair | undefined,
  ): Context {
    if (pair !== undefined && key === pair.valueKey)
      return { ...parent, strength: strengthOf(pair.name), name: pair.name, isGiven: true };
    if (pair !== undefined && key === pair.nameKey) return OPEN;
    const isReference = parent.isReference || isReferring(key);
    const isGiven = parent.isGiven || (key === 'data' && map.kind === 'ConfigMap');
    let name = key;
    let strength = key.includes('.') ? strengthOf(nameOfFile(key)) : strengthOf(key);
    if (strength === 0 && parent.strength > 0) {
      if (VALUE_KEYS.has(key)) ({ strength, name } = parent);
      else if (isPlural(parent.name) && !NO_SECRETS.has(key) && typeof value === 'string') {
        strength = /pass/i.test(parent.name) ? 2 : 1;
        ({ name } = parent);
      }
    } else if (strength === 0 && (key === 'key' || key === 'keys') && this.report.trail.length > 1) {
      const above = this.report.trail.at(-2);
      if (typeof above === 'string' && strengthOf(`${above}Key`) > 0) [strength, name] = [1, 'key'];
    }
    if (typeof value === 'object' && strength > 0 && !isPlural(key) && !Array.isArray(value))
      return { ...OPEN, strength, name, isReference, isGiven };
    if (strength === 0 && !isReference && !isGiven) return OPEN;
    return { strength, name, isReference, isProse: false, isGiven };
  }
}
