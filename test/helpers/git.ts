import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

/** Real repositories for tests, in folders that are gone when the test file has ended. */

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gitops-test-'));
  folders.push(folder);
  return folder;
}

/** Git's environment without anything of the machine's own. */
export const gitEnv: NodeJS.ProcessEnv = {
  PATH: process.env.PATH,
  HOME: '/nonexistent',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

/** Runs git and returns what it printed, without the last line end. */
export function git(cwd: string, ...args: string[]): string {
  return execFileSync('git', args, {
    cwd,
    env: gitEnv,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).replace(/\n$/, '');
}

export interface BareOptions {
  /** @default main */
  readonly branch?: string;
  /** Content of the first commit, by path; a link's target as `{ link }`. @default - no commit at all */
  readonly files?: Readonly<Record<string, string | { readonly link: string }>>;
  /** Settings of the repository, e.g. `uploadpack.allowFilter`. */
  readonly config?: Readonly<Record<string, string>>;
}

/** A bare repository, as a server holds it. Returns its path. */
export function bareRepository({ branch = 'main', files, config = {} }: BareOptions = {}): string {
  const path = join(temporaryFolder(), 'environments.git');
  git('/', 'init', '--quiet', '--bare', `--initial-branch=${branch}`, path);
  const settings = { 'uploadpack.allowFilter': 'true', 'uploadpack.allowAnySHA1InWant': 'true', ...config };
  for (const [name, value] of Object.entries(settings)) git(path, 'config', name, value);
  if (files !== undefined) commitFiles(path, files, branch);
  return path;
}

/** Adds a commit made by hand, in a clone. Undefined removes a file. */
export function commitFiles(
  bare: string,
  files: Readonly<Record<string, string | { readonly link: string } | undefined>>,
  branch = 'main',
): string {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '--quiet', bare, clone);
  git(clone, 'checkout', '--quiet', '-B', branch);
  for (const [path, content] of Object.entries(files)) {
    const file = join(clone, path);
    rmSync(file, { recursive: true, force: true });
    if (content === undefined) continue;
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === 'string') writeFileSync(file, content);
    else symlinkSync(content.link, file);
  }
  git(clone, 'add', '--all');
  git(clone, 'commit', '--quiet', '--allow-empty', '--message', 'By hand');
  git(clone, 'push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
  return git(clone, 'rev-parse', 'HEAD');
}

/** Every file of a commit with its content. */
export function filesOf(bare: string, revision = 'main'): Record<string, string> {
  const listing = git(bare, 'ls-tree', '-r', '-z', '--name-only', revision);
  const paths = listing.split('\0').filter((path) => path !== '');
  return Object.fromEntries(paths.map((path) => [path, contentOf(bare, path, revision)]));
}

/** Content of one file of a commit, to the byte. */
export function contentOf(bare: string, path: string, revision = 'main'): string {
  return execFileSync('git', ['cat-file', 'blob', `${revision}:${path}`], { cwd: bare, env: gitEnv, encoding: 'utf8' });
}

/** Commits of a branch, oldest first. */
export function commitsOf(bare: string, revision = 'main'): string[] {
  return git(bare, 'rev-list', '--reverse', revision).split('\n');
}

/** An executable script. Returns its path. */
export function script(content: string, name = 'script'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, `#!/bin/sh\n${content}\n`, { mode: 0o755 });
  return path;
}

/** Makes a script a hook of a repository. */
export function installHook(bare: string, name: string, content: string): void {
  mkdirSync(join(bare, 'hooks'), { recursive: true });
  writeFileSync(join(bare, 'hooks', name), `#!/bin/sh\n${content}\n`, { mode: 0o755 });
}
