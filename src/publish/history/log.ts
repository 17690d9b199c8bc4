import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GitOpsError } from '../../errors';
import { checkGit } from '../git/client';
import { GitDirectory } from '../git/directory';
import { gitEnvironment } from '../git/environment';
import { GitFailure, translate } from '../git/failures';
import { checkBranch } from '../git/names';
import { ObjectReader } from '../git/reader';
import { RemoteTransport } from '../git/remote';
import { runGit } from '../git/runner';
import { parseRemoteUrl } from '../git/url';
import { type OpenOptions, readCommit } from '../repository';
import { type LoggedCommit, readLogged } from './commit';
import type { PathChange } from './paths';

/** Most commits that are looked at of what a merge brought in. */
const MERGED = 250;

/** The commits of an environment repository, as deep as they are asked for. */
export abstract class CommitLog {
  protected constructor(
    /** The newest commit; null when there is none. */
    readonly tip: string | null,
    protected reader: ObjectReader,
    private readonly options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
    private readonly where: string,
  ) {}

  /** A commit by its id; undefined when it is not here, or not a commit. */
  async read(id: string): Promise<LoggedCommit | undefined> {
    const [found] = await this.reader.read([id]);
    return found?.type === 'commit' ? readLogged(found.id, found.body) : undefined;
  }

  /** A commit by any name that git resolves. */
  async resolve(name: string): Promise<string | undefined> {
    if (name === '' || name.startsWith('-') || /[\s\p{Cc}]/u.test(name)) return undefined;
    return (await readCommit(this.reader, name))?.commit;
  }

  /** Commits that some commits have and others have not, newest first. */
  async between(from: readonly string[], without: readonly string[], limit = MERGED): Promise<string[]> {
    const input = [...from, ...without.map((id) => `^${id}`)].join('\n');
    const output = await this.run(['rev-list', `--max-count=${limit}`, '--stdin'], `${input}\n`);
    return output
      .toString('utf8')
      .split('\n')
      .filter((id) => id !== '');
  }

  /** Files that differ between a commit and its first parent. */
  async changes({ id, parents }: LoggedCommit): Promise<PathChange[]> {
    await this.needTrees();
    const [parent] = parents;
    const trees = parent === undefined ? ['--root', id] : [parent, id];
    const args = ['diff-tree', '-r', '-z', '--name-status', '--no-renames', '--no-commit-id', ...trees];
    const [...parts] = (await this.run(args)).toString('utf8').split('\0');
    const changes: PathChange[] = [];
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const status = parts[at];
      const change = status === 'A' ? 'added' : status === 'D' ? 'removed' : 'changed';
      changes.push({ path: parts[at + 1] as string, change });
    }
    return changes;
  }

  /**
   * Brings more commits here.
   * @returns false when there are no more, or none can be had
   */
  abstract deepen(): Promise<boolean>;
  /** Whether commits are missing that cannot be had. */
  abstract readonly isShallow: boolean;
  abstract close(): Promise<void>;
  /** Brings the folders of all commits here. */
  protected abstract needTrees(): Promise<void>;

  private async run(args: readonly string[], input = ''): Promise<Buffer> {
    try {
      return await runGit(args, { ...this.options, input });
    } catch (error) {
      throw translate(error, { where: this.where });
    }
  }
}

class LocalLog extends CommitLog {
  constructor(
    tip: string | null,
    reader: ObjectReader,
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly signal?: AbortSignal },
    readonly isShallow: boolean,
  ) {
    super(tip, reader, options, options.cwd);
  }

  async deepen(): Promise<boolean> {
    return false;
  }

  async needTrees(): Promise<void> {}

  close(): Promise<void> {
    return this.reader.close();
  }
}

/**
 * Opens the commits of a clone on this machine.
 * @throws GitOpsError REMOTE_NOT_A_REPOSITORY, GIT_MISSING, BRANCH_NOT_FOUND when the revision does not exist
 */
export async function openLocalLog(
  dir: string,
  { revision = 'HEAD', env = process.env, signal }: OpenOptions & { readonly revision?: string } = {},
): Promise<CommitLog> {
  if (revision !== 'HEAD') checkBranch(revision);
  if (!existsSync(dir)) {
    throw new GitOpsError('REMOTE_NOT_A_REPOSITORY', `${dir} does not exist; name the folder of a clone`);
  }
  const options = { cwd: dir, env: gitEnvironment(env).variables, signal };
  const reader = new ObjectReader(options);
  try {
    const read = await readCommit(reader, revision);
    if (read === undefined && revision !== 'HEAD') {
      throw new GitOpsError('BRANCH_NOT_FOUND', `${dir} has no commit '${revision}'; name one that 'git log' shows`);
    }
    const shallow = (await runGit(['rev-parse', '--is-shallow-repository'], options)).toString('utf8').trim();
    return new LocalLog(read?.commit ?? null, reader, options, shallow === 'true');
  } catch (error) {
    await reader.close();
    throw translate(error, { where: dir });
  }
}

class RemoteLog extends CommitLog {
  private hasTrees = false;

  constructor(
    tip: string | null,
    private readonly directory: GitDirectory,
    private transport: RemoteTransport,
    private depth: number,
    private readonly treesToo: () => RemoteTransport,
    where: string,
  ) {
    super(tip, new ObjectReader(transport.localOptions), transport.localOptions, where);
  }

  get isShallow(): boolean {
    return false;
  }

  async deepen(): Promise<boolean> {
    if (!existsSync(join(this.directory.path, 'shallow'))) return false;
    this.depth *= 4;
    await this.fetch();
    return true;
  }

  async needTrees(): Promise<void> {
    if (this.hasTrees) return;
    this.hasTrees = true;
    // Where filters are not known, everything is here.
    if (this.transport.filter !== 'tree:0') return;
    this.directory.reset();
    this.transport = this.treesToo();
    await this.fetch();
  }

  async close(): Promise<void> {
    await this.reader.close();
    this.directory.dispose();
  }

  private async fetch(): Promise<void> {
    // A reader that is under way knows nothing of commits that came later, or where they end now.
    await this.reader.close();
    const tip = await this.transport.fetchTip(this.depth);
    this.reader = new ObjectReader(this.transport.localOptions);
    if (tip === this.tip || (this.tip !== null && (await this.read(this.tip)) !== undefined)) return;
    throw new GitOpsError(
      'REMOTE_CONTENDED',
      'the branch was rewritten while it was being read; run the command again',
    );
  }
}

/**
 * Opens the commits of a branch of a remote. Commits alone are fetched, as many as asked for; folders when they are needed.
 * @param depth commits that are fetched at first
 * @throws GitOpsError REMOTE_INVALID, BRANCH_NOT_FOUND, the other REMOTE_ codes, GIT_MISSING, GIT_TOO_OLD
 */
export async function openRemoteLog(
  remote: { readonly url: string; readonly branch: string },
  depth: number,
  { env = process.env, signal }: OpenOptions = {},
): Promise<CommitLog> {
  const { url, ...parsed } = parseRemoteUrl(remote.url);
  checkBranch(remote.branch);
  const environment = gitEnvironment(env, { url, ...parsed });
  signal?.throwIfAborted();
  const directory = new GitDirectory(url);
  const transport = (filters: readonly ('tree:0' | 'blob:none' | 'none')[]) =>
    new RemoteTransport(directory, { url, branch: remote.branch }, environment, signal, filters);
  const commits = transport(['tree:0', 'blob:none', 'none']);
  try {
    await checkGit({ cwd: directory.path, env: environment.local, signal });
    const tip = await commits.fetchTip(depth);
    return new RemoteLog(tip, directory, commits, depth, () => transport(['blob:none', 'none']), url);
  } catch (error) {
    directory.dispose();
    throw error instanceof GitFailure ? commits.translated(error) : error;
  }
}
