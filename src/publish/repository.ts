import { GitOpsError } from '../errors';
import type { TreeEntry } from '../model/git-objects';
import { parseRecord, type SectionRecord } from '../model/record';
import { checkGit } from './git/client';
import { GitDirectory } from './git/directory';
import { gitEnvironment } from './git/environment';
import { translate } from './git/failures';
import { checkBranch, pathProblem } from './git/names';
import { type NewObject, type Node, treeOfCommit } from './git/objects';
import { writePack } from './git/pack';
import { ObjectReader } from './git/reader';
import { ByIdRefused, RemoteTransport } from './git/remote';
import { ObjectStore, Snapshot } from './git/store';
import { parseRemoteUrl } from './git/url';

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

abstract class ReadableRepository implements Repository {
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
      if (/^releases\/[^/]+\/[^/]+\.yaml$/.test(path)) paths.push(path);
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

async function readCommit(reader: ObjectReader, name: string): Promise<{ commit: string; tree: string } | undefined> {
  const [found] = await reader.read([`${name}^{commit}`]);
  const tree = found === undefined ? undefined : treeOfCommit(found.body);
  return found === undefined || tree === undefined ? undefined : { commit: found.id, tree };
}

export interface OpenOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** A branch of a remote: what {@link openRemote} gives, and what publishing writes through. */
export class RemoteRepository extends ReadableRepository {
  commit: string | null = null;
  snapshot!: Snapshot;
  private reader: ObjectReader | undefined;
  private closed = false;

  private constructor(
    private readonly directory: GitDirectory,
    private readonly transport: RemoteTransport,
    private readonly signal?: AbortSignal,
  ) {
    super();
  }

  /** @param options `during` runs while the fetch is under way */
  static async open(
    remote: { readonly url: string; readonly branch: string },
    options: OpenOptions & { readonly during?: () => Promise<void> } = {},
  ): Promise<RemoteRepository> {
    const { env = process.env, signal } = options;
    const parsed = parseRemoteUrl(remote.url);
    checkBranch(remote.branch);
    const environment = gitEnvironment(env, parsed);
    signal?.throwIfAborted();
    const directory = new GitDirectory(parsed.url);
    const transport = new RemoteTransport(directory, { url: parsed.url, branch: remote.branch }, environment, signal);
    const repository = new RemoteRepository(directory, transport, signal);
    try {
      // Both at once; but an old git's own complaint about an option is no answer to anyone.
      const version = checkGit({ cwd: directory.path, env: environment.variables, signal });
      const fetched = repository.refresh();
      fetched.catch(() => {});
      await version;
      await options.during?.();
      await fetched;
      return repository;
    } catch (error) {
      await repository.close();
      throw error;
    }
  }

  /** Fetches the branch's tip, which may have moved. */
  async refresh(): Promise<void> {
    const commit = await this.transport.fetchTip();
    if (commit === null) {
      this.commit = null;
      this.snapshot = new Snapshot(this.store(), null);
      return;
    }
    this.reader ??= new ObjectReader(this.transport.options);
    const read = await readCommit(this.reader, commit);
    if (read === undefined) {
      throw new GitOpsError('REMOTE_CORRUPT', `the commit ${commit} is not readable; run git fsck in the repository`);
    }
    this.commit = commit;
    this.snapshot = new Snapshot(this.store(), read.tree);
  }

  /** Writes objects, none of them twice, to be pushed. */
  write(objects: readonly NewObject[]): Promise<void> {
    return writePack(`${this.directory.path}/objects/pack`, objects, objects.length, this.signal);
  }

  /** Pushes a commit. False when somebody else's push came first. */
  push(commit: string): Promise<boolean> {
    return this.transport.push(commit);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.reader?.close();
    this.directory.dispose();
  }

  private store(): ObjectStore {
    return new ObjectStore({
      read: async (names) => {
        this.reader ??= new ObjectReader(this.transport.options);
        return this.reader.read(names);
      },
      fetch: (ids) => this.fetchObjects(ids),
      isLeftOut: (kind) =>
        this.transport.filter === 'tree:3' || (this.transport.filter === 'blob:none' && kind === 'blob'),
    });
  }

  /** By id; or, where the server does not do that, everything: then the tip must still be the same. */
  private async fetchObjects(ids: readonly string[]): Promise<void> {
    if (this.transport.filter === 'none') return;
    try {
      return await this.transport.fetchObjects(ids);
    } catch (error) {
      if (!(error instanceof ByIdRefused)) throw error;
    }
    this.transport.dropFilter();
    const before = this.commit;
    await this.reader?.close();
    this.reader = undefined;
    this.directory.reset();
    const now = await this.transport.fetchTip();
    if (now !== before) throw new TipMoved();
  }
}

/** The branch moved while it was being read for the second time: start over. */
export class TipMoved extends GitOpsError {
  constructor() {
    super('REMOTE_CONTENDED', 'the branch moved while it was being read; run the command again');
  }
}

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
 * Opens a branch of a remote for reading. Only the topmost folders are fetched at first.
 * @throws GitOpsError REMOTE_INVALID, BRANCH_NOT_FOUND, the other REMOTE_ codes, GIT_MISSING, GIT_TOO_OLD
 */
export function openRemote(
  remote: { readonly url: string; readonly branch: string },
  options: OpenOptions = {},
): Promise<Repository> {
  return RemoteRepository.open(remote, options);
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
  const reader = new ObjectReader({ cwd: dir, env: gitEnvironment(env).variables, signal });
  try {
    const read = await readCommit(reader, revision);
    if (read === undefined && revision !== 'HEAD') {
      throw new GitOpsError('BRANCH_NOT_FOUND', `${dir} has no commit '${revision}'; name one that 'git log' shows`);
    }
    const store = new ObjectStore({ read: (names) => reader.read(names) });
    return new LocalRepository(read?.commit ?? null, new Snapshot(store, read?.tree ?? null), reader);
  } catch (error) {
    await reader.close();
    throw translate(error, { where: dir });
  }
}
