import { GitOpsError } from '../../errors';
import type { TreeEntry } from '../../model/git-objects';
import { type Node, parseTree } from './objects';
import type { FoundObject } from './reader';

/** The entries of a tree by their names. */
export type Folder = ReadonlyMap<string, TreeEntry>;

/** Where a store gets what it does not hold. */
export interface ObjectSource {
  /** Reads objects that are here, in order; undefined for what is not. */
  read(names: readonly string[]): Promise<(FoundObject | undefined)[]>;
  /** Brings objects here in one request: trees with all the trees below them. Absent when everything is here. */
  fetch?(ids: readonly string[]): Promise<void>;
  /** Whether objects of this kind are not here unless they were fetched by id, so that asking first is in vain. */
  isLeftOut?(kind: 'tree' | 'blob'): boolean;
}

function folderOf(entries: Iterable<TreeEntry>): Folder {
  return new Map([...entries].map((entry) => [entry.name, entry]));
}

function missing(id: string): GitOpsError {
  return new GitOpsError('REMOTE_CORRUPT', `the object ${id} is missing from the repository; run git fsck there`);
}

/** Trees and blobs by their ids: each is read once, and never fetched one by one. */
export class ObjectStore {
  private readonly trees = new Map<string, Folder>();
  private readonly blobs = new Map<string, Buffer>();

  constructor(private readonly source: ObjectSource) {}

  /** Takes in a tree that was computed here: whoever has the id has the content. */
  learn(id: string, entries: Iterable<TreeEntry>): void {
    if (!this.trees.has(id)) this.trees.set(id, folderOf(entries));
  }

  has(id: string): boolean {
    return this.trees.has(id) || this.blobs.has(id);
  }

  /** A tree that was loaded before. */
  tree(id: string): Folder {
    const folder = this.trees.get(id);
    if (folder === undefined) throw new GitOpsError('INTERNAL', `the tree ${id} was used before it was loaded`);
    return folder;
  }

  /** A blob that was loaded before. */
  blob(id: string): Buffer {
    const body = this.blobs.get(id);
    if (body === undefined) throw new GitOpsError('INTERNAL', `the blob ${id} was used before it was loaded`);
    return body;
  }

  /**
   * Loads trees (each to its full depth when `deep`) and blobs. What is not here is fetched with one request.
   * @param wanted ids, each with the path it was found at, for errors
   */
  async load(wanted: {
    readonly trees?: ReadonlyMap<string, string>;
    readonly blobs?: ReadonlyMap<string, string>;
    readonly deep?: boolean;
    /** The objects lie deeper than the filter lets through: fetch them without asking for each whether it is here. */
    readonly unasked?: boolean;
  }): Promise<void> {
    const { trees = new Map<string, string>(), blobs = new Map<string, string>(), deep = false } = wanted;
    if (wanted.unasked) {
      const left = [
        ...(this.source.isLeftOut?.('tree') ? trees.keys() : []),
        ...(this.source.isLeftOut?.('blob') ? blobs.keys() : []),
      ].filter((id) => !this.has(id));
      // A server may not know filters, and have sent everything: then one of them is here, and so are the others.
      const [first] = left;
      if (first !== undefined && (await this.source.read([first]))[0] === undefined) await this.source.fetch?.(left);
    }

    let absent = await this.read(trees, blobs);
    if (absent.length > 0 && this.source.fetch !== undefined) {
      await this.source.fetch(absent);
      absent = await this.read(trees, blobs);
    }
    if (absent[0] !== undefined) throw missing(absent[0]);
    if (!deep) return;
    const below = new Map<string, string>();
    for (const [id, where] of trees) {
      for (const entry of this.tree(id).values()) {
        if (entry.mode === '40000') below.set(entry.id, `${where}/${entry.name}`);
      }
    }
    if (below.size > 0) await this.load({ trees: below, deep });
  }

  /** Reads what is here. Returns the ids that are not. */
  private async read(trees: ReadonlyMap<string, string>, blobs: ReadonlyMap<string, string>): Promise<string[]> {
    const ids = [...trees.keys(), ...blobs.keys()].filter((id) => !this.has(id));
    if (ids.length === 0) return [];
    const found = await this.source.read(ids);
    const absent: string[] = [];
    found.forEach((object, i) => {
      const id = ids[i] as string;
      const where = trees.get(id) ?? blobs.get(id) ?? '';
      if (object === undefined) absent.push(id);
      else if (object.type === 'tree') this.trees.set(id, folderOf(parseTree(object.body, where)));
      else if (object.type === 'blob' && blobs.has(id)) this.blobs.set(id, object.body);
      else throw new GitOpsError('REMOTE_CORRUPT', `${where} leads to a ${object.type}; run git fsck there`);
    });
    return absent;
  }
}

/** The files and folders of one commit, as far as their trees have been loaded. */
export class Snapshot {
  constructor(
    readonly store: ObjectStore,
    /** Tree of the commit; null when there is no commit yet. */
    readonly root: string | null,
  ) {}

  /**
   * What lies at a path; undefined when nothing does.
   * @throws GitOpsError REMOTE_CORRUPT when a part on the way is no folder
   */
  at(path: string): Node | undefined {
    if (this.root === null) return undefined;
    let node: Node = { mode: '40000', id: this.root };
    if (path === '') return node;
    let at = 0;
    for (;;) {
      if (node.mode !== '40000') throw notAFolder(path.slice(0, at - 1), node);
      const slash = path.indexOf('/', at);
      const entry = this.store.tree(node.id).get(slash < 0 ? path.slice(at) : path.slice(at, slash));
      if (entry === undefined || slash < 0) return entry;
      node = entry;
      at = slash + 1;
    }
  }

  /** What a folder holds; nothing when it is not there. */
  folder(path: string): Folder {
    const node = this.at(path);
    if (node === undefined) return new Map();
    if (node.mode !== '40000') throw notAFolder(path, node);
    return this.store.tree(node.id);
  }

  /** Every file at or below a path. */
  files(path: string): Map<string, Node> {
    const found = new Map<string, Node>();
    const visit = (at: string, node: Node): void => {
      if (node.mode !== '40000') {
        found.set(at, node);
        return;
      }
      for (const entry of this.store.tree(node.id).values())
        visit(at === '' ? entry.name : `${at}/${entry.name}`, entry);
    };
    const node = this.at(path);
    if (node !== undefined) visit(path, node);
    return found;
  }

  /** Loads every folder on the way to the paths, a level at a time. */
  async reach(paths: Iterable<string>): Promise<void> {
    if (this.root === null) return;
    await this.store.load({ trees: new Map([[this.root, '']]) });
    const split = [...paths].map((path) => path.split('/'));
    for (let depth = 1; ; depth++) {
      const trees = new Map<string, string>();
      let deeper = false;
      for (const parts of split) {
        if (parts.length <= depth) continue;
        deeper = true;
        const prefix = parts.slice(0, depth).join('/');
        const node = this.at(prefix);
        if (node?.mode === '40000') trees.set(node.id, prefix);
      }
      if (!deeper) return;
      await this.store.load({ trees });
    }
  }
}

const KINDS: Readonly<Record<string, string>> = {
  '120000': 'a symbolic link',
  '160000': 'a submodule',
  '40000': 'a folder',
};

/** The error for something that lies where a folder has to be. */
export function notAFolder(path: string, { mode }: Node): GitOpsError {
  return new GitOpsError(
    'REMOTE_CORRUPT',
    `${path} in the environment repository is ${KINDS[mode] ?? 'a file'} and has to be a folder; remove it by hand`,
  );
}

/** The error for something that lies where a file has to be. */
export function notAFile(path: string, { mode }: Node): GitOpsError {
  return new GitOpsError(
    'REMOTE_CORRUPT',
    `${path} in the environment repository is ${KINDS[mode] ?? 'of an unknown kind'} and has to be a file; remove it by hand`,
  );
}
