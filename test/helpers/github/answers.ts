import type { FakePull, FakeRepository } from './state';

/** Answers as GitHub gives them: what matters of each, the rest is completed from its own description. */

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export function ok(body: unknown, status = 200): Answer {
  return { status, body };
}

export function notFound(): Answer {
  return refused(404, 'Not Found');
}

export function refused(status: number, message: string): Answer {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  };
}

export interface Mistake {
  readonly resource: string;
  readonly code: string;
  readonly field?: string;
  readonly message?: string;
}

/** 422 with what is wrong in single fields. */
export function invalid(...errors: readonly Mistake[]): Answer {
  return {
    status: 422,
    body: { message: 'Validation Failed', errors, documentation_url: 'https://docs.github.com/rest', status: '422' },
  };
}

export function describeUser(login: string) {
  return { login, id: idOf(login), type: 'User' };
}

export function describeTeam(slug: string) {
  return { slug, name: slug, id: idOf(slug), type: 'organization' };
}

export function describeRepository(repository: FakeRepository) {
  const { id, name, owner } = repository;
  return { id, name, full_name: `${owner}/${name}`, owner: describeUser(owner), private: true };
}

export function describePull(repository: FakeRepository, pull: FakePull) {
  const { owner } = repository;
  const headOwner = pull.fork ?? owner;
  const own = describeRepository(repository);
  const fork = { ...own, id: repository.id + 1, full_name: `${headOwner}/${own.name}`, owner: describeUser(headOwner) };
  return {
    number: pull.number,
    node_id: `PR_${pull.number}`,
    html_url: `https://github.test/${own.full_name}/pull/${pull.number}`,
    state: pull.state,
    title: pull.title,
    body: pull.body,
    draft: pull.draft,
    user: describeUser(pull.author),
    labels: pull.labels.map(describeLabel),
    merged_at: pull.mergedAt,
    closed_at: pull.state === 'closed' ? '2026-01-02T00:00:00Z' : null,
    requested_reviewers: pull.requestedUsers.map(describeUser),
    requested_teams: pull.requestedTeams.map(describeTeam),
    author_association: 'MEMBER',
    auto_merge: pull.autoMerge
      ? {
          enabled_by: describeUser(pull.author),
          merge_method: pull.autoMerge.toLowerCase(),
          commit_title: '',
          commit_message: '',
        }
      : null,
    head: {
      ref: pull.head,
      sha: pull.headCommit,
      label: `${headOwner}:${pull.head}`,
      user: describeUser(headOwner),
      repo: pull.fork === undefined ? own : fork,
    },
    base: { ref: pull.base, label: `${owner}:${pull.base}`, user: describeUser(owner), repo: own },
  };
}

/** With what only the answer about a single one says. */
export function describeWholePull(repository: FakeRepository, pull: FakePull) {
  const state = repository.mergeableState(pull);
  const isUndecided = pull.state === 'open' && pull.undecided > 0;
  return {
    ...describePull(repository, pull),
    merged: pull.mergedAt !== null,
    mergeable: isUndecided ? null : state !== 'dirty',
    mergeable_state: isUndecided ? 'unknown' : state,
  };
}

export function describeLabel(name: string) {
  return {
    name,
    id: idOf(name),
    color: 'ededed',
    default: false,
    description: '',
    url: 'https://github.test/labels/x',
  };
}

function idOf(name: string): number {
  return [...name].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003, 7);
}
