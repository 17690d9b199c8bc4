import { GitOpsError } from '../../errors';
import { hasControlCharacters } from './text';

/** What may be called what: paths in the repository, and branches. Servers accept nearly anything, so this does not. */

const PLAIN_PATH = /^(?:[A-Za-z0-9_][A-Za-z0-9_.+@=:-]*\/)*[A-Za-z0-9_][A-Za-z0-9_.+@=:-]*$/;

/** Code points that HFS+ ignores in names: `.g\u200cit` is `.git` there. */
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/** The name as file systems see it: NTFS drops trailing dots and spaces, and what follows a colon is a stream's name. */
function seenByFileSystems(name: string): string {
  return name
    .replace(IGNORED, '')
    .toLowerCase()
    .replace(/:.*$/s, '')
    .replace(/[. ]+$/, '');
}

/** Whether some file system takes the name for git's own folder. */
export function isGitFolder(name: string): boolean {
  if (/^\w[\w.-]*$/.test(name)) return false;
  const plain = seenByFileSystems(name);
  return plain === '.git' || /^git~\d+$/.test(plain);
}

/** Whether some file system takes the name for git's own folder, or for the file that names submodules. */
function isGitsOwn(name: string): boolean {
  const plain = seenByFileSystems(name);
  return isGitFolder(name) || plain === '.gitmodules' || /^(gitmod|gi7eba)~\d+$/.test(plain);
}

/**
 * Why a path may not be written into, or read from, the environment repository.
 * @returns undefined when the path is fine
 */
export function pathProblem(path: string): string | undefined {
  if (PLAIN_PATH.test(path) && !path.includes('~') && !path.includes(':')) return undefined;
  if (path === '') return 'the path is empty';
  if (hasControlCharacters(path)) return 'the path holds a control character';
  if (/\p{Cs}/u.test(path)) return 'the path is not valid Unicode';
  if (path.includes('\\')) return 'the path holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'the path is absolute';
  for (const name of path.split('/')) {
    if (name === '') return 'the path has an empty part';
    if (name === '.' || name === '..') return `the path has the part '${name}'`;
    if (name.startsWith('-')) return `the part '${name}' starts with a hyphen`;
    if (isGitsOwn(name)) return `the part '${name}' is git's own name`;
  }
  return undefined;
}

const LAID_OUT = new Set(['clusters', 'environments', 'registrations', 'releases']);

/**
 * Why a path may not be published as a folder of its own.
 * @returns undefined when it may
 */
export function folderProblem(path: string): string | undefined {
  const problem = pathProblem(path);
  if (problem !== undefined) return problem;
  const [top = ''] = path.split('/');
  if (LAID_OUT.has(top)) return `what lies in ${top}/ has a layout of its own`;
  if (path.split('/').some((part) => part.endsWith('.yaml'))) return "a part of it ends in '.yaml', as records do";
  return undefined;
}

/**
 * Why a branch may not be called so: the rules of `git check-ref-format --branch`.
 * @returns undefined when the name is fine
 */
export function branchProblem(branch: string): string | undefined {
  if (branch === '') return 'it is empty';
  if (branch.startsWith('-')) return 'it starts with a hyphen';
  if (branch === '@' || branch === 'HEAD') return 'it is a name of git itself';
  if (hasControlCharacters(branch) || /[ ~^:?*[\\]/.test(branch)) return 'it holds a character that git does not allow';
  if (/\p{Cs}/u.test(branch)) return 'it is not valid Unicode';
  if (branch.includes('..') || branch.includes('@{')) return "it holds '..' or '@{'";
  if (branch.endsWith('.')) return 'it ends in a dot';
  if (branch.split('/').some((part) => part === '' || part.startsWith('.') || part.endsWith('.lock'))) {
    return "a part of it is empty, starts with a dot or ends in '.lock'";
  }
  return undefined;
}

/** @throws GitOpsError REMOTE_INVALID */
export function checkBranch(branch: string): void {
  const problem = branchProblem(branch);
  if (problem === undefined) return;
  throw new GitOpsError(
    'REMOTE_INVALID',
    `${JSON.stringify(branch)} cannot be a branch: ${problem}; name the branch as 'git branch' lists it`,
  );
}
