import { GitOpsError } from '../errors';
import type { Repository } from '../publish';
import type { Node } from '../publish/git/objects';
import type { ObjectStore } from '../publish/git/store';
import { type FileChange, fileChanges } from '../publish/plan';

/** A folder that is not what its record lists. */
export interface DifferingFolder {
  readonly path: string;
  /** Git id of the folder as it was published. */
  readonly recorded: string;
}

/**
 * The files in which a folder differs from what was published: where the published one is still in the history, which a
 * record's word is no proof of.
 * @returns undefined where it is not
 */
export async function differingFiles(
  { snapshot }: Pick<Repository, 'snapshot'>,
  { path, recorded }: DifferingFolder,
): Promise<readonly FileChange[] | undefined> {
  try {
    await snapshot.store.load({ trees: new Map([[recorded, path]]), deep: true });
    const before = new Map<string, Node>();
    collect(snapshot.store, path, recorded, before);
    return fileChanges(before, snapshot.files(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  } catch (error) {
    // It is not there, the remote does not give it, or it is no folder: the folder as a whole has to do.
    if (GitOpsError.is(error) && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}

function collect(store: ObjectStore, path: string, tree: string, files: Map<string, Node>): void {
  for (const entry of store.tree(tree).values()) {
    const below = `${path}/${entry.name}`;
    if (entry.mode === '40000') collect(store, below, entry.id, files);
    else files.set(below, entry);
  }
}
