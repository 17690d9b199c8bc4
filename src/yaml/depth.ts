import { type CST, Parser } from 'yaml';

/**
 * Deeper than any Kubernetes object, and far from what exhausts the stack: what reads a document is recursive, and an
 * engine that runs out of stack while it compiles a regular expression ends the process.
 */
export const MAX_DEPTH = 256;

/**
 * Where a text is nested too deeply. Most texts are seen to be fine at a glance.
 * @returns the offset of the first value that lies too deep; undefined when none does
 */
export function tooDeepAt(source: string): number | undefined {
  if (!mayBeDeep(source)) return undefined;
  const open: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of new Parser().parse(source)) {
    open.push({ token, depth: 0 });
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { token: at, depth } = next;
      if (depth > MAX_DEPTH) return 'offset' in at ? at.offset : 0;
      if (at.type === 'document') {
        if (at.value !== undefined) open.push({ token: at.value, depth });
      } else if ('items' in at) {
        for (const { key, value } of at.items) {
          if (key) open.push({ token: key, depth: depth + 1 });
          if (value) open.push({ token: value, depth: depth + 1 });
        }
      }
    }
  }
  return undefined;
}

/** Every level takes a bracket, or a space or sign of its own at the start of a line. */
function mayBeDeep(source: string): boolean {
  const enough = MAX_DEPTH / 2;
  let brackets = 0;
  let signs = 0;
  let isStart = true;
  for (let i = 0; i < source.length; i++) {
    const code = source.charCodeAt(i);
    if (code === LINE_END) {
      signs = 0;
      isStart = true;
    } else if (code === BRACKET || code === BRACE) {
      brackets++;
      isStart = false;
    } else if (isStart) {
      if (code === SPACE || code === TAB || code === HYPHEN || code === QUESTION || code === COLON) signs++;
      else isStart = false;
    }
    if (brackets > enough || signs > enough) return true;
  }
  return false;
}

const LINE_END = 0x0a;
const TAB = 0x09;
const SPACE = 0x20;
const HYPHEN = 0x2d;
const COLON = 0x3a;
const QUESTION = 0x3f;
const BRACKET = 0x5b;
const BRACE = 0x7b;
