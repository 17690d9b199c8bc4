import { type Document, parseAllDocuments } from 'yaml';
import { GitOpsError } from '../errors';
import { tooDeepAt } from './depth';
import { DocumentReader, UnreadableAt } from './document';

/** Line ends other than `\n`, which YAML 1.1 knows and YAML 1.2 only in part. */
const LINE_ENDS = /\r\n?|\u0085/g;

/**
 * What go-yaml refuses: control characters, half surrogate pairs, noncharacters. And the separators U+2028 and U+2029,
 * which end a line to it and to no other reader: two readers would see different objects.
 */
const REFUSED_CHARACTER = /[^\t\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/**
 * The documents of a YAML (or JSON) stream, read as Kubernetes would read them (see `resolve.ts`). Empty documents are
 * left out. Stricter than Kubernetes where that would hide a mistake: no key may be there twice, and an integer has to
 * fit a number exactly.
 * @throws GitOpsError SOURCE_UNREADABLE with line and column of what is wrong; nothing else is thrown
 */
export function parseYaml(text: string): unknown[] {
  const source = text.replace(LINE_ENDS, '\n');
  try {
    const refused = REFUSED_CHARACTER.exec(source);
    if (refused) throw new UnreadableAt(refused.index, `${codePoint(refused[0])} has to be written as an escape`);
    const unended = /[^ \t\n][ \t]*$/.test(source) ? source.length : undefined;
    const values = documentsOf(source).map(({ contents }) => new DocumentReader(contents, unended).read());
    return values.filter((value) => value !== null);
  } catch (error) {
    throw new GitOpsError('SOURCE_UNREADABLE', explain(error, source));
  }
}

/** Syntax trees that have no meaning yet: every scalar is still the text that was written. */
function documentsOf(source: string): readonly Document.Parsed[] {
  const deep = tooDeepAt(source);
  if (deep !== undefined) throw new UnreadableAt(deep, 'it is nested too deeply');
  const documents = parseAllDocuments(source, {
    schema: 'failsafe',
    resolveKnownTags: false,
    // People close brackets where they opened the line, which Go allows.
    strict: false,
    // Checked by the reader, which knows what keys are equal, and does not compare each with each.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  // A directive it does not know is a line of text it would drop.
  const streams = 'empty' in documents ? [documents] : documents;
  for (const { errors, warnings } of streams) {
    const problem = errors[0] ?? warnings.find(({ code }) => code === 'BAD_DIRECTIVE');
    if (problem) throw new UnreadableAt(problem.pos[0], inOurWords(problem.message));
  }
  return documents;
}

function explain(error: unknown, source: string): string {
  if (error instanceof UnreadableAt) return `${position(source, error.offset)}: ${error.message}`;
  return `line 1, column 1: ${inOurWords(error instanceof Error ? error.message : String(error))}`;
}

/** Parser and reader are recursive. The parser may report that it ran out of stack as if it were an error in the text. */
function inOurWords(message: string): string {
  return /call stack/i.test(message) ? 'it is nested too deeply' : message;
}

function position(source: string, offset: number): string {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return `line ${before.split('\n').length}, column ${before.length - lineStart + 1}`;
}

const codePoint = (char: string): string =>
  `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
