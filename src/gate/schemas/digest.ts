import { createHash } from 'node:crypto';

const known = new WeakMap<object, string>();

/** Tells objects apart by what they hold. */
export function digestOf(value: object): string {
  const found = known.get(value) ?? digest(JSON.stringify(value));
  known.set(value, found);
  return found;
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
