import { formatKey, formatLine, formatLiteral } from './scalar';
import { DEEPEST, isPlainNumber, isPlainObject, REFUSED, unrepresentable } from './unrepresentable';

/** Line end and indentation of each level. */
const PADS: readonly string[] = Array.from({ length: DEEPEST + 3 }, (_, level) => `\n${'  '.repeat(level)}`);

/**
 * One JSON value as one YAML document: block style, indented by two, keys in the order they have, ending in a newline.
 * Every reader gives the same value back (see `scalar.ts`). Members that are undefined are left out; an undefined item of
 * a list is null; -0 is 0.
 * @throws GitOpsError YAML_UNREPRESENTABLE when there is no YAML for it, naming the path inside the document
 */
export function emitYaml(value: unknown): string {
  try {
    return new Emitter().document(value);
  } catch (error) {
    if (error === REFUSED) throw unrepresentable(value);
    throw error;
  }
}

class Emitter {
  private out = '';

  document(value: unknown): string {
    if (value === undefined) throw REFUSED;
    if (isFilled(value)) this.collection(value, '', 0);
    else this.out = typeof value === 'string' && /^\s/.test(value) ? formatLine(value) : leaf(value, 1);
    return `${this.out}\n`;
  }

  /** @param lead what the first entry follows; every other one starts a line of its own */
  private collection(value: object, lead: string, level: number): void {
    if (level > DEEPEST) throw REFUSED;
    if (Array.isArray(value)) this.list(value, lead, level);
    else this.map(value as Readonly<Record<string, unknown>>, lead, level);
  }

  private map(map: Readonly<Record<string, unknown>>, lead: string, level: number): void {
    if (!isPlainObject(map)) throw REFUSED;
    const pad = PADS[level] as string;
    let start = lead;
    for (const key of Object.keys(map)) {
      const value = map[key];
      if (value === undefined) continue;
      const name = formatKey(key);
      const label = name.startsWith('? ') ? `${name}${pad}:` : name;
      if (isFilled(value)) {
        this.out += start + label;
        this.collection(value, PADS[level + 1] as string, level + 1);
      } else {
        this.out += `${start}${label} ${leaf(value, level + 1)}`;
      }
      start = pad;
    }
  }

  private list(list: readonly unknown[], lead: string, level: number): void {
    const pad = PADS[level] as string;
    let start = lead;
    // By index: a hole is an item too.
    for (let index = 0; index < list.length; index++) {
      const item = list[index];
      if (isFilled(item)) this.collection(item, `${start}- `, level + 1);
      else this.out += `${start}- ${leaf(item, level + 1)}`;
      start = pad;
    }
  }
}

/** True of a map or list that has something to write; all else fits on the line of its key, or is a block of text. */
function isFilled(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.length > 0;
  for (const key in value) if ((value as Record<string, unknown>)[key] !== undefined) return true;
  return false;
}

function leaf(value: unknown, level: number): string {
  switch (typeof value) {
    case 'string':
      return (value.includes('\n') && formatLiteral(value, PADS[level] as string)) || formatLine(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
    case 'bigint':
      return number(value);
    case 'undefined':
      return 'null';
    case 'object':
      if (value === null) return 'null';
      if (Array.isArray(value)) return '[]';
      if (isPlainObject(value)) return '{}';
  }
  throw REFUSED;
}

function number(value: number | bigint): string {
  if (!isPlainNumber(value)) throw REFUSED;
  const text = String(value);
  // To YAML 1.1 `1e+21` is a string: a float has a point.
  return /^-?\de/.test(text) ? text.replace('e', '.0e') : text;
}
