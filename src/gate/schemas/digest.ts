import { createHash, randomUUID } from 'node:crypto';

const known = new WeakMap<object, string>();

/** Tells objects apart by what they hold. One that is nested too deeply for that is like no other. */
export function digestOf(value: object): string {
  const found = known.get(value) ?? digest(textOf(value));
  known.set(value, found);
  return found;
}

export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function textOf(value: object): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return randomUUID();
  }
}
