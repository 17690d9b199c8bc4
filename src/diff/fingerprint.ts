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

/** A text that is equal for equal values and for no others, whatever the order of keys. Bears any depth. */
export function fingerprint(value: unknown): string {
  const out: string[] = [];
  // Frames are put in reverse, and texts among them are written as they are: recursion would end at some depth.
  const stack: ({ readonly text: string } | { readonly value: unknown })[] = [{ value }];
  for (let frame = stack.pop(); frame !== undefined; frame = stack.pop()) {
    if ('text' in frame) {
      out.push(frame.text);
    } else if (Array.isArray(frame.value)) {
      stack.push({ text: ']' });
      for (let i = frame.value.length - 1; i >= 0; i--) stack.push({ text: ',' }, { value: frame.value[i] });
      stack.push({ text: '[' });
    } else if (isMap(frame.value)) {
      stack.push({ text: '}' });
      const map = frame.value;
      for (const key of keysOf(map).reverse()) {
        stack.push({ text: ',' }, { value: map[key] }, { text: `${JSON.stringify(key)}:` });
      }
      stack.push({ text: '{' });
    } else {
      out.push(scalarPrint(frame.value));
    }
  }
  return out.join('');
}

/** Equality of values as {@link fingerprint} sees it, at little cost for scalars. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return Number.isNaN(a) && Number.isNaN(b);
  return fingerprint(a) === fingerprint(b);
}

function scalarPrint(value: unknown): string {
  // Numbers that JSON does not know would print as null.
  return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
}
