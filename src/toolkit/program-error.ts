import { dirname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GitOpsError } from '../errors';

/** Lines of the user's own code that an error shows. */
const MAX_LINES = 5;

/** This package's own folder of code: what is in it is no part of the user's program. */
export const OWN = `${dirname(__dirname)}${sep}`;

/**
 * What the user's program threw, as a coded error: its own message, and where in the user's files it came from. Errors
 * of synthesis pass as they are.
 */
export function programError(error: unknown, file: string, cwd: string): GitOpsError {
  if (GitOpsError.is(error)) return error;
  const shown = display(file, cwd);
  const { message, stack } = describe(error);
  const syntax = /^(?:\w*Error: )?(.*?)(?: \(\d+:\d+\))?\s*\n\s*(\/.+?|[A-Za-z]:\\.+?):(\d+):(\d+)\s*$/s.exec(message);
  if (syntax) {
    const [, what = '', where = '', line, column] = syntax;
    const words = what
      .replace(`${where}: `, '')
      .replace(/^\w*Error: /, '')
      .trim();
    const text = `${shown} does not compile: ${words}\n  at ${display(where, cwd)}:${line}:${column}`;
    return new GitOpsError('APP_FAILED', text, { cause: error });
  }
  const lines = ownLines(stack, cwd);
  const at = lines.length > 0 ? `\n${lines.map((line) => `  at ${line}`).join('\n')}` : '';
  return new GitOpsError('APP_FAILED', `${shown} failed: ${message}${at}`, { cause: error });
}

function describe(error: unknown): { message: string; stack: string } {
  if (!(error instanceof Error)) {
    // An error of another realm is no instance of ours.
    const foreign = error as { message?: unknown; stack?: unknown } | null | undefined;
    if (typeof foreign?.message === 'string') {
      return { message: foreign.message, stack: typeof foreign.stack === 'string' ? foreign.stack : '' };
    }
    return { message: `it threw ${String(error)}`, stack: '' };
  }
  const name = error.name === 'Error' || error.message.startsWith(error.name) ? '' : `${error.name}: `;
  return { message: `${name}${error.message}`, stack: error.stack ?? '' };
}

/** `main.ts:3:7` of every stack line that lies in the user's files, nearest first. */
function ownLines(stack: string, cwd: string): string[] {
  const found: string[] = [];
  for (const line of stack.split('\n')) {
    const place = /^\s+at (?:.* \()?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*):(\d+):(\d+)\)?$/.exec(line);
    if (!place) continue;
    const [, name = '', row, column] = place;
    const path = name.startsWith('file://') ? fileURLToPath(name) : name;
    if (path.split(/[\\/]/).includes('node_modules') || path.startsWith(OWN)) continue;
    found.push(`${display(path, cwd)}:${row}:${column}`);
  }
  return found.slice(0, MAX_LINES);
}

/** The path as people write it: relative to their folder, unless that leads far out of it. */
export function display(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === '' || near.startsWith(`..${sep}..`) ? path : near;
}
