/** What a terminal or a reader could be fooled with, and JSON leaves as it is: C1 controls, direction marks, and so on. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** The value as JSON that is safe to print, with a line end. */
export function toJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  const safe = text.replace(UNSAFE, (character) => (character === '\n' ? character : escaped(character)));
  return `${safe}\n`;
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, unit) => {
    return `\\u${character.charCodeAt(unit).toString(16).padStart(4, '0')}`;
  }).join('');
}
