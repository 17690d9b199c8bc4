import type { Issue } from '../gate';

/** Rules that are told of one by one. */
const MOST_LINES = 12;

/** Issues of one rule. */
export interface RuleCount {
  readonly rule: string;
  readonly severity: Issue['severity'];
  readonly count: number;
  /** The first of them. */
  readonly example: Issue;
}

/** Issues by their rules, the most frequent first. */
export function byRule(issues: readonly Issue[]): RuleCount[] {
  const rules = new Map<string, { count: number; readonly example: Issue }>();
  for (const issue of issues) {
    const key = `${issue.severity} ${issue.rule}`;
    const known = rules.get(key);
    if (known) known.count++;
    else rules.set(key, { count: 1, example: issue });
  }
  return [...rules.values()]
    .map(({ count, example }) => ({ rule: example.rule, severity: example.severity, count, example }))
    .sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
}

/** What people are told of warnings: a line for each rule, but one for all advice of policies. */
export function warningLines(counts: readonly RuleCount[]): string[] {
  const rules = counts.filter(({ severity }) => severity === 'warning');
  const isAdvice = ({ rule }: RuleCount) => rule.startsWith('policy/');
  const others = rules.filter((each) => !isAdvice(each));
  const lines = others.slice(0, MOST_LINES).map(({ rule, count, example }) => {
    const { path, file, object, field, message, remedy } = example;
    const name = object === undefined ? '' : `${object.kind} ${object.name}`;
    const where = [path === undefined || path === '' ? file : path, name, field]
      .filter((part) => part !== '')
      .join(', ');
    const more = count === 1 ? '' : ` (and ${count - 1} more)`;
    return `${rule}: ${where === '' ? '' : `${where}: `}${message}${more}; ${remedy}`;
  });
  const rest = [...others.slice(MOST_LINES), ...rules.filter(isAdvice)];
  if (rest.length === 0) return lines;
  const numbers = rest.map(({ rule, count }) => `${rule} (${count})`).join(', ');
  return [...lines, `the gate warns of ${numbers}: \`cdk8s-gitops validate\` tells where, and what to do`];
}
