import { constants, createDecipheriv, type KeyObject, privateDecrypt } from 'node:crypto';

/** The controller's side of Sealed Secrets, written from its format and not from our code. */
export function unseal(sealed: string, privateKey: KeyObject, label: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < 2) return undefined;
  const end = 2 + bytes.readUInt16BE(0);
  if (bytes.length < end + 16) return undefined;
  try {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    const oaepLabel = label === '' ? undefined : Buffer.from(label);
    const key = privateDecrypt({ key: privateKey, padding, oaepHash: 'sha256', oaepLabel }, bytes.subarray(2, end));
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.alloc(12));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(end, -16)), decipher.final()]);
  } catch {
    return undefined;
  }
}
