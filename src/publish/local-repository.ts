import { existsSync } from 'node:fs';
import { GitOpsError } from '../errors';
import { gitEnvironment } from './git/environment';
import { translate } from './git/failures';
import { checkBranch } from './git/names';
import { ObjectReader } from './git/reader';
import { ObjectStore, Snapshot } from './git/store';
import { type OpenOptions, ReadableRepository, type Repository, readCommit } from './repository';

class LocalRepository extends ReadableRepository {
  constructor(
    readonly commit: string | null,
    readonly snapshot: Snapshot,
    private readonly reader: ObjectReader,
  ) {
    super();
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}

/**
 * Opens a clone on this machine, bare or not, for reading. The work tree is not looked at: what counts is the commit.
 * @param revision commit, branch or tag; `HEAD` unless told
 * @throws GitOpsError REMOTE_NOT_A_REPOSITORY, GIT_MISSING, BRANCH_NOT_FOUND when the revision does not exist
 */
export async function openLocal(
  dir: string,
  { revision = 'HEAD', env = process.env, signal }: OpenOptions & { readonly revision?: string } = {},
): Promise<Repository> {
  if (revision !== 'HEAD') checkBranch(revision);
  // Node reports a missing folder as it does a missing program.
  if (!existsSync(dir)) {
    throw new GitOpsError('REMOTE_NOT_A_REPOSITORY', `${dir} does not exist; name the folder of a clone`);
  }
  const reader = new ObjectReader({ cwd: dir, env: gitEnvironment(env).variables, signal });
  try {
    const read = await readCommit(reader, revision);
    if (read === undefined && revision !== 'HEAD') {
      throw new GitOpsError('BRANCH_NOT_FOUND', `${dir} has no commit '${revision}'; name one that 'git log' shows`);
    }
    const store = new ObjectStore({
      read: (names) =>
        reader.read(names).catch((error) => {
          throw translate(error, { where: dir });
        }),
    });
    return new LocalRepository(read?.commit ?? null, new Snapshot(store, read?.tree ?? null), reader);
  } catch (error) {
    await reader.close();
    throw translate(error, { where: dir });
  }
}
