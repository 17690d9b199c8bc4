import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { GitFailure } from './failures';

/**
 * The one file that spawns processes of its own: git commands whose input or output is a stream, and the programs that
 * make and check signatures.
 */

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
export function startGit(args: readonly string[], options: GitProcessOptions): GitProcess {
  const { child, stdin, stdout, ended } = start('git', args, options);
  const command = args[0] ?? '';
  return {
    stdin,
    stdout,
    ended: ended.then(
      ({ exitCode, stderr }) => {
        if (exitCode !== 0) throw new GitFailure(command, exitCode, stderr);
      },
      (error) => {
        if (options.signal?.aborted) throw options.signal.reason;
        throw new GitFailure(command, null, String(error));
      },
    ),
    kill: () => void child.kill(),
  };
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
  const output = collect(git.stdout);
  git.stdin.end(options.input ?? '');
  await git.ended;
  return output();
}

export interface ProgramOptions extends GitProcessOptions {
  readonly input?: string | Uint8Array;
  /** Open files that the program finds as `/dev/fd/3` and so on. */
  readonly files?: readonly number[];
  /** Away from the terminal, so that the program cannot ask anything there. @default false */
  readonly detached?: boolean;
}

export interface ProgramResult {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs another program than git, to its end, whatever its exit code.
 * @throws the error of `spawn` when it does not start, and the signal's reason
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const { stdin, stdout, ended } = start(program, args, options);
  const output = collect(stdout);
  stdin.end(options.input ?? '');
  try {
    const { exitCode, stderr } = await ended;
    return { exitCode, stdout: output().toString('utf8'), stderr };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw error;
  }
}

interface Started {
  readonly child: ChildProcess;
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly stderr: string }>;
}

function start(program: string, args: readonly string[], options: ProgramOptions): Started {
  const { cwd, env, signal, files = [], detached = false } = options;
  const stdio: StdioOptions = ['pipe', 'pipe', 'pipe', ...files];
  const child = spawn(program, args, { cwd, env, signal, windowsHide: true, stdio, detached });
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error(`${program} was started without streams`);
  const errors = collect(stderr);
  // A process that ends before it has read its input is told of by its exit code, not by a broken pipe.
  stdin.on('error', () => {});
  const ended = new Promise<{ exitCode: number | null; stderr: string }>((done, fail) => {
    child.on('error', fail);
    child.on('close', (exitCode) => done({ exitCode, stderr: errors().toString('utf8') }));
  });
  return { child, stdin, stdout, ended };
}

function collect(stream: NodeJS.ReadableStream): () => Buffer {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}
