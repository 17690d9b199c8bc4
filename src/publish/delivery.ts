import type { PullRequestDelivery } from '../model/delivery';
import type { DesiredTree } from '../model/section';
import type { Planned } from './planning';

/** What is to be proposed as one pull request. */
export interface Proposal {
  /** `prod`, or `prod.checkout`; of a cluster, `cluster.eu-1`. */
  readonly scope: string;
  readonly delivery: PullRequestDelivery;
  readonly planned: Planned;
}

export interface Split {
  /** What is to be committed to the branch. */
  readonly direct: Planned;
  readonly proposals: readonly Proposal[];
}

/** Divides a plan by how its sections are delivered. */
export function splitByDelivery(planned: Planned, _tree: DesiredTree): Split {
  return { direct: planned, proposals: [] };
}
