import { GitOpsError } from '../errors';

/** Thrown where a value turns out to have no YAML; {@link unrepresentable} then says where and why. */
export const REFUSED = Symbol('refused');

/** Deeper than any manifest; a structure that contains itself ends here too. */
export const DEEPEST = 500;

/** A map as JSON knows it, whichever realm made it; not a `Date`, a `Map` or any other instance of a class. */
export function isPlainObject(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** True of a number that readers give back; a bigint only while it is exact as a number. */
export function isPlainNumber(value: number | bigint): boolean {
  return Number.isFinite(Number(value)) && (typeof value === 'number' || Number.isSafeInteger(Number(value)));
}

/** The error for a value that could not be emitted. Found by a walk of its own, so that emitting need not keep a path. */
export function unrepresentable(document: unknown): GitOpsError {
  const { path, why } = find(document, '', []) ?? { path: '', why: 'has no YAML' };
  return new GitOpsError('YAML_UNREPRESENTABLE', `${path || 'the document'} ${why}`);
}

interface Found {
  readonly path: string;
  readonly why: string;
}

function find(value: unknown, path: string, parents: readonly object[]): Found | undefined {
  const why = refusal(value, parents);
  if (why !== undefined) return { path, why };
  if (typeof value !== 'object' || value === null) return undefined;
  const inside = [...parents, value];
  if (Array.isArray(value)) return first(value.entries(), ([index, item]) => find(item, `${path}[${index}]`, inside));
  return first(Object.entries(value), ([key, member]) => {
    if (member === undefined) return undefined;
    const here = join(path, key);
    return isLone(key) ? { path: here, why: `is a key that ${LONE}` } : find(member, here, inside);
  });
}

function first<T>(items: Iterable<T>, search: (item: T) => Found | undefined): Found | undefined {
  for (const item of items) {
    const found = search(item);
    if (found) return found;
  }
  return undefined;
}

/** Why one value cannot be emitted, what it holds aside. Never says the value: it may be a secret. */
function refusal(value: unknown, parents: readonly object[]): string | undefined {
  switch (typeof value) {
    case 'string':
      return isLone(value) ? LONE : undefined;
    case 'number':
      return isPlainNumber(value) ? undefined : `is ${value}: use a finite number`;
    case 'bigint':
      return isPlainNumber(value) ? undefined : 'is a bigint that a number cannot hold exactly: use a string';
    case 'boolean':
      return undefined;
    case 'undefined':
      return parents.length === 0 ? 'is undefined' : undefined;
    case 'object':
      if (value === null) return undefined;
      if (parents.includes(value)) return 'contains itself: build it without the cycle';
      if (parents.length > DEEPEST) return `is nested more than ${DEEPEST} levels deep`;
      if (Array.isArray(value) || isPlainObject(value)) return undefined;
      return `is a ${value.constructor?.name || 'class instance'}: use plain objects, lists, strings, numbers and booleans`;
    default:
      return `is a ${typeof value}: leave it out, or use a string`;
  }
}

const LONE = 'holds half of a surrogate pair, which is not valid Unicode: remove it or encode the bytes as base64';
const isLone = (text: string): boolean => /[\ud800-\udfff]/u.test(text);

/** `spec.ports[0].name`, with keys that are no identifiers in brackets. */
function join(path: string, key: string): string {
  if (/^[A-Za-z_$][\w$-]*$/.test(key)) return path ? `${path}.${key}` : key;
  return `${path}[${JSON.stringify(key)}]`;
}
