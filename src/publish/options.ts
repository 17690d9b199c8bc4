import type { Forge } from './forge/forge';
import type { Identity } from './message';
import type { SourceHistory } from './order';
import type { ChangePlan, UnitChange } from './plan';
import type { Acknowledged } from './policies';
import type { ProgressEvent } from './progress';
import type { ProposalResult } from './proposals/result';
import type { Selection } from './selection';
import type { Signer } from './signing';

/** How often, and how fast, a push is tried again after somebody else's came first. */
export interface RetryOptions {
  /** @default 40 pushes at most */
  readonly attempts?: number;
  /** @default 100 milliseconds before the second attempt, up to twice that by chance */
  readonly minDelay?: number;
  /** @default 5000 milliseconds between attempts at most */
  readonly maxDelay?: number;
  /** @default 600000 milliseconds after which no other attempt is made */
  readonly maxTime?: number;
}

/** The queue that publishers form on the remote when they keep overtaking each other; see `docs/decisions`. */
export interface QueueOptions {
  /**
   * `auto`: join it when a push was overtaken, unless the branch is protected and nobody says whose entries to trust.
   * `always`: join it at once, which spares a push where many publish at the same time. `off`: only ever push again.
   *
   * @default auto
   */
  readonly mode?: 'auto' | 'always' | 'off';
  /** Where its refs lie. @default refs/cdk8s-gitops/queue */
  readonly prefix?: string;
  /**
   * File of allowed signers, as `ssh-keygen` reads it. Entries of anybody else are passed over and reported.
   *
   * @default - entries need no signature
   */
  readonly allowedSigners?: string;
  /**
   * Whether only some may push to the branch. Then the queue needs `allowedSigners`: who leads it would land what
   * anybody put there who may push other refs. A function is asked when the queue is to be joined.
   *
   * @default false
   */
  readonly protectedBranch?: boolean | (() => Promise<boolean>);
  /** @default 15000 milliseconds that the leader may take before the next one leads */
  readonly lease?: number;
}

export interface PublishOptions {
  readonly remote: { readonly url: string; readonly branch: string };
  /** What publishes, e.g. `cdk8s-gitops 0.1.0`. */
  readonly generator: string;
  /** Commit of the running source repository. */
  readonly sourceCommit?: string;
  /** How commits of the source repository relate to each other. @default - nobody knows */
  readonly sourceHistory?: SourceHistory;
  /**
   * A number that grows from run to run of the source's pipeline. It decides which run is the later one where the history
   * of commits does not.
   *
   * @default - the later push wins
   */
  readonly sequence?: number;
  /** Publish even what a later commit of the source published already. It is logged in the commit. @default false */
  readonly outOfOrder?: boolean;
  /** @default - everything that is declared */
  readonly selection?: Selection;
  /** Plan only: nothing is written or pushed. @default false */
  readonly dryRun?: boolean;
  /** What the caller knows of, and wants all the same: each is logged in the commit. @default - nothing */
  readonly acknowledged?: Acknowledged;
  /** Where pull requests are opened. @default - none: their branches are pushed, and that is all */
  readonly forge?: Forge;
  /** @default - `GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL`, else the tool itself */
  readonly author?: Identity;
  /** Signs every commit. @default - commits are not signed */
  readonly signer?: Signer;
  readonly progress?: (event: ProgressEvent) => void;
  readonly signal?: AbortSignal;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  readonly retry?: RetryOptions;
  readonly queue?: QueueOptions;
}

export interface PublishResult {
  /**
   * `planned`: a dry run found changes. `superseded`: all that would change was published by a later commit of the source
   * already. `proposed`: nothing was committed to the branch, but pull requests were opened or changed.
   */
  readonly outcome: 'published' | 'unchanged' | 'planned' | 'superseded' | 'proposed';
  readonly branch: string;
  /** The new tip; or the tip that was planned for; null when that is an empty repository. */
  readonly commit: string | null;
  /** Every unit in scope, and those that were removed. */
  readonly units: readonly UnitChange[];
  /** Kubernetes objects in the declared units that are in scope. */
  readonly objects: number;
  /** Pushes that were tried. */
  readonly attempts: number;
  /** What became of every pull request of the source that the run had to do with, by scope. */
  readonly pullRequests: readonly ProposalResult[];
  /** What should be known: moves, acknowledged deletions, queue entries that were passed over, … */
  readonly warnings: readonly string[];
  readonly plan: ChangePlan;
}
