import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openLocal, openRemote, type Repository } from '../publish';
import { type AppOptions, loadTree } from './app';
import { CONFIG_FILE } from './config';
import { type TargetOptions, targetOf } from './target';

/** An environment repository that was opened for reading, and where it is. */
export interface Opened {
  readonly repository: Repository;
  /** URL of the remote, or folder of the clone. */
  readonly location: string;
  /** Absent of a clone, of which HEAD is read. */
  readonly branch?: string;
}

export interface OpenOptions extends AppOptions, TargetOptions {
  /** A clone of the environment repository on this machine. */
  readonly dir?: string;
}

/** The remote that is named, else the one that the program declares. */
export async function openDeclared(options: OpenOptions): Promise<Opened> {
  const { remote, branch = 'main', env, signal, host } = options;
  const target = remote === undefined ? targetOf(await loadTree(options), options) : { url: remote, branch };
  host?.progress?.({ phase: 'connect', message: `connecting to ${target.branch}` });
  const repository = await openRemote(target, { env, signal });
  return { repository, location: target.url, branch: target.branch };
}

/** The remote that is named, else the clone that is, else what the program declares, else the clone around. */
export async function openAny(options: OpenOptions): Promise<Opened> {
  const { cwd = process.cwd(), remote, dir, app, branch, env, signal } = options;
  const hasProgram = app !== undefined || existsSync(join(cwd, CONFIG_FILE));
  if (remote !== undefined || (dir === undefined && hasProgram)) return openDeclared(options);
  const folder = resolve(cwd, dir ?? '.');
  const repository = await openLocal(folder, { env, signal, ...(branch === undefined ? {} : { revision: branch }) });
  return { repository, location: dir ?? folder, ...(branch === undefined ? {} : { branch }) };
}

/** Opens, runs, and closes whatever happens. */
export async function withRepository<T>(opening: Promise<Opened>, run: (opened: Opened) => Promise<T>): Promise<T> {
  const opened = await opening;
  try {
    return await run(opened);
  } finally {
    await opened.repository.close();
  }
}
