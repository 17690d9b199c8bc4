/** Members of an item that give it its name. */
const NAME_KEYS = [
  'name',
  'key',
  'header',
  'field',
  'parameter',
  'parameterKey',
  'Name',
  'Key',
  'path',
  'variable',
  'setting',
] as const;
const PAIR_VALUES = [
  'value',
  'Value',
  'defaultValue',
  'default',
  'content',
  'parameterValue',
  'stringValue',
  'val',
] as const;

/** A value, and the name that stands beside it. */
export interface Pair {
  readonly name: string;
  readonly nameKey: string;
  readonly valueKey: string;
}

const PAIR_VALUE_KEYS: ReadonlySet<string> = new Set(PAIR_VALUES);

/**
 * Items such as `{ name: 'DB_PASSWORD', value: 'x' }`.
 * @param keys of the map
 */
export function pairOf(map: Readonly<Record<string, unknown>>, keys: readonly string[]): Pair | undefined {
  if (keys.length < 2 || !keys.some((key) => PAIR_VALUE_KEYS.has(key))) return undefined;
  for (const valueKey of PAIR_VALUES) {
    const value = map[valueKey];
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    for (const nameKey of NAME_KEYS) {
      const name = map[nameKey];
      if (typeof name === 'string' && name !== value) return { name, nameKey, valueKey };
    }
  }
  return undefined;
}

/** Files of a ConfigMap are named after what they hold: `password.txt`. */
export function nameOfFile(key: string): string {
  return key.replace(/\.(?:txt|b64|base64|key|pem|env|conf|cfg)$/, '');
}

/** Ciphertext of SOPS. */
export const isEncrypted = (text: string): boolean => text.startsWith('ENC[AES256_GCM,');

/** True of what SOPS adds to what it encrypts. */
export function isSopsMetadata(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'mac' in value && 'lastmodified' in value;
}

/** True of a text in which there may be the manifest of a Secret. */
export function spellsOutSecret(text: string): boolean {
  const at = text.indexOf('kind: Secret');
  if (at < 0 && !text.includes('kind: "Secret"') && !text.includes("kind: 'Secret'")) return false;
  return (
    /^[ \t]*(?:-[ \t]+)?kind:[ \t]*["']?Secret["']?[ \t]*$/m.test(text) && /^[ \t]*(?:stringData|data):/m.test(text)
  );
}
