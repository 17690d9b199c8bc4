import { stripVTControlCharacters } from 'node:util';

/** What comes from a remote, or goes into a message, made safe to show. */

const LONGEST = 2_000;

/** Takes user names and passwords out of every URL in a text. */
export function redactUrls(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]*@/gi, '$1***@');
}

/**
 * A remote's message as plain text: no terminal sequences, no control characters but line ends, no credentials, and no
 * more than 2,000 characters.
 * @param secrets texts that must not be seen, e.g. a token
 */
export function sanitize(text: string, secrets: readonly string[] = []): string {
  let clean = text;
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '***');
  clean = redactUrls(stripVTControlCharacters(clean))
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{C}\n\t]/gu, '')
    .replace(/[ \t]+$/gm, '')
    .trim();
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

/** Whether a text holds a control character, a line end included. */
export function hasControlCharacters(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
