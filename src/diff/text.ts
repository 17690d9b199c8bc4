import { structuredPatch } from 'diff';

/** A line of a unified diff. `note` lines say something of the lines around them. */
export interface TextLine {
  readonly kind: 'context' | 'add' | 'remove' | 'note';
  readonly text: string;
}

const CONTEXT = 3;
/** Texts with more differences than this are shown as replaced: the search takes the square of it. */
const MAX_EDITS = 1_000;

/** What changes in a text of several lines, as a unified diff: line by line, with a few lines around each change. */
export function diffLines(before: string, after: string): TextLine[] {
  const patch = structuredPatch('', '', before, after, '', '', { context: CONTEXT, maxEditLength: MAX_EDITS });
  if (!patch) return [...allLines(before, 'remove'), ...allLines(after, 'add')];
  return patch.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines }) => [
    { kind: 'note' as const, text: `@@ -${oldStart},${oldLines} +${newStart},${newLines} @@` },
    ...lines.map(readLine),
  ]);
}

/** Lines of a text; the end of the last one starts no other. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function allLines(text: string, kind: 'add' | 'remove'): TextLine[] {
  return linesOf(text).map((line) => ({ kind, text: line }));
}

function readLine(line: string): TextLine {
  const text = line.slice(1);
  switch (line[0]) {
    case '+':
      return { kind: 'add', text };
    case '-':
      return { kind: 'remove', text };
    case '\\':
      return { kind: 'note', text: `\\${text}` };
    default:
      return { kind: 'context', text };
  }
}
