import { accessSync, closeSync, constants, existsSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { privateFolder, removeFolder } from '../git/temporary';

/** A key as `ssh-keygen` takes it: by a path. */
export interface KeyFile {
  readonly path: string;
  /** Open files that the path leads to, for the program to be started with. */
  readonly files: readonly number[];
}

/** Where a file is kept in memory. */
const MEMORY = '/dev/shm';
const OPEN_FILES = '/proc/self/fd';

/**
 * Lets something use a private key that is in memory. `ssh-keygen` reads keys from files alone, and twice, so that no pipe
 * will do. Where the system has such a thing the file has no name and lies in memory: it is opened, unlinked and written,
 * in that order, and handed over open, so that nothing is left behind even if this process is killed. Elsewhere it is a
 * file that nobody else may read, in a folder that nobody else may open, and gone when the use or the process has ended.
 * @param hasNameless whether the system has such a thing
 */
export async function withPrivateKey<T>(
  text: string,
  use: (file: KeyFile) => Promise<T>,
  hasNameless = existsSync(OPEN_FILES),
): Promise<T> {
  const folder = privateFolder(hasNameless && isWritable(MEMORY) ? MEMORY : tmpdir());
  const path = join(folder, 'key');
  let opened: number | undefined;
  try {
    opened = openSync(path, 'wx+', 0o600);
    if (hasNameless) removeFolder(folder);
    writeSync(opened, withLineEnds(text));
    return await use(hasNameless ? { path: '/dev/fd/3', files: [opened] } : { path, files: [] });
  } finally {
    if (opened !== undefined) closeSync(opened);
    removeFolder(folder);
  }
}

/** Lets something use texts that are no secrets as files. */
export async function withFiles<T>(
  texts: Readonly<Record<string, string | Uint8Array>>,
  use: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = privateFolder();
  try {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text, { mode: 0o600 });
    return await use(folder);
  } finally {
    removeFolder(folder);
  }
}

/** Stores of secrets like to drop the last line end, or to turn line ends into those of Windows or into `\n`. */
function withLineEnds(text: string): string {
  const lines = text.includes('\n') ? text : text.replaceAll('\\n', '\n');
  return `${lines.replace(/\r\n?/g, '\n').trim()}\n`;
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
