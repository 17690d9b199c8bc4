import { isUtf8 } from 'node:buffer';
import { GitOpsError } from '../../errors';
import { encodeTree, type FileMode, objectId, type TreeEntry } from '../../model/git-objects';
import { isGitFolder } from './names';
import { sanitize } from './text';

/** Git's objects, read and built in process. Bodies that are read come from a remote and are not to be trusted. */

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export interface GitObject {
  readonly type: ObjectType;
  readonly body: Buffer;
}

/** An object to be written: its id is known already. */
export interface NewObject {
  readonly id: string;
  readonly type: 'blob' | 'tree' | 'commit';
  /** Text is encoded when it is written, so that what is rendered is not held twice. */
  readonly body: string | Uint8Array;
}

const MODES = /^(?:100644|100755|100664|40000|120000|160000)$/;

/**
 * Entries of a tree.
 * @param where path of the tree, for the error
 * @throws GitOpsError REMOTE_CORRUPT when a name or a mode could lead anywhere else
 */
export function parseTree(body: Buffer, where: string): TreeEntry[] {
  const entries: TreeEntry[] = [];
  const names = new Set<string>();
  const fail = (why: string): never => {
    throw new GitOpsError('REMOTE_CORRUPT', `the folder ${where || '/'} ${why}; repair it by hand, and publish again`);
  };
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const end = body.indexOf(0, space);
    if (space < 0 || end < 0 || end + 21 > body.length) return fail('is not a readable tree');
    const mode = body.toString('latin1', at, space);
    const name = body.toString('utf8', space + 1, end);
    if (!MODES.test(mode)) return fail(`has an entry of mode ${JSON.stringify(mode)}`);
    // It could not be written again as it is.
    if (!isUtf8(body.subarray(space + 1, end))) return fail(`has an entry whose name ${quoted(name)} is not UTF-8`);
    if (name === '' || name === '.' || name === '..' || name.includes('/') || isGitFolder(name)) {
      return fail(`has an entry named ${quoted(name)}`);
    }
    if (names.has(name)) return fail(`has two entries named ${quoted(name)}`);
    names.add(name);
    entries.push({ mode: mode as FileMode, name, id: body.toString('hex', end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

/** A name of anybody's, for an error. */
function quoted(name: string): string {
  return JSON.stringify(sanitize(name));
}

/** Id of a commit's tree. */
export function treeOfCommit(body: Buffer): string | undefined {
  return /^tree ([0-9a-f]{40})\n/.exec(body.toString('latin1', 0, 46))?.[1];
}

/** When a commit was made, as whoever made it says. */
export function timeOfCommit(body: Buffer): Date | undefined {
  const end = body.indexOf('\n\n');
  const head = body.toString('latin1', 0, end < 0 ? body.length : end);
  const seconds = Number(/^committer [^\n]* (\d{1,12}) [+-]\d{4}$/m.exec(head)?.[1] ?? Number.NaN);
  return Number.isNaN(seconds) ? undefined : new Date(seconds * 1000);
}

/** What lies at a path. */
export interface Node {
  readonly mode: FileMode;
  readonly id: string;
}

/**
 * The trees that hold the given files.
 * @param files paths relative to the tree's own root
 * @returns id of the topmost tree, and the entries of each one by its id
 */
export function buildTrees(files: Iterable<readonly [path: string, node: Node]>): {
  id: string;
  trees: Map<string, readonly TreeEntry[]>;
} {
  type Folder = Map<string, Folder | Node>;
  const root: Folder = new Map();
  for (const [path, node] of files) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) {
      let next = folder.get(part);
      if (!(next instanceof Map)) {
        next = new Map();
        folder.set(part, next);
      }
      folder = next;
    }
    folder.set(name, node);
  }
  const trees = new Map<string, readonly TreeEntry[]>();
  const visit = (folder: Folder): string => {
    const entries: TreeEntry[] = [];
    for (const [name, child] of folder) {
      if (child instanceof Map) entries.push({ mode: '40000', name, id: visit(child) });
      else entries.push({ mode: child.mode, name, id: child.id });
    }
    const id = objectId('tree', encodeTree(entries));
    trees.set(id, entries);
    return id;
  };
  return { id: visit(root), trees };
}

/** A tree as an object to be written. */
export function treeObject(entries: readonly TreeEntry[]): NewObject {
  const body = encodeTree(entries);
  return { id: objectId('tree', body), type: 'tree', body };
}

export interface CommitFields {
  readonly tree: string;
  readonly parent: string | null;
  /** `Name <mail> seconds +0000`, free of line ends. */
  readonly author: string;
  /** @default - the author */
  readonly committer?: string;
  readonly message: string;
  /** Armored signature of the commit as it is without one. */
  readonly signature?: string;
}

/** A commit as an object to be written. */
export function commitObject(fields: CommitFields): NewObject & { readonly body: Uint8Array } {
  const { tree, parent, author, committer, message, signature } = fields;
  const lines = [
    `tree ${tree}`,
    ...(parent === null ? [] : [`parent ${parent}`]),
    `author ${author}`,
    `committer ${committer ?? author}`,
    // Further lines of a header start with a space.
    ...(signature === undefined ? [] : [`gpgsig ${signature.trimEnd().replaceAll('\n', '\n ')}`]),
  ];
  const body = Buffer.from(`${lines.join('\n')}\n\n${message}`, 'utf8');
  return { id: objectId('commit', body), type: 'commit', body };
}
