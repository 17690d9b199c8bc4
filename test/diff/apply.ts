import type { FieldChange } from '../../src/diff/types';

/**
 * Carries out field changes on the version before: an independent reading of what the paths and operations mean, used to
 * check that a diff says everything. Sets of scalars come out in an order of their own.
 */
export function applyChanges(before: unknown, changes: readonly FieldChange[]): unknown {
  let root = structuredClone(before);
  // From the outside in, because the positions in the path of a change are those in the lists after.
  const depths = new Map<number, FieldChange[]>();
  for (const change of changes.filter(({ op }) => op !== 'order')) {
    const depth = parsePath(change.path).length;
    depths.set(depth, [...(depths.get(depth) ?? []), change]);
  }
  for (const [depth, level] of [...depths].sort(([a], [b]) => a - b)) {
    if (depth === 0) root = structuredClone(level[0]!.after);
    else applyLevel(root, level);
  }
  for (const change of changes.filter(({ op }) => op === 'order')) {
    const list = valueAt(root, change.path) as unknown[];
    const order = change.after as (string | number)[];
    const isPositions = list.every((item) => typeof item === 'object') && order.every((x) => typeof x === 'number');
    const isLabels = list.every((item) => typeof item === 'object') && !isPositions;
    const sorted = isPositions
      ? order.map((from) => list[Number(from)])
      : isLabels
        ? order.map((label) => list[indexOf(list, String(label))])
        : order;
    list.splice(0, list.length, ...sorted);
  }
  return root;
}

function applyLevel(root: unknown, changes: readonly FieldChange[]): void {
  const gone = new Map<unknown[], Set<number>>();
  for (const change of changes.filter(({ op }) => op === 'remove')) {
    const { parent, last } = locate(root, change.path);
    if (Array.isArray(parent)) gone.set(parent, (gone.get(parent) ?? new Set()).add(indexOf(parent, last)));
    else delete (parent as Record<string, unknown>)[last];
  }
  for (const [list, indices] of gone) list.splice(0, list.length, ...list.filter((_, i) => !indices.has(i)));
  for (const change of changes.filter(({ op }) => op === 'add')) {
    const { parent, last } = locate(root, change.path);
    const item = structuredClone(change.after);
    if (!Array.isArray(parent)) define(parent as Record<string, unknown>, last, item);
    else parent.splice(/^\d+$/.test(last) ? Number(last) : (change.index ?? parent.length), 0, item);
  }
  for (const change of changes.filter(({ op }) => op === 'change')) {
    const { parent, last } = locate(root, change.path);
    if (Array.isArray(parent)) parent[indexOf(parent, last)] = structuredClone(change.after);
    else define(parent as Record<string, unknown>, last, structuredClone(change.after));
  }
}

/** Splits a path into keys, and the texts between brackets. */
export function parsePath(path: string): { text: string; bracket: boolean }[] {
  const parts: { text: string; bracket: boolean }[] = [];
  for (let rest = path; rest !== ''; ) {
    const plain = /^\.?([A-Za-z_][\w-]*)/.exec(rest);
    const quoted = /^\[("(?:[^"\\]|\\.)*")\]/.exec(rest);
    const item = /^\[((?:[^\]"]|"(?:[^"\\]|\\.)*")*)\]/.exec(rest);
    const match = plain ?? quoted ?? item;
    if (!match) throw new Error(`not a path: ${path}`);
    if (plain) parts.push({ text: plain[1]!, bracket: false });
    else if (quoted) parts.push({ text: JSON.parse(quoted[1]!), bracket: false });
    else parts.push({ text: item![1]!, bracket: true });
    rest = rest.slice(match[0].length);
  }
  return parts;
}

function locate(root: unknown, path: string): { parent: unknown; last: string } {
  const parts = parsePath(path);
  const last = parts.pop()!.text;
  let parent = root;
  for (const { text } of parts) parent = step(parent, text);
  return { parent, last };
}

function valueAt(root: unknown, path: string): unknown {
  return parsePath(path).reduce((value, { text }) => step(value, text), root);
}

function step(value: unknown, text: string): unknown {
  return Array.isArray(value) ? value[indexOf(value, text)] : (value as Record<string, unknown>)[text];
}

function indexOf(list: readonly unknown[], text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const fields = [...text.matchAll(/([\w.]*)=("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, key, value]) => ({
    key: key!,
    value: value!.startsWith('"') ? JSON.parse(value!) : /^[A-Za-z_*/]/.test(value!) ? value : Number(value),
  }));
  const found = list.findIndex((item) =>
    fields.every(({ key, value }) => {
      if (key === '') return item === value;
      const member = key.split('.').reduce<unknown>((x, k) => (x as Record<string, unknown>)?.[k], item);
      return member === value || (member === undefined && (value === 'TCP' || value === ''));
    }),
  );
  if (found < 0) throw new Error(`no item ${text}`);
  return found;
}

/** Sets a key also where it is `__proto__`. */
function define(map: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}
