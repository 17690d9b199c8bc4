import { binaryKey } from './keys';

/** Shortest run of characters that is taken for base64. */
export const SHORTEST_RUN = 16;

export type Decoded = { readonly text: string } | { readonly key: string } | undefined;

/** What base64 stands for: a text, or a private key. Undefined when it is neither, or no base64. */
export function decodeBase64(run: string): Decoded {
  // A name and its value are one run: `KEY=dmFsdWU=`.
  let end = run.length;
  while (end > 0 && run[end - 1] === '=') end--;
  const body = run.slice(run.lastIndexOf('=', end - 1) + 1, end);
  if (body.length < SHORTEST_RUN || body.length % 4 === 1) return undefined;
  if (!/^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)$/.test(body.slice(0, 4096))) return undefined;
  // The first bytes tell nearly always.
  const head = Buffer.from(body.slice(0, 32), 'base64');
  const isBinary = head[0] === 0x30 || head[0] === 0xfe || head[0] === 0xce;
  if (!isBinary && !isText(head, true)) return undefined;
  const bytes = Buffer.from(body, 'base64');
  const key = binaryKey(bytes);
  if (key !== undefined) return { key };
  return isText(bytes, false) ? { text: bytes.toString('utf8') } : undefined;
}

/** @param isPart whether bytes may be missing at the end */
function isText(bytes: Buffer, isPart: boolean): boolean {
  const size = Math.min(bytes.length, 4096);
  let ascii = 0;
  for (let i = 0; i < size; i++) {
    const byte = bytes[i] as number;
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27) || byte === 127) return false;
    if (byte < 128) ascii++;
  }
  if (ascii === size) return true;
  return ascii >= size * 0.7 && (isPart || !bytes.toString('utf8').includes('\ufffd'));
}
