import type { Policy, PolicyContext, PolicyFinding } from '../../model/gate';
import type { Manifest } from '../../model/manifest';
import type { RuleFamily } from '../family';
import { type GateObject, type Issue, issueObject } from '../issue';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** A policy, and where it holds. */
export interface OwnPolicy {
  readonly policy: Policy;
  /** Construct path whose objects it is for; empty for all. */
  readonly path: string;
}

/** What is wrong with policies themselves, once for a run. */
export function policyProblems(policies: readonly OwnPolicy[]): Issue[] {
  return policies.flatMap(({ policy, path }) => {
    const { name, remedy, severity = 'error', check } = (policy ?? {}) as Partial<Policy>;
    const isRight =
      typeof name === 'string' &&
      NAME.test(name) &&
      typeof remedy === 'string' &&
      typeof check === 'function' &&
      (severity === 'error' || severity === 'warning');
    if (isRight) return [];
    return [
      {
        rule: 'policy/invalid',
        severity: 'error' as const,
        file: '',
        path,
        field: '',
        message: `the policy ${JSON.stringify(name)} is not complete`,
        remedy: 'give it a name of lowercase letters, digits and `-`, a remedy, a severity, and a function `check`',
      },
    ];
  });
}

/** Users' own policies as a family, for the objects of one unit. */
export function ownFamily(policies: readonly OwnPolicy[], place: Omit<PolicyContext, 'objects'>): RuleFamily {
  const sound = policies.filter((own) => policyProblems([own]).length === 0);
  return {
    name: 'policy',
    checkGroup: ({ objects }) => {
      const context: PolicyContext = { ...place, objects: objects.map(({ manifest }) => manifest as Manifest) };
      return objects.flatMap((object) =>
        sound
          .filter(({ path }) => path === '' || object.path === path || object.path?.startsWith(`${path}/`))
          .flatMap(({ policy }) => check(policy, object, context)),
      );
    },
  };
}

function check(policy: Policy, object: GateObject, context: PolicyContext): Issue[] {
  const { severity = 'error', remedy } = policy;
  const issue = (finding: Exclude<PolicyFinding, string>, own: Issue['severity'] = severity): Issue => ({
    rule: `policy/${policy.name}`,
    severity: own,
    file: object.file,
    object: issueObject(object.manifest),
    ...(object.path === undefined ? {} : { path: object.path }),
    field: finding.field ?? '',
    message: finding.message,
    remedy: finding.remedy ?? remedy,
  });
  let found: unknown;
  try {
    found = policy.check(object.manifest as Manifest, context);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const message = `the policy '${policy.name}' failed: ${said}`;
    return [issue({ message, remedy: 'mend the policy: it has to look at any object' }, 'error')];
  }
  const findings = (Array.isArray(found) ? found : [found]).filter(
    (finding) => finding !== undefined && finding !== null && finding !== false && finding !== '',
  );
  return findings.map((finding) => {
    if (typeof finding === 'string') return issue({ message: finding });
    if (typeof finding === 'object' && typeof finding.message === 'string') return issue(finding);
    const message = `the policy '${policy.name}' gave something that is neither a sentence nor { message }`;
    return issue({ message, remedy: 'mend the policy: let it return nothing when all is well' }, 'error');
  });
}
