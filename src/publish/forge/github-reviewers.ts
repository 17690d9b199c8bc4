import type { Octokit } from '@octokit/rest';
import { answerOf, fieldsOf } from './github-failures';
import { type GitHubPull, listOf } from './github-pull';

export interface ReviewRequest {
  readonly octokit: Octokit;
  readonly target: { readonly owner: string; readonly repo: string; readonly pull_number: number };
  readonly pull: GitHubPull;
  /** Whether it was opened just now, so that nobody was asked before. */
  readonly isNew: boolean;
  /** `jane`, `acme/sre` */
  readonly wanted: readonly string[];
  /** What GitHub says in an error, made safe. */
  readonly words: (error: unknown) => string;
}

interface Reviewers {
  readonly users: readonly string[];
  readonly teams: readonly string[];
}

/**
 * Asks for the reviews that are wanted, of those who were never asked: asking again would take back a review that was
 * given, and bring back one whom people took from the list. Whoever cannot be asked is a warning.
 */
export async function askForReviews(request: ReviewRequest): Promise<{ changed: boolean; warnings: string[] }> {
  const { octokit, target, pull, isNew, wanted, words } = request;
  const warnings: string[] = [];
  const sorted = sort(wanted, target.owner, pull, warnings);
  const missing = without(sorted, pull.requestedUsers, pull.requestedTeams);
  if (isEmpty(missing)) return { changed: false, warnings };
  const asked = isNew ? missing : await neverAsked(octokit, target, missing);
  if (isEmpty(asked)) return { changed: false, warnings };

  const ask = ({ users, teams }: Reviewers): Promise<unknown> =>
    octokit.rest.pulls.requestReviewers({ ...target, reviewers: [...users], team_reviewers: [...teams] });
  try {
    await ask(asked);
    return { changed: true, warnings };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (asked.users.length + asked.teams.length === 1) {
      return { changed: false, warnings: [...warnings, warning(asked, target.owner, words(error))] };
    }
  }
  // One that is not known makes GitHub refuse all of them.
  let changed = false;
  const single = [
    ...asked.users.map((user): Reviewers => ({ users: [user], teams: [] })),
    ...asked.teams.map((team): Reviewers => ({ users: [], teams: [team] })),
  ];
  for (const one of single) {
    try {
      await ask(one);
      changed = true;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      warnings.push(warning(one, target.owner, words(error)));
    }
  }
  return { changed, warnings };
}

function sort(wanted: readonly string[], owner: string, pull: GitHubPull, warnings: string[]): Reviewers {
  const users = new Set<string>();
  const teams = new Set<string>();
  for (const name of wanted) {
    const [first = '', team, ...rest] = name.split('/');
    if (team === undefined) {
      if (!isSame(first, pull.author)) users.add(first);
      else warnings.push(`'${name}' cannot be asked for a review: they opened the pull request`);
    } else if (isSame(first, owner) && team !== '' && rest.length === 0) {
      teams.add(team);
    } else {
      warnings.push(`'${name}' cannot be asked for a review: only teams of '${owner}' can, as '${owner}/<team>'`);
    }
  }
  return { users: [...users], teams: [...teams] };
}

/** Leaves out whom GitHub knows to have been asked, or to have reviewed unasked. */
async function neverAsked(octokit: Octokit, target: ReviewRequest['target'], missing: Reviewers): Promise<Reviewers> {
  const { owner, repo, pull_number } = target;
  const users: string[] = [];
  const teams: string[] = [];
  const events = await octokit.paginate(octokit.rest.issues.listEvents, {
    owner,
    repo,
    issue_number: pull_number,
    per_page: 100,
  });
  for (const item of listOf(events, 'events')) {
    const { event, requested_reviewer, requested_team } = fieldsOf(item);
    if (event !== 'review_requested') continue;
    users.push(String(fieldsOf(requested_reviewer).login ?? ''));
    teams.push(String(fieldsOf(requested_team).slug ?? ''));
  }
  if (missing.users.length > 0) {
    const reviews = await octokit.paginate(octokit.rest.pulls.listReviews, { ...target, per_page: 100 });
    for (const review of listOf(reviews, 'reviews')) users.push(String(fieldsOf(fieldsOf(review).user).login ?? ''));
  }
  return without(missing, users, teams);
}

function without(all: Reviewers, users: readonly string[], teams: readonly string[]): Reviewers {
  return {
    users: all.users.filter((user) => !users.some((other) => isSame(user, other))),
    teams: all.teams.filter((team) => !teams.some((other) => isSame(team, other))),
  };
}

function isEmpty({ users, teams }: Reviewers): boolean {
  return users.length === 0 && teams.length === 0;
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** A token that may not ask teams is refused with 403 or 404. */
function isRefusal(error: unknown): boolean {
  return [403, 404, 422].includes(answerOf(error).status ?? 0);
}

function warning({ users, teams }: Reviewers, owner: string, words: string): string {
  const name = users[0] ?? `${owner}/${teams[0]}`;
  return `'${name}' could not be asked for a review: ${words.replaceAll('\n', '; ')}`;
}
