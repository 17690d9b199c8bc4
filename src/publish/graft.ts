import type { TreeEntry } from '../model/git-objects';
import { type NewObject, type Node, treeObject } from './git/objects';
import { notAFolder, type Snapshot } from './git/store';

/** What a path is to hold: a blob or a tree; null for nothing. */
export type Edit = Node | null;

interface Edits {
  here?: Edit;
  below?: Map<string, Edits>;
}

function nest(edits: ReadonlyMap<string, Edit>): Map<string, Edits> {
  const root = new Map<string, Edits>();
  for (const [path, edit] of edits) {
    let folder = root;
    const parts = path.split('/');
    parts.forEach((part, i) => {
      const next = folder.get(part) ?? {};
      folder.set(part, next);
      if (i === parts.length - 1) next.here = edit;
      else {
        next.below ??= new Map();
        folder = next.below;
      }
    });
  }
  return root;
}

/**
 * Replaces what lies at some paths of a commit's tree, and keeps everything else as it is: only the folders on the way
 * are rewritten. Folders that are left empty disappear, as they do in git.
 * @param edits no path lies inside another
 * @returns id of the new topmost tree (null when nothing is left), and every tree that was made, by its id
 * @throws GitOpsError REMOTE_CORRUPT when a part on the way is no folder
 */
export function graft(
  snapshot: Snapshot,
  edits: ReadonlyMap<string, Edit>,
): { root: string | null; trees: Map<string, NewObject> } {
  const trees = new Map<string, NewObject>();
  const rewrite = (path: string, base: string | null, changes: Map<string, Edits>): string | null => {
    const entries = new Map<string, TreeEntry>(base === null ? [] : snapshot.store.tree(base));
    for (const [name, { here, below }] of changes) {
      let edit = here;
      if (below !== undefined) {
        const old = entries.get(name);
        const at = path === '' ? name : `${path}/${name}`;
        if (old !== undefined && old.mode !== '40000') throw notAFolder(at, old);
        const id = rewrite(at, old?.id ?? null, below);
        edit = id === null ? null : { mode: '40000', id };
      }
      if (edit === null || edit === undefined) entries.delete(name);
      else entries.set(name, { mode: edit.mode, name, id: edit.id });
    }
    if (entries.size === 0) return null;
    const tree = treeObject([...entries.values()]);
    trees.set(tree.id, tree);
    return tree.id;
  };
  return { root: rewrite('', snapshot.root, nest(edits)), trees };
}
