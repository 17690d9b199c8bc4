import { hash } from 'node:crypto';

/** Git's ids of blobs and trees, computed in process. The object format is SHA-1, as on every public forge. */

export type FileMode = '100644' | '100755' | '40000' | '120000' | '160000';

export interface TreeEntry {
  readonly mode: FileMode;
  readonly name: string;
  /** Object id: 40 lowercase hexadecimal digits. */
  readonly id: string;
}

/** Length of an object id as a tree holds it. */
const ID_BYTES = 20;

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
  // Hashed as one text, it is never copied into a buffer of ours.
  if (typeof content === 'string') return hash('sha1', `blob ${Buffer.byteLength(content)}\0${content}`, 'hex');
  return objectId('blob', content);
}

/** Entries in git's own order: by bytes, a folder's name counting as if it ended in a slash. */
export function sortEntries(entries: Iterable<TreeEntry>): TreeEntry[] {
  const all = [...entries].map((entry) => ({ key: entry.mode === '40000' ? `${entry.name}/` : entry.name, entry }));
  // Of ASCII, code units and bytes give one order.
  const compare = all.every(({ key }) => ASCII.test(key)) ? compareUnits : compareBytes;
  return all.sort((a, b) => compare(a.key, b.key)).map(({ entry }) => entry);
}

const ASCII = /^\p{ASCII}*$/u;

function compareUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

/** Body of a tree object. Entries may come in any order. */
export function encodeTree(entries: Iterable<TreeEntry>): Buffer {
  const sorted = sortEntries(entries);
  let size = 0;
  for (const { mode, name } of sorted) size += mode.length + Buffer.byteLength(name) + 2 + ID_BYTES;
  const body = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { mode, name, id } of sorted) {
    at += body.write(`${mode} ${name}\0`, at);
    at += body.write(id, at, 'hex');
  }
  return body;
}

export function treeId(entries: Iterable<TreeEntry>): string {
  return objectId('tree', encodeTree(entries));
}
