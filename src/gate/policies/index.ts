import type { GateGroup, RuleFamily } from '../family';
import type { Issue } from '../issue';
import { advice } from './advice';
import { podShape } from './containers';
import { podSecurity } from './pod-security';
import { references } from './references';
import { scaling, sharedVolume } from './scaling';
import { services } from './services';
import { Unit } from './unit';
import { issueOf } from './workload';

/** What manifests of the right form get wrong all the same: within a pod, among the objects of a unit, for its place. */
export const policyFamily: RuleFamily = { name: 'policy', checkGroup: checkPolicies };

/** Takes time about linear in the size of the objects: those that refer to each other are found by name or label. */
export function checkPolicies(group: GateGroup): readonly Issue[] {
  const unit = new Unit(group);
  const issues: Issue[] = [];
  for (const workload of unit.workloads) {
    const violations = [
      ...podShape(workload),
      ...podSecurity(workload, group.podSecurity),
      ...references(workload, unit),
      ...sharedVolume(workload, unit),
      ...advice(workload, unit),
    ];
    for (const violation of violations) issues.push(issueOf(workload.object, violation));
  }
  for (const { member, violation } of [...services(unit), ...scaling(unit)]) {
    issues.push(issueOf(member.object, violation));
  }
  return distinct(issues);
}

/** Two levels may demand the same of a field. */
function distinct(issues: readonly Issue[]): Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ rule, field, file, path, object }) => {
    const key = [rule, field, file, path, object?.kind, object?.namespace, object?.name].join('\n');
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
