import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitOpsError } from '../../errors';

/** Temporary folders that are gone when the process is, however it ends: unless it is killed outright. */

const alive = new Set<string>();
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}

function removeAll(): void {
  for (const path of alive) remove(path);
  alive.clear();
}

/**
 * Removes the folders, and lets the signal do what it would have done. A program that handles the signal itself ends in
 * its own time: it aborts what is under way, or exits, and either removes them too.
 */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  unwatch();
  process.kill(process.pid, signal);
}

function watch(): void {
  process.on('exit', removeAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function unwatch(): void {
  process.off('exit', removeAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/**
 * Makes a folder that nobody else may open.
 * @param parent where
 * @throws GitOpsError TEMPORARY_UNWRITABLE
 */
export function privateFolder(parent: string = tmpdir()): string {
  const path = onDisk(() => mkdtempSync(join(parent, 'cdk8s-gitops-')));
  if (alive.size === 0) watch();
  alive.add(path);
  return path;
}

/** Removes a folder of {@link privateFolder}. Safe to call twice. */
export function removeFolder(path: string): void {
  remove(path);
  alive.delete(path);
  if (alive.size === 0) unwatch();
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left there',
  EDQUOT: 'its quota is used up',
  EFBIG: 'files may not become that large',
  EACCES: 'it may not be written to',
  EPERM: 'it may not be written to',
  EROFS: 'it may not be written to',
  ENOENT: 'it does not exist',
  ENOTDIR: 'it is not a folder',
};

/**
 * Writes to a temporary folder.
 * @throws GitOpsError TEMPORARY_UNWRITABLE where the system says that this is not possible
 */
export function onDisk<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw asDiskError(error);
  }
}

/** The coded error for what the system says of the temporary folder. Other errors pass as they are. */
export function asDiskError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return Object.hasOwn(REASONS, code) && 'syscall' in (error as object) ? unwritable(REASONS[code]) : error;
}

/**
 * @param why a clause
 * @param words what a program said of it
 */
export function unwritable(why = 'it cannot be written to', words = ''): GitOpsError {
  const quoted = words === '' ? '' : `\n${words.replace(/^/gm, '  ')}`;
  return new GitOpsError(
    'TEMPORARY_UNWRITABLE',
    `the temporary folder ${tmpdir()} is of no use: ${why}; make room there, or set TMPDIR to another folder${quoted}`,
  );
}
