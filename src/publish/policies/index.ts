import type { DesiredTree } from '../../model/section';
import type { Planned } from '../planning';
import type { Repository } from '../repository';
import { Acknowledgements } from './acknowledgements';
import { findObjectChanges } from './changes';
import { checkDeletions, isDeclaredMove } from './deletions';
import { capped, LISTED } from './names';
import { checkOwners, takeOverTrailers } from './ownership';
import { renameWarnings } from './renames';
import { checkTampering } from './tampering';

/** What the caller knows of and wants all the same, by names as the errors print them. */
export interface Acknowledged {
  /** Sections that are to be taken over from another source, e.g. `dev/checkout`, `environment:dev`. */
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
 * Looks at a plan before anything is written. Nothing is read beyond what the plan was made from, unless files go or
 * something was changed by hand.
 * @throws GitOpsError OWNED_BY_ANOTHER_SOURCE, CHANGED_BY_HAND, DELETION_REFUSED; USAGE when something is acknowledged
 *   that is not there
 */
export async function checkPolicies({ tree, planned, repository, acknowledged }: PolicyInput): Promise<Verdict> {
  const { plan, scope, records } = planned;
  const { snapshot } = repository;
  const known = new Acknowledgements(acknowledged);
  known.check(tree, plan, snapshot);
  checkOwners(scope.desired, records, known);
  await checkTampering(planned, repository, known);
  const changes = await findObjectChanges(planned, repository);
  const deletions = checkDeletions({ tree, planned, changes, snapshot, acknowledged: known });

  const changed = new Set(plan.sections.filter(({ change }) => change !== 'unchanged').map(({ name }) => name));
  const names = (trailer: string, acknowledgements: readonly string[]) =>
    capped(
      acknowledgements.map((name) => `${trailer}: ${name}`),
      (count) => `${trailer}: and ${count} more`,
      LISTED,
    );
  return {
    warnings: [
      ...renameWarnings(changes, (object, to) => isDeclaredMove(object, to, planned)),
      ...deletions,
      ...known.warnings(),
    ],
    trailers: [
      ...takeOverTrailers(scope.desired, records, changed),
      ...names('Overwrote', known.needed('overwrite')),
      ...names('Deleted', known.needed('delete')),
    ],
  };
}
