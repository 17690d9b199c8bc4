import { createHash, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** Self-signed certificates, as the controller of Sealed Secrets makes them, valid from and to any day. */

export interface TestCertificate {
  readonly pem: string;
  readonly fingerprint: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** As `kubeseal --recovery-private-key` reads it. */
  readonly privatePem: string;
}

const DAY = 24 * 60 * 60 * 1000;

/**
 * @param from days from now
 * @param to days from now
 */
export function makeCertificate({ from = -1, to = 365, bits = 2048, type = 'rsa' } = {}): TestCertificate {
  const { publicKey, privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: bits })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = sequence(
    ...(type === 'rsa' ? [oid('2a864886f70d01010b'), Buffer.from([0x05, 0])] : [oid('2a8648ce3d040302')]),
  );
  const name = sequence(Buffer.concat([set(sequence(oid('550403'), tagged(0x0c, Buffer.from('sealed-secret'))))]));
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1])),
    algorithm,
    name,
    sequence(time(from), time(to)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const signature = createSign('sha256').update(body).sign(privateKey);
  const der = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    fingerprint: `sha256:${createHash('sha256').update(der).digest('hex')}`,
    publicKey,
    privateKey,
    privatePem: String(privateKey.export({ type: type === 'rsa' ? 'pkcs1' : 'sec1', format: 'pem' })),
  };
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * DAY).toISOString().replace(/[-:T]|\.\d+/g, '');
  return tagged(0x18, Buffer.from(text));
}

const oid = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'));
const sequence = (...parts: Buffer[]) => tagged(0x30, Buffer.concat(parts));
const set = (...parts: Buffer[]) => tagged(0x31, Buffer.concat(parts));

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
