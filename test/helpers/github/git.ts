import { git } from '../git';

/** What GitHub knows from the repository itself. */

/** Commit of a branch; undefined when there is no such branch. */
export function tipOf(bare: string, branch: string): string | undefined {
  return attempt(() => git(bare, 'rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`));
}

/** How many commits a branch has that another has not. */
export function commitsAhead(bare: string, base: string, head: string): number {
  return Number(git(bare, 'rev-list', '--count', `${base}..${head}`));
}

/** Tree of both, merged; undefined when they conflict. */
export function mergedTree(bare: string, base: string, head: string): string | undefined {
  return attempt(() => git(bare, 'merge-tree', '--write-tree', base, head))?.split('\n')[0];
}

/** Makes a commit, and moves the branch to it. */
export function commitTree(
  bare: string,
  branch: string,
  tree: string,
  message: string,
  parents: readonly string[],
): string {
  const from = parents.flatMap((parent) => ['-p', parent]);
  const commit = git(bare, 'commit-tree', tree, ...from, '-m', message);
  git(bare, 'update-ref', `refs/heads/${branch}`, commit);
  return commit;
}

export function messageOf(bare: string, commit: string): string {
  return git(bare, 'log', '-1', '--format=%B', commit);
}

function attempt(run: () => string): string | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
