import type { ErrorCode, Problem } from '../errors';
import { GitOpsError } from '../errors';
import type { Issue } from '../model/issue';

const SECRET_CODES: Readonly<Record<string, ErrorCode>> = {
  'plain-secret': 'PLAIN_SECRET',
  'named-literal': 'LEAK_NAMED_LITERAL',
  argument: 'LEAK_ARG',
  'url-credentials': 'LEAK_URL_CREDENTIALS',
  'private-key': 'LEAK_PRIVATE_KEY',
  'too-large-to-check': 'TOO_LARGE_TO_CHECK',
};
const FAMILY_CODES: Readonly<Record<string, ErrorCode>> = {
  secret: 'LEAK_PATTERN',
  schema: 'SCHEMA_INVALID',
  policy: 'POLICY_VIOLATED',
  waiver: 'WAIVER_INVALID',
};
/** Lines of a message. The error's problems are complete. */
const MOST_LINES = 50;

/** Code of the error that an issue is refused with. */
export function codeOf(rule: string): ErrorCode {
  const slash = rule.indexOf('/');
  const family = rule.slice(0, slash);
  const own = family === 'secret' ? SECRET_CODES[rule.slice(slash + 1)] : undefined;
  return own ?? FAMILY_CODES[family] ?? 'POLICY_VIOLATED';
}

/** The issue as a problem: at its construct, with file, field and rule, and what to do. */
export function problemOf({ rule, path, file, object, field, message, remedy }: Issue): Problem {
  const what = object === undefined ? '' : `${object.kind} ${object.name}`;
  const place = [path === undefined || path === '' ? '' : file, what, field].filter((part) => part !== '').join(', ');
  const where = path === undefined || path === '' ? file : path;
  return { where, message: `${place === '' ? '' : `${place}: `}${message} (${rule}); ${remedy}`, code: codeOf(rule) };
}

/**
 * One error for all issues that keep the objects from being published; undefined when there are none.
 */
export function refusal(issues: readonly Issue[]): GitOpsError | undefined {
  const errors = issues.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return undefined;
  const problems = errors.map(problemOf);
  const count = problems.length === 1 ? '1 issue' : `${problems.length} issues`;
  const summary = `the gate refuses what is declared: ${count}`;
  const { code } = GitOpsError.ofModel(summary, problems);
  const rest = problems.length - MOST_LINES;
  const more = rest > 0 ? [{ where: '', message: `and ${rest} more: \`cdk8s-gitops validate\` lists them all` }] : [];
  const { message } = GitOpsError.of(code, summary, [...problems.slice(0, MOST_LINES), ...more]);
  return new GitOpsError(code, message, { problems });
}
