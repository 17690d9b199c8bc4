import { randomBytes } from 'node:crypto';
import { GitOpsError } from '../errors';
import { wrapDataKey } from './age';
import { decryptValue, encryptValue, ValuesDigest } from './sops-values';

/** Secrets as the `sops` program writes and reads them, with age. */

/** Version of the format, as `sops` counts it. */
const FORMAT_VERSION = '3.13.3';
/** What is encrypted of an object: all that a Secret holds, and nothing else. */
const ENCRYPTED_FIELDS = '^(data|stringData)$';
const DATA_KEY_BYTES = 32;

/** The part of a Secret that encryption makes. */
export interface SopsContent {
  /** Ciphertext by key, sorted. */
  readonly data: Readonly<Record<string, string>>;
  readonly sops: Readonly<Record<string, unknown>>;
}

/**
 * Encrypts values to recipients of age. The digest covers what is encrypted alone, so that an operator or a renderer may
 * add labels to the object, or a namespace.
 * @param plaintexts bytes by key
 * @throws GitOpsError SOPS_RECIPIENTS_INVALID
 */
export async function encryptSops(
  plaintexts: ReadonlyMap<string, Uint8Array>,
  recipients: readonly string[],
  now: Date = new Date(),
): Promise<SopsContent> {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  try {
    const age: { recipient: string; enc: string }[] = [];
    for (const recipient of recipients) age.push({ recipient, enc: await wrapDataKey(dataKey, recipient) });
    // As base64, in `data`: go-yaml writes some texts in `stringData` so that they are read as others.
    const texts: Record<string, string> = {};
    for (const key of [...plaintexts.keys()].sort()) {
      texts[key] = Buffer.from(plaintexts.get(key) ?? []).toString('base64');
    }
    const digest = new ValuesDigest(true);
    const data: Record<string, string> = {};
    // In the order that they will be written in: objects have keys that look like numbers ahead of all others.
    for (const [key, text] of Object.entries(texts)) {
      digest.add(text);
      data[key] = encryptValue(text, dataKey, placeOf(['data', key]));
    }
    const lastmodified = `${now.toISOString().slice(0, 19)}Z`;
    const sops = {
      age,
      encrypted_regex: ENCRYPTED_FIELDS,
      lastmodified,
      mac: encryptValue(digest.toString(), dataKey, lastmodified),
      mac_only_encrypted: true,
      version: FORMAT_VERSION,
    };
    return { data, sops };
  } finally {
    dataKey.fill(0);
  }
}

/**
 * Decrypts the values of a Secret.
 * @param document the whole object, its `sops` field included, with its fields in the order of the file
 * @param order of the keys in the file
 * @returns bytes by key
 * @throws GitOpsError SECRET_FILE_INVALID when a value or the digest is not what was encrypted with the key
 */
export function decryptSops(
  document: Readonly<Record<string, unknown>>,
  dataKey: Uint8Array,
  shown: string,
  order: readonly string[] = [],
): Map<string, Buffer> {
  const sops = (document.sops ?? {}) as Readonly<Record<string, unknown>>;
  const encryptedOnly = sops.mac_only_encrypted === true;
  const digest = new ValuesDigest(encryptedOnly);
  const plaintexts = new Map<string, Buffer>();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) for (const item of value) walk(item, path);
    else if (typeof value === 'object') {
      const entries = Object.entries(value);
      if (path.length === 1 && path[0] === 'data') entries.sort(([a], [b]) => order.indexOf(a) - order.indexOf(b));
      for (const [key, inner] of entries) walk(inner, [...path, key]);
    } else if (path[0] !== 'data') {
      if (!encryptedOnly) digest.add(asSopsSees(value));
    } else {
      const text = typeof value === 'string' ? decryptValue(value, dataKey, placeOf(path)) : undefined;
      if (text === undefined) {
        throw invalid(`${shown}: the value of '${path[1]}' was changed, or is another one's: encrypt it anew`);
      }
      digest.add(text);
      if (path.length === 2) plaintexts.set(path[1] ?? '', Buffer.from(text, 'base64'));
    }
  };
  for (const [field, value] of Object.entries(document)) if (field !== 'sops') walk(value, [field]);
  const expected = decryptValue(String(sops.mac ?? ''), dataKey, String(sops.lastmodified ?? ''));
  if (expected === undefined || expected !== digest.toString()) {
    throw invalid(`${shown} was changed since it was encrypted: a value is missing or another one's; encrypt it anew`);
  }
  return plaintexts;
}

/** Where a value is, as far as its encryption is bound to that. */
function placeOf(path: readonly string[]): string {
  return `${path.join(':')}:`;
}

function asSopsSees(value: unknown): string {
  if (value === true) return 'True';
  return value === false ? 'False' : String(value);
}

function invalid(message: string): GitOpsError {
  return new GitOpsError('SECRET_FILE_INVALID', message);
}
