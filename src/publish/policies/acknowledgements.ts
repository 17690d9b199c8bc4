import { GitOpsError } from '../../errors';
import { type DesiredTree, sectionFlag } from '../../model/section';
import type { Snapshot } from '../git/store';
import type { ChangePlan } from '../plan';
import { remoteUnits } from '../selection';
import type { Acknowledged } from '.';
import { flag, shown } from './names';

type What = 'takeOver' | 'overwrite' | 'delete';

const FLAGS = { takeOver: 'take-over', overwrite: 'overwrite', delete: 'delete' } as const;

/** What the caller knows of and wants all the same, and which of it came to be needed. */
export class Acknowledgements {
  private readonly given: Readonly<Record<What, ReadonlySet<string>>>;
  private readonly used: Readonly<Record<What, Set<string>>> = {
    takeOver: new Set(),
    overwrite: new Set(),
    delete: new Set(),
  };

  constructor({ takeOver = [], overwrite = [], delete: deletions = [] }: Acknowledged) {
    // People may also write names as plans print them.
    const plain = (names: readonly string[]) => new Set(names.map((name) => name.replace(/^(\w+) /, '$1:')));
    this.given = { takeOver: plain(takeOver), overwrite: plain(overwrite), delete: new Set(plain(deletions)) };
  }

  /** Whether something is acknowledged; if it is, that was needed. */
  use(what: What, name: string): boolean {
    if (!this.given[what].has(name)) return false;
    this.used[what].add(name);
    return true;
  }

  /** Whether all deletions of a section are acknowledged. */
  deletes(section: string): boolean {
    return this.given.delete.has(section);
  }

  /** What was needed, in the order it was given. */
  needed(what: What): string[] {
    return [...this.given[what]].filter((name) => this.used[what].has(name));
  }

  /** What was not: a warning each, for a run may be repeated. */
  warnings(): string[] {
    return (Object.keys(FLAGS) as What[]).flatMap((what) =>
      [...this.given[what]]
        .filter((name) => !this.used[what].has(name))
        .map((name) => `${flag(FLAGS[what], [shown(name)])} was not needed; leave it out`),
    );
  }

  /**
   * Makes sure that what is acknowledged can be meant.
   * @throws GitOpsError USAGE naming sections that are neither declared nor published; a deletion may have happened
   */
  check(tree: DesiredTree, plan: ChangePlan, snapshot: Snapshot): void {
    const named = [...this.given.takeOver, ...this.given.overwrite];
    const odd = [...this.given.delete].filter((name) => !/^[^/:]+[/:]./.test(name));
    if (odd.length > 0) {
      const listed = odd.map((name) => `'${shown(name)}'`).join(', ');
      throw new GitOpsError(
        'USAGE',
        `${listed} cannot be deleted: write dev/checkout for a unit's objects, or dev/checkout/PersistentVolumeClaim/data for one`,
      );
    }
    if (named.length === 0) return;
    const known = new Set([...tree.sections, ...plan.sections].map(({ owner }) => sectionFlag(owner)));
    for (const { environment, application } of remoteUnits(snapshot)) known.add(`${environment}/${application}`);
    const unknown = named.filter((name) => !known.has(name));
    if (unknown.length === 0) return;
    const listed = unknown.map((name) => `'${shown(name)}'`).join(', ');
    const some = [...known].sort().slice(0, 20).map(shown).join(', ');
    throw new GitOpsError(
      'USAGE',
      `${listed} is neither declared nor published, so that nothing can be acknowledged; there are ${some}${known.size > 20 ? ', …' : ''}`,
    );
  }
}
