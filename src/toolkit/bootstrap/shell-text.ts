/** A word of a POSIX shell, quoted where it has to be. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A command of words, on as many lines as it takes. */
export function command(...words: readonly string[]): string {
  const lines: string[] = [];
  for (const text of words.map(word)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + text.length + 3 > WIDTH) lines.push(text);
    else lines[lines.length - 1] = `${last} ${text}`;
  }
  return lines.join(' \\\n  ');
}

const WIDTH = 118;

/** A comment of one or more lines. Line ends of names cannot end it. */
export function comment(text: string): string {
  return text
    .split('\n')
    .map((line) => `# ${line}`.trimEnd())
    .join('\n');
}

/** Input of a command, as it is. */
export function hereDocument(line: string, input: string): string {
  return `${line}\n${input.trimEnd()}\nEND`;
}
