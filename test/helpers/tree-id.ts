import { treeId } from '../../src/model/git-objects';

/**
 * Id of the tree that holds the given files.
 * @param files paths relative to the tree's own root, with their blob ids
 */
export function treeIdOfFiles(files: Iterable<readonly [path: string, blob: string]>): string {
  const root = new Map<string, unknown>();
  for (const [path, blob] of files) {
    const parts = path.split('/');
    let folder = root;
    for (const part of parts.slice(0, -1)) {
      const next = folder.get(part) instanceof Map ? (folder.get(part) as Map<string, unknown>) : new Map();
      folder.set(part, next);
      folder = next;
    }
    folder.set(parts.at(-1) as string, blob);
  }
  const idOf = (folder: Map<string, unknown>): string =>
    treeId(
      [...folder].map(([name, child]) =>
        child instanceof Map
          ? { mode: '40000' as const, name, id: idOf(child) }
          : { mode: '100644' as const, name, id: child as string },
      ),
    );
  return idOf(root);
}
