/**
 * Everything that a terminal or a reader could be fooled with: control characters (ANSI sequences start with one), marks
 * that change the direction of text, invisible characters, separators that start a line, halves of surrogate pairs.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line, with what is unsafe to print as JSON would escape it. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const named = NAMED[character];
    if (named !== undefined) return named;
    return Array.from({ length: character.length }, (_, unit) => escapeUnit(character.charCodeAt(unit))).join('');
  });
}

/** A line of a longer text: as {@link escapeText}, but tabs indent. */
export function escapeLine(line: string): string {
  return line.split('\t').map(escapeText).join('  ');
}

/** A JSON string that is safe to print and reads back as the same text. */
export function quote(text: string): string {
  return escapeText(JSON.stringify(text));
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
