import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GitOpsError } from '../../errors';
import { git } from './client';
import { type Filter, type GitDirectory, REMOTE } from './directory';
import type { GitEnvironment } from './environment';
import { GitFailure, isContention, translate } from './failures';
import { runGit } from './runner';
import { sanitize } from './text';

const TIP = 'refs/remotes/environment-repository/tip';

/** What leads to the units; from the least that will do to what any server understands. */
const FILTERS: readonly Filter[] = ['tree:3', 'blob:none', 'none'];

/** Over a network: their folders, registrations and records as well, which saves a second fetch and its requests. */
export const FAR_FILTERS: readonly Filter[] = ['tree:4', 'blob:none', 'none'];

/** The server does not give out objects by id; everything there is has to be fetched instead. */
export class ByIdRefused extends Error {}

/** Whether a fetch failed over names of refs, which may be such that no file can be called so. */
function isAboutRefs(output: string): boolean {
  return /cannot lock ref|unable to (?:create|update|resolve|write)|File name too long|refusing to|bad ref|Not a directory|Is a directory/i.test(
    output,
  );
}

/** Talks to the remote: one branch of it, and single objects. */
export class RemoteTransport {
  /** Refs that are fetched along with the branch. No fetch fails because of them: they are let go first. */
  alongside: { readonly refspec: string; forget(): void } | undefined;
  private level = 0;
  private hasFetched = false;

  constructor(
    private readonly directory: GitDirectory,
    private readonly remote: { readonly url: string; readonly branch: string },
    private readonly environment: GitEnvironment,
    private readonly signal?: AbortSignal,
    /** From the least that will do to what any server understands. */
    private readonly filters: readonly Filter[] = FILTERS,
  ) {}

  get options() {
    return this.optionsWith(this.environment.variables);
  }

  /** For commands that talk to nobody. */
  get localOptions() {
    return this.optionsWith(this.environment.local);
  }

  get filter(): Filter {
    const filter = this.filters[this.level] as Filter;
    // When the tip has moved, most of what lies so deep is the same, and is here.
    return filter === 'tree:4' && this.hasFetched ? 'tree:3' : filter;
  }

  /** Whether objects of a kind are not here unless they were fetched by id. */
  isLeftOut(kind: 'tree' | 'blob'): boolean {
    const filter = this.filters[this.level];
    return filter === 'tree:3' || (filter === 'blob:none' && kind === 'blob');
  }

  /** Asks for everything with the next fetch. */
  dropFilter(): void {
    this.level = this.filters.length - 1;
  }

  /**
   * Fetches the branch's tip: its commit, and what of its trees the filter lets through.
   * @param depth commits, from the tip
   * @returns the commit, or null when the repository has no branch at all
   * @throws GitOpsError BRANCH_NOT_FOUND, and the REMOTE_ codes
   */
  async fetchTip(depth = 1): Promise<string | null> {
    const { branch } = this.remote;
    for (;;) {
      const filter = this.filter;
      this.directory.configure(filter);
      this.alongside?.forget();
      try {
        await git(
          [
            'fetch',
            '--verbose',
            `--depth=${depth}`,
            '--no-tags',
            '--no-write-fetch-head',
            ...(filter === 'none' ? [] : [`--filter=${filter}`]),
            REMOTE,
            `+refs/heads/${branch}:${TIP}`,
            ...(this.alongside === undefined ? [] : [this.alongside.refspec]),
          ],
          this.options,
        );
        this.hasFetched = true;
        return readFileSync(join(this.directory.path, TIP), 'utf8').trim();
      } catch (error) {
        if (!(error instanceof GitFailure)) throw error;
        if (/couldn't find remote ref/.test(error.output)) {
          if (await this.wasJustCreated()) continue;
          return null;
        }
        if (filter !== 'none' && /filter/i.test(error.output)) this.level++;
        else if (this.alongside !== undefined && isAboutRefs(error.output)) this.alongside = undefined;
        else throw this.translated(error);
        this.directory.reset();
      } finally {
        this.directory.configure('none');
      }
    }
  }

  /**
   * Fetches objects by id: trees with all the trees below them, blobs as such.
   * @throws ByIdRefused when the server does not do that
   */
  async fetchObjects(ids: readonly string[]): Promise<void> {
    this.directory.configure('blob:none');
    try {
      await runGit(
        [
          'fetch',
          '--no-tags',
          '--no-write-fetch-head',
          '--recurse-submodules=no',
          '--filter=blob:none',
          '--stdin',
          REMOTE,
        ],
        { ...this.options, input: `${ids.join('\n')}\n` },
      );
    } catch (error) {
      if (error instanceof GitFailure && /not our ref|unadvertised|filter|bad object/i.test(error.output)) {
        throw new ByIdRefused();
      }
      throw this.translated(error);
    } finally {
      this.directory.configure('none');
    }
  }

  /**
   * Pushes a commit to the branch, as a fast-forward.
   * @returns false when somebody else's push came first
   * @throws GitOpsError REMOTE_REJECTED and the other REMOTE_ codes
   */
  async push(commit: string): Promise<boolean> {
    try {
      await git(
        ['push', '--porcelain', '--no-verify', REMOTE, `${commit}:refs/heads/${this.remote.branch}`],
        this.options,
      );
      return true;
    } catch (error) {
      if (error instanceof GitFailure && isContention(error.output)) return false;
      throw this.translated(error);
    }
  }

  private optionsWith(variables: NodeJS.ProcessEnv) {
    return { cwd: this.directory.path, env: { ...variables, GIT_DIR: this.directory.path }, signal: this.signal };
  }

  translated(error: unknown): unknown {
    return translate(error, { where: this.remote.url, secrets: this.environment.secrets });
  }

  /**
   * Whether the branch that a fetch did not find is there by now: another publisher made its first commit in between.
   * @returns false when the repository has no branch at all
   * @throws GitOpsError BRANCH_NOT_FOUND when it has others
   */
  private async wasJustCreated(): Promise<boolean> {
    let output: string;
    try {
      output = await git(['ls-remote', '--heads', REMOTE], this.options);
    } catch (error) {
      throw this.translated(error);
    }
    const branches = [...output.matchAll(/\trefs\/heads\/(.+)$/gm)].map(([, name]) => name as string);
    if (branches.length === 0) return false;
    if (branches.includes(this.remote.branch)) return true;
    const listed = sanitize(branches.length > 20 ? `${branches.slice(0, 20).join(', ')}, …` : branches.join(', '));
    throw new GitOpsError(
      'BRANCH_NOT_FOUND',
      `${this.remote.url} has no branch '${this.remote.branch}', but ${listed}; name one of these, or create it first`,
    );
  }
}
