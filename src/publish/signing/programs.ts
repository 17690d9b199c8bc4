import { GitOpsError } from '../../errors';
import { gitEnvironment } from '../git/environment';
import { type ProgramOptions, type ProgramResult, runProgram } from '../git/runner';
import { sanitize } from '../git/text';

/** What signers and checkers of signatures run in. */
export interface SigningEnvironment {
  readonly env: NodeJS.ProcessEnv;
  /** Folder that relative paths are taken from. */
  readonly dir: string;
  readonly signal?: AbortSignal;
}

/** Nobody touches a security key, or answers whatever else a program may wait for, in less or in more. */
const PATIENCE = 60_000;

/** Runs a program that cannot ask anything: it has no terminal, and whatever asks for passphrases is told there is none. */
export async function runQuietly(
  program: string,
  args: readonly string[],
  { env, dir, signal }: SigningEnvironment,
  more: Pick<ProgramOptions, 'input' | 'files'> = {},
): Promise<ProgramResult> {
  const { DISPLAY: _, WAYLAND_DISPLAY: __, ...variables } = gitEnvironment(env).variables;
  const limit = AbortSignal.timeout(PATIENCE);
  try {
    return await runProgram(program, args, {
      ...more,
      cwd: dir,
      env: { ...variables, SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' },
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      detached: process.platform !== 'win32',
    });
  } catch (error) {
    signal?.throwIfAborted();
    const why = limit.aborted ? `did not end within ${PATIENCE / 1000} seconds` : 'was not found, or does not start';
    throw new GitOpsError('SIGNING_FAILED', `${program} ${why}; ${remedyOf(program)}`, { cause: error });
  }
}

function remedyOf(program: string): string {
  if (/gpg/.test(program)) return "install GnuPG, or name the program as gpg.program in git's configuration";
  return "install OpenSSH 8.2 or newer, or name the program as gpg.ssh.program in git's configuration";
}

/** The error of a program that refused. Its own words are made safe. */
export function signingFailed(what: string, remedy: string, output: string): GitOpsError {
  const words = sanitize(output)
    .split('\n')
    .filter((line) => line !== '' && !/^(?:\[GNUPG:\]|Signing data on)/.test(line))
    .map((line) => `\n  ${line}`)
    .join('');
  return new GitOpsError('SIGNING_FAILED', `${what}; ${remedy}${words}`);
}
