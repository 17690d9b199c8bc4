import { GitOpsError } from '../errors';
import type { TreeEntry } from '../model/git-objects';
import { layout } from '../model/layout';
import { parseRecord, type SectionRecord } from '../model/record';
import { pathProblem } from './git/names';
import { type Node, timeOfCommit, treeOfCommit } from './git/objects';
import type { ObjectReader } from './git/reader';
import type { Snapshot } from './git/store';

export interface RecordFile {
  readonly path: string;
  /** Absent when the file is not a valid record. */
  readonly record?: SectionRecord;
  /** Why it is not. */
  readonly problem?: GitOpsError;
}

/** One commit of an environment repository, for reading. Objects are read in batches, and only those asked for. */
export interface Repository {
  /** The commit that is read; null when there is none yet. */
  readonly commit: string | null;
  /** The commit's folders, as far as they have been loaded: what plans are made from. */
  readonly snapshot: Snapshot;
  /** What a folder holds, in git's order; nothing when it is not there. `''` is the topmost one. */
  list(path: string): Promise<readonly TreeEntry[]>;
  /** Mode and id of every file at or below a path. `''` is everything. */
  listTree(prefix: string): Promise<ReadonlyMap<string, Node>>;
  /** Content of every file at or below a path. */
  readTree(prefix: string): Promise<Map<string, Buffer>>;
  /** Content of files; those that are not there are left out. */
  readFiles(paths: Iterable<string>): Promise<Map<string, Buffer>>;
  /** Content by blob ids, e.g. those of a plan. */
  readBlobs(ids: Iterable<string>): Promise<Map<string, Buffer>>;
  /** Every record of clusters, environments and units. */
  listRecords(): Promise<readonly RecordFile[]>;
  /** Ends the processes and removes the temporary files. Safe to call twice. */
  close(): Promise<void>;
}

/** Reading, by a snapshot alone: wherever its objects come from. */
export abstract class ReadableRepository implements Repository {
  abstract readonly commit: string | null;
  abstract readonly snapshot: Snapshot;
  abstract close(): Promise<void>;

  async list(path: string): Promise<readonly TreeEntry[]> {
    await this.reachInto(path);
    return [...this.snapshot.folder(path).values()];
  }

  async listTree(prefix: string): Promise<ReadonlyMap<string, Node>> {
    await this.reachInto(prefix, true);
    return this.snapshot.files(prefix);
  }

  async readTree(prefix: string): Promise<Map<string, Buffer>> {
    return this.readNodes(await this.listTree(prefix));
  }

  async readFiles(paths: Iterable<string>): Promise<Map<string, Buffer>> {
    const wanted = [...new Set(paths)].filter((path) => pathProblem(path) === undefined);
    await this.snapshot.reach(wanted);
    const nodes = new Map<string, Node>();
    for (const path of wanted) {
      const node = this.snapshot.at(path);
      if (node !== undefined && node.mode !== '40000') nodes.set(path, node);
    }
    return this.readNodes(nodes);
  }

  async readBlobs(ids: Iterable<string>): Promise<Map<string, Buffer>> {
    const { store } = this.snapshot;
    const blobs = new Map([...ids].map((id) => [id, id]));
    await store.load({ blobs, unasked: true });
    return new Map([...blobs.keys()].map((id) => [id, store.blob(id)]));
  }

  async listRecords(): Promise<readonly RecordFile[]> {
    const paths: string[] = [];
    for (const folder of ['clusters', 'environments']) {
      for (const { name, mode } of await this.list(folder)) {
        if (mode !== '40000' && name.endsWith('.yaml')) paths.push(`${folder}/${name}`);
      }
    }
    await this.reachInto('releases', true);
    for (const path of this.snapshot.files('releases').keys()) {
      const isFolder = path.startsWith(`${layout.folderRecords}/`) && path.endsWith('.yaml');
      if (isFolder || /^releases\/[^/]+\/[^/]+\.yaml$/.test(path)) paths.push(path);
    }
    return [...(await this.readFiles(paths))].map(([path, body]) => readRecord(path, body));
  }

  private async readNodes(nodes: ReadonlyMap<string, Node>): Promise<Map<string, Buffer>> {
    const { store } = this.snapshot;
    const files = [...nodes].filter(([, { mode }]) => mode !== '160000');
    await store.load({ blobs: new Map(files.map(([path, { id }]) => [id, path])) });
    return new Map(files.map(([path, { id }]) => [path, store.blob(id)]));
  }

  private async reachInto(path: string, deep = false): Promise<void> {
    if (path !== '' && pathProblem(path) !== undefined) return;
    await this.snapshot.reach([path]);
    const node = this.snapshot.at(path);
    if (node?.mode === '40000') await this.snapshot.store.load({ trees: new Map([[node.id, path]]), deep });
  }
}

/** Reads a record; never throws. */
export function readRecord(path: string, body: Buffer): RecordFile {
  try {
    return { path, record: parseRecord(body.toString('utf8'), path) };
  } catch (error) {
    if (!GitOpsError.is(error)) throw error;
    return { path, problem: error };
  }
}

export interface OpenOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** A commit by any name that git resolves; undefined when there is none. */
export async function readCommit(
  reader: ObjectReader,
  name: string,
): Promise<{ commit: string; tree: string; time?: Date } | undefined> {
  const [found] = await reader.read([`${name}^{commit}`]);
  const tree = found === undefined ? undefined : treeOfCommit(found.body);
  return found === undefined || tree === undefined
    ? undefined
    : { commit: found.id, tree, time: timeOfCommit(found.body) };
}
