import {
  type Answer,
  describeLabel,
  describePull,
  describeTeam,
  describeUser,
  describeWholePull,
  invalid,
  notFound,
  ok,
  refused,
} from './answers';
import { tipOf } from './git';
import type { Operations } from './operations';
import type { FakePull, FakeRepository } from './state';

/** Pull requests, and what hangs on them. */

const LIMITS = { title: 256, body: 65_536, label: 50 };

export const pullOperations: Operations = {
  'pulls/list': ({ repository, query }) => {
    const { state = 'open', head, base, direction = 'desc' } = query;
    const found = repository.all().filter((pull) => {
      if (state !== 'all' && pull.state !== state) return false;
      if (base !== undefined && pull.base !== base) return false;
      // Without an owner GitHub ignores the filter.
      if (head === undefined || !head.includes(':')) return true;
      return head.toLowerCase() === `${pull.fork ?? repository.owner}:${pull.head}`.toLowerCase();
    });
    if (direction === 'asc') found.reverse();
    return ok(found.map((pull) => describePull(repository, pull)));
  },

  'pulls/create': ({ repository, body, account }) => {
    const { head, base, title, body: text } = body as Record<string, string>;
    if (head === undefined || base === undefined || title === undefined) return invalid();
    const mistake = mistakeIn(title, text);
    if (mistake !== undefined) return mistake;
    const headCommit = tipOf(repository.bare, head);
    if (headCommit === undefined) return invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
    if (tipOf(repository.bare, base) === undefined) {
      return invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
    }
    const isSame = (pull: FakePull): boolean =>
      pull.state === 'open' && pull.fork === undefined && pull.head === head && pull.base === base;
    if (repository.all().some(isSame)) {
      const message = `A pull request already exists for ${repository.owner}:${head}.`;
      return invalid({ resource: 'PullRequest', code: 'custom', message });
    }
    if (!repository.hasCommitsFor(base, head)) {
      return invalid({
        resource: 'PullRequest',
        code: 'custom',
        message: `No commits between ${base} and ${head}`,
      });
    }
    const pull = repository.add({ head, base, title, body: text ?? null, author: account.login, headCommit });
    return ok(describeWholePull(repository, pull), 201);
  },

  'pulls/get': ({ repository, parameters }) =>
    withPull(repository, parameters.pull_number, (pull) => {
      const answer = ok(describeWholePull(repository, pull));
      if (pull.undecided > 0) pull.undecided--;
      return answer;
    }),

  'pulls/update': ({ repository, parameters, body }) =>
    withPull(repository, parameters.pull_number, (pull) => {
      const { title, body: text, state } = body as Record<string, string>;
      const mistake = mistakeIn(title ?? pull.title, text);
      if (mistake !== undefined) return mistake;
      if (title !== undefined) pull.title = title;
      if (text !== undefined) pull.body = text;
      if (state === 'closed') pull.state = 'closed';
      return ok(describeWholePull(repository, pull));
    }),

  'pulls/list-reviews': ({ repository, parameters }) =>
    withPull(repository, parameters.pull_number, (pull) =>
      ok(
        pull.reviews.map(({ user, state, commit }) => ({
          user: describeUser(user),
          state,
          commit_id: commit,
          author_association: 'MEMBER',
        })),
      ),
    ),

  'pulls/request-reviewers': ({ repository, parameters, body }) =>
    withPull(repository, parameters.pull_number, (pull) => {
      const { reviewers = [], team_reviewers = [] } = body as { reviewers?: string[]; team_reviewers?: string[] };
      if (reviewers.includes(pull.author)) {
        return refused(422, 'Review cannot be requested from pull request author.');
      }
      const isKnown = (name: string, all: ReadonlySet<string>): boolean =>
        [...all].some((one) => one.toLowerCase() === name.toLowerCase());
      if (
        reviewers.some((name) => !isKnown(name, repository.collaborators)) ||
        team_reviewers.some((name) => !isKnown(name, repository.teams))
      ) {
        return refused(
          422,
          `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${repository.owner}/${repository.name} repository.`,
        );
      }
      for (const user of reviewers) requestReview(pull, { user });
      for (const team of team_reviewers) requestReview(pull, { team });
      return ok(describePull(repository, pull), 201);
    }),

  'issues/list-events': ({ repository, parameters }) =>
    withPull(repository, parameters.issue_number, (pull) =>
      ok(
        pull.requests.map((request) => ({
          event: 'review_requested',
          review_requester: describeUser(pull.author),
          actor: describeUser(pull.author),
          ...('user' in request
            ? { requested_reviewer: describeUser(request.user) }
            : { requested_team: describeTeam(request.team) }),
        })),
      ),
    ),

  'issues/create-comment': ({ repository, parameters, body, account }) =>
    withPull(repository, parameters.issue_number, (pull) => {
      const { body: text = '' } = body as { body?: string };
      pull.comments.push(text);
      return ok({ body: text, user: describeUser(account.login) }, 201);
    }),

  'issues/add-labels': ({ repository, parameters, body }) =>
    withPull(repository, parameters.issue_number, (pull) => {
      const { labels = [] } = body as { labels?: string[] };
      for (const label of labels) {
        if (label.length > LIMITS.label) return invalid({ resource: 'Label', field: 'name', code: 'invalid' });
        if (!repository.labels.has(label)) repository.labels.set(label, { color: 'ededed' });
        if (!pull.labels.includes(label)) pull.labels.push(label);
      }
      return ok(pull.labels.map(describeLabel));
    }),

  'issues/get-label': ({ repository, parameters }) => {
    const { name = '' } = parameters;
    return repository.labels.has(name) ? ok(describeLabel(name)) : notFound();
  },

  'issues/create-label': ({ repository, body }) => {
    const { name = '', color = 'ededed' } = body as Record<string, string>;
    if (name.length > LIMITS.label) return invalid({ resource: 'Label', field: 'name', code: 'invalid' });
    if (repository.labels.has(name)) return invalid({ resource: 'Label', field: 'name', code: 'already_exists' });
    repository.labels.set(name, { color });
    return ok(describeLabel(name), 201);
  },
};

/** Asks somebody for a review; one that they gave counts no longer. */
export function requestReview(pull: FakePull, request: { readonly user: string } | { readonly team: string }): void {
  pull.requests.push(request);
  const [list, name] = 'user' in request ? [pull.requestedUsers, request.user] : [pull.requestedTeams, request.team];
  if (!list.includes(name)) list.push(name);
}

function withPull(repository: FakeRepository, number: string | undefined, answer: (pull: FakePull) => Answer): Answer {
  const pull = repository.look(Number(number));
  return pull === undefined ? notFound() : answer(pull);
}

function mistakeIn(title: string, body: string | undefined): Answer | undefined {
  if (title.length > LIMITS.title) {
    return invalid({
      resource: 'PullRequest',
      field: 'title',
      code: 'custom',
      message: `title is too long (maximum is ${LIMITS.title} characters)`,
    });
  }
  if (body !== undefined && body.length > LIMITS.body) {
    return invalid({
      resource: 'PullRequest',
      field: 'body',
      code: 'custom',
      message: `body is too long (maximum is ${LIMITS.body} characters)`,
    });
  }
  return undefined;
}
