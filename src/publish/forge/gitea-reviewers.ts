import type { PullRequest, PullReview } from 'gitea-js';
import { sanitize } from '../git/text';
import { type GiteaClient, GiteaRefusal } from './gitea-client';

/**
 * Asks users and teams for a review who were not asked and have not reviewed. Asking again would take an approval back.
 * @returns whether anybody was asked, and whom the forge does not take
 */
export async function askReviewers(
  client: GiteaClient,
  pullRequest: PullRequest,
  wanted: readonly string[],
): Promise<{ changed: boolean; warnings: string[] }> {
  const asked = new Set([
    ...(pullRequest.requested_reviewers ?? []).map(({ login }) => lower(login)),
    ...(pullRequest.requested_reviewers_teams ?? []).map((team) => lower(teamName(client, team.name))),
  ]);
  const missing = [...new Set(wanted)].filter((reviewer) => !asked.has(lower(reviewer)));
  const warnings: string[] = [];
  if (missing.length === 0) return { changed: false, warnings };

  const number = pullRequest.number ?? 0;
  const reviews = client.list('reading the reviews', (api, page) =>
    api.repos.repoListPullReviews(client.owner, client.repository, number, page),
  );
  const reviewed: string[] = [];
  for await (const review of reviews) if (counts(review)) reviewed.push(lower(review.user?.login));

  let onceAsked: Set<string> | undefined;
  let changed = false;
  for (const reviewer of missing) {
    const [organization, team] = reviewer.includes('/') ? split(reviewer) : [undefined, undefined];
    if (reviewed.includes(lower(reviewer))) continue;
    if (organization !== undefined && lower(organization) !== lower(decodeURIComponent(client.owner))) {
      warnings.push(`the reviewer '${shown(reviewer)}' is not a team of ${decodeURIComponent(client.owner)}`);
      continue;
    }
    if (team !== undefined) {
      onceAsked ??= await teamsOnceAsked(client, number);
      if (onceAsked.has(lower(team))) continue;
    }
    const option = team === undefined ? { reviewers: [reviewer] } : { team_reviewers: [team] };
    try {
      const made = await client.attempt('asking for a review', (api) =>
        api.repos.repoCreatePullReviewRequests(client.owner, client.repository, number, option),
      );
      if (made?.length > 0) changed = true;
      else warnings.push(`the reviewer '${shown(reviewer)}' cannot be asked here`);
    } catch (error) {
      if (!(error instanceof GiteaRefusal)) throw error;
      warnings.push(
        `the reviewer '${shown(reviewer)}' was not accepted (${error.status}) ${sanitize(error.words).slice(0, 200)}`.trim(),
      );
    }
  }
  return { changed, warnings };
}

function counts({ state, dismissed }: PullReview): boolean {
  return dismissed !== true && (state === 'APPROVED' || state === 'REQUEST_CHANGES' || state === 'COMMENT');
}

/** Teams that were asked at some time. Of one whose member has reviewed, nothing else is left. */
async function teamsOnceAsked(client: GiteaClient, number: number): Promise<Set<string>> {
  const timeline = client.list('reading the timeline', (api, page) =>
    api.repos.issueGetCommentsAndTimeline(client.owner, client.repository, number, page),
  );
  const teams = new Set<string>();
  for await (const { type, assignee_team } of timeline) {
    if (type === 'review_request' && assignee_team?.name !== undefined) teams.add(lower(assignee_team.name));
  }
  return teams;
}

function split(reviewer: string): [string, string] {
  const slash = reviewer.indexOf('/');
  return [reviewer.slice(0, slash), reviewer.slice(slash + 1)];
}

function teamName(client: GiteaClient, team: string | undefined): string {
  return `${decodeURIComponent(client.owner)}/${team ?? ''}`;
}

function lower(name: string | undefined): string {
  return (name ?? '').toLowerCase();
}

function shown(reviewer: string): string {
  return sanitize(reviewer).slice(0, 100);
}
