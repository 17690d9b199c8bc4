/** A name and the value it is given, as some text has it: YAML, JSON, properties, shell, XML, connection strings. */
export interface Assignment {
  readonly name: string;
  /** Index after the name. */
  readonly nameEnd: number;
  readonly value: string;
  /** Index after the value. */
  readonly valueEnd: number;
  /** Written as `--name`. */
  readonly isFlag: boolean;
  readonly isComment: boolean;
  readonly isQuoted: boolean;
  /** Given by nothing but a space: `requirepass x`, `PASSWORD 'x'`. */
  readonly isBare: boolean;
  /** In the middle of a sentence, as far as can be seen. */
  readonly isProse: boolean;
}

/** Longest value that is looked at, and longest name. */
const LONGEST_VALUE = 4096;
const LONGEST_NAME = 96;
/** What may stand on a line before a name whose value goes to the end of the line. */
const LINE_START =
  /^[ \t]*(?:(?:[-*+?][ \t]+)*|(?:export|set|setenv|env|arg|declare(?:[ \t]-\w)?|const|let|var|local|readonly|def|val|final|static|public|private|string)[ \t]+)["']?$/i;
const COMMENT = /^[ \t]*(?:#|\/\/|--[ \t]|;|\*[ \t]|<!--|rem[ \t]|%[ \t]|")/i;
/** `name: X` before a name, and what leads to its value after it. */
const PAIR_BEFORE =
  /(?:["']?\b(?:name|key|variable|var|param|parameter|field|header|setting|option|property|id)["']?[ \t]*[:=][ \t]*["']?|<name>\s{0,16}|<key>\s{0,16}|["']?\bpath["']?[ \t]*[:=][ \t]*["']?[/\w.~-]{1,80})$/i;
const PAIR_AFTER =
  /(?:["']?[ \t]*[,;]?\s{0,80}(?:-\s{1,8})?["']?\b(?:value|defaultValue|val|content)["']?[ \t]*[:=][ \t]*|\s{0,16}<\/(?:name|key)>\s{0,80}<(?:value|string)>)/iy;
const SEPARATOR =
  /\\{0,2}["'`]?\]?[ \t]*(?:=>|:=|\?=|\+=|::=|->|:(?![:/=])|=(?![=~]))[ \t]*|["'`]?[ \t]*,[ \t]*(?=<<")|["']?[ \t]*\]?[ \t]*,[ \t]*(?=["'][^"']{6,})(?!["'][\w ]{1,40}["'][ \t]*[:\]])/y;
const NAME = /[\w.-]/;
/** What configuration files give a value by a space alone. */
const DIRECTIVE =
  /^(?:requirepass|masterauth|rootpw|bindpw|bindpass|auth_pass|auth-pass|default_pass|.*[_.-](?:passw(?:or)?d|pass|secret|token|key|pw))$/i;

/**
 * The assignment to the name that a word of it is in.
 * @param start of the word
 */
export function readAssignment(text: string, start: number, end: number): Assignment | { readonly nameEnd: number } {
  let from = start;
  while (from > 0 && start - from < LONGEST_NAME && NAME.test(text[from - 1] as string)) from--;
  let nameEnd = end;
  while (nameEnd < text.length && nameEnd - end < LONGEST_NAME && NAME.test(text[nameEnd] as string)) nameEnd++;
  const raw = text.slice(from, nameEnd);
  // A name does not end in a point or a dash.
  const trimmed = raw.replace(/[.-]+$/, '');
  const isFlag = /^--?[A-Za-z]/.test(raw);
  const name = trimmed.replace(/^-+(?:D(?=[a-z]))?/, '').replace(/^[.]+/, '');
  const before = text[from - 1] ?? '';
  if (before === '$' || before === '%' || (before === '{' && text[from - 2] === '$')) {
    // What follows on `${NAME:` is a default.
    if (before !== '{' || !/^:?[-=:]/.test(text.slice(nameEnd, nameEnd + 2))) return { nameEnd };
  }
  // A part of an ARN, or the like.
  if (before === ':' && text[nameEnd] === ':' && from > 1 && text[from - 2] !== ' ') return { nameEnd };
  const window = text.slice(Math.max(0, from - 160), from);
  const line = window.slice(window.lastIndexOf('\n') + 1);
  const isComment = COMMENT.test(line);
  const isProse = /[A-Za-z`][ \t]+$/.test(line) && !LINE_START.test(line);
  const base = { name, nameEnd, isFlag, isComment, isProse };
  if (PAIR_BEFORE.test(line.slice(-100))) {
    PAIR_AFTER.lastIndex = nameEnd;
    if (PAIR_AFTER.test(text)) {
      const at = PAIR_AFTER.lastIndex;
      return {
        ...base,
        ...readValue(text, at, text[at - 1] === '>' ? 'element' : 'line'),
        isBare: false,
        isProse: false,
      };
    }
  }
  if (before === '<' && text[nameEnd] === '>') {
    return { ...base, ...readValue(text, nameEnd + 1, 'element'), isBare: false, isProse: false };
  }
  const startsLine = line.length < 160 && LINE_START.test(line);
  SEPARATOR.lastIndex = nameEnd;
  if (SEPARATOR.test(text)) {
    const at = SEPARATOR.lastIndex;
    const extent =
      startsLine && before !== '{' ? 'line' : before === '{' && text[from - 2] === '$' ? 'template' : 'word';
    const read = readValue(text, at, extent);
    // In a shell, what follows on a space is another word.
    const isTight = !read.isQuoted && text[at - 1] === '=' && text[nameEnd] === '=';
    const word = isTight ? { ...read, value: read.value.split(/[\s]|;$/, 1)[0] ?? '' } : read;
    // An argument that is handed on: `login(password=password)`.
    if (!word.isQuoted && extent === 'word' && word.value === name) return { nameEnd };
    return { ...base, ...word, isBare: false, isProse: isProse && text[at - 1] === ' ' && text[nameEnd] === ':' };
  }
  return readBare(text, nameEnd, base, startsLine, line);
}

/** `--password x`, `PASSWORD 'x'`, and lines of two words: `requirepass x`. */
function readBare(
  text: string,
  nameEnd: number,
  base: Pick<Assignment, 'name' | 'nameEnd' | 'isFlag' | 'isComment' | 'isProse'>,
  startsLine: boolean,
  line: string,
): Assignment | { readonly nameEnd: number } {
  const gap = /^[ \t]{1,16}(?=\S)/.exec(text.slice(nameEnd, nameEnd + 17));
  // Columns: a help text tells what the option does.
  if (!gap || (base.isFlag && gap[0].length > 1)) return { nameEnd };
  const at = nameEnd + gap[0].length;
  const value = readValue(text, at, 'word');
  const isNetrc = /\b(?:login|machine|account|user)[ \t]+\S{1,64}[ \t]+$/i.test(line);
  const rest = text.slice(value.valueEnd, value.valueEnd + 3);
  const isAlone = startsLine && /^["']?[ \t]*;?[ \t]*(?:\r?\n|$)/.test(rest);
  if (base.isFlag || isNetrc || isAlone || (value.isQuoted && !base.isComment)) {
    return {
      ...base,
      ...value,
      isBare: !base.isFlag,
      isProse: !base.isFlag && !isNetrc && !value.isQuoted && !DIRECTIVE.test(base.name),
    };
  }
  return { nameEnd };
}

type Read = Pick<Assignment, 'value' | 'valueEnd' | 'isQuoted'>;

/** @param extent how far a value without quotes goes */
function readValue(text: string, at: number, extent: 'line' | 'word' | 'element' | 'template'): Read {
  const limit = Math.min(text.length, at + LONGEST_VALUE);
  let from = at;
  // Prefixes of Python's strings, and tags of YAML that change nothing.
  const prefix = /^(?:[brufBRUF]{1,2}(?=["'])|!!(?:str|binary)[ \t]+|&\w+[ \t]+|<<(?="))/.exec(text.slice(at, at + 24));
  if (prefix) from += prefix[0].length;
  if (extent === 'element') return until(text, from, indexOf(text, '<', from, limit), false);
  if (extent === 'template') return until(text, from, indexOf(text, '}', from, limit), false);
  const escaped = text[from] === '\\' ? (/^\\{1,3}(?=["'])/.exec(text.slice(from, from + 4))?.[0].length ?? 0) : 0;
  const quote = text[from + escaped] as string;
  if (quote === '"' || quote === "'" || quote === '`') {
    const open = from + escaped + 1;
    let close = open;
    for (; close < limit; close++) {
      if (escaped === 0 && text[close] === '\\') close++;
      else if (text[close] === quote) break;
    }
    const end = Math.min(close, limit);
    return { value: text.slice(open, escaped > 0 ? end - escaped : end), valueEnd: end, isQuoted: true };
  }
  let end = indexOf(text, '\n', from, limit);
  if (extent === 'word') {
    end = from;
    while (end < limit && !/[\s,;&|)}\]<>"'`\\]/.test(text[end] as string)) {
      // Templates hold what would end a word.
      const close = text.startsWith('{{', end)
        ? '}}'
        : text.startsWith('$(', end)
          ? ')'
          : text.startsWith('${', end)
            ? '}'
            : '';
      const closed = close === '' ? -1 : text.slice(end, Math.min(limit, end + 256)).indexOf(close);
      end = closed < 0 ? end + 1 : end + closed + close.length;
    }
    return until(text, from, end, false);
  }
  const line = text.slice(from, end);
  const comment = line.search(/[ \t]#/);
  const value = (comment < 0 ? line : line.slice(0, comment)).trim().replace(/[,;]$/, '');
  if (/^[|>][-+\d]{0,2}$/.test(value) || value === '' || value === '\\') {
    // A block, or a list: its first line, indented more than nothing.
    const next = /^\n[ \t]*(?:-[ \t]+|(?=[ \t]))([^\n:]{1,400})(?=\n|$)/.exec(text.slice(end, end + 500))?.[1]?.trim();
    const isBlock = value !== '' || /^\n[ \t]*-[ \t]/.test(text.slice(end, end + 80));
    if (next !== undefined && isBlock)
      return { value: next.replace(/^["']|["']$/g, ''), valueEnd: end, isQuoted: false };
  }
  return { value, valueEnd: end, isQuoted: false };
}

function until(text: string, from: number, end: number, isQuoted: boolean): Read {
  return { value: text.slice(from, end).trim(), valueEnd: end, isQuoted };
}

function indexOf(text: string, char: string, from: number, limit: number): number {
  // No further than the limit: a text without the character would be read to its end each time.
  const at = text.slice(from, limit).indexOf(char);
  return at < 0 ? limit : from + at;
}
