import { GitOpsError } from '../../../src/errors';
import type { Forge, PullRequest, PullRequestContent, PullRequestQuery } from '../../../src/publish/forge/forge';
import { git } from '../../helpers/git';

interface Kept {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  state: PullRequest['state'];
  title: string;
  body: string;
  labels: string[];
  reviewers: string[];
  readonly comments: string[];
  /** Head when it was closed or merged. */
  lastCommit: string;
}

/** A forge in memory, over a real bare repository: it knows branches by what git says of them at that moment. */
export class MemoryForge implements Forge {
  readonly kind = 'memory';
  limits = { title: 255, body: 65_536 };
  readonly pulls: Kept[] = [];
  /** Every call that changed something. */
  readonly writes: string[] = [];
  /** Who may review. */
  readonly known = new Set(['jane', 'acme/sre']);
  /** What `ensureAutoMerge` does. */
  merging: 'merged' | 'waiting' | 'unavailable' = 'unavailable';
  /** Thrown by the next call that opens or changes a pull request. */
  failure: GitOpsError | undefined;

  constructor(private readonly bare: string) {}

  async findPullRequest({ head, base }: PullRequestQuery): Promise<PullRequest | undefined> {
    const all = this.pulls.filter((pull) => pull.head === head && pull.base === base);
    const found = all.find((pull) => this.stateOf(pull) === 'open') ?? all.at(-1);
    return found && this.describe(found);
  }

  async ensurePullRequest(wanted: PullRequestContent) {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
    if (this.headOf(wanted.head) === undefined) throw new GitOpsError('FORGE_REJECTED', `no branch ${wanted.head}`);
    const open = this.pulls.find(
      (pull) => pull.head === wanted.head && pull.base === wanted.base && this.stateOf(pull) === 'open',
    );
    const warnings = wanted.reviewers.filter((name) => !this.known.has(name)).map((name) => `'${name}' is not known`);
    const reviewers = wanted.reviewers.filter((name) => this.known.has(name));
    if (open === undefined) {
      const { head, base, title, body } = wanted;
      const pull: Kept = {
        number: this.pulls.length + 1,
        head,
        base,
        title,
        body,
        state: 'open',
        labels: [...wanted.labels],
        reviewers,
        comments: [],
        lastCommit: '',
      };
      this.pulls.push(pull);
      this.writes.push(`open ${head}`);
      return { pullRequest: { ...this.describe(pull), warnings }, change: 'opened' as const };
    }
    const labels = [...new Set([...open.labels, ...wanted.labels])];
    const asked = [...new Set([...open.reviewers, ...reviewers])];
    const isSame =
      open.title === wanted.title &&
      open.body === wanted.body &&
      labels.length === open.labels.length &&
      asked.length === open.reviewers.length;
    if (!isSame) {
      Object.assign(open, { title: wanted.title, body: wanted.body, labels, reviewers: asked });
      this.writes.push(`edit ${wanted.head}`);
    }
    return {
      pullRequest: { ...this.describe(open), warnings },
      change: isSame ? ('unchanged' as const) : ('updated' as const),
    };
  }

  async ensureClosed({ head, base }: PullRequestQuery, comment: string): Promise<boolean> {
    const open = this.pulls.find((pull) => pull.head === head && pull.base === base && this.stateOf(pull) === 'open');
    if (open === undefined) return false;
    open.comments.push(comment);
    this.close(open.number);
    this.writes.push(`close ${head}`);
    return true;
  }

  async ensureAutoMerge({ number, headCommit }: PullRequest): Promise<'merged' | 'waiting' | 'unavailable'> {
    const pull = this.pull(number);
    if (this.headOf(pull.head) !== headCommit) throw new GitOpsError('FORGE_REJECTED', 'the head has moved');
    if (this.merging === 'merged') this.merge(number);
    return this.merging;
  }

  async isProtected(): Promise<boolean> {
    return false;
  }

  async ensureDeployKey(): Promise<{ changed: boolean }> {
    return { changed: false };
  }

  compareUrl(base: string, head: string): string {
    return `https://forge.example.com/compare/${base}...${head}`;
  }

  commitUrl(commit: string): string {
    return `https://forge.example.com/commit/${commit}`;
  }

  pull(number: number): Kept {
    const pull = this.pulls[number - 1];
    if (pull === undefined) throw new Error(`there is no pull request ${number}`);
    return pull;
  }

  /** What people do. */
  close(number: number, { deleteBranch = false } = {}): void {
    const pull = this.pull(number);
    pull.lastCommit = this.headOf(pull.head) ?? pull.lastCommit;
    pull.state = 'closed';
    if (deleteBranch) git(this.bare, 'update-ref', '-d', `refs/heads/${pull.head}`);
  }

  /** Merges, as a forge does: a merge commit, or all of it as one commit. */
  merge(number: number, { squash = false, deleteBranch = false } = {}): void {
    const pull = this.pull(number);
    const head = this.headOf(pull.head) ?? '';
    const base = git(this.bare, 'rev-parse', pull.base);
    const tree = git(this.bare, 'merge-tree', '--write-tree', base, head).split('\n')[0] as string;
    const parents = squash ? ['-p', base] : ['-p', base, '-p', head];
    const commit = git(this.bare, 'commit-tree', tree, ...parents, '-m', `Merge ${pull.head}`);
    git(this.bare, 'update-ref', `refs/heads/${pull.base}`, commit);
    pull.lastCommit = head;
    pull.state = 'merged';
    if (deleteBranch) git(this.bare, 'update-ref', '-d', `refs/heads/${pull.head}`);
  }

  private stateOf(pull: Kept): PullRequest['state'] {
    // A pull request whose branch goes is closed.
    if (pull.state === 'open' && this.headOf(pull.head) === undefined) pull.state = 'closed';
    return pull.state;
  }

  private headOf(branch: string): string | undefined {
    return git(this.bare, 'for-each-ref', '--format=%(objectname)', `refs/heads/${branch}`) || undefined;
  }

  private describe(pull: Kept): PullRequest {
    const { number, head, base, title, body, labels } = pull;
    const state = this.stateOf(pull);
    // As a forge is told of each push.
    if (state === 'open') pull.lastCommit = this.headOf(head) ?? '';
    const headCommit = pull.lastCommit;
    const url = `https://forge.example.com/pulls/${number}`;
    return { number, url, state, headCommit, head, base, title, body, labels: [...labels] };
  }
}
