import { align, type Likeness } from './align';
import { type Fingerprints, isMap, keysOf } from './fingerprint';
import type { Labels } from './merge-keys';
import { itemPath } from './path';
import type { FieldChange } from './types';

/** Takes what is found in a list. Paths are relative to it. */
export interface ListSink {
  /** Looks into an item that is on both sides. */
  compare(item: string | number, before: unknown, after: unknown): void;
  change(change: FieldChange): void;
}

/** Compares a list whose items have labels, equal for the same item. */
export function diffKeyedList(
  before: readonly unknown[],
  after: readonly unknown[],
  labels: Labels,
  sink: ListSink,
  { ordered }: { readonly ordered: boolean },
): void {
  const positions = new Map(labels.after.map((label, index) => [label, index]));
  const known = new Set(labels.before);
  let last = -1;
  let reordered = false;
  labels.before.forEach((label, index) => {
    const now = positions.get(label);
    if (now === undefined) {
      sink.change({ path: itemPath('', label), op: 'remove', before: before[index], ...(ordered ? { index } : {}) });
      return;
    }
    reordered ||= now < last;
    last = now;
    sink.compare(label, before[index], after[now]);
  });
  labels.after.forEach((label, index) => {
    if (known.has(label)) return;
    sink.change({ path: itemPath('', label), op: 'add', after: after[index], ...(ordered ? { index } : {}) });
  });
  if (ordered && reordered) sink.change({ path: '', op: 'order', before: labels.before, after: labels.after });
}

/** Compares a list whose items nothing identifies: the most likely items are taken for the same. */
export function diffPlainList(
  before: readonly unknown[],
  after: readonly unknown[],
  prints: Fingerprints,
  sink: ListSink,
): void {
  const printsBefore = before.map((item) => prints.of(item));
  const printsAfter = after.map((item) => prints.of(item));
  const order = reorder(before, after, printsBefore, printsAfter);
  if (order) {
    sink.change({ path: '', op: 'order', ...order });
    return;
  }
  const pairs = align(printsBefore, printsAfter, likenessOf(before, after, prints));
  const pairedBefore = new Set(pairs.map(([b]) => b));
  const pairedAfter = new Set(pairs.map(([, a]) => a));
  before.forEach((item, index) => {
    if (!pairedBefore.has(index)) sink.change({ path: itemPath('', index), op: 'remove', before: item });
  });
  for (const [b, a] of pairs) {
    if (printsBefore[b] !== printsAfter[a]) sink.compare(a, before[b], after[a]);
  }
  after.forEach((item, index) => {
    if (!pairedAfter.has(index)) sink.change({ path: itemPath('', index), op: 'add', after: item });
  });
}

/** Both orders, when the lists hold the same items and differ in nothing else: scalars, or positions in the list before. */
function reorder(
  before: readonly unknown[],
  after: readonly unknown[],
  printsBefore: readonly number[],
  printsAfter: readonly number[],
): { before: readonly unknown[]; after: readonly unknown[] } | undefined {
  if (before.length !== after.length || printsBefore.every((print, i) => print === printsAfter[i])) return undefined;
  const places = new Map<number, number[]>();
  // In reverse, so that equal items are taken in their order.
  for (let i = printsBefore.length - 1; i >= 0; i--) {
    const print = printsBefore[i] as number;
    const known = places.get(print);
    if (known) known.push(i);
    else places.set(print, [i]);
  }
  const from: number[] = [];
  for (const print of printsAfter) {
    const place = places.get(print)?.pop();
    if (place === undefined) return undefined;
    from.push(place);
  }
  if (before.every((item) => typeof item !== 'object')) return { before, after };
  return { before: before.map((_, index) => index), after: from };
}

/**
 * Maps are as alike as they have members in common, and unlike when they have neither a member nor all their keys in
 * common. Texts are more alike when they agree up to the first `=` or `:`, as flags and image references do.
 */
function likenessOf(before: readonly unknown[], after: readonly unknown[], prints: Fingerprints): Likeness {
  return (b, a) => {
    const [old, now] = [before[b], after[a]];
    if (isMap(old) && isMap(now)) {
      const oldKeys = keysOf(old);
      const commonKeys = oldKeys.filter((key) => Object.hasOwn(now, key));
      const common = commonKeys.filter((key) => prints.same(old[key], now[key])).length;
      const sameKeys = commonKeys.length === oldKeys.length && commonKeys.length === keysOf(now).length;
      return 2 * common + (sameKeys ? 1 : 0);
    }
    if (isMap(old) || isMap(now) || Array.isArray(old) !== Array.isArray(now)) return 0;
    return typeof old === 'string' && typeof now === 'string' && stem(old) === stem(now) ? 2 : 1;
  };
}

function stem(text: string): string {
  return text.split(/[=:]/, 1)[0] ?? '';
}
