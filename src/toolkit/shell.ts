import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitOpsError } from '../errors';
import type { DesiredTree } from '../model/section';
import { CHECK_VARIABLE, ISSUES_VARIABLE, readIssues, type TreeIssues } from '../synth/issues-file';
import { readTree } from '../synth/output';
import type { AppOptions } from './app';
import { withoutSecrets } from './program-secrets';

/** Runs programs that are command lines, in a shell as cdk8s does, and tools without one. Nothing else starts a process. */

/** Of what the command printed last, as much as an error repeats. */
const TAIL = { characters: 2_000, lines: 8 };

/**
 * Runs the command with its output folder redirected, and reads the tree that it leaves there.
 * @throws GitOpsError APP_FAILED when it does not exit with 0; APP_NO_PLATFORM when it leaves no tree
 */
export async function runProgram(command: string, options: AppOptions): Promise<DesiredTree> {
  const folder = mkdtempSync(join(tmpdir(), 'cdk8s-gitops-'));
  try {
    const output = join(folder, 'tree');
    const file = join(folder, 'issues.json');
    await run(command, { CDK8S_OUTDIR: output, [ISSUES_VARIABLE]: file }, options);
    const issues = readIssues(file)?.issues ?? [];
    return { ...readTree(output), ...(issues.length === 0 ? {} : { issues }) };
  } catch (error) {
    if (GitOpsError.is(error) && error.code === 'APP_NO_PLATFORM') {
      const message = `the command '${command}' synthesized nothing: let it create a Platform and call platform.synth()`;
      throw new GitOpsError('APP_NO_PLATFORM', message, { cause: error });
    }
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the command only to see what the gate says of what it declares.
 * @throws GitOpsError APP_FAILED when it does not exit with 0; APP_NO_PLATFORM when it synthesizes nothing
 */
export async function checkProgram(command: string, options: AppOptions): Promise<TreeIssues> {
  const folder = mkdtempSync(join(tmpdir(), 'cdk8s-gitops-'));
  try {
    const file = join(folder, 'issues.json');
    const variables = { CDK8S_OUTDIR: join(folder, 'tree'), [ISSUES_VARIABLE]: file, [CHECK_VARIABLE]: '1' };
    await run(command, variables, options);
    const said = readIssues(file);
    if (said !== undefined) return said;
    const message = `the command '${command}' synthesized nothing: let it create a Platform and call platform.synth()`;
    throw new GitOpsError('APP_NO_PLATFORM', message);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(command: string, variables: Record<string, string>, options: AppOptions): Promise<void> {
  const { cwd = process.cwd(), env = process.env, host, signal } = options;
  // A group of its own, so that aborting ends the command and not just the shell around it.
  const detached = process.platform !== 'win32';
  const child = spawn(command, {
    cwd,
    env: { ...withoutSecrets(env), ...variables },
    shell: true,
    detached,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let tail = '';
  const forward = (chunk: Buffer): void => {
    tail = `${tail}${chunk.toString('utf8')}`.slice(-TAIL.characters);
    host?.output?.(chunk);
  };
  child.stdout.on('data', forward);
  child.stderr.on('data', forward);
  const stop = (): void => end(child, detached);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const code = await new Promise<number | NodeJS.Signals | null>((done, fail) => {
      child.on('error', fail);
      child.on('close', (exitCode, killedBy) => done(exitCode ?? killedBy));
    });
    signal?.throwIfAborted();
    if (code === 0) return;
    const how = typeof code === 'number' ? `exit code ${code}` : `signal ${code}`;
    const said = tail
      .trim()
      .split('\n')
      .slice(-TAIL.lines)
      .filter((line) => line.trim() !== '')
      .map((line) => `\n  ${line}`)
      .join('');
    throw new GitOpsError('APP_FAILED', `the command '${command}' failed with ${how}${said}`);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function end(child: ChildProcess, isGroup: boolean): void {
  if (child.pid === undefined) return;
  try {
    if (isGroup) process.kill(-child.pid, 'SIGTERM');
    else child.kill('SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

export interface ToolOptions {
  readonly env: NodeJS.ProcessEnv;
  /** What it reads. @default - nothing */
  readonly input?: string;
  /** Milliseconds until it is ended. @default - it may take its time */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

export interface ToolResult {
  /** Exit code, or what ended it. */
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a tool of the user's, to its end. What is secret goes in through its input alone.
 * @returns undefined when there is no such program
 */
export async function runTool(
  file: string,
  args: readonly string[],
  { env, input = '', timeout, signal }: ToolOptions,
): Promise<ToolResult | undefined> {
  signal?.throwIfAborted();
  const child = spawn(file, args, { env: withoutSecrets(env), stdio: 'pipe', timeout, windowsHide: true });
  const stop = (): void => end(child, false);
  signal?.addEventListener('abort', stop, { once: true });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A tool that fails early does not read on; its exit code says so.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  try {
    const code = await new Promise<number | NodeJS.Signals | undefined>((done, fail) => {
      child.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? done(undefined) : fail(error)));
      child.on('close', (exitCode, killedBy) => done(exitCode ?? killedBy ?? 'SIGKILL'));
    });
    signal?.throwIfAborted();
    if (code === undefined) return undefined;
    return { code, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
