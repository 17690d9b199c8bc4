/**
 * Alignment of lists without merge keys, in almost linear time: equal ends first, then items that occur once on either
 * side (as patience diff does), then the best match within each gap that is small enough to search.
 */

/** A position in the list before and the one in the list after that belongs with it. */
export type Pair = readonly [before: number, after: number];

/** How alike two unequal items are. Zero: they have nothing to do with each other. */
export type Likeness = (before: number, after: number) => number;

/** Gaps up to this many combinations are searched for the best match. */
const SEARCHED_CELLS = 10_000;
/** In larger gaps, an equal item is looked for among so many. */
const LOOK_AHEAD = 100;
const MAX_DEPTH = 16;
/** An equal item outweighs any likeness. */
const EQUAL = 1_000;

interface Range {
  readonly b0: number;
  readonly b1: number;
  readonly a0: number;
  readonly a1: number;
}

/**
 * The pairs of items that belong together, ascending on both sides.
 * @param before fingerprints of the items before
 * @param after fingerprints of the items after
 */
export function align(before: readonly number[], after: readonly number[], likeness: Likeness): Pair[] {
  const pairs: Pair[] = [];
  alignRange({ b0: 0, b1: before.length, a0: 0, a1: after.length }, 0);
  return pairs;

  function alignRange(range: Range, depth: number): void {
    let { b0, b1, a0, a1 } = range;
    for (; b0 < b1 && a0 < a1 && before[b0] === after[a0]; b0++, a0++) pairs.push([b0, a0]);
    let tail = 0;
    for (; b0 < b1 && a0 < a1 && before[b1 - 1] === after[a1 - 1]; b1--, a1--) tail++;

    const rest = { b0, b1, a0, a1 };
    if (b0 < b1 && a0 < a1) {
      const cells = (b1 - b0) * (a1 - a0);
      const anchors = cells <= SEARCHED_CELLS || depth === MAX_DEPTH ? [] : anchorsIn(rest);
      if (cells <= SEARCHED_CELLS) search(rest);
      else if (anchors.length > 0) alignAround(anchors, rest, depth + 1);
      else scan(rest);
    }
    for (let i = 0; i < tail; i++) pairs.push([b1 + i, a1 + i]);
  }

  function alignAround(anchors: readonly Pair[], range: Range, depth: number): void {
    let { b0, a0 } = range;
    for (const [b, a] of anchors) {
      alignRange({ b0, b1: b, a0, a1: a }, depth);
      pairs.push([b, a]);
      b0 = b + 1;
      a0 = a + 1;
    }
    alignRange({ b0, b1: range.b1, a0, a1: range.a1 }, depth);
  }

  /** Items that occur once on either side of the range: as many as there are in the same order. */
  function anchorsIn({ b0, b1, a0, a1 }: Range): Pair[] {
    const seenBefore = positions(before, b0, b1);
    const seenAfter = positions(after, a0, a1);
    const common: Pair[] = [];
    for (const [print, b] of seenBefore) {
      const a = seenAfter.get(print);
      if (b !== undefined && a !== undefined) common.push([b, a]);
    }
    return longestAscending(common.map(([, a]) => a)).map((i) => common[i] as Pair);
  }

  /** Best total likeness over the range, by dynamic programming. */
  function search({ b0, b1, a0, a1 }: Range): void {
    const columns = a1 - a0 + 1;
    const best = new Float64Array((b1 - b0 + 1) * columns);
    const at = (b: number, a: number) => (b - b0) * columns + (a - a0);
    const score = (b: number, a: number) => (before[b] === after[a] ? EQUAL : likeness(b, a));
    const paired = new Float64Array(best.length);
    for (let b = b1 - 1; b >= b0; b--) {
      for (let a = a1 - 1; a >= a0; a--) {
        const together = score(b, a);
        const withPair = together > 0 ? together + (best[at(b + 1, a + 1)] ?? 0) : 0;
        paired[at(b, a)] = withPair;
        best[at(b, a)] = Math.max(withPair, best[at(b + 1, a)] ?? 0, best[at(b, a + 1)] ?? 0);
      }
    }
    for (let b = b0, a = a0; b < b1 && a < a1; ) {
      const value = best[at(b, a)] ?? 0;
      if (value > 0 && value === paired[at(b, a)]) pairs.push([b++, a++]);
      else if (value === best[at(b + 1, a)]) b++;
      else a++;
    }
  }

  /** What is left for a range too large to search: the next equal item nearby, else the one at the same place. */
  function scan({ b0, b1, a0, a1 }: Range): void {
    let a = a0;
    for (let b = b0; b < b1 && a < a1; b++) {
      const end = Math.min(a1, a + LOOK_AHEAD);
      let equal = a;
      while (equal < end && before[b] !== after[equal]) equal++;
      if (equal < end) a = equal;
      else if (likeness(b, a) === 0) continue;
      pairs.push([b, a++]);
    }
  }
}

/** Position of each item in the range; `undefined` for one that occurs more than once. */
function positions(prints: readonly number[], start: number, end: number): Map<number, number | undefined> {
  const seen = new Map<number, number | undefined>();
  for (let i = start; i < end; i++) {
    const print = prints[i] as number;
    seen.set(print, seen.has(print) ? undefined : i);
  }
  return seen;
}

/** Indices of a longest ascending subsequence of distinct numbers. */
export function longestAscending(numbers: readonly number[]): number[] {
  /** Per length, the index that the best subsequence of it ends with. */
  const ends: number[] = [];
  const previous: number[] = [];
  numbers.forEach((number, index) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((numbers[ends[middle] as number] as number) < number) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? (ends[low - 1] as number) : -1;
    ends[low] = index;
  });
  const sequence: number[] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i] as number) sequence.push(i);
  return sequence.reverse();
}
