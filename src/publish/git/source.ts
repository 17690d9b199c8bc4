import { git } from './client';
import { gitEnvironment } from './environment';

/** What is known of the source repository that a program runs in. */
export interface SourceInfo {
  /** Id of the repository, from its remote `origin`: `acme/checkout`. */
  readonly repository?: string;
  /** Commit that is checked out. */
  readonly commit?: string;
  /** Whether tracked files differ from the commit, or untracked ones are there. */
  readonly dirty?: boolean;
}

/**
 * Id of a repository: the path of its URL, without host, `.git` and leading slashes. Of a local path or file:// URL,
 * whose leading folders are those of one machine, the last two parts.
 */
export function repositoryId(url: string): string | undefined {
  const absolute = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/[^/]*\/(.*)$/s.exec(url);
  const scp = absolute === null ? /^[^/:]+:(?!\/\/)(.*)$/s.exec(url) : null;
  const local = absolute === null ? scp === null : absolute[1]?.toLowerCase() === 'file';
  const path = (absolute?.[2] ?? scp?.[1] ?? url).replace(/[?#].*$/s, '').replaceAll('\\', '/');
  const parts = path
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .filter((part) => part !== '' && part !== '.');
  const id = (local ? parts.slice(-2) : parts).join('/');
  return id === '' || /\p{Cc}/u.test(id) ? undefined : id;
}

/**
 * Reads the source repository around a folder.
 * @returns what could be found; nothing at all outside a repository, or without git
 */
export async function readSource(dir: string, env: NodeJS.ProcessEnv = process.env): Promise<SourceInfo> {
  const ask = async (...args: string[]): Promise<string | undefined> => {
    try {
      return (await git(args, { cwd: dir, env: gitEnvironment(env).variables })).trimEnd();
    } catch {
      return undefined;
    }
  };
  // The URL as it is written down: `git remote get-url` would apply rewrites that differ from machine to machine.
  const [url, commit, status] = await Promise.all([
    ask('config', '--get', 'remote.origin.url'),
    ask('rev-parse', '--verify', 'HEAD^{commit}'),
    ask('status', '--porcelain', '--branch'),
  ]);
  const repository = url === undefined ? undefined : repositoryId(url);
  return {
    ...(repository === undefined ? {} : { repository }),
    ...(commit === undefined ? {} : { commit }),
    ...(status === undefined
      ? {}
      : { dirty: status.split('\n').some((line) => line !== '' && !line.startsWith('## ')) }),
  };
}
