import type { Issue } from '../gate';
import type { Host } from './host';

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

/** What people are told of warnings: a line for each rule. */
export function warningLines(issues: readonly Issue[]): string[] {
  const rules = byRule(issues.filter(({ severity }) => severity === 'warning'));
  const lines = rules.slice(0, MOST_LINES).map(({ rule, count, example }) => {
    const { path, file, object, field, message, remedy } = example;
    const name = object === undefined ? '' : `${object.kind} ${object.name}`;
    const where = [path === undefined || path === '' ? file : path, name, field]
      .filter((part) => part !== '')
      .join(', ');
    const more = count === 1 ? '' : ` (and ${count - 1} more)`;
    return `${rule}: ${where === '' ? '' : `${where}: `}${message}${more}; ${remedy}`;
  });
  const rest = rules.slice(MOST_LINES);
  if (rest.length > 0) lines.push(`and ${rest.map(({ rule, count }) => `${count} of ${rule}`).join(', ')}`);
  if (lines.length > 0) lines.push('`cdk8s-gitops validate` lists every warning, object by object');
  return lines;
}

/** Tells the host of the warnings that a tree came with. */
export function tellWarnings(issues: readonly Issue[] | undefined, host: Host | undefined): void {
  const lines = warningLines(issues ?? []);
  if (lines.length > 0) host?.warn?.(['the gate has warnings', ...lines.map((line) => `  ${line}`)].join('\n'));
}
