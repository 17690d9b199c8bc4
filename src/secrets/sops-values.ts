import { createCipheriv, createDecipheriv, createHash, type Hash, randomBytes } from 'node:crypto';

/** Single values as SOPS encrypts them, and the digest over all of them. */

const IV_BYTES = 32;
const TAG_BYTES = 16;
const ENCRYPTED =
  /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]+),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:(str|int|float|bool|bytes|time)\]$/;

/** Encrypts a text. It can be decrypted at the same place only, which is what `place` says. */
export function encryptValue(text: string, dataKey: Uint8Array, place: string): string {
  // Empty texts are left as they are: nothing would be hidden.
  if (text === '') return '';
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', dataKey, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(place, 'utf8'));
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
  const tag = cipher.getAuthTag().toString('base64');
  return `ENC[AES256_GCM,data:${data},iv:${iv.toString('base64')},tag:${tag},type:str]`;
}

/** The text that was encrypted, or undefined when the key, the place or the ciphertext is not the right one. */
export function decryptValue(encrypted: string, dataKey: Uint8Array, place: string): string | undefined {
  if (encrypted === '') return '';
  const [, data = '', iv = '', tag = ''] = ENCRYPTED.exec(encrypted) ?? [];
  const tagBytes = Buffer.from(tag, 'base64');
  if (tagBytes.length !== TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', dataKey, Buffer.from(iv, 'base64'), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(place, 'utf8'));
    decipher.setAuthTag(tagBytes);
    return Buffer.concat([decipher.update(data, 'base64'), decipher.final()]).toString('utf8');
  } catch {
    return undefined;
  }
}

/**
 * Digest over a document's values, in their order.
 * @param encryptedOnly whether values that are not encrypted are left out, and it starts from a seed that says so
 */
export class ValuesDigest {
  private readonly hash: Hash = createHash('sha512');

  constructor(encryptedOnly: boolean) {
    if (encryptedOnly) this.hash.update(createHash('sha256').update('sops').digest());
  }

  add(value: string): void {
    this.hash.update(value, 'utf8');
  }

  toString(): string {
    return this.hash.digest('hex').toUpperCase();
  }
}
