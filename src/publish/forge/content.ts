import { withoutSequences } from '../git/text';

/** Titles and bodies as forges keep them, so that what is read back equals what was sent. */

/** Characters that turn the direction of what follows: they make text look like other text. */
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069]/gu;
const ELLIPSIS = '…';

function clean(text: string): string {
  return withoutSequences(text)
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .replace(/\p{Cs}/gu, '')
    .replace(DIRECTIONS, '');
}

/**
 * A title as one line, no longer than the forge takes.
 * @param measure what the forge counts; by default UTF-16 units, of which there are at least as many as characters
 */
export function titleOf(text: string, limit: number, measure: (text: string) => number = (it) => it.length): string {
  const line = clean(text).replace(/\s+/gu, ' ').trim();
  return shorten(line, limit, measure);
}

/** A body without control characters, and without white space at its end, no longer than the forge takes. */
export function bodyOf(text: string, limit: number): string {
  return shorten(clean(text).trimEnd(), limit, (it) => it.length);
}

function shorten(text: string, limit: number, measure: (text: string) => number): string {
  if (measure(text) <= limit) return text;
  let end = Math.min(text.length, limit);
  while (end > 0 && measure(text.slice(0, end)) + measure(ELLIPSIS) > limit) end--;
  // Not between the halves of a character.
  const cut = text.slice(0, end).replace(/[\ud800-\udbff]$/, '');
  return `${cut.trimEnd()}${ELLIPSIS}`;
}

/** Length in bytes of UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Type and content of a public key, without its comment: what makes it the key that it is. */
export function keyOf(publicKey: string): string {
  return publicKey.trim().split(/\s+/).slice(0, 2).join(' ');
}
