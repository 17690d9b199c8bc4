import { createHash, randomBytes } from 'node:crypto';
import { GitOpsError } from '../../errors';
import { branchProblem } from '../git/names';

/** How entries are named: `<prefix>/<branch>/<hash of the owned paths>/<ticket>`. */

export const DEFAULT_PREFIX = 'refs/cdk8s-gitops/queue';

/** What an entry's ref says. */
export interface EntryName {
  readonly ref: string;
  /** Hash of the roots that the entry replaces. */
  readonly paths: string;
  /** Milliseconds since 1970 and a random part: the order in which entries are landed, and what tells them apart. */
  readonly ticket: string;
}

const TICKET = /^\d{15}-[0-9a-f]{16}$/;
const PATHS = /^[0-9a-f]{40}$/;

/** A new place in the queue. Clocks may differ: the order among tickets is a matter of fairness, never of correctness. */
export function newTicket(now: number = Date.now()): string {
  const time = Math.min(Math.max(0, Math.floor(now)), 10 ** 15 - 1);
  return `${String(time).padStart(15, '0')}-${randomBytes(8).toString('hex')}`;
}

export function pathsHash(roots: Iterable<string>): string {
  return createHash('sha256')
    .update([...roots].sort().join('\0'))
    .digest('hex')
    .slice(0, 40);
}

export function entryName(prefix: string, branch: string, paths: string, ticket: string): EntryName {
  return { ref: `${prefix}/${branch}/${paths}/${ticket}`, paths, ticket };
}

/** Reads a ref's name; undefined for what no publisher would call an entry of the branch. */
export function parseEntryName(ref: string, prefix: string, branch: string): EntryName | undefined {
  const start = `${prefix}/${branch}/`;
  if (!ref.startsWith(start)) return undefined;
  const [paths = '', ticket = '', ...more] = ref.slice(start.length).split('/');
  if (more.length > 0 || !PATHS.test(paths) || !TICKET.test(ticket)) return undefined;
  return { ref, paths, ticket };
}

/** Whether a ref is an entry of some branch that lies below this one's name, e.g. of `main/eu` beside `main`. */
export function isOfAnotherBranch(ref: string, prefix: string, branch: string): boolean {
  const parts = ref.slice(`${prefix}/${branch}/`.length).split('/');
  return parts.length > 2 && PATHS.test(parts.at(-2) ?? '') && TICKET.test(parts.at(-1) ?? '');
}

/** Oldest first. */
export function byTicket(a: { readonly ticket: string }, b: { readonly ticket: string }): number {
  return a.ticket < b.ticket ? -1 : a.ticket > b.ticket ? 1 : 0;
}

/** @throws GitOpsError CONFIG_INVALID */
export function checkPrefix(prefix: string): void {
  const problem =
    !prefix.startsWith('refs/') || prefix.split('/').length < 3
      ? "it has to be like 'refs/cdk8s-gitops/queue': refs/, and two names at least"
      : prefix.length > 200
        ? 'it is longer than 200 characters'
        : branchProblem(prefix);
  if (problem === undefined) return;
  throw new GitOpsError(
    'CONFIG_INVALID',
    `${JSON.stringify(prefix.slice(0, 300))} cannot be the queue's prefix: ${problem}; change it`,
  );
}
