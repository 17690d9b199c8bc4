import { commitsAhead, mergedTree, tipOf } from './git';

/** What GitHub remembers about one repository. */

export interface Account {
  readonly login: string;
  /** What the token lets its holder do in the repository. */
  readonly role: 'admin' | 'write' | 'read';
}

export interface FakePull {
  readonly number: number;
  readonly head: string;
  readonly base: string;
  readonly author: string;
  /** Owner of the fork that the head lies in. */
  readonly fork?: string;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  mergedAt: string | null;
  /** As it was last seen: it stays when the branch goes, or the pull request ends. */
  headCommit: string;
  draft: boolean;
  readonly labels: string[];
  readonly comments: string[];
  readonly requestedUsers: string[];
  readonly requestedTeams: string[];
  readonly reviews: { readonly user: string; readonly state: string; readonly commit: string }[];
  /** Who was asked for a review, ever. */
  readonly requests: ({ readonly user: string } | { readonly team: string })[];
  autoMerge?: 'MERGE' | 'SQUASH' | 'REBASE';
  /** How often GitHub says that it does not know yet whether it can be merged. */
  undecided: number;
}

export interface FakeKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  readonly readOnly: boolean;
}

export interface FakeSettings {
  allowAutoMerge: boolean;
  allowMergeCommit: boolean;
  allowRebaseMerge: boolean;
  allowSquashMerge: boolean;
  /** The server has rulesets; `upgrade`: the plan has not. */
  rulesets: boolean | 'upgrade';
}

export interface Protection {
  readonly approvals: number;
  readonly checks: readonly string[];
  /** No merge commits. */
  readonly linear?: boolean;
}

export class FakeRepository {
  readonly id = 1000;
  readonly pulls: FakePull[] = [];
  readonly labels = new Map<string, { readonly color: string }>();
  readonly keys: FakeKey[] = [];
  readonly collaborators = new Set<string>();
  readonly teams = new Set<string>();
  readonly protection = new Map<string, Protection>();
  /** Rules of rulesets, by branch. */
  readonly rules = new Map<string, readonly string[]>();
  /** Checks that have passed, as `commit check`. */
  readonly passed = new Set<string>();
  /** Looks at which a new pull request is undecided. */
  undecided = 0;
  /** Looks for which a pull request is behind its branch. */
  lag = 0;
  readonly settings: FakeSettings = {
    allowAutoMerge: true,
    allowMergeCommit: true,
    allowRebaseMerge: true,
    allowSquashMerge: true,
    rulesets: true,
  };
  #next = 1;

  constructor(
    readonly owner: string,
    readonly name: string,
    readonly bare: string,
  ) {}

  /** A number of its own. */
  next(): number {
    return this.#next++;
  }

  add(
    pull: Pick<FakePull, 'head' | 'base' | 'author' | 'title' | 'body' | 'headCommit'> & Partial<FakePull>,
  ): FakePull {
    const added: FakePull = {
      number: this.next(),
      state: 'open',
      mergedAt: null,
      draft: false,
      labels: [],
      comments: [],
      requestedUsers: [],
      requestedTeams: [],
      reviews: [],
      requests: [],
      undecided: this.undecided,
      ...pull,
    };
    this.pulls.push(added);
    return added;
  }

  /** The pull request as the branches are now. GitHub closes one whose head is deleted. */
  look(number: number): FakePull | undefined {
    const pull = this.pulls.find((one) => one.number === number);
    if (pull === undefined || pull.state !== 'open' || pull.fork !== undefined) return pull;
    const tip = tipOf(this.bare, pull.head);
    if (tip === undefined) pull.state = 'closed';
    else if (tip !== pull.headCommit && this.lag-- <= 0) pull.headCommit = tip;
    return pull;
  }

  /** All of them as the branches are now, newest first. */
  all(): FakePull[] {
    const numbers = this.pulls.map(({ number }) => number).reverse();
    return numbers.map((number) => this.look(number)).filter((pull) => pull !== undefined);
  }

  approvals(pull: FakePull): number {
    const latest = new Map(pull.reviews.map(({ user, state }) => [user, state]));
    // A new request takes an approval back.
    for (const user of pull.requestedUsers) latest.delete(user);
    return [...latest.values()].filter((state) => state === 'APPROVED').length;
  }

  mergeableState(pull: FakePull): 'clean' | 'blocked' | 'dirty' | 'draft' | 'unknown' {
    if (pull.draft) return 'draft';
    const base = tipOf(this.bare, pull.base);
    if (base === undefined || mergedTree(this.bare, base, pull.headCommit) === undefined) return 'dirty';
    const { approvals = 0, checks = [] } = this.protection.get(pull.base) ?? {};
    const isBlocked =
      this.approvals(pull) < approvals || checks.some((check) => !this.passed.has(`${pull.headCommit} ${check}`));
    return isBlocked ? 'blocked' : 'clean';
  }

  hasCommitsFor(base: string, head: string): boolean {
    return commitsAhead(this.bare, `refs/heads/${base}`, `refs/heads/${head}`) > 0;
  }
}
