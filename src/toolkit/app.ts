import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { GitOpsError } from '../errors';
import type { DesiredTree } from '../model/section';
import { CONFIG_FILE, readConfig } from './config';
import type { VerbOptions } from './host';

/** What verbs take that run the user's program. */
export interface AppOptions extends VerbOptions {
  /** The program, or the command that runs it. @default - `app` of cdk8s.yaml */
  readonly app?: string;
}

/** How the user's program is run: loaded into this process, or by a command of its own. */
export type Program =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'command'; readonly command: string };

const SCRIPT = /\.[cm]?[jt]s$/;

/** A runner of Node programs, and nothing but one file for it: such a program needs no process of its own. */
const RUNNER = /^(?:node|(?:npx\s+)?(?:ts-node|tsx))\s+(['"]?)([\w@.][\w@./\\ -]*?)\1$/;

/**
 * What `app` names.
 * @throws GitOpsError APP_NOT_FOUND when it is a script that is not there
 */
export function programOf(app: string, cwd: string): Program {
  const runner = RUNNER.exec(app);
  const name = runner?.[2] ?? app;
  const file = resolve(cwd, name);
  if (SCRIPT.test(name) && isFile(file)) return { kind: 'file', file };
  // Whatever has white space or a sign of the shell's in it is a command, and the shell will say what is wrong.
  const isScript = SCRIPT.test(name) && /^[\w@./\\:-]+$/.test(name);
  if (isScript || (existsSync(file) && statSync(file).isDirectory())) {
    const why = existsSync(file) ? 'is a folder' : 'does not exist';
    throw new GitOpsError(
      'APP_NOT_FOUND',
      `the program ${name} ${why}; name a TypeScript or JavaScript file, or a command that runs the program, as 'app' in ${CONFIG_FILE} or with --app`,
    );
  }
  return { kind: 'command', command: app };
}

/**
 * Runs the user's program, and returns what it declares.
 * @throws GitOpsError CONFIG_INVALID, APP_NOT_FOUND, APP_FAILED, APP_NO_PLATFORM, and whatever synthesis finds
 */
export async function loadTree(options: AppOptions = {}): Promise<DesiredTree> {
  const { cwd = process.cwd(), signal, host } = options;
  const app = options.app?.trim() || readConfig(cwd)?.app;
  if (app === undefined) {
    throw new GitOpsError(
      'APP_NOT_FOUND',
      `there is no program: write 'app: main.ts' into ${CONFIG_FILE}, or name it with --app`,
    );
  }
  const program = programOf(app, cwd);
  signal?.throwIfAborted();
  if (program.kind === 'file') {
    host?.progress?.({ phase: 'load', message: `loading ${app}` });
    const { loadProgram } = await import('./program.js');
    return loadProgram(program.file, options);
  }
  host?.progress?.({ phase: 'run', message: `running ${app}` });
  const { runProgram } = await import('./shell.js');
  return runProgram(program.command, options);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
