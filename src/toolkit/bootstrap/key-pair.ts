import { generateKeyPairSync, hash, randomBytes } from 'node:crypto';

/** A key pair of SSH. The private half is for the cluster's Secret alone: it is in no file, no log and no argument. */
export interface SshKeyPair {
  /** One line: `ssh-ed25519 AAAA… comment`. */
  readonly publicKey: string;
  /** As OpenSSH writes it, without a passphrase. */
  readonly privateKey: string;
  /** As ssh-keygen shows it, `SHA256:…`. */
  readonly fingerprint: string;
}

const TYPE = 'ssh-ed25519';
const LINE = 70;

/**
 * Makes an ed25519 key pair, in memory. The private key has OpenSSH's own form: git's ssh reads PKCS#8 only where OpenSSH
 * is of 2023 or later, while everything reads this one.
 */
export function makeKeyPair(comment: string): SshKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url');
  const publicBlob = Buffer.concat([text(TYPE), text(point)]);
  const check = randomBytes(4);
  const secret = Buffer.concat([check, check, publicBlob, text(Buffer.concat([seed, point])), text(comment)]);
  // Filled up to the block size of the cipher, which is 8 where there is none.
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0', 'latin1'),
    text('none'),
    text('none'),
    text(''),
    number(1),
    text(publicBlob),
    text(Buffer.concat([secret, padding])),
  ]);
  const body = blob.toString('base64').replace(new RegExp(`.{1,${LINE}}`, 'g'), '$&\n');
  return {
    publicKey: `${TYPE} ${publicBlob.toString('base64')} ${comment}`,
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}-----END OPENSSH PRIVATE KEY-----\n`,
    fingerprint: fingerprintOf(publicBlob),
  };
}

/** Fingerprint of a public key in SSH's wire format. */
export function fingerprintOf(blob: Buffer): string {
  return `SHA256:${hash('sha256', blob, 'base64').replace(/=+$/, '')}`;
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([number(bytes.length), bytes]);
}
