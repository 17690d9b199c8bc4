import { escapeLine } from './escape';
import { REDACTED } from './redact';
import { diffLines } from './text';
import type { FieldChange, FieldOp } from './types';
import { blockValue, inlineValue, isLong, isNested, shorten, shortenBoth } from './values';

/** What a line says, which decides its colour. */
export type Tone = 'add' | 'remove' | 'change' | 'heading' | 'faint' | 'plain';

/** A line of output: what has a colour, and what follows it without. */
export interface Line {
  readonly tone: Tone;
  readonly text: string;
  readonly rest?: string;
}

/** Lines shown of one value, or of the differences of one text. */
const MAX_LINES = 60;
/** Nested values up to this length are shown on one line. */
const MAX_INLINE = 60;
/** Keys of maps can be of any length. */
const MAX_TITLE = 400;
/** A line keeps room for so many characters, however far it is indented. */
const MIN_ROOM = 20;

const MARKS: Readonly<Record<FieldOp, string>> = { add: '+', remove: '-', change: '~', order: '~' };
const TONES: Readonly<Record<FieldOp, Tone>> = { add: 'add', remove: 'remove', change: 'change', order: 'change' };

/** One change of a field: on a line where it fits, with its value or its differences below where it does not. */
export function fieldLines(change: FieldChange, indent: number, width: number): Line[] {
  const { op, before, after } = change;
  const pad = ' '.repeat(indent);
  const title = `${pad}${MARKS[op]} ${change.path === '' ? '(content)' : shorten(change.path, MAX_TITLE)}`;
  const room = Math.max(width - indent - 4, MIN_ROOM);
  if (op === 'order') return orderLines(change, title, pad, room, width);
  if (op !== 'change') return valueLines(op, op === 'add' ? after : before, title, pad, room, width);
  if (before === REDACTED && after === REDACTED)
    return [{ tone: 'change', text: title, rest: `: ${REDACTED} (changed)` }];
  if (isLong(before) && isLong(after)) {
    return [{ tone: 'change', text: title, rest: ':' }, ...textLines(before, after, pad, room)];
  }
  return twoValues(before, after, title, pad, room, width);
}

function valueLines(
  op: 'add' | 'remove',
  value: unknown,
  title: string,
  pad: string,
  room: number,
  width: number,
): Line[] {
  const tone = TONES[op];
  if (!isLong(value)) {
    const limit = width - title.length - 2;
    const text = inlineValue(value, Math.max(limit, room) + 1);
    if (text.length <= (isNested(value) ? Math.min(limit, MAX_INLINE) : limit)) {
      return [{ tone, text: title, rest: `: ${text}` }];
    }
  }
  const lines = blockValue(value, room, MAX_LINES).map((line) => ({ tone, text: `${pad}    ${line}` }));
  return [{ tone, text: title, rest: isLong(value) ? ': |' : ':' }, ...lines];
}

function twoValues(before: unknown, after: unknown, title: string, pad: string, room: number, width: number): Line[] {
  const nested = isNested(before) || isNested(after);
  // A scalar is looked at as a whole, to show the part of it that differs.
  const [old, now] = [before, after].map((value) => inlineValue(value, nested ? room : Number.MAX_SAFE_INTEGER)) as [
    string,
    string,
  ];
  const rest = `: ${old} → ${now}`;
  if (title.length + rest.length <= width && !(nested && rest.length > MAX_INLINE)) {
    return [{ tone: 'change', text: title, rest }];
  }
  const lines: Line[] = [{ tone: 'change', text: title, rest: ':' }];
  if (!nested && !isLong(before) && !isLong(after)) {
    const [shortOld, shortNow] = shortenBoth(old, now, room - 2);
    lines.push({ tone: 'remove', text: `${pad}    - ${shortOld}` }, { tone: 'add', text: `${pad}    + ${shortNow}` });
    return lines;
  }
  for (const line of blockValue(before, room - 2, MAX_LINES))
    lines.push({ tone: 'remove', text: `${pad}    - ${line}` });
  for (const line of blockValue(after, room - 2, MAX_LINES)) lines.push({ tone: 'add', text: `${pad}    + ${line}` });
  return lines;
}

function orderLines({ before, after }: FieldChange, title: string, pad: string, room: number, width: number): Line[] {
  const [old, now] = [orderText(before), orderText(after)];
  const rest = `: order ${old} → ${now}`;
  if (title.length + rest.length <= width) return [{ tone: 'change', text: title, rest }];
  const [shortOld, shortNow] = shortenBoth(old, now, room - 2);
  return [
    { tone: 'change', text: title, rest: ': order' },
    { tone: 'remove', text: `${pad}    - ${shortOld}` },
    { tone: 'add', text: `${pad}    + ${shortNow}` },
  ];
}

/** Items in a row. Labels are safe to print, and lose the `name=` that most of them start with. */
function orderText(items: unknown): string {
  if (!Array.isArray(items)) return '';
  return items.map((item) => inlineValue(typeof item === 'string' ? item.replace(/^name=/, '') : item, 200)).join(', ');
}

function textLines(before: string, after: string, pad: string, room: number): Line[] {
  const lines = diffLines(before, after);
  const shown = lines.slice(0, MAX_LINES).map(({ kind, text }): Line => {
    const line = shorten(escapeLine(text), room - 2);
    switch (kind) {
      case 'add':
        return { tone: 'add', text: `${pad}    + ${line}` };
      case 'remove':
        return { tone: 'remove', text: `${pad}    - ${line}` };
      case 'note':
        return { tone: 'faint', text: `${pad}    ${line}` };
      default:
        return { tone: 'plain', text: `${pad}      ${line}` };
    }
  });
  if (lines.length > MAX_LINES)
    shown.push({ tone: 'faint', text: `${pad}    … ${lines.length - MAX_LINES} more lines` });
  return shown;
}
