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

/** Whether one commit has others behind it that the other has not. */
export function hasCommits(bare: string, base: string, head: string): boolean {
  return remembered(
    `commits ${bare} ${base} ${head}`,
    () => git(bare, 'rev-list', '--count', `${base}..${head}`) !== '0',
  );
}

/** The tree of a merge of two commits, or undefined when it has conflicts. */
export function mergeTree(bare: string, base: string, head: string): string | undefined {
  return remembered(`merge ${bare} ${base} ${head}`, () => {
    const ran = spawnSync('git', ['merge-tree', '--write-tree', base, head], {
      cwd: bare,
      env: gitEnv,
      encoding: 'utf8',
    });
    return ran.status === 0 ? ran.stdout.split('\n')[0] : undefined;
  });
}

const answers = new Map<string, unknown>();

/** Commits do not change, and neither does what is said of them: each question starts a process only once. */
function remembered<T>(question: string, ask: () => T): T {
  if (!answers.has(question)) answers.set(question, ask());
  return answers.get(question) as T;
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

/** A commit on a branch, which is made from main when it does not exist. Returns it. */
export function commitTo(bare: string, branch: string, files: Readonly<Record<string, string>>): string {
  const parent = headOf(bare, branch) ?? headOf(bare, 'main');
  const blobs = Object.entries(files).map(
    ([path, content]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(content)}\n${content}\n`,
  );
  const lines = [
    `commit refs/heads/${branch}`,
    'committer Test <test@example.com> 1767225600 +0000',
    'data 7\nBy hand',
    ...(parent === undefined ? [] : [`from ${parent}`]),
    ...blobs,
  ];
  execFileSync('git', ['fast-import', '--quiet', '--force'], {
    cwd: bare,
    env: gitEnv,
    input: `${lines.join('\n')}\n`,
  });
  return git(bare, 'rev-parse', `refs/heads/${branch}`);
}
