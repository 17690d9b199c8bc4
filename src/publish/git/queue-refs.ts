import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git } from './client';
import { type GitDirectory, REMOTE } from './directory';
import { GitFailure, isContention } from './failures';
import { type GitProcessOptions, startGit } from './runner';

/** A ref of the remote, and the commit that it names. */
export interface RemoteRef {
  readonly ref: string;
  readonly id: string;
}

export interface Listing {
  /** The branch's tip; null when there is no branch. */
  readonly tip: string | null;
  readonly refs: readonly RemoteRef[];
}

/** Where a fetch puts the refs of the queue. */
const LOCAL = 'refs/remotes/environment-repository/queue';
const RECENT_TIP = 'refs/remotes/environment-repository/recent';
/** Commits that may come in between two looks of one publisher. */
const RECENT = 500;
/** Bytes of a listing that are read; what comes after does not count. */
const LONGEST_LISTING = 2 << 20;
/** Fetched refs that are looked at. */
const MOST_REFS = 5_000;
const NO_ATOMIC = /does not support --atomic/;
/** An entry was taken back while it was being pushed on: git lacks what it took for the remote's. */
const LOCAL_GAP = /pack-objects died|unable to read [0-9a-f]{40}|Could not read [0-9a-f]{40}/;
/** Git looks at what the server advertises before it pushes anything. */
const GONE = /remote ref does not exist/;
/** Pushes of an entry that are tried when the server's locks are in the way. */
const TRIES = 3;

/** The refs of a branch's queue: listing them, pushing entries, and pushing the branch together with their deletion. */
export class QueueRefs {
  /** Pushes that were tried. */
  pushes = 0;
  private atomic = true;

  constructor(
    private readonly directory: GitDirectory,
    private readonly branch: string,
    /** `<prefix>/<branch>` */
    private readonly folder: string,
    private readonly options: () => GitProcessOptions,
    private readonly translated: (error: unknown) => unknown,
  ) {}

  /** What a fetch of the branch asks for along with it, at no further request. */
  get refspec(): string {
    return `+${this.folder}/*:${LOCAL}/*`;
  }

  /** Forgets what was fetched. */
  forget(): void {
    rmSync(join(this.directory.path, LOCAL), { recursive: true, force: true });
  }

  /** What the last fetch brought. */
  fetched(): RemoteRef[] {
    const found: RemoteRef[] = [];
    const visit = (path: string, depth: number): void => {
      for (const entry of readdirSync(join(this.directory.path, LOCAL, path), { withFileTypes: true })) {
        if (found.length >= MOST_REFS) return;
        const below = path === '' ? entry.name : `${path}/${entry.name}`;
        if (entry.isDirectory() && depth < 6) visit(below, depth + 1);
        else if (entry.isFile()) {
          const id = readFileSync(join(this.directory.path, LOCAL, below), 'utf8').trim();
          if (/^[0-9a-f]{40}$/.test(id)) found.push({ ref: `${this.folder}/${below}`, id });
        }
      }
    };
    if (existsSync(join(this.directory.path, LOCAL))) visit('', 0);
    return found;
  }

  /**
   * Asks the remote for the branch and the queue, and nothing else.
   * @throws GitOpsError of the REMOTE_ codes
   */
  async list(): Promise<Listing> {
    const branch = `refs/heads/${this.branch}`;
    const process = startGit(['ls-remote', '--refs', REMOTE, branch, `${this.folder}/*`], this.options());
    const chunks: Buffer[] = [];
    let bytes = 0;
    process.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= LONGEST_LISTING) chunks.push(chunk);
    });
    process.stdin.end();
    try {
      await process.ended;
    } catch (error) {
      throw this.translated(error);
    }
    let tip: string | null = null;
    const refs: RemoteRef[] = [];
    for (const [, id = '', ref = ''] of Buffer.concat(chunks)
      .toString('utf8')
      .matchAll(/^([0-9a-f]{40})\t(.+)$/gm)) {
      if (ref === branch) tip = id;
      else if (ref.startsWith(`${this.folder}/`)) refs.push({ ref, id });
    }
    return { tip, refs };
  }

  /**
   * Fetches the branch's latest commits, without their trees where the server can leave them out.
   * @returns their ids, newest first
   */
  async fetchRecent(): Promise<string[]> {
    const branch = `+refs/heads/${this.branch}:${RECENT_TIP}`;
    for (const filter of ['tree:0', 'none'] as const) {
      this.directory.configure(filter === 'none' ? 'none' : 'tree:3');
      const more = filter === 'none' ? [] : [`--filter=${filter}`];
      const depth = `--depth=${RECENT}`;
      try {
        await git(
          ['fetch', '--verbose', depth, '--no-tags', '--no-write-fetch-head', ...more, REMOTE, branch],
          this.options(),
        );
        break;
      } catch (error) {
        if (error instanceof GitFailure && filter !== 'none' && /filter/i.test(error.output)) continue;
        throw this.translated(error);
      } finally {
        this.directory.configure('none');
      }
    }
    const listed = await git(['rev-list', `--max-count=${RECENT}`, RECENT_TIP], this.options());
    return listed.trim().split('\n');
  }

  /**
   * Pushes an entry, and deletes older ones along with it.
   * @returns `refused` when the server wants no such refs, for whatever reason
   */
  async pushEntry(entry: RemoteRef, older: readonly RemoteRef[]): Promise<'pushed' | 'refused'> {
    let old = older;
    for (let tried = 0; tried < TRIES; ) {
      const together = this.atomic ? old : [];
      try {
        await this.push([`${entry.id}:${entry.ref}`], together);
        if (together.length < old.length) await this.remove(old);
        return 'pushed';
      } catch (error) {
        if (!(error instanceof GitFailure)) throw error;
        if (NO_ATOMIC.test(error.output)) this.atomic = false;
        else if (!isContention(error.output) && !GONE.test(error.output)) return 'refused';
        else {
          // They are gone, or are being deleted by another one: that does as well.
          old = [];
          tried++;
        }
      }
    }
    return 'refused';
  }

  /**
   * Pushes the branch as a fast-forward of the tip, and deletes entries along with it: both or neither, where the server
   * can.
   * @returns false when another push came first, be it of the branch or of one of the entries
   * @throws GitOpsError REMOTE_REJECTED and the other REMOTE_ codes
   */
  async pushBranch(commit: string, tip: string, done: readonly RemoteRef[]): Promise<boolean> {
    const branch = `refs/heads/${this.branch}`;
    // Of a shallow repository alone, git looks at the trees of every ref to find out what need not be sent: those of the
    // entries, which are hardly here.
    const shallow = join(this.directory.path, 'shallow');
    if (!existsSync(shallow)) writeFileSync(shallow, `${tip}\n`);
    try {
      await this.push([`${commit}:${branch}`], this.atomic ? done : [], `--force-with-lease=${branch}:${tip}`);
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error;
      if (NO_ATOMIC.test(error.output)) {
        this.atomic = false;
        return this.pushBranch(commit, tip, done);
      }
      if ([GONE, LOCAL_GAP].some((pattern) => pattern.test(error.output)) || isContention(error.output)) return false;
      throw this.translated(error);
    }
    if (!this.atomic) await this.remove(done);
    return true;
  }

  /**
   * Deletes entries, each for itself. What cannot be deleted stays, and somebody else will.
   * @returns those that were there
   */
  async remove(refs: readonly RemoteRef[], signal?: AbortSignal): Promise<ReadonlySet<string>> {
    if (refs.length === 0) return new Set();
    let output: string;
    this.pushes++;
    try {
      const options = this.options();
      output = await git(
        ['push', '--porcelain', '--no-verify', ...leases(refs), REMOTE, ...refs.map(({ ref }) => `:${ref}`)],
        { ...options, signal: signal ?? options.signal },
      );
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error;
      output = error.output;
      if (GONE.test(output) && refs.length > 1) {
        const present = new Set((await this.list()).refs.map(({ ref }) => ref));
        const left = refs.filter(({ ref }) => present.has(ref));
        return left.length < refs.length ? this.remove(left, signal) : new Set();
      }
    }
    return new Set([...output.matchAll(/^-\t:(\S+)\t\[deleted\]/gm)].map(([, ref]) => ref as string));
  }

  private async push(updates: readonly string[], deletions: readonly RemoteRef[], ...more: string[]): Promise<void> {
    this.pushes++;
    await git(
      [
        'push',
        '--porcelain',
        '--no-verify',
        ...(deletions.length > 0 ? ['--atomic'] : []),
        ...more,
        ...leases(deletions),
        REMOTE,
        ...updates,
        ...deletions.map(({ ref }) => `:${ref}`),
      ],
      this.options(),
    );
  }
}

function leases(refs: readonly RemoteRef[]): string[] {
  return refs.map(({ ref, id }) => `--force-with-lease=${ref}:${id}`);
}
