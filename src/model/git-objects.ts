import { hash } from 'node:crypto';

/** Git's ids of blobs and trees, computed in process. The object format is SHA-1, as on every public forge. */

export type FileMode = '100644' | '100755' | '40000' | '120000' | '160000';

export interface TreeEntry {
  readonly mode: FileMode;
  readonly name: string;
  /** Object id: 40 lowercase hexadecimal digits. */
  readonly id: string;
}

/** Id of the tree that has no entries. */
export const EMPTY_TREE_ID = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

export function toBytes(content: string | Uint8Array): Buffer {
  return typeof content === 'string'
    ? Buffer.from(content, 'utf8')
    : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
}

/** Id of an object of the given type. */
export function objectId(type: 'blob' | 'tree' | 'commit', body: Uint8Array): string {
  return hash('sha1', Buffer.concat([Buffer.from(`${type} ${body.byteLength}\0`, 'latin1'), body]), 'hex');
}

export function blobId(content: string | Uint8Array): string {
  return objectId('blob', toBytes(content));
}

/** Entries in git's own order: by bytes, a folder's name counting as if it ended in a slash. */
export function sortEntries(entries: Iterable<TreeEntry>): TreeEntry[] {
  const key = (entry: TreeEntry) => Buffer.from(entry.mode === '40000' ? `${entry.name}/` : entry.name, 'utf8');
  return [...entries]
    .map((entry) => [key(entry), entry] as const)
    .sort(([a], [b]) => Buffer.compare(a, b))
    .map(([, entry]) => entry);
}

/** Body of a tree object. Entries may come in any order. */
export function encodeTree(entries: Iterable<TreeEntry>): Buffer {
  return Buffer.concat(
    sortEntries(entries).flatMap(({ mode, name, id }) => [
      Buffer.from(`${mode} ${name}\0`, 'utf8'),
      Buffer.from(id, 'hex'),
    ]),
  );
}

export function treeId(entries: Iterable<TreeEntry>): string {
  return objectId('tree', encodeTree(entries));
}

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
