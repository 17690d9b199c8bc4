/**
 * What JSON makes of a value: -0 is 0, and a null prototype is forgotten. Not by way of `JSON.parse`, which in Node 24
 * and 26 takes one key for another when one holds an escape: of `{"t":1,"\n":1}`, parsed again and again beside objects
 * with the key `\`, it makes `{"t":1,"\\":1}`.
 */
export function asJson<T>(value: T): T;
export function asJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJson);
  if (value === null || typeof value !== 'object') return value === 0 ? 0 : value;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    // Defined rather than assigned: `__proto__` is a key like any other.
    Object.defineProperty(copy, key, { value: asJson(member), configurable: true, enumerable: true, writable: true });
  }
  return copy;
}
