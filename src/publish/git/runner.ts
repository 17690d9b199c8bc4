import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { GitFailure } from './failures';

/** The one file that spawns processes of its own: git commands whose input or output is a stream. */

export interface GitProcessOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface GitProcess {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  /** Settles when the process has ended and its streams are closed; rejects with a {@link GitFailure}. */
  readonly ended: Promise<void>;
  kill(): void;
}

/** Starts git. Whoever calls must consume `stdout`, and await or handle `ended`. */
export function startGit(args: readonly string[], { cwd, env, signal }: GitProcessOptions): GitProcess {
  const child: ChildProcessWithoutNullStreams = spawn('git', args, { cwd, env, signal, windowsHide: true });
  const errors: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  // A process that ends before it has read its input is told of by its exit code, not by a broken pipe.
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((done, fail) => {
    child.on('error', (error) => {
      if (signal?.aborted) fail(signal.reason);
      else fail(new GitFailure(args[0] ?? '', null, String(error)));
    });
    child.on('close', (code) => {
      if (code === 0) done();
      else fail(new GitFailure(args[0] ?? '', code, Buffer.concat(errors).toString('utf8')));
    });
  });
  return { stdin: child.stdin, stdout: child.stdout, ended, kill: () => void child.kill() };
}

/**
 * Runs git with the given input, to its end.
 * @returns what it printed to standard output
 * @throws GitFailure when it does not exit with 0
 */
export async function runGit(
  args: readonly string[],
  options: GitProcessOptions & { readonly input?: string | Uint8Array },
): Promise<Buffer> {
  const git = startGit(args, options);
  const chunks: Buffer[] = [];
  git.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  git.stdin.end(options.input ?? '');
  await git.ended;
  return Buffer.concat(chunks);
}
