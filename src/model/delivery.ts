/** How changes of an environment or a cluster reach the environment repository's branch. */
export type Delivery = DirectDelivery | PullRequestDelivery;

/** Changes are committed to the branch. */
export interface DirectDelivery {
  readonly kind: 'direct';
}

/** Changes are proposed as a pull request, one that is updated until it is merged. */
export interface PullRequestDelivery {
  readonly kind: 'pullRequest';
  /** Users (`jane`) and teams (`acme/sre`) that are asked for a review. */
  readonly reviewers: readonly string[];
  readonly labels: readonly string[];
  /** Whether the forge merges it by itself once its own conditions are met. */
  readonly autoMerge: boolean;
  /** What one pull request holds: everything of the environment, or one application of it. */
  readonly batch: 'environment' | 'application';
}

export interface PullRequestProps {
  /** @default - nobody is asked */
  readonly reviewers?: readonly string[];
  /** @default - none */
  readonly labels?: readonly string[];
  /** @default false */
  readonly autoMerge?: boolean;
  /** @default environment */
  readonly batch?: 'environment' | 'application';
}

export const Delivery = {
  /** Commits to the branch. */
  direct(): Delivery {
    return { kind: 'direct' };
  },

  /** Proposes a pull request on the repository's forge; on a plain git server, pushes its branch. */
  pullRequest(props: PullRequestProps = {}): Delivery {
    const { reviewers = [], labels = [], autoMerge = false, batch = 'environment' } = props;
    return { kind: 'pullRequest', reviewers: [...reviewers], labels: [...labels], autoMerge, batch };
  },
};

/** How many objects one publish may delete from an environment without being told so. */
export interface MaxDeletions {
  /** Objects. */
  readonly count: number;
  /** Share of the environment's objects that the source owns, from 0 to 1; of no account up to 10 objects. */
  readonly share: number;
}

export const DEFAULT_MAX_DELETIONS: MaxDeletions = { count: 100, share: 0.3 };

/** What the program says of an environment's changes. */
export interface EnvironmentRules {
  readonly delivery: Delivery;
  readonly maxDeletions: MaxDeletions;
}
