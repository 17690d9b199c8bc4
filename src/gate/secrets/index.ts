import type { Budget, RuleFamily } from '../family';
import type { GateObject, Issue } from '../issue';
import { EXHAUSTED, FINDINGS, Report } from './report';
import { OPEN, Walker } from './walk';

/** Steps that any object has. */
const LEAST_STEPS = 4_500_000;

/** Nothing secret gets through: values of Secrets, literals under names of secrets, tokens, keys, credentials in URLs. */
export const secretFamily: RuleFamily = {
  name: 'secret',
  // Verdicts depend on the object alone.
  key: 'secret',
  check: checkSecrets,
};

/**
 * Looks for secrets in one object. Takes time linear in its size; an object that would take more than its budget is an
 * issue of its own, so that nothing passes for not having been looked at.
 */
export function checkSecrets(object: GateObject, { steps = LEAST_STEPS }: Budget = {}): readonly Issue[] {
  const report = new Report(object, steps);
  try {
    // The schemas of a CustomResourceDefinition explain fields; they set none.
    const isProse = object.manifest.kind === 'CustomResourceDefinition';
    new Walker(report).value(object.manifest, isProse ? { ...OPEN, isProse } : OPEN);
  } catch (error) {
    if (error !== EXHAUSTED) throw error;
    report.trail.length = 0;
    report.add(FINDINGS.tooLarge);
  }
  return report.issues;
}
