import { looksRandom } from './entropy';
import { kindOf } from './values';

export type UrlVerdict = 'none' | 'placeholder' | 'leak';

/** Longest user and password that are looked for. */
const LONGEST = 1024;
const STAND_INS = /^(?:password|pass|passwd|pwd|secret|token|pw|\.\.\.|…|xxx+|\*+|redacted)$/i;
const SOMEBODY = /^(?:user|username|usr|u|login|name|me|user-?name|your.*|<.*>|myuser|someuser)$/i;

/**
 * Whether there are credentials in the URL whose `://` is at an index of the text.
 */
export function urlCredentials(text: string, at: number): UrlVerdict {
  const start = at + 3;
  let end = start;
  let separator = -1;
  const limit = Math.min(text.length, start + LONGEST);
  let depth = 0;
  for (; end < limit; end++) {
    const char = text[end] as string;
    // Templates hold what would end a host: `{{ .Values.url | quote }}`.
    if (char === '{' || (char === '(' && text[end - 1] === '$')) depth++;
    else if ((char === '}' || char === ')') && depth > 0) depth--;
    else if (depth > 0) continue;
    else if (char === '@') separator = end;
    // People leave `#` and `?` in passwords as they are; a slash ends it all.
    else if (/[\s"'`<>\\/,]/.test(char) && !(char === '/' && hasAtBeforeSlash(text, end, limit, separator))) break;
  }
  if (separator < 0) return 'none';
  const info = text.slice(start, separator);
  const colon = info.indexOf(':');
  if (colon < 0)
    return looksRandom(info) && info.length >= 16 && !/sentry\.io/.test(text.slice(separator, end)) ? 'leak' : 'none';
  const [user, password] = [decode(info.slice(0, colon)), decode(info.slice(colon + 1))];
  if (password === '' || /\s/.test(info)) return 'none';
  // `http://host:8080/x@y` and `redis://host:6379,host:6380@…` are no credentials.
  if (/^\d{1,5}[/?#]/.test(password) || (/^\d{1,5}$/.test(password) && text[separator + 1] === undefined))
    return 'none';
  if (STAND_INS.test(password) && SOMEBODY.test(user)) return 'placeholder';
  const kind = kindOf(password);
  if (kind === 'reference') return 'none';
  if (kind === 'placeholder') return 'placeholder';
  return 'leak';
}

/** A password may hold a slash: then an `@` follows before anything that ends a URL, and a colon stands before it. */
function hasAtBeforeSlash(text: string, slash: number, limit: number, separator: number): boolean {
  if (separator >= 0) return false;
  const until = Math.min(limit, slash + 64);
  for (let i = slash + 1; i < until; i++) {
    const char = text[i] as string;
    if (char === '@') return /:[^/\d][^/]*$/.test(text.slice(Math.max(0, slash - 64), slash).replace(/^.*:\/\//, ''));
    if (/[\s"'`<>\\,/?&]/.test(char)) return false;
  }
  return false;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `user:password@tcp(host:3306)/db`, as Go's MySQL driver has it, and `user/password@host`, as Oracle's has it. */
export function driverCredentials(text: string, at: number): UrlVerdict {
  const before = text.slice(Math.max(0, at - 200), at);
  const match = /(?:^|[\s"'=,/])([\w.-]{1,64})[:/]([^\s"'@/]{1,128})$/.exec(before);
  const password = match?.[2];
  if (password === undefined) return 'none';
  const kind = kindOf(password);
  return kind === 'reference' ? 'none' : kind === 'placeholder' ? 'placeholder' : 'leak';
}
