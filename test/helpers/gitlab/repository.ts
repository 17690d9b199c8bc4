import { execFileSync, spawnSync } from 'node:child_process';
import { git, gitEnv } from '../git';

/** What GitLab asks its repositories. */

/** The commit of a branch, or undefined. */
export function headOf(bare: string, branch: string): string | undefined {
  const ran = spawnSync('git', ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`], {
    cwd: bare,
    env: gitEnv,
    encoding: 'utf8',
  });
  return ran.status === 0 ? ran.stdout.trim() : undefined;
}

/** Whether one branch has commits that the other has not. */
export function hasCommits(bare: string, base: string, head: string): boolean {
  return git(bare, 'rev-list', '--count', `${base}..${head}`) !== '0';
}

/** The tree of a merge, or undefined when it has conflicts. */
export function mergeTree(bare: string, base: string, head: string): string | undefined {
  const ran = spawnSync('git', ['merge-tree', '--write-tree', base, head], {
    cwd: bare,
    env: gitEnv,
    encoding: 'utf8',
  });
  return ran.status === 0 ? ran.stdout.split('\n')[0] : undefined;
}

/** Merges a commit into a branch. Returns the merge commit. */
export function mergeInto(bare: string, branch: string, head: string, title: string): string {
  const base = headOf(bare, branch);
  const tree = base && mergeTree(bare, base, head);
  if (base === undefined || tree === undefined) throw new Error(`${head} cannot be merged into ${branch}`);
  const commit = execFileSync('git', ['commit-tree', tree, '-p', base, '-p', head, '-m', title], {
    cwd: bare,
    env: gitEnv,
    encoding: 'utf8',
  }).trim();
  git(bare, 'update-ref', `refs/heads/${branch}`, commit, base);
  return commit;
}
