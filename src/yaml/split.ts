/** A document of a stream, as the text it is. */
export interface YamlText {
  readonly text: string;
  /** Line of the stream that it starts on, counted from 1. */
  readonly line: number;
}

const MARKER = /^---(?=[ \t\n]|$)/gm;

/**
 * The documents of a YAML stream as text, without parsing them: a line that starts with `---` is a marker wherever it
 * stands. Documents that hold nothing but comments are left out.
 */
export function splitYaml(stream: string): YamlText[] {
  const source = (stream.includes('\r') ? stream.replace(/\r\n?/g, '\n') : stream).replace(/^\ufeff/, '');
  const documents: YamlText[] = [];
  let line = 1;
  const add = (from: number, to: number) => {
    const text = source.slice(from, to);
    if (/^[ \t]*[^\s#]/m.test(text)) documents.push({ text: trim(text, from > 0), line });
    for (let at = source.indexOf('\n', from); at >= 0 && at < to; at = source.indexOf('\n', at + 1)) line++;
  };
  let from = 0;
  for (const { index } of source.matchAll(MARKER)) {
    add(from, index);
    from = index + 3;
  }
  add(from, source.length);
  return documents;
}

/** What follows a marker on its line stays; the line end of a bare marker does not. */
function trim(text: string, isMarked: boolean): string {
  return isMarked ? text.replace(/^[ \t]*\n|^[ \t]+/, '') : text;
}
