import { constants, createCipheriv, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import type { SealedScope } from '../model/secret-declaration';

/** Values as the Sealed Secrets controller unseals them. */

/** A key seals one value and no other, so that the nonce may always be the same. */
const NONCE = Buffer.alloc(12);
const SESSION_KEY_BYTES = 32;

/** What a value is bound to: it cannot be unsealed under any other label. */
export function sealingLabel(namespace: string, name: string, scope: SealedScope): string {
  switch (scope) {
    case 'strict':
      return `${namespace}/${name}`;
    case 'namespace-wide':
      return namespace;
    case 'cluster-wide':
      return '';
  }
}

/** Seals a value: the length of the wrapped session key, that key, and the value encrypted with it, in base64. */
export function seal(plaintext: Uint8Array, publicKey: KeyObject, label: string): string {
  const sessionKey = randomBytes(SESSION_KEY_BYTES);
  const wrapped = publicEncrypt(
    {
      key: publicKey,
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: 'sha256',
      // An empty label is one that is left out.
      ...(label === '' ? {} : { oaepLabel: Buffer.from(label, 'utf8') }),
    },
    sessionKey,
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(wrapped.length);
  const cipher = createCipheriv('aes-256-gcm', sessionKey, NONCE);
  const sealed = Buffer.concat([length, wrapped, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  sessionKey.fill(0);
  return sealed.toString('base64');
}
