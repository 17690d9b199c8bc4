/** Numbers that look random and are the same in every run. */
export function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TEXTS = [
  'x',
  'p4ss wörd\n',
  '0x1f',
  'yes',
  '12:30',
  'ENC[AES256_GCM,data:x]',
  '-----BEGIN\n',
  '\u0085\u2028\ufeff',
  '{"a": [1]}',
  'it\'s "so" \\',
  '💥',
  '\t \n',
];

/** Bytes of a value: nasty texts, and bytes of any kind, from one to some hundred. */
export function someValue(next: () => number): Buffer {
  if (next() < 0.3) return Buffer.from(TEXTS[Math.floor(next() * TEXTS.length)] ?? 'x');
  const length = 1 + Math.floor(next() ** 3 * 600);
  return Buffer.from(Array.from({ length }, () => Math.floor(next() * 256)));
}

const KEY_CHARACTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.';

/** Values by key, some of which sort differently by case, or look like numbers. */
export function someValues(next: () => number): Map<string, Buffer> {
  const values = new Map<string, Buffer>();
  const count = 1 + Math.floor(next() * 5);
  while (values.size < count) {
    const length = 1 + Math.floor(next() * 20);
    const key = Array.from({ length }, () => KEY_CHARACTERS[Math.floor(next() * KEY_CHARACTERS.length)]).join('');
    if (!/^\.(\.|$)/.test(key)) values.set(key, someValue(next));
  }
  return values;
}
