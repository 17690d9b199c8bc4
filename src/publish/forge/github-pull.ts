import { GitOpsError } from '../../errors';
import type { PullRequest } from './forge';
import { fieldsOf } from './github-failures';

/** What is read of GitHub's answers about pull requests. */
export interface GitHubPull {
  readonly number: number;
  /** Id in the GraphQL API. */
  readonly node: string;
  readonly state: PullRequest['state'];
  readonly head: string;
  readonly base: string;
  readonly headCommit: string;
  /** Whether the head lies in the repository itself, and in no fork. */
  readonly isOwn: boolean;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly author: string;
  /** Users and teams that are asked for a review and have not given one, in lower case. */
  readonly requestedUsers: readonly string[];
  readonly requestedTeams: readonly string[];
  readonly mergesItself: boolean;
  /** `clean`, `blocked`, `unknown`, …; undefined in lists. */
  readonly mergeableState?: string;
}

/**
 * Reads a pull request from an answer.
 * @throws GitOpsError FORGE_REJECTED when the answer is something else, e.g. the page of a proxy
 */
export function pullOf(data: unknown): GitHubPull {
  const pull = fieldsOf(data);
  const head = fieldsOf(pull.head);
  const base = fieldsOf(pull.base);
  const headRepository = fieldsOf(head.repo).id;
  const { number, state } = pull;
  if (typeof number !== 'number' || (state !== 'open' && state !== 'closed') || typeof head.sha !== 'string') {
    throw unexpected('a pull request');
  }
  return {
    number,
    node: text(pull.node_id),
    state: state === 'open' ? 'open' : isSet(pull.merged_at) ? 'merged' : 'closed',
    head: text(head.ref),
    base: text(base.ref),
    headCommit: head.sha,
    isOwn: headRepository !== undefined && headRepository === fieldsOf(base.repo).id,
    title: text(pull.title),
    body: text(pull.body),
    labels: namesOf(pull.labels, 'name'),
    author: text(fieldsOf(pull.user).login),
    requestedUsers: namesOf(pull.requested_reviewers, 'login').map((name) => name.toLowerCase()),
    requestedTeams: namesOf(pull.requested_teams, 'slug').map((name) => name.toLowerCase()),
    mergesItself: isSet(pull.auto_merge),
    mergeableState: typeof pull.mergeable_state === 'string' ? pull.mergeable_state : undefined,
  };
}

/** The list in an answer. @throws GitOpsError FORGE_REJECTED when it is none */
export function listOf(data: unknown, what: string): readonly unknown[] {
  if (Array.isArray(data)) return data;
  throw unexpected(`a list of ${what}`);
}

/** The names in a list of objects. */
export function namesOf(list: unknown, field: string): string[] {
  const items = Array.isArray(list) ? list : [];
  return items.map((item) => (typeof item === 'string' ? item : text(fieldsOf(item)[field]))).filter((x) => x !== '');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isSet(value: unknown): boolean {
  return value !== null && value !== undefined;
}

export function unexpected(what: string): GitOpsError {
  return new GitOpsError(
    'FORGE_REJECTED',
    `GitHub's answer is not ${what}; check that the address of its API is right, and that no proxy answers in its place`,
  );
}
