/** A map of JSON, as opposed to a list or a scalar. */
export type JsonMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys that hold something, sorted. A member that is `undefined` is a member that is missing. */
export function keysOf(map: JsonMap): string[] {
  return Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort();
}

/**
 * Numbers for values: equal for equal values and for no others, whatever the order of keys. Every part of a value is
 * looked at once, however often it is asked for, and without recursion, which would end at some depth.
 */
export class Fingerprints {
  readonly #texts = new Map<string, number>();
  readonly #known = new WeakMap<object, number>();

  of(value: unknown): number {
    if (typeof value !== 'object' || value === null) return this.#number(scalarPrint(value));
    const stack: object[] = [value];
    for (let part = stack.at(-1); part !== undefined; part = stack.at(-1)) {
      const waiting = stack.length;
      if (!this.#known.has(part)) {
        for (const member of Object.values(part)) if (this.#isUnknown(member)) stack.push(member);
      }
      if (stack.length > waiting) continue;
      if (!this.#known.has(part)) this.#known.set(part, this.#number(this.#print(part)));
      stack.pop();
    }
    return this.#known.get(value) ?? -1;
  }

  same(a: unknown, b: unknown): boolean {
    return a === b || this.of(a) === this.of(b);
  }

  #isUnknown(value: unknown): value is object {
    return typeof value === 'object' && value !== null && !this.#known.has(value);
  }

  /** A text for a list or map whose members have numbers. */
  #print(part: object): string {
    if (Array.isArray(part)) return `[${part.map((item) => this.of(item)).join()}]`;
    const map = part as JsonMap;
    return `{${keysOf(map)
      .map((key) => `${JSON.stringify(key)}:${this.of(map[key])}`)
      .join()}}`;
  }

  #number(text: string): number {
    const known = this.#texts.get(text) ?? this.#texts.size;
    this.#texts.set(text, known);
    return known;
  }
}

function scalarPrint(value: unknown): string {
  // Numbers that JSON does not know would print as null.
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}
