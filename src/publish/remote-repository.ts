import { GitOpsError } from '../errors';
import { type BranchUpdate, fetchBranches, pushBranches } from './git/branches';
import { checkGit } from './git/client';
import { type Commit, parseCommit } from './git/commits';
import { GitDirectory } from './git/directory';
import { gitEnvironment } from './git/environment';
import { checkBranch } from './git/names';
import type { NewObject } from './git/objects';
import { writePack } from './git/pack';
import { QueueRefs } from './git/queue-refs';
import { type FoundObject, ObjectReader } from './git/reader';
import { ByIdRefused, FAR_FILTERS, RemoteTransport } from './git/remote';
import type { GitProcessOptions } from './git/runner';
import { ObjectStore, Snapshot } from './git/store';
import { asDiskError } from './git/temporary';
import { parseRemoteUrl } from './git/url';
import { type OpenOptions, ReadableRepository, type Repository, readCommit } from './repository';

/** By how much clocks may differ, in milliseconds. */
const MOST_SKEW = 24 * 60 * 60 * 1000;

/** A branch of a remote: what {@link openRemote} gives, and what publishing writes through. */
export class RemoteRepository extends ReadableRepository {
  commit: string | null = null;
  snapshot!: Snapshot;
  /** The branch's queue; absent when it is not looked at, or cannot be. */
  queue: QueueRefs | undefined;
  private reader: ObjectReader | undefined;
  private tipTime: Date | undefined;
  private closed = false;
  /** Folder of the other branches that were fetched. */
  private others: string | undefined;

  private constructor(
    private readonly directory: GitDirectory,
    private readonly transport: RemoteTransport,
    private readonly signal?: AbortSignal,
  ) {
    super();
  }

  /** @param options `during` runs while the fetch is under way; `queue` is the prefix of the queue's refs */
  static async open(
    remote: { readonly url: string; readonly branch: string },
    options: OpenOptions & { readonly during?: () => Promise<void>; readonly queue?: string } = {},
  ): Promise<RemoteRepository> {
    const { env = process.env, signal } = options;
    const parsed = parseRemoteUrl(remote.url);
    checkBranch(remote.branch);
    const environment = gitEnvironment(env, parsed);
    signal?.throwIfAborted();
    const directory = new GitDirectory(parsed.url);
    const address = { url: parsed.url, branch: remote.branch };
    const filters = parsed.protocol === 'file' ? undefined : FAR_FILTERS;
    const transport = new RemoteTransport(directory, address, environment, signal, filters);
    const repository = new RemoteRepository(directory, transport, signal);
    if (options.queue !== undefined) repository.watch(`${options.queue}/${remote.branch}`, remote.branch);
    try {
      // Both at once; but an old git's own complaint about an option is no answer to anyone.
      const version = checkGit({ cwd: directory.path, env: environment.local, signal });
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
    if (this.transport.alongside === undefined) this.queue = undefined;
    if (commit === null) {
      this.commit = null;
      this.tipTime = undefined;
      this.snapshot = new Snapshot(this.store(), null);
      return;
    }
    this.reader ??= new ObjectReader(this.transport.localOptions);
    const read = await readCommit(this.reader, commit);
    if (read === undefined) {
      throw new GitOpsError('REMOTE_CORRUPT', `the commit ${commit} is not readable; run git fsck in the repository`);
    }
    this.commit = commit;
    this.tipTime = read.time;
    this.snapshot = new Snapshot(this.store(), read.tree);
  }

  /**
   * The time for a commit on top of the tip: now, but never before the tip, since histories are read by their dates and
   * clocks differ. A tip from the distant future does not take everybody along.
   */
  now(): Date {
    const now = new Date();
    const tip = this.tipTime ?? now;
    return tip > now && tip.getTime() - now.getTime() <= MOST_SKEW ? tip : now;
  }

  /** Objects that were fetched, as they are; undefined for what is not there. */
  readObjects(ids: readonly string[]): Promise<(FoundObject | undefined)[]> {
    this.reader ??= new ObjectReader(this.transport.localOptions);
    return this.reader.read(ids);
  }

  /** What runs git in the repository's directory. */
  get git(): GitProcessOptions {
    return this.transport.localOptions;
  }

  /**
   * Writes objects, none of them twice, to be pushed.
   * @throws GitOpsError TEMPORARY_UNWRITABLE
   */
  async write(objects: readonly NewObject[]): Promise<void> {
    try {
      await writePack(`${this.directory.path}/objects/pack`, objects, objects.length, this.signal);
    } catch (error) {
      throw asDiskError(error);
    }
  }

  /** Pushes a commit. False when somebody else's push came first. */
  push(commit: string): Promise<boolean> {
    return this.transport.push(commit);
  }

  /**
   * Fetches the heads of every branch below a folder of branches, each with its parent.
   * @returns by the branches' names, what they are at; without a commit where that is no readable one
   */
  async fetchBranches(folder: string): Promise<Map<string, { readonly id: string; readonly commit?: Commit }>> {
    this.others = folder;
    const heads = await fetchBranches(this.directory, this.transport, folder);
    // The process that reads may not know yet what has arrived.
    const commits = await this.readCommits(heads.values());
    return new Map([...heads].map(([branch, id]) => [branch, { id, commit: commits.get(id) }]));
  }

  /** Commits that were fetched, by their ids. */
  async readCommits(ids: Iterable<string>): Promise<Map<string, Commit>> {
    this.reader ??= new ObjectReader(this.transport.localOptions);
    const found = await this.reader.read([...new Set(ids)]);
    const commits = found.flatMap((object) =>
      object?.type === 'commit' ? (parseCommit(object.id, object.body) ?? []) : [],
    );
    return new Map(commits.map((commit) => [commit.id, commit]));
  }

  /** The files and folders of another commit. */
  snapshotOf(tree: string): Snapshot {
    return new Snapshot(this.snapshot.store, tree);
  }

  /** Moves, makes and removes branches with one push. False when one of them is not what was seen of it any more. */
  pushBranches(updates: readonly BranchUpdate[]): Promise<boolean> {
    return pushBranches(this.transport, updates);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.reader?.close();
    this.directory.dispose();
  }

  private watch(folder: string, branch: string): void {
    const { transport, directory } = this;
    this.queue = new QueueRefs(
      directory,
      branch,
      folder,
      () => transport.options,
      (error) => transport.translated(error),
    );
    transport.alongside = this.queue;
  }

  private store(): ObjectStore {
    return new ObjectStore({
      read: async (names) => {
        this.reader ??= new ObjectReader(this.transport.localOptions);
        try {
          return await this.reader.read(names);
        } catch (error) {
          throw this.transport.translated(error);
        }
      },
      fetch: (ids) => this.fetchObjects(ids),
      isLeftOut: (kind) => this.transport.isLeftOut(kind),
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
    if (this.others !== undefined) await fetchBranches(this.directory, this.transport, this.others);
  }
}

/** The branch moved while it was being read for the second time: start over. */
export class TipMoved extends GitOpsError {
  constructor() {
    super('REMOTE_CONTENDED', 'the branch moved while it was being read; run the command again');
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
