/**
 * What became of a proposal.
 *
 * - `opened`: the pull request is new; without a forge, its branch is
 * - `updated`: what it proposes, or how it says so, changed
 * - `unchanged`: it waits, as it did
 * - `merged`: it was merged, or is by now
 * - `closed`: nothing was left to change; its branch is gone
 * - `declined`: people closed it, and nothing has changed since
 * - `superseded`: a later commit of the source has proposed its changes already
 */
export type ProposalChange = 'opened' | 'updated' | 'unchanged' | 'merged' | 'closed' | 'declined' | 'superseded';

/** A pull request, or on a plain git server the branch to merge. */
export interface ProposalResult {
  /** `prod`, or `prod.checkout`; of a cluster, `cluster.eu-1`. */
  readonly scope: string;
  readonly branch: string;
  readonly change: ProposalChange;
  /** Head of the branch; absent when it is gone, and of a dry run that would change it. */
  readonly commit?: string;
  /** Number of the pull request; absent where no forge is known. */
  readonly number?: number;
  /** Its page. */
  readonly url?: string;
  /** Names of the sections that it changes. */
  readonly sections: readonly string[];
}

/** Whether a proposal waits to be merged. */
export function isOpen({ change }: Pick<ProposalResult, 'change'>): boolean {
  return change === 'opened' || change === 'updated' || change === 'unchanged' || change === 'superseded';
}
