/**
 * What publishing needs of a forge, and nothing else. Each `ensure…` may be called again at any time: it looks first, and
 * changes what is not yet so. Branches are git's business and are pushed before any of this.
 */
export interface Forge {
  /** `github`, `gitea` or `gitlab` */
  readonly kind: string;
  /** Longest texts it takes, in characters. */
  readonly limits: { readonly title: number; readonly body: number };

  /**
   * The pull request from a branch of the same repository into another: the open one, else the newest, in whatever state
   * it is. One from a branch of the same name in a fork is somebody else's.
   * @throws GitOpsError FORGE_REJECTED, FORGE_AUTHENTICATION, FORGE_UNREACHABLE, as every method does
   */
  findPullRequest(query: PullRequestQuery): Promise<PullRequest | undefined>;

  /**
   * Makes an open pull request look as wanted: opens one, or changes title, body, labels and reviewers of the open one.
   * Reviews that were given stay; labels and reviewers that people added stay. One that was closed or merged is left as it
   * is, and another one opened. Title and body are made safe, and shortened to the limits, see `content.ts`.
   */
  ensurePullRequest(
    wanted: PullRequestContent,
  ): Promise<{ pullRequest: PullRequest; change: 'opened' | 'updated' | 'unchanged' }>;

  /** Makes sure that no pull request is open, with a comment that says why. False when none was. */
  ensureClosed(query: PullRequestQuery, comment: string): Promise<boolean>;

  /**
   * Makes the forge merge the pull request once its conditions are met, if its head is still this commit; merges it at
   * once where there are none to wait for. Whether a commit that is pushed later is merged too is up to the rules of the
   * forge: whoever may push to the head could have that merged by hand as well.
   * @returns `unavailable` where the forge, or a setting of the repository, does not let pull requests wait
   * @throws GitOpsError FORGE_REJECTED when the head has moved, or the pull request is closed
   */
  ensureAutoMerge(pullRequest: PullRequest): Promise<'merged' | 'waiting' | 'unavailable'>;

  /** Whether rules of the forge keep people from pushing to the branch. */
  isProtected(branch: string): Promise<boolean>;

  /**
   * Makes a public key one that may read the repository, or write to it. A title stands for one key: another key of that
   * title is taken away, so that a key that was replaced lets nobody in. `changed` is false when all was so already.
   */
  ensureDeployKey(key: {
    readonly title: string;
    readonly publicKey: string;
    readonly readOnly: boolean;
  }): Promise<{ changed: boolean }>;

  /** Page that shows what differs between two commits or branches. */
  compareUrl(base: string, head: string): string;
  /** Page of a commit. */
  commitUrl(commit: string): string;
}

export interface PullRequestQuery {
  /** Branch of the same repository. */
  readonly head: string;
  readonly base: string;
}

export interface PullRequestContent extends PullRequestQuery {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  readonly labels: readonly string[];
  /** Users (`jane`) and teams (`acme/sre`). Those that the forge does not know are passed over and reported. */
  readonly reviewers: readonly string[];
}

export interface PullRequest extends PullRequestQuery {
  readonly number: number;
  /** Page for people. */
  readonly url: string;
  readonly state: 'open' | 'merged' | 'closed';
  /** Commit of the head, as the forge knows it. */
  readonly headCommit: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  /** What could not be done as wanted, e.g. a reviewer that is not known. */
  readonly warnings?: readonly string[];
}
