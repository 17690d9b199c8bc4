import { repositoryId } from '../../model/source-id';
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
