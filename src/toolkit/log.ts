import { type CommitLog, openLocalLog, openRemoteLog } from '../publish/history';
import { SignatureChecker } from '../publish/signing/check';
import { withAppToken } from './app-token';
import type { Place } from './environment-repository';
import type { VerbOptions } from './host';

/**
 * Opens the commits of an environment repository, runs, and closes whatever happens.
 * @param depth commits that are fetched at first
 */
export async function withLog<T>(
  place: Place,
  depth: number,
  { env = process.env, signal }: VerbOptions,
  run: (log: CommitLog) => Promise<T>,
): Promise<T> {
  const log =
    place.kind === 'remote'
      ? await openRemoteLog(place, depth, { env: await withAppToken({ url: place.url }, env, signal), signal })
      : await openLocalLog(place.folder, {
          env,
          signal,
          ...(place.branch === undefined ? {} : { revision: place.branch }),
        });
  try {
    return await run(log);
  } finally {
    await log.close();
  }
}

/** What checks signatures; with no file of allowed signers nothing is checked. */
export function checkerOf(allowedSigners: string | undefined, options: VerbOptions): SignatureChecker {
  const { cwd: dir = process.cwd(), env = process.env, signal } = options;
  return new SignatureChecker(allowedSigners, { dir, env, signal });
}
