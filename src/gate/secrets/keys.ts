import { kindOf } from './values';

/** Bytes that a private key has at the least, as base64. */
const SHORTEST_BODY = 32;

/**
 * What kind of private key starts at `-----BEGIN `, if it is one with something in it.
 * @param at index of the first dash
 */
export function pemPrivateKey(text: string, at: number): string | undefined {
  const head = text.slice(at, at + 80);
  const match = /^-{4,5} ?BEGIN ([A-Z0-9 ]{0,30}?)PRIVATE KEY(?: BLOCK)?(?:-{4,5})?/i.exec(head);
  if (!match) return undefined;
  // Line ends may be written as escapes, or be spaces; headers of old formats stand before the key itself.
  const body = text.slice(at + match[0].length, at + match[0].length + 2048).split('---', 1)[0] ?? '';
  const plain = body.replace(/\\[nrt]/g, '').replace(/\s+/g, '');
  const longest = plain.match(/[A-Za-z0-9+/=]{16,}/g)?.join('').length ?? 0;
  if (longest < SHORTEST_BODY) return undefined;
  const kind = (match[1] ?? '').trim();
  return kind === '' ? 'a private key' : `a private key (${kind})`;
}

/** What kind of key or store of keys some bytes are. */
export function binaryKey(bytes: Buffer): string | undefined {
  const text = bytes.toString('latin1');
  if (text.startsWith('openssh-key-v1\0')) return 'a private key of OpenSSH';
  if (text.startsWith('\xfe\xed\xfe\xed') || text.startsWith('\xce\xce\xce\xce')) return 'a Java keystore';
  if (bytes.length < 40 || bytes[0] !== 0x30) return undefined;
  const length = bytes[1] as number;
  const at = length < 0x80 ? 2 : 2 + (length & 0x7f);
  if (at > 6 || bytes[at] !== 2 || bytes[at + 1] !== 1) return undefined;
  const version = bytes[at + 2] as number;
  const tag = bytes[at + 3];
  if (version === 3 && tag === 0x30) return 'a PKCS #12 keystore';
  // PKCS #8 goes on with the algorithm, PKCS #1 with the modulus, SEC 1 with the key itself.
  if (version === 0 && (tag === 0x30 || tag === 2)) return 'a private key';
  return version === 1 && tag === 4 ? 'a private key' : undefined;
}

/** True of a JSON Web Key that is private, or shared by both sides. */
export function isPrivateJwk(map: Readonly<Record<string, unknown>>): boolean {
  const { kty } = map;
  if (typeof kty !== 'string') return false;
  const part = kty === 'oct' ? map.k : map.d;
  return typeof part === 'string' && part.length >= 16 && kindOf(part) !== 'reference';
}
