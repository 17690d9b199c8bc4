import { GitOpsError } from '../../errors';
import { git } from './client';
import { type GitDirectory, REMOTE } from './directory';
import { GitFailure, isContention } from './failures';
import type { RemoteTransport } from './remote';
import { sanitize } from './text';

/** Other branches than the one that is published to: those of pull requests. */

const FETCHED = 'refs/remotes/environment-repository/branches/';

/** All that a fetch without a complaint says. */
const CHATTER = /^(?:(?:From|POST) .*\n|\s)*$/;

/** What a branch is to be, if it still is what was seen of it. */
export interface BranchUpdate {
  readonly branch: string;
  /** The commit it is to be at; null: it is to be gone. */
  readonly commit: string | null;
  /** The commit it was seen at; null: it was not there. */
  readonly expected: string | null;
}

/**
 * Fetches the heads of every branch below a folder of branches, each with its parent commit and what of their trees the
 * filter lets through.
 * @param folder e.g. `cdk8s-gitops/main/acme--checkout/`
 * @returns commits by the branches' full names
 * @throws GitOpsError the REMOTE_ codes
 */
export async function fetchBranches(
  directory: GitDirectory,
  transport: RemoteTransport,
  folder: string,
): Promise<Map<string, string>> {
  const { filter, options } = transport;
  directory.configure(filter);
  try {
    await git(
      [
        'fetch',
        '--verbose',
        '--prune',
        '--depth=2',
        '--no-tags',
        '--no-write-fetch-head',
        ...(filter === 'none' ? [] : [`--filter=${filter}`]),
        REMOTE,
        `+refs/heads/${folder}*:${FETCHED}${folder}*`,
      ],
      options,
    );
    const listed = await git(['for-each-ref', '--format=%(objectname) %(refname)', `${FETCHED}${folder}`], options);
    const heads = new Map<string, string>();
    for (const line of listed.split('\n')) {
      const [commit = '', ref = ''] = line.split(' ', 2);
      if (ref !== '') heads.set(ref.slice(FETCHED.length), commit);
    }
    return heads;
  } catch (error) {
    // This is how git says, with a depth, that there are no such branches.
    if (error instanceof GitFailure && error.exitCode === 1 && CHATTER.test(error.output)) return new Map();
    throw transport.translated(error);
  } finally {
    directory.configure('none');
  }
}

/**
 * Moves, makes and removes branches with one push, each only if it is still what was seen.
 * @returns false when one of them was not: whatever else was pushed stays pushed
 * @throws GitOpsError REMOTE_REJECTED and the other REMOTE_ codes
 */
export async function pushBranches(transport: RemoteTransport, updates: readonly BranchUpdate[]): Promise<boolean> {
  try {
    await git(
      [
        'push',
        '--porcelain',
        '--no-verify',
        ...updates.map(({ branch, expected }) => `--force-with-lease=refs/heads/${branch}:${expected ?? ''}`),
        REMOTE,
        ...updates.map(({ branch, commit }) => `${commit ?? ''}:refs/heads/${branch}`),
      ],
      transport.options,
    );
    return true;
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    // A branch that is called like a folder of ours never makes way.
    const blocking = /'refs\/heads\/([^']+)' exists; cannot create/.exec(error.output)?.[1];
    if (blocking !== undefined) {
      throw new GitOpsError(
        'REMOTE_REJECTED',
        `the branch '${sanitize(blocking)}' is in the way of the branches of pull requests; rename it`,
      );
    }
    if (isContention(error.output)) return false;
    throw transport.translated(error);
  }
}
