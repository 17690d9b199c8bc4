/** A kind of token that is known by its form alone. Written from what its vendor documents, or from the form of its tokens. */
export interface Pattern {
  /** Last part of the rule's name. */
  readonly id: string;
  /** What it is, for people. */
  readonly what: string;
  /** Fixed parts that every such token has; one of them leads to it. Found in any case, the expression decides. */
  readonly literals: readonly string[];
  /** Matches the token from the literal on; always sticky, and never able to look back over what it has matched. */
  readonly token: RegExp;
  /** Characters of the token that stand before the literal. @default - it starts with the literal */
  readonly before?: RegExp;
  /** Characters at the end of the match that are random in a real one; fewer different ones make it an example. @default 6 */
  readonly distinct?: number;
}

/**
 * A pattern of tokens that start with a literal.
 * @param body what follows the literal, as the source of a regular expression
 */
export function prefixed(id: string, what: string, literals: string | readonly string[], body: string): Pattern {
  const all = typeof literals === 'string' ? [literals] : literals;
  const start = all.map((literal) => literal.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|');
  return { id, what, literals: all, token: new RegExp(`(?:${start})(${body})(?![A-Za-z0-9])`, 'y') };
}
