import { type ErrorCode, GitOpsError } from '../../errors';
import { unwritable } from './temporary';
import { sanitize } from './text';

/** A git process that failed. Never thrown at users: {@link translate} makes a coded error of it. */
export class GitFailure extends Error {
  constructor(
    /** The git command, e.g. `fetch`. */
    readonly command: string,
    readonly exitCode: number | null,
    /** Everything it printed, as it came. */
    readonly output: string,
  ) {
    super(`git ${command} failed`);
    this.name = 'GitFailure';
  }
}

export interface FailureContext {
  /** Remote or folder, free of credentials. */
  readonly where: string;
  readonly secrets?: readonly string[];
}

/** A push that was refused because somebody else's arrived first: the only refusals that are worth another try. */
const RETRYABLE =
  /fetch first|non-fast-forward|stale info|cannot lock ref|failed to update ref|incorrect old value provided|reference already exists|atomic push failed/;
const FINAL = /hook declined|protected branch|GH0\d\d|denied by|not allowed to push/i;

export function isContention(output: string): boolean {
  return RETRYABLE.test(output) && !FINAL.test(output);
}

interface Rule {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly summary: (where: string) => string;
}

const RULES: readonly Rule[] = [
  {
    pattern: /spawn git ENOENT/,
    code: 'GIT_MISSING',
    summary: () => 'git was not found on the PATH; install git 2.31 or newer',
  },
  {
    pattern: /transport '[^']*' not allowed|transport .* not allowed/,
    code: 'REMOTE_INVALID',
    summary: (where) =>
      `${where} leads to a transport that is not let through; check url.*.insteadOf in git's configuration`,
  },
  {
    pattern:
      /could not read (Username|Password)|terminal prompts disabled|Authentication failed|Invalid username or (password|token)|Permission denied|Host key verification failed|returned error: 40[13]|access denied|HTTP Basic: Access denied|Permission to .* denied/i,
    code: 'REMOTE_AUTHENTICATION',
    summary: (where) =>
      `${where} does not let this user in; check the credential helper, the SSH key or CDK8S_GITOPS_TOKEN, and that they may write`,
  },
  {
    pattern:
      /hook declined|protected branch|GH0\d\d|\[remote rejected\]|remote unpack failed|unpacker error|read-only/i,
    code: 'REMOTE_REJECTED',
    summary: (where) =>
      `${where} refused the push; its message says which rule, hook or setting of the server has to change`,
  },
  {
    pattern: /repository corruption on the remote side|bad tree object/,
    code: 'REMOTE_CORRUPT',
    summary: (where) => `${where} is damaged; run git fsck there`,
  },
  {
    pattern:
      /does not appear to be a git repository|not a git repository|repository '[^']*' not found|repository not found|returned error: 404|not valid: is this a git repository|Project not found/i,
    code: 'REMOTE_NOT_A_REPOSITORY',
    summary: (where) => `${where} is not a git repository; check its URL, and that it may be read`,
  },
  {
    pattern:
      /Could not resolve host|unable to access|Connection (refused|reset|timed out)|timed out|Network is unreachable|No route to host|hung up|early EOF|Could not read from remote repository|unexpected disconnect|connect to host|RPC failed|returned error: 5\d\d/i,
    code: 'REMOTE_UNREACHABLE',
    summary: (where) => `${where} cannot be reached; check the URL and the network, and try again`,
  },
];

/** What git says of the disk here; the server's own troubles come with a prefix. */
const DISK = /^(?!remote:).*(?:No space left on device|Disk quota exceeded|File too large|Read-only file system)/m;

/** Lines of git's that say nothing about what is wrong here. */
const CHATTER = /^(?:To |Done$|hint:|Please make sure you have the correct access|and the repository exists|\s*$)/;

/** The coded error that says what to change, with git's own words made safe. Other errors pass as they are. */
export function translate(error: unknown, { where, secrets = [] }: FailureContext): unknown {
  if (!(error instanceof GitFailure)) return error;
  const words = sanitize(error.output, secrets)
    .split('\n')
    .filter((line) => !CHATTER.test(line))
    .join('\n');
  if (DISK.test(error.output)) return unwritable('git could not write to it', words);
  const rule = RULES.find(({ pattern }) => pattern.test(error.output));
  const summary = rule?.summary(where) ?? `git ${error.command} failed on ${where} (exit code ${error.exitCode})`;
  const quoted = words === '' ? '' : `\n${words.replace(/^/gm, '  ')}`;
  return new GitOpsError(rule?.code ?? 'GIT_FAILED', `${summary}${rule?.code === 'GIT_MISSING' ? '' : quoted}`);
}
