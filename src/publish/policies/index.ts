import type { DesiredTree } from '../../model/section';
import type { Planned } from '../planning';
import type { Repository } from '../repository';

/** What the caller knows of and wants all the same, by names as the errors print them. */
export interface Acknowledged {
  /** Sections that are to be taken over from another source, e.g. `dev/checkout`. */
  readonly takeOver?: readonly string[];
  /** Sections whose changes by hand are to be overwritten. */
  readonly overwrite?: readonly string[];
  /** Deletions: `dev/postgres/PersistentVolumeClaim/data`, or `dev/checkout` for the number of its objects. */
  readonly delete?: readonly string[];
}

export interface PolicyInput {
  readonly tree: DesiredTree;
  readonly planned: Planned;
  readonly repository: Pick<Repository, 'commit' | 'snapshot' | 'readBlobs'>;
  readonly acknowledged: Acknowledged;
}

export interface Verdict {
  /** What should be known. */
  readonly warnings: readonly string[];
  /** Trailers of the commit: what was acknowledged. */
  readonly trailers: readonly string[];
}

/**
 * Looks at a plan before anything is written.
 * @throws GitOpsError CHANGED_BY_HAND, DELETION_REFUSED
 */
export async function checkPolicies(_input: PolicyInput): Promise<Verdict> {
  return { warnings: [], trailers: [] };
}
