import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { GitOpsError } from '../errors';
import type { DesiredTree } from '../model/section';
import { issuesOf, type TreeIssues } from '../synth/issues-file';
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
  const program = announced(options);
  if (program.kind === 'file') {
    const { loadProgram } = await import('./program.js');
    return loadProgram(program.file, options);
  }
  const { runProgram } = await import('./shell.js');
  return runProgram(program.command, options);
}

/**
 * Runs the user's program, and returns what the gate has to say of what it declares, errors too.
 * @throws GitOpsError as {@link loadTree} does, but for what the gate refuses
 */
export async function loadIssues(options: AppOptions = {}): Promise<TreeIssues> {
  const program = announced(options);
  if (program.kind === 'file') {
    const { loadProgram } = await import('./program.js');
    return issuesOf(await loadProgram(program.file, options, true));
  }
  const { checkProgram } = await import('./shell.js');
  return checkProgram(program.command, options);
}

/** The program that is to be run. The host is told of it. */
function announced(options: AppOptions): Program {
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
  const isFile = program.kind === 'file';
  host?.progress?.({ phase: isFile ? 'load' : 'run', message: `${isFile ? 'loading' : 'running'} ${app}` });
  return program;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
