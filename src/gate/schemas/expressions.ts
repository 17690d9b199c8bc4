import { type Node, type Ranges, readExpression, UnknownSyntax } from './expression-syntax';

/**
 * Regular expressions as API servers have them, in time linear in the text: definitions come from anywhere, and a backtracking
 * engine can be made to take for ever. The expression becomes an automaton, whose states are worked out as texts need them.
 */
export interface Expression {
  readonly source: string;
  /** Whether it matches anywhere in the text. */
  matches(text: string): boolean;
}

/** Steps of an automaton at most: counted repeats multiply. */
const MOST_STEPS = 20_000;
/** States that are remembered. */
const MOST_STATES = 1_000;

const compiled = new Map<string, Expression | undefined>();

/** The expression, or undefined when it is not understood: what it says is not checked then. */
export function compileExpression(source: string): Expression | undefined {
  if (compiled.has(source)) return compiled.get(source);
  if (compiled.size >= MOST_STATES) compiled.clear();
  let expression: Expression | undefined;
  try {
    expression = new Automaton(source);
  } catch (error) {
    if (!(error instanceof UnknownSyntax)) throw error;
  }
  compiled.set(source, expression);
  return expression;
}

type Step =
  | { readonly op: 'characters'; readonly ranges: Ranges; next: number }
  | { readonly op: 'start' | 'end' | 'jump'; next: number }
  | { readonly op: 'fork'; next: number; other: number }
  | { readonly op: 'match' };

interface State {
  /** Steps that wait for a character, sorted. */
  readonly waiting: readonly number[];
  readonly isMatch: boolean;
  readonly isMatchAtEnd: boolean;
  readonly next: (State | undefined)[];
}

class Automaton implements Expression {
  private readonly steps: Step[] = [];
  private readonly states = new Map<string, State>();
  private readonly first: State;

  constructor(readonly source: string) {
    this.add(readExpression(source));
    this.push({ op: 'match' });
    this.first = this.stateOf([0], true);
  }

  matches(text: string): boolean {
    let state = this.first;
    for (let at = 0; at < text.length; at++) {
      if (state.isMatch) return true;
      const code = text.codePointAt(at) as number;
      if (code > 0xffff) at++;
      state = this.after(state, code);
    }
    return state.isMatch || state.isMatchAtEnd;
  }

  private after(state: State, code: number): State {
    const known = code < 128 ? state.next[code] : undefined;
    if (known !== undefined) return known;
    const reached: number[] = [];
    for (const at of state.waiting) {
      const step = this.steps[at] as Step & { op: 'characters' };
      if (step.ranges.some(([from, to]) => from <= code && code <= to)) reached.push(step.next);
    }
    // It may start to match at any character.
    reached.push(0);
    const next = this.stateOf(reached, false);
    if (code < 128) state.next[code] = next;
    return next;
  }

  private stateOf(from: readonly number[], isAtStart: boolean): State {
    const { waiting, isMatch } = this.reach(from, isAtStart, false);
    const { isMatch: isMatchAtEnd } = this.reach(from, isAtStart, true);
    const key = `${waiting.join()} ${isMatch} ${isMatchAtEnd}`;
    const known = this.states.get(key);
    if (known !== undefined) return known;
    if (this.states.size >= MOST_STATES) {
      for (const state of this.states.values()) state.next.length = 0;
      this.states.clear();
    }
    const state: State = { waiting, isMatch, isMatchAtEnd, next: [] };
    this.states.set(key, state);
    return state;
  }

  private reach(from: readonly number[], isAtStart: boolean, isAtEnd: boolean) {
    const seen = new Set<number>();
    const stack = [...from];
    const waiting: number[] = [];
    let isMatch = false;
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const step = this.steps[at] as Step;
      if (step.op === 'match') isMatch = true;
      else if (step.op === 'characters') waiting.push(at);
      else if (step.op === 'fork') stack.push(step.next, step.other);
      else if (step.op === 'jump' || (step.op === 'start' ? isAtStart : isAtEnd)) stack.push(step.next);
    }
    return { waiting: waiting.sort((a, b) => a - b), isMatch };
  }

  /** Appends the steps of a part; where they end, the next ones follow. */
  private add(node: Node): void {
    switch (node.kind) {
      case 'characters':
        this.push({ op: 'characters', ranges: node.ranges, next: this.steps.length + 1 });
        break;
      case 'start':
      case 'end':
        this.push({ op: node.kind, next: this.steps.length + 1 });
        break;
      case 'sequence':
        for (const part of node.parts) this.add(part);
        break;
      case 'either':
        this.addEither(node.parts);
        break;
      case 'repeat':
        this.addRepeat(node.part, node.least, node.most);
    }
  }

  private addEither(parts: readonly Node[]): void {
    const jumps: { next: number }[] = [];
    for (const [index, part] of parts.entries()) {
      if (index === parts.length - 1) this.add(part);
      else {
        const fork = this.push({ op: 'fork', next: this.steps.length + 1, other: 0 });
        this.add(part);
        jumps.push(this.push({ op: 'jump', next: 0 }));
        fork.other = this.steps.length;
      }
    }
    for (const jump of jumps) jump.next = this.steps.length;
  }

  private addRepeat(part: Node, least: number, most: number): void {
    for (let i = 0; i < least; i++) this.add(part);
    if (most === Number.POSITIVE_INFINITY) {
      const start = this.steps.length;
      const fork = this.push({ op: 'fork', next: start + 1, other: 0 });
      this.add(part);
      this.push({ op: 'jump', next: start });
      fork.other = this.steps.length;
      return;
    }
    const forks: { other: number }[] = [];
    for (let i = least; i < most; i++) {
      forks.push(this.push({ op: 'fork', next: this.steps.length + 1, other: 0 }));
      this.add(part);
    }
    for (const fork of forks) fork.other = this.steps.length;
  }

  private push<S extends Step>(step: S): S {
    if (this.steps.length >= MOST_STEPS) throw new UnknownSyntax();
    this.steps.push(step);
    return step;
  }
}
