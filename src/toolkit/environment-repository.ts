import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openLocal, openRemote, type Repository } from '../publish';
import { type AppOptions, loadTree } from './app';
import { withAppToken } from './app-token';
import { CONFIG_FILE } from './config';
import type { VerbOptions } from './host';
import { type Target, type TargetOptions, targetOf } from './target';

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

/** Where an environment repository is: a branch of a remote, or a clone on this machine. */
export type Place =
  | { readonly kind: 'remote'; readonly url: string; readonly branch: string }
  | { readonly kind: 'clone'; readonly folder: string; readonly location: string; readonly branch?: string };

/** The remote that is named, else the clone that is, else what the program declares, else the clone around. */
export async function locate(options: OpenOptions): Promise<Place> {
  const { cwd = process.cwd(), remote, dir, app, branch } = options;
  const hasProgram = app !== undefined || existsSync(join(cwd, CONFIG_FILE));
  if (remote !== undefined || (dir === undefined && hasProgram)) {
    return { kind: 'remote', ...(await declared(options)) };
  }
  const folder = resolve(cwd, dir ?? '.');
  return { kind: 'clone', folder, location: dir ?? folder, ...(branch === undefined ? {} : { branch }) };
}

async function declared(options: OpenOptions): Promise<Target> {
  const { remote, branch = 'main', host } = options;
  const target = remote === undefined ? targetOf(await loadTree(options), options) : { url: remote, branch };
  host?.progress?.({ phase: 'connect', message: `connecting to ${target.branch}` });
  return target;
}

/** The remote that is named, else the one that the program declares. */
export async function openDeclared(options: OpenOptions): Promise<Opened> {
  const { env = process.env, signal } = options;
  const target = await declared(options);
  const repository = await openRemote(target, { env: await withAppToken({ url: target.url }, env, signal), signal });
  return { repository, location: target.url, branch: target.branch };
}

/** Opens what {@link locate} found. */
export async function openPlace(place: Place, { env = process.env, signal }: VerbOptions): Promise<Opened> {
  if (place.kind === 'remote') {
    const authorized = await withAppToken({ url: place.url }, env, signal);
    const repository = await openRemote(place, { env: authorized, signal });
    return { repository, location: place.url, branch: place.branch };
  }
  const { folder, location, branch } = place;
  const repository = await openLocal(folder, { env, signal, ...(branch === undefined ? {} : { revision: branch }) });
  return { repository, location, ...(branch === undefined ? {} : { branch }) };
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
