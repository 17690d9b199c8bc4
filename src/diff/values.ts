import { escapeLine, escapeText, quote } from './escape';
import { isMap, type JsonMap } from './fingerprint';
import { linesOf } from './text';

/** Deeper values are not shown. */
const MAX_DEPTH = 12;
const MORE = '…';

/** The value on one line, safe to print: a scalar as YAML would have it, a map or list in braces. */
export function inlineValue(value: unknown, limit: number): string {
  const parts: string[] = [];
  let room = limit;
  write(value, 0);
  return shorten(parts.join(''), limit);

  function put(text: string): void {
    parts.push(text);
    room -= text.length;
  }

  function write(item: unknown, depth: number): void {
    if (typeof item !== 'object' || item === null) put(scalar(item, depth > 0, limit));
    else if (depth === MAX_DEPTH) put(MORE);
    else if (Array.isArray(item)) writeAll('[', item, (member) => write(member, depth + 1), ']');
    else {
      const map = item as JsonMap;
      writeAll(
        '{',
        shownKeys(map),
        (key) => {
          put(`${scalar(key, true, limit)}: `);
          write(map[key], depth + 1);
        },
        '}',
      );
    }
  }

  function writeAll<T>(open: string, items: readonly T[], each: (item: T) => void, close: string): void {
    put(open);
    for (const [i, item] of items.entries()) {
      // What follows would be cut off again.
      if (room < 0) return;
      if (i > 0) put(', ');
      each(item);
    }
    put(close);
  }
}

/** The value over several lines, as YAML would have it, safe to print, and with no more lines than allowed. */
export function blockValue(value: unknown, width: number, maxLines: number): string[] {
  const lines: string[] = [];
  write(value, '', '', 0);
  return cutLines(lines, maxLines);

  /** Puts a value after a lead (`key:`, `-`), or below it. */
  function write(item: unknown, lead: string, indent: string, depth: number): void {
    if (lines.length > maxLines) return;
    const room = Math.max(width - indent.length - lead.length, 10);
    const prefix = lead === '' ? indent : `${indent}${lead} `;
    if (isLong(item)) {
      if (lead !== '') lines.push(`${prefix}|`);
      const inner = lead === '' ? indent : `${indent}  `;
      for (const line of linesOf(item).slice(0, maxLines + 1)) lines.push(inner + shorten(escapeLine(line), room));
    } else if (typeof item !== 'object' || item === null || isVoid(item) || depth === MAX_DEPTH) {
      lines.push(prefix + inlineValue(item, room));
    } else {
      const first = lines.length;
      if (lead !== '' && lead !== '-') lines.push(`${indent}${lead}`);
      const inner = lead === '' ? indent : `${indent}  `;
      for (const [key, member] of Object.entries(item).slice(0, maxLines + 1)) {
        if (member !== undefined) write(member, isMap(item) ? `${scalar(key, true, room)}:` : '-', inner, depth + 1);
      }
      // The first member of a list item stands beside its dash.
      if (lead === '-') lines[first] = `${indent}- ${lines[first]?.slice(inner.length) ?? ''}`;
    }
  }
}

/** True of a text that has several lines. */
export function isLong(value: unknown): value is string {
  return typeof value === 'string' && value.length > 1 && value.includes('\n');
}

/** True of a map or list that holds something. */
export function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !isVoid(value);
}

/** The start of a text that is already safe to print. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  // No half of a surrogate pair is left behind.
  return text.slice(0, Math.max(limit - MORE.length, 1)).replace(/[\uD800-\uDBFF]$/, '') + MORE;
}

/** The parts of two unequal lines that fit, chosen so that the difference is seen. */
export function shortenBoth(before: string, after: string, limit: number): [string, string] {
  let common = 0;
  while (common < before.length && before[common] === after[common]) common++;
  if (common < limit / 2 || (before.length <= limit && after.length <= limit)) {
    return [shorten(before, limit), shorten(after, limit)];
  }
  const start = common - Math.floor(limit / 4);
  const from = (text: string) => shorten(MORE + text.slice(start).replace(/^[\uDC00-\uDFFF]/, ''), limit);
  return [from(before), from(after)];
}

/** The first lines, and how many more there are when there are more. */
export function cutLines(lines: readonly string[], maxLines: number): string[] {
  return lines.length <= maxLines ? [...lines] : [...lines.slice(0, maxLines), MORE];
}

/** A scalar that cannot be taken for one of another type; quoted as well where it would be taken for structure. */
function scalar(value: unknown, nested: boolean, limit: number): string {
  if (typeof value !== 'string') return escapeText(String(value));
  // What is cut off anyway need not be looked at.
  const text = value.length > 4 * limit + 4_096 ? value.slice(0, 4 * limit + 4_096) : value;
  return isPlain(text, nested) ? text : quote(text);
}

function isPlain(text: string, nested: boolean): boolean {
  if (text === '' || text.trim() !== text || !Number.isNaN(Number(text))) return false;
  if (/^(true|false|null|undefined|NaN|-?Infinity)$/.test(text) || /^["'[{]|→/.test(text)) return false;
  if (nested && /[,:[\]{}"'#] |[,:[\]{}"'#]$|[,[\]{}]/.test(text)) return false;
  return escapeText(text) === text;
}

function isVoid(value: object): boolean {
  return Array.isArray(value) ? value.length === 0 : isMap(value) && shownKeys(value).length === 0;
}

function shownKeys(map: JsonMap): string[] {
  return Object.keys(map).filter((key) => map[key] !== undefined);
}
