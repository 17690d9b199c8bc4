import { createRequire } from 'node:module';
import { GitOpsError } from '../../errors';
import { GitFailure } from './failures';

/** Oldest git that works: configuration through the environment (`GIT_CONFIG_COUNT`) came with 2.31. */
export const OLDEST_GIT = '2.31';

type SimpleGit = typeof import('simple-git');
let loaded: SimpleGit | undefined;

/**
 * simple-git, loaded on first use (20 ms). With `DEBUG` set it would print the whole environment of each command, tokens
 * included; its logger reads the variable when it is loaded, so that it is kept from it then.
 */
function load(): SimpleGit {
  if (loaded !== undefined) return loaded;
  const debug = process.env.DEBUG;
  if (debug !== undefined) process.env.DEBUG = `${debug},-simple-git,-simple-git:*`;
  try {
    loaded = createRequire(__filename)('simple-git') as SimpleGit;
  } finally {
    if (debug !== undefined) process.env.DEBUG = debug;
  }
  return loaded;
}

export interface ClientOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/**
 * Runs a git command whose input and output are small.
 * @returns what it printed to standard output
 * @throws GitFailure when it does not exit with 0
 */
export async function git(args: readonly string[], { cwd, env, signal }: ClientOptions): Promise<string> {
  signal?.throwIfAborted();
  let failure: GitFailure | undefined;
  const client = load().simpleGit({
    baseDir: cwd,
    abort: signal,
    // The exit event comes before the output is complete; waiting for it costs 50 ms.
    completion: { onClose: true, onExit: false },
    // Without this a command that fails without a word counts as a success.
    errors: (error, { exitCode, stdOut, stdErr }) => {
      if (exitCode === 0 && error === undefined) return undefined;
      failure = new GitFailure(args[0] ?? '', exitCode, Buffer.concat([...stdErr, ...stdOut]).toString('utf8'));
      return failure;
    },
    allowEnvironment: Object.keys(env).filter((name) => /^(git_|ssh_askpass$)/i.test(name)),
    // The environment is ours (see gitEnvironment): these name its parts.
    unsafe: {
      allowUnsafeAskPass: true,
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeExec: true,
      allowUnsafeSshCommand: true,
    },
  });
  try {
    return await unlessAborted(client.env(env).raw([...args]), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw failure ?? new GitFailure(args[0] ?? '', null, String(error));
  }
}

/** Does not wait for an aborted command: git ends at once, but a helper of it may hold its output open. */
async function unlessAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result;
  let stop = () => {};
  const aborted = new Promise<never>((_, fail) => {
    stop = () => fail(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
    result.catch(() => {});
  }
}

/**
 * Checks that git is there and new enough.
 * @throws GitOpsError GIT_MISSING, GIT_TOO_OLD
 */
export async function checkGit(options: ClientOptions): Promise<void> {
  let output: string;
  try {
    output = await git(['version'], options);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    throw new GitOpsError(
      'GIT_MISSING',
      `git was not found on the PATH, or does not start; install git ${OLDEST_GIT} or newer`,
    );
  }
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(output) ?? [];
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_GIT.split('.').map(Number);
  if (Number(major) > oldestMajor || (Number(major) === oldestMajor && Number(minor) >= oldestMinor)) return;
  throw new GitOpsError('GIT_TOO_OLD', `git ${major}.${minor} is too old; install git ${OLDEST_GIT} or newer`);
}
