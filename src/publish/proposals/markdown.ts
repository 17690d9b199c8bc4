/** Text of others in Markdown that a forge shows: it neither calls anybody, nor closes anything, nor becomes markup. */

/** Cannot be seen, and keeps what is before it from what is after it. */
const GAP = '\u200b';

const CLOSING =
  /\b(c)(los(?:e[sd]?|ing)\b:?\s+\S)|\b(f)(ix(?:e[sd]|ing)?\b:?\s+\S)|\b(r)(esolv(?:e[sd]?|ing)\b:?\s+\S)|\b(i)(mplement(?:s|ed|ing)?\b:?\s+\S)/gi;

/**
 * Takes the meaning out of mentions (`@jane`), references (`#1`, `GH-1`, `!1`), words that close issues, and commands at
 * the start of a line (`/merge`). It looks the same. Code needs it too: what forges make of a squashed description is a
 * commit message, in which no code is known.
 */
export function neutralize(text: string): string {
  return (
    text
      // Not within a word: the digest of an image is for copying.
      .replace(/(?<![\p{L}\p{N}_])@(?=[\p{L}\p{N}_])/gu, `@${GAP}`)
      .replace(/([#!])(?=\d)/g, `$1${GAP}`)
      .replace(/\b(GH)-(?=\d)/gi, `$1-${GAP}`)
      .replace(CLOSING, (_, ...groups: (string | undefined)[]) => {
        const [start = '', rest = ''] = groups.slice(0, 8).filter((group) => group !== undefined);
        return `${start}${GAP}${rest}`;
      })
      .replace(/^([ \t>+~-]*)\/(?=[A-Za-z])/gm, `$1${GAP}/`)
  );
}

/** A short text as code, whatever is in it. */
export function code(text: string): string {
  const plain = neutralize(text.replace(/\s+/g, ' ').trim());
  const fence = '`'.repeat(longestRun(plain) + 1);
  const pad = plain.startsWith('`') || plain.endsWith('`') || plain === '' ? ' ' : '';
  return `${fence}${pad}${plain}${pad}${fence}`;
}

/** Lines as a block of code that nothing in them ends. */
export function codeBlock(lines: readonly string[]): string {
  const text = neutralize(lines.join('\n'));
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}diff\n${text}\n${fence}`;
}

/** Text that is shown as it is: no HTML, no markup. */
export function plain(text: string): string {
  return neutralize(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_[\]|~]/g, '\\$&');
}

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, { length }) => Math.max(longest, length), 0);
}
