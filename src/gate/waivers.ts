import type { Waiver } from '../model/gate';
import type { Issue } from './issue';

export type { Waiver } from '../model/gate';

/** Rules that nothing waives. */
const UNWAIVABLE: ReadonlySet<string> = new Set(['secret/plain-secret', 'secret/too-large-to-check']);

/**
 * The issues that remain. A waiver that has expired, says nothing of why, or is of a rule that cannot be waived is an
 * error of its own and waives nothing; one that no issue needs is a warning.
 * @param today such as `2026-11-23`
 */
export function applyWaivers(issues: readonly Issue[], waivers: readonly Waiver[], today: string): Issue[] {
  const problems: Issue[] = [];
  const valid: Waiver[] = [];
  for (const waiver of waivers) {
    const problem = problemOf(waiver, today);
    if (problem === undefined) valid.push(waiver);
    else problems.push(problem);
  }
  const used = new Set<Waiver>();
  const remaining = issues.filter((issue) => {
    const matching = UNWAIVABLE.has(issue.rule) ? [] : valid.filter((waiver) => isFor(waiver, issue));
    for (const waiver of matching) used.add(waiver);
    return matching.length === 0;
  });
  const unused = valid
    .filter((waiver) => !used.has(waiver))
    .map((waiver) => issueOf(waiver, 'unused', 'warning', 'nothing is wrong here that it is for', 'remove the waiver'));
  return [...remaining, ...problems, ...unused];
}

function problemOf(waiver: Waiver, today: string): Issue | undefined {
  const { rule, path, reason, expires } = waiver;
  if (UNWAIVABLE.has(rule)) {
    return issueOf(
      waiver,
      'not-waivable',
      'error',
      'this rule cannot be waived',
      'mend what it is about, and remove the waiver',
    );
  }
  const lacking = [rule, path, reason].some((text) => text.trim() === '');
  if (lacking || !isDay(expires) || rule === '*') {
    const remedy = 'give it a rule, a path, a reason, and a day such as 2027-03-31';
    return issueOf(waiver, 'invalid', 'error', 'the waiver is not complete', remedy);
  }
  if (expires >= today) return undefined;
  const message = `the waiver expired on ${expires}`;
  return issueOf(
    waiver,
    'expired',
    'error',
    message,
    'mend what it is about; or look at it again, and give it another day',
  );
}

function issueOf(waiver: Waiver, name: string, severity: Issue['severity'], message: string, remedy: string): Issue {
  const { rule, path } = waiver;
  return {
    rule: `waiver/${name}`,
    severity,
    file: '',
    path,
    field: '',
    message: `${message} (${rule} at ${path})`,
    remedy,
  };
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // The last days of a month roll over into the next one.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function isFor({ rule, path }: Waiver, issue: Issue): boolean {
  const isRule = rule.endsWith('/*') ? issue.rule.startsWith(rule.slice(0, -1)) : issue.rule === rule;
  if (!isRule) return false;
  if (issue.path !== undefined && (issue.path === path || issue.path.startsWith(`${path}/`))) return true;
  return issue.file !== '' && matchesGlob(path, issue.file);
}

/** `*` within a name, `**` for any number of folders. Takes time in the product of both lengths at most. */
export function matchesGlob(glob: string, file: string): boolean {
  return matchParts(glob.split('/'), file.split('/'));
}

function matchParts(glob: readonly string[], parts: readonly string[]): boolean {
  // Reachable positions in the glob after each part.
  let reachable = closure(glob, new Set([0]));
  for (const part of parts) {
    const next = new Set<number>();
    for (const at of reachable) {
      if (glob[at] === '**') next.add(at);
      else if (at < glob.length && matchName(glob[at] as string, part)) next.add(at + 1);
    }
    reachable = closure(glob, next);
  }
  return reachable.has(glob.length);
}

function closure(glob: readonly string[], positions: Set<number>): Set<number> {
  for (const at of positions) if (glob[at] === '**') positions.add(at + 1);
  return positions;
}

function matchName(glob: string, name: string): boolean {
  const pieces = glob.split('*');
  const [first = ''] = pieces;
  if (pieces.length === 1) return glob === name;
  const last = pieces.at(-1) ?? '';
  if (!name.startsWith(first) || name.length < first.length + last.length || !name.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > name.length - last.length) return false;
    at = found + piece.length;
  }
  return true;
}
