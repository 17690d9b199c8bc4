import type { Budget, GateGroup, RuleFamily } from './family';
import type { GateObject, Issue } from './issue';
import { policyFamily } from './policies';
import { newestSchemas } from './schemas';
import { secretFamily } from './secrets';

/** Every family there is. */
export const FAMILIES: readonly RuleFamily[] = [secretFamily, newestSchemas, policyFamily];

export interface CheckOptions {
  /** Families to check. @default - all of them */
  readonly families?: readonly RuleFamily[];
  /** @default - see {@link Budget} */
  readonly budget?: Budget;
  /** What is known of the place of the objects. @default - nothing */
  readonly group?: Omit<GateGroup, 'objects'>;
}

/** Every issue of the objects, which are taken for ones that are applied together: in their order, then those of the group. */
export function checkObjects(objects: Iterable<GateObject>, options: CheckOptions = {}): Issue[] {
  const { families = FAMILIES, budget = {}, group } = options;
  const all = Array.isArray(objects) ? (objects as readonly GateObject[]) : [...objects];
  const issues: Issue[] = [];
  for (const family of families) family.prepare?.(all);
  for (const object of all) {
    for (const family of families) {
      for (const issue of family.check?.(object, budget) ?? []) issues.push(issue);
    }
  }
  for (const family of families) {
    for (const issue of family.checkGroup?.({ ...group, objects: all }) ?? []) issues.push(issue);
  }
  return issues;
}
