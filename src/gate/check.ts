import type { Budget, RuleFamily } from './family';
import type { GateObject, Issue } from './issue';
import { secretFamily } from './secrets';

/** Every family there is. */
export const FAMILIES: readonly RuleFamily[] = [secretFamily];

export interface CheckOptions {
  /** Families to check. @default - all of them */
  readonly families?: readonly RuleFamily[];
  /** @default - see {@link Budget} */
  readonly budget?: Budget;
}

/** Every issue of the objects, in their order. */
export function checkObjects(objects: Iterable<GateObject>, options: CheckOptions = {}): Issue[] {
  const { families = FAMILIES, budget = {} } = options;
  const issues: Issue[] = [];
  for (const object of objects) {
    for (const family of families) {
      for (const issue of family.check(object, budget)) issues.push(issue);
    }
  }
  return issues;
}
