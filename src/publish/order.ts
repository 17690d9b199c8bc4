import type { RecordSource, SectionRecord } from '../model/record';

/** How commits of the source repository relate to each other. */
export interface SourceHistory {
  /**
   * Whether a commit is an ancestor of another.
   * @returns undefined when that cannot be told, e.g. in a shallow clone
   */
  isAncestor(ancestor: string, of: string): Promise<boolean | undefined>;
  /**
   * The head of the branch that is being published from, as its remote has it now, if it is a descendant of the running
   * commit that declares something else.
   * @param signal ends the search: nobody waits for the answer any more
   */
  laterHead(commit: string, signal?: AbortSignal): Promise<string | undefined>;
}

/** A section that would be changed or removed. */
export interface Contender {
  readonly name: string;
  /** Its record on the remote. */
  readonly record?: SectionRecord;
}

export interface OrderInput {
  readonly changing: readonly Contender[];
  readonly commit?: string;
  readonly sequence?: number;
  readonly history?: SourceHistory;
}

/**
 * The sections that give way, by name, to what is later than the running commit: the commit that published them (`run 12`
 * where only the number of its run is known), or the head of the source's branch, whose own run is going to publish them.
 */
export async function findSuperseded(input: OrderInput): Promise<ReadonlyMap<string, string>> {
  const { changing, commit, history } = input;
  const superseded = new Map<string, string>();
  if (changing.length === 0) return superseded;
  // A later commit that changes nothing leaves no record. Only the branch itself tells of it, e.g. of a revert.
  const head = commit === undefined ? undefined : await history?.laterHead(commit);
  // Thousands of sections, but few commits.
  const answers = new Map<string, boolean>();
  for (const { name, record } of changing) {
    if (head !== undefined) superseded.set(name, head);
    else if (record !== undefined) {
      const { source } = record;
      const key = `${source.commit} ${source.sequence}`;
      const isLater = answers.get(key) ?? (await comesAfter(source, input));
      answers.set(key, isLater);
      if (isLater) superseded.set(name, source.commit ?? `run ${source.sequence}`);
    }
  }
  return superseded;
}

/** Whether what was published is later than what is running. Where nothing tells, it is not: the later push wins. */
async function comesAfter(published: RecordSource, { commit, sequence, history }: OrderInput): Promise<boolean> {
  if (commit !== undefined && published.commit !== undefined && commit !== published.commit && history !== undefined) {
    if (await history.isAncestor(commit, published.commit)) return true;
    if (await history.isAncestor(published.commit, commit)) return false;
  }
  return sequence !== undefined && published.sequence !== undefined && sequence < published.sequence;
}

/** Names that a warning spells out. */
const LISTED = 20;

/** What gave way, and to what: a line for each commit. */
export function supersededWarnings(superseded: Readonly<Record<string, string>>): string[] {
  const names = new Map<string, string[]>();
  for (const [name, later] of Object.entries(superseded)) names.set(later, [...(names.get(later) ?? []), name]);
  return [...names].map(([later, all]) => {
    const listed = all.slice(0, LISTED).join(', ') + (all.length > LISTED ? ` and ${all.length - LISTED} more` : '');
    const what = later.startsWith('run ') ? later : `commit ${later.slice(0, 10)}`;
    return `${listed}: left to ${what} of the source, which comes later; --out-of-order publishes this one all the same`;
  });
}

/** An answer of a remote is good for about as long as it takes to plan and push, in milliseconds. */
const FRESH = 3_000;

/** A history that is asked for the later head ahead of time, and once for attempts that follow each other closely. */
export class AskedAhead implements SourceHistory {
  private asked: { readonly at: number; readonly answer: Promise<string | undefined> } | undefined;
  private readonly closed = new AbortController();

  constructor(private readonly history: SourceHistory) {}

  isAncestor(ancestor: string, of: string): Promise<boolean | undefined> {
    return this.history.isAncestor(ancestor, of);
  }

  laterHead(commit: string): Promise<string | undefined> {
    const now = performance.now();
    if (this.asked === undefined || now - this.asked.at > FRESH) {
      const answer = this.history.laterHead(commit, this.closed.signal);
      // Somebody may wait for it later on, or nobody.
      answer.catch(() => {});
      this.asked = { at: now, answer };
    }
    return this.asked.answer;
  }

  /** Ends a search that is under way, and waits for its end. */
  async close(): Promise<void> {
    this.closed.abort();
    await this.asked?.answer.catch(() => {});
  }
}
