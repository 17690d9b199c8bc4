/**
 * Finds any number of fixed words in one pass over a text, whatever their case (Aho and Corasick's automaton as one
 * table). The cost of a pass does not depend on what is in the text.
 */
export class Automaton<T> {
  /** Row of the next state, for each state and class of character; a state is the offset of its row. */
  private readonly next: Int32Array;
  /** Class of each ASCII character; 0 is every character that is in no word. */
  private readonly classes = new Uint8Array(128);
  private readonly width: number;
  /** What ends in a state; the first place is that of states in which nothing does. */
  private readonly found: (readonly Found<T>[])[] = [[]];
  /** Place in {@link found} for each row: most have nothing, and looking there has to be cheap. */
  private readonly ends: Uint16Array;

  constructor(words: Iterable<readonly [word: string, payload: T]>) {
    const all = [...words].map(([word, payload]) => [word.toLowerCase(), payload] as const);
    let classes = 1;
    for (const char of new Set(all.flatMap(([word]) => [...word]))) {
      const code = char.charCodeAt(0);
      this.classes[code] = classes;
      this.classes[char.toUpperCase().charCodeAt(0)] = classes++;
    }
    this.width = classes;
    const children: Map<number, number>[] = [new Map()];
    const ends: Found<T>[][] = [[]];
    for (const [word, payload] of all) {
      let state = 0;
      for (let i = 0; i < word.length; i++) {
        const char = this.classes[word.charCodeAt(i)] as number;
        let child = children[state]?.get(char);
        if (child === undefined) {
          child = children.push(new Map()) - 1;
          ends.push([]);
          children[state]?.set(char, child);
        }
        state = child;
      }
      ends[state]?.push({ length: word.length, payload });
    }
    this.next = new Int32Array(children.length * classes);
    this.ends = new Uint16Array(children.length * classes);
    this.link(children, ends);
  }

  private link(children: readonly ReadonlyMap<number, number>[], ends: readonly Found<T>[][]): void {
    const { width, next } = this;
    const fallback = new Int32Array(children.length);
    const queue: number[] = [0];
    for (let state = queue.shift(); state !== undefined; state = queue.shift()) {
      const back = fallback[state] as number;
      const all =
        state === 0 ? ends[0] : [...(ends[state] ?? []), ...(this.found[this.ends[back * width] as number] ?? [])];
      if (all && all.length > 0) {
        this.ends[state * width] = this.found.push(all) - 1;
      }
      for (let char = 0; char < width; char++) {
        const child = children[state]?.get(char);
        const otherwise = state === 0 ? 0 : (next[back * width + char] as number) / width;
        next[state * width + char] = (child ?? otherwise) * width;
        if (child !== undefined) {
          fallback[child] = otherwise;
          queue.push(child);
        }
      }
    }
  }

  /**
   * Calls back for each word, at the end of it, in the order of their ends.
   * @param onRun called for each run of base64 characters that is long enough
   */
  scan(
    text: string,
    shortestRun: number,
    onWord: (payload: T, start: number, end: number) => void,
    onRun: (start: number, end: number) => void,
  ): void {
    const { next, classes, found, ends } = this;
    const { length } = text;
    let state = 0;
    let run = 0;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code < 128) {
        state = next[state + (classes[code] as number)] as number;
        if (BASE64[code] === 0) {
          if (i - run >= shortestRun) onRun(run, i);
          run = i + 1;
        }
        const end = ends[state] as number;
        if (end > 0) {
          const words = found[end] as readonly Found<T>[];
          for (let word = 0; word < words.length; word++) {
            const { length: size, payload } = words[word] as Found<T>;
            onWord(payload, i + 1 - size, i + 1);
          }
        }
      } else {
        state = 0;
        if (i - run >= shortestRun) onRun(run, i);
        run = i + 1;
      }
    }
    if (length - run >= shortestRun) onRun(run, length);
  }
}

interface Found<T> {
  readonly length: number;
  readonly payload: T;
}

/** Characters of base64, of its variant for URLs too. */
const BASE64 = new Uint8Array(128);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_') {
  BASE64[char.charCodeAt(0)] = 1;
}
