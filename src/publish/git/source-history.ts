import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { SourceHistory } from '../order';
import { gitEnvironment } from './environment';
import { GitFailure } from './failures';
import { runGit } from './runner';
import { refOfCi } from './source-branch';
import { privateFolder, removeFolder } from './temporary';

/** How long a question may take before there is no answer to it, in milliseconds. */
const PATIENCE = 10_000;

const COMMIT_ID = /^[0-9a-f]{40,64}$/;

/**
 * How the commits of the source repository around a folder relate to each other, as its clone and its remote `origin`
 * tell. The clone is left as it is: what has to be fetched goes into a temporary folder.
 *
 * @param dir folder of the project: a later commit that leaves it as it is declares nothing else
 * @param options `patience`: milliseconds that a question may take
 */
export function sourceHistory(
  dir: string,
  env: NodeJS.ProcessEnv = process.env,
  options: { readonly patience?: number } = {},
): SourceHistory {
  return new GitSourceHistory(dir, env, options.patience ?? PATIENCE);
}

class GitSourceHistory implements SourceHistory {
  /** Commits that came to light as descendants of the running one. */
  private later: { readonly than: string; readonly commits: ReadonlySet<string> } | undefined;
  /** Origin did not answer, and is not asked again. */
  private isMute = false;

  constructor(
    private readonly dir: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly patience: number,
  ) {}

  async isAncestor(ancestor: string, of: string): Promise<boolean | undefined> {
    if (!COMMIT_ID.test(ancestor) || !COMMIT_ID.test(of)) return undefined;
    if (this.later?.than === ancestor && this.later.commits.has(of)) return true;
    const clone = new Clone(this.dir, this.env, AbortSignal.timeout(this.patience));
    const answer = await clone.isAncestor(ancestor, of);
    // What a shallow clone knows is true, but there is more that it does not know.
    if (answer === false && (await clone.ask('rev-parse', '--is-shallow-repository')) !== 'false') return undefined;
    return answer;
  }

  async laterHead(commit: string, signal?: AbortSignal): Promise<string | undefined> {
    if (this.isMute || !COMMIT_ID.test(commit)) return undefined;
    const limit = AbortSignal.timeout(this.patience);
    const clone = new Clone(this.dir, this.env, signal === undefined ? limit : AbortSignal.any([signal, limit]));
    const ref = await publishedRef(clone, this.env);
    if (ref === undefined) return undefined;
    const head = await headOf(clone, ref);
    if (head === undefined) this.isMute = true;
    if (head === undefined || head === commit) return undefined;

    let quarantine: string | undefined;
    try {
      const prefix = (await clone.ask('rev-parse', '--show-prefix'))?.replace(/\/$/, '');
      const objects = await clone.ask('rev-parse', '--git-path', 'objects');
      if (prefix === undefined || objects === undefined) return undefined;
      quarantine = privateFolder();
      const beside = clone.writingTo(quarantine, resolve(this.dir, objects));
      if ((await beside.ask('cat-file', '-t', head)) !== 'commit') await fetchCommit(beside, head, prefix);
      if ((await beside.isAncestor(commit, head)) !== true) return undefined;
      const between = await beside.ask('rev-list', '--ancestry-path', `${commit}..${head}`);
      this.later = { than: commit, commits: new Set(between?.split('\n')) };
      // Commits of other folders are no reason to wait for their runs.
      const [ours, theirs] = await Promise.all([commit, head].map((each) => beside.treeOf(each, prefix)));
      return ours !== undefined && ours === theirs ? undefined : head;
    } catch {
      return undefined;
    } finally {
      if (quarantine !== undefined) removeFolder(quarantine);
    }
  }
}

/** A clone that is asked, with its own configuration: that is where CI systems put their credentials. */
class Clone {
  private readonly variables: NodeJS.ProcessEnv;

  constructor(
    private readonly dir: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly signal: AbortSignal,
    more: NodeJS.ProcessEnv = {},
  ) {
    // Nobody is there to answer questions of SSH's either.
    const silent = env.SSH_ASKPASS === undefined ? { SSH_ASKPASS: 'false', SSH_ASKPASS_REQUIRE: 'force' } : {};
    this.variables = { ...gitEnvironment(env).variables, ...silent, GIT_NO_LAZY_FETCH: '1', ...more };
  }

  /** The same clone, whose new objects go elsewhere. */
  writingTo(folder: string, objects: string): Clone {
    for (const name of ['info', 'pack']) mkdirSync(join(folder, name));
    return new Clone(this.dir, this.env, this.signal, {
      GIT_OBJECT_DIRECTORY: folder,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
    });
  }

  /** @throws GitFailure */
  async run(...args: string[]): Promise<string> {
    const output = await runGit(args, { cwd: this.dir, env: this.variables, signal: this.signal });
    return output.toString('utf8').trimEnd();
  }

  /** What git says; undefined when it fails. */
  async ask(...args: string[]): Promise<string | undefined> {
    return await this.run(...args).catch(() => undefined);
  }

  async isAncestor(ancestor: string, of: string): Promise<boolean | undefined> {
    try {
      await this.run('merge-base', '--is-ancestor', ancestor, of);
      return true;
    } catch (error) {
      return error instanceof GitFailure && error.exitCode === 1 ? false : undefined;
    }
  }

  /** Id of what a folder of a commit holds. */
  treeOf(commit: string, folder: string): Promise<string | undefined> {
    return this.ask('rev-parse', '--verify', '--quiet', folder === '' ? `${commit}^{tree}` : `${commit}:${folder}`);
  }
}

/** The ref of origin that is being published from: undefined when there is none, or none that moves on. */
async function publishedRef(clone: Clone, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const branch = await clone.ask('symbolic-ref', '--quiet', '--short', 'HEAD');
  if (branch !== undefined) {
    const remote = await clone.ask('config', '--get', `branch.${branch}.remote`);
    const upstream = await clone.ask('config', '--get', `branch.${branch}.merge`);
    if (remote === 'origin' && upstream?.startsWith('refs/')) return upstream;
  }
  const ref = refOfCi(env);
  return ref === undefined ? 'HEAD' : (ref ?? undefined);
}

async function headOf(clone: Clone, ref: string): Promise<string | undefined> {
  const output = await clone.ask('ls-remote', '--exit-code', 'origin', ref);
  const line = output?.split('\n').find((each) => each.endsWith(`\t${ref}`)) ?? '';
  const id = line.slice(0, line.indexOf('\t'));
  return COMMIT_ID.test(id) ? id : undefined;
}

/** The commits up to a head, and of their trees those on the way to a folder. No ref and no setting changes. */
async function fetchCommit(clone: Clone, head: string, folder: string): Promise<void> {
  const filter = `tree:${folder === '' ? 0 : folder.split('/').length}`;
  // A repository that counts as a partial clone is not made one by the filter.
  const partial = ['-c', 'remote.origin.promisor=true', '-c', `remote.origin.partialCloneFilter=${filter}`];
  const fetch = [
    'fetch',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-prune',
    '--no-recurse-submodules',
    '--no-auto-maintenance',
    // Else the branches that follow origin's would be moved along.
    '--refmap=',
  ];
  const settings = ['-c', 'core.hooksPath=/dev/null', '-c', 'fetch.writeCommitGraph=false'];
  try {
    await clone.run(...settings, ...partial, ...fetch, `--filter=${filter}`, 'origin', head);
  } catch (error) {
    if (!(error instanceof GitFailure) || !/filter/i.test(error.output)) throw error;
    await clone.run(...settings, ...fetch, 'origin', head);
  }
}
