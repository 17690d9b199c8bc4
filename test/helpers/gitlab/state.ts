import { git } from '../git';
import { hasCommits, headOf, mergeInto, mergeTree } from './repository';

/** What GitLab remembers of one project, and what it does by itself. */

/** GitLab's numbers for roles. */
export const ROLES = { reporter: 20, developer: 30, maintainer: 40 } as const;

export interface User {
  readonly id: number;
  readonly username: string;
  /** In the project. @default - none: they may not see it */
  readonly role?: keyof typeof ROLES;
}

export interface Note {
  readonly id: number;
  readonly author: User;
  readonly body: string;
}

export interface MergeRequest {
  readonly iid: number;
  readonly head: string;
  readonly base: string;
  /** The repository of the head: the project's, or that of a fork. */
  readonly source: { readonly id: number; readonly bare: string };
  readonly author: User;
  readonly createdAt: string;
  title: string;
  description: string;
  state: 'opened' | 'closed' | 'merged' | 'locked';
  labels: string[];
  reviewers: User[];
  readonly approvedBy: Set<string>;
  readonly notes: Note[];
  /** The commit that is merged once it may be. */
  waitsWith?: string;
  /** The head as it was last known. */
  lastHead: string | undefined;
  mergeCommit?: string;
  /** How many more looks find it being checked. */
  checking: number;
  /** How many more looks find it locked, as it is being merged. */
  locked: number;
}

export interface DeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  canPush: boolean;
}

export interface Protection {
  /** With `*` for any text. */
  readonly name: string;
  /** Lowest role that may push; 0 is nobody. */
  readonly push: number;
  readonly approvals: number;
  /** Checks that a pipeline has to pass. */
  readonly checks: readonly string[];
}

/** What GitLab lets wait: pipelines alone, as it did before 17.7, or everything that is required. */
export type WaitsFor = 'checks' | 'pipelines' | 'nothing';

export class Project {
  readonly id = 7;
  readonly mergeRequests: MergeRequest[] = [];
  readonly labels = new Set<string>();
  readonly protections: Protection[] = [];
  deployKeys: DeployKey[] = [];
  /** Checks that passed, by commit. */
  readonly passed = new Map<string, Set<string>>();
  /** Commands that GitLab read out of descriptions and comments. */
  readonly quickActions: string[] = [];
  waitsFor: WaitsFor = 'checks';
  /** Reviewers that a merge request may have. */
  mostReviewers = 100;
  #next = 100;

  constructor(
    readonly path: string,
    readonly bare: string,
    readonly users: readonly User[],
  ) {}

  nextId(): number {
    return this.#next++;
  }

  open(wanted: Pick<MergeRequest, 'head' | 'base' | 'source' | 'author' | 'title'>): MergeRequest {
    const mergeRequest: MergeRequest = {
      ...wanted,
      iid: this.mergeRequests.length + 1,
      createdAt: new Date(Date.UTC(2026, 0, 1) + this.mergeRequests.length * 60_000).toISOString(),
      description: '',
      state: 'opened',
      labels: [],
      reviewers: [],
      approvedBy: new Set(),
      notes: [],
      lastHead: headOf(wanted.source.bare, wanted.head),
      checking: 0,
      locked: 0,
    };
    this.mergeRequests.push(mergeRequest);
    return mergeRequest;
  }

  find(iid: number): MergeRequest {
    const found = this.mergeRequests.find((one) => one.iid === iid);
    if (found === undefined) throw new Error(`there is no merge request !${iid}`);
    return found;
  }

  protectionsOf(branch: string): Protection[] {
    return this.protections.filter(({ name }) => {
      const pattern = name.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
      return new RegExp(`^${pattern}$`).test(branch);
    });
  }

  /** GitLab's word for why it can be merged, or not. */
  statusOf(mergeRequest: MergeRequest): string {
    const { state, title, base, approvedBy, checking, lastHead } = mergeRequest;
    if (state !== 'opened') return 'not_open';
    if (checking > 0) return 'checking';
    if (/^(?:\[draft\]|\(draft\)|draft:)/i.test(title)) return 'draft_status';
    const baseCommit = headOf(this.bare, base);
    if (lastHead === undefined || baseCommit === undefined) return 'commits_status';
    if (!hasCommits(this.bare, baseCommit, lastHead)) return 'commits_status';
    if (mergeTree(this.bare, baseCommit, lastHead) === undefined) return 'conflict';
    const rules = this.protectionsOf(base);
    const passed = this.passed.get(lastHead) ?? new Set();
    if (rules.some(({ checks }) => checks.some((check) => !passed.has(check)))) return 'ci_still_running';
    if (rules.some(({ approvals }) => approvedBy.size < approvals)) return 'not_approved';
    return 'mergeable';
  }

  /** Whether GitLab can be told to merge it later. */
  mayWait(mergeRequest: MergeRequest): boolean {
    const status = this.statusOf(mergeRequest);
    if (this.waitsFor === 'checks') return ['ci_still_running', 'not_approved'].includes(status);
    return this.waitsFor === 'pipelines' && status === 'ci_still_running';
  }

  merge(mergeRequest: MergeRequest): void {
    const { base, lastHead, title } = mergeRequest;
    if (lastHead === undefined) throw new Error('there is nothing to merge');
    mergeRequest.mergeCommit = mergeInto(this.bare, base, lastHead, title);
    mergeRequest.state = 'merged';
    mergeRequest.waitsWith = undefined;
  }

  /** What GitLab does after something has happened: follows heads, closes what lost its head, merges what waited. */
  settle(): void {
    for (const mergeRequest of this.mergeRequests) {
      if (mergeRequest.state !== 'opened') continue;
      const { source, head } = mergeRequest;
      const commit = headOf(source.bare, head);
      if (commit === undefined) {
        mergeRequest.state = 'closed';
        continue;
      }
      mergeRequest.lastHead = commit;
      if (mergeRequest.waitsWith === undefined) continue;
      // A new commit ends the wait.
      if (mergeRequest.waitsWith !== commit) mergeRequest.waitsWith = undefined;
      else if (this.statusOf(mergeRequest) === 'mergeable') this.merge(mergeRequest);
    }
  }

  /** Runs the commands in a text, and returns what is left of it. */
  withoutCommands(text: string, mergeRequest: MergeRequest): string {
    const kept: string[] = [];
    let isCode = false;
    for (const line of text.split('\n')) {
      if (/^\s*(?:```|~~~)/.test(line)) isCode = !isCode;
      const command = isCode ? undefined : /^\s*\/(close|reopen|merge|approve|label|draft)\b/.exec(line)?.[1];
      if (command === undefined) {
        kept.push(line);
        continue;
      }
      this.quickActions.push(command);
      if (command === 'close') mergeRequest.state = 'closed';
    }
    return kept.join('\n');
  }

  /** Brings the head of a fork into the project, as GitLab does to compare. */
  fetch(source: MergeRequest['source'], head: string): void {
    if (source.bare !== this.bare) git(this.bare, 'fetch', '--quiet', source.bare, `refs/heads/${head}`);
  }
}
