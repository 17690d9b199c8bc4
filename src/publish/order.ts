import type { SectionRecord } from '../model/record';
import type { DesiredSection } from './desired';

/** How commits of the source repository relate to each other. */
export interface SourceHistory {
  /**
   * Whether a commit is an ancestor of another.
   * @returns undefined when that cannot be told, e.g. in a shallow clone
   */
  isAncestor(ancestor: string, of: string): Promise<boolean | undefined>;
  /**
   * The head of the branch that is being published from, as its remote has it now, if it is a descendant of the running
   * commit.
   */
  laterHead(commit: string): Promise<string | undefined>;
}

export interface OrderInput {
  /** Sections that would change, with the records that are published. */
  readonly changing: readonly DesiredSection[];
  readonly records: ReadonlyMap<string, SectionRecord>;
  readonly commit?: string;
  readonly sequence?: number;
  readonly history?: SourceHistory;
}

/** The sections that give way, by name, to the source commit that published them. */
export async function findSuperseded(_input: OrderInput): Promise<ReadonlyMap<string, string>> {
  return new Map();
}
