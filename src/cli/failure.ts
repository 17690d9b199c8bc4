import { escapeLine } from '../diff/escape';
import { GitOpsError } from '../errors';
import type { Colors } from './terminal';

/** An error as `--json` shows it. */
export function failureJson(error: unknown): object {
  const { code, message, problems } = asGitOpsError(error);
  return { error: { code, message, problems } };
}

/**
 * An error for people: its code, what is wrong, and what to change.
 * @param verbose with the stacks of it and its causes
 */
export function failureText(error: unknown, colors: Colors, verbose: boolean): string {
  const { code, message } = asGitOpsError(error);
  const [first = '', ...rest] = safe(message).split('\n');
  const lines = [`${colors.red(colors.bold(`error ${code}:`))} ${first}`, ...rest];
  if (verbose) lines.push(colors.dim(safe(stacks(error))));
  return `${lines.join('\n')}\n`;
}

/** Whatever was thrown: what is none of our errors is a mistake of this tool. */
function asGitOpsError(error: unknown): GitOpsError {
  if (GitOpsError.is(error)) return error;
  const what = error instanceof Error ? error.message : String(error);
  const message = `${what}\n  this is a mistake in cdk8s-gitops: run again with --verbose, and report what it says`;
  return new GitOpsError('INTERNAL', message, { cause: error });
}

function stacks(error: unknown): string {
  const found: string[] = [];
  const seen = new Set<unknown>();
  for (let at = error; at !== undefined && at !== null && !seen.has(at); at = (at as { cause?: unknown }).cause) {
    seen.add(at);
    const stack = at instanceof Error ? (at.stack ?? at.message) : String(at);
    found.push(found.length === 0 ? stack : `caused by ${stack}`);
  }
  return found.join('\n');
}

/** Names in messages come from programs and repositories. */
function safe(text: string): string {
  return text.split('\n').map(escapeLine).join('\n');
}
