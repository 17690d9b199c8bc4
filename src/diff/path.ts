import { quote } from './escape';

/** A value that can identify a list item. */
export type Scalar = string | number | boolean;

const PLAIN_KEY = /^[A-Za-z_][\w-]*$/;
/** Starts like a word, so that no number or boolean is mistaken for a text. */
const PLAIN_VALUE = /^(?!(?:true|false|null|NaN|Infinity)$)[A-Za-z_*/][\w./:*@+-]*$/;

/** Path of a member of a map. */
export function memberPath(path: string, key: string): string {
  if (!PLAIN_KEY.test(key)) return `${path}[${quote(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}

/** Path of a list item: by position, or by the text of its merge key. */
export function itemPath(path: string, item: string | number): string {
  return `${path}[${item}]`;
}

/** A scalar between brackets. Unequal scalars have unequal texts. */
export function scalarText(value: Scalar): string {
  return typeof value === 'string' && !PLAIN_VALUE.test(value) ? quote(value) : String(value);
}
