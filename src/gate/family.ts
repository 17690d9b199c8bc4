import type { GateObject, Issue } from './issue';

/** Limits of what the check of one object may cost. */
export interface Budget {
  /**
   * Steps for one object; a step is about one character looked at.
   *
   * @default - a fixed share, and several steps for each character the object holds
   */
  readonly steps?: number;
}

/** Rules that look for one kind of thing; their names start with the family's. */
export interface RuleFamily {
  /** First part of its rules' names, such as `secret`. */
  readonly name: string;
  /** Checks objects one by one. */
  check(object: GateObject, budget: Budget): readonly Issue[];
}
