import { bodyOf } from './content';
import type { PullRequestContent, PullRequestQuery } from './forge';
import { type GitLabMergeRequest, type GitLabUser, listOf, mergeRequestOf, userOf } from './gitlab-answers';
import type { GitLabProject } from './gitlab-api';
import { findOpen } from './gitlab-find';
import { GitLabFailure } from './gitlab-requests';
import { GITLAB_LIMITS, gitLabLabels, gitLabTitle } from './gitlab-text';

/** What a merge request is to hold, as GitLab takes it. */
interface Content extends PullRequestQuery {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly reviewers: readonly GitLabUser[];
}

export interface Proposed {
  readonly mergeRequest: GitLabMergeRequest;
  readonly change: 'opened' | 'updated' | 'unchanged';
  readonly warnings: readonly string[];
}

/** Opens a merge request, or makes the open one look as wanted. */
export async function propose(project: GitLabProject, wanted: PullRequestContent): Promise<Proposed> {
  const found = await findOpen(project, wanted);
  const labels = gitLabLabels(wanted.labels);
  const reviewers = await lookUp(project, wanted.reviewers, found?.reviewers ?? []);
  const content: Content = {
    head: wanted.head,
    base: wanted.base,
    title: gitLabTitle(wanted.title),
    body: bodyOf(wanted.body, GITLAB_LIMITS.body),
    labels: labels.usable,
    reviewers: reviewers.users,
  };
  const { before, after } = found === undefined ? await open(project, content) : await update(project, found, content);
  return {
    mergeRequest: after,
    change: before === undefined ? 'opened' : isSame(before, after) ? 'unchanged' : 'updated',
    warnings: [...labels.warnings, ...reviewers.warnings, ...passedOver(after, content)],
  };
}

interface Change {
  readonly before?: GitLabMergeRequest;
  readonly after: GitLabMergeRequest;
}

/** Opens one, or takes over the one that somebody else has opened since. */
async function open(project: GitLabProject, content: Content): Promise<Change> {
  const { head, base, title, body, labels, reviewers } = content;
  try {
    const answer = await project.api.mergeRequests.create(project.project, head, base, title, {
      description: body,
      ...(labels.length > 0 ? { labels: labels.join(',') } : {}),
      ...(reviewers.length > 0 ? { reviewerIds: reviewers.map(({ id }) => id) } : {}),
    });
    return { after: mergeRequestOf(answer) };
  } catch (error) {
    if (!(error instanceof GitLabFailure) || error.status !== 409) throw error;
    const before = await findOpen(project, content);
    if (before === undefined) throw error;
    return await update(project, before, content);
  }
}

async function update(project: GitLabProject, before: GitLabMergeRequest, content: Content): Promise<Change> {
  const { title, body, labels, reviewers } = content;
  const addLabels = labels.filter((label) => !before.labels.includes(label));
  const added = reviewers.filter(({ id }) => !before.reviewers.some((reviewer) => reviewer.id === id));
  const changes = {
    ...(title === before.title ? {} : { title }),
    ...(body === before.body.replaceAll('\r\n', '\n').trimEnd() ? {} : { description: body }),
    ...(addLabels.length === 0 ? {} : { addLabels: addLabels.join(',') }),
    // This is the whole list: those who are asked already stay in it.
    ...(added.length === 0 ? {} : { reviewerIds: [...before.reviewers, ...added].map(({ id }) => id) }),
  };
  if (Object.keys(changes).length === 0) return { before, after: before };
  return { before, after: mergeRequestOf(await project.api.mergeRequests.edit(project.project, before.iid, changes)) };
}

/** Users by name. Those who are asked already need no lookup. */
async function lookUp({ api }: GitLabProject, names: readonly string[], known: readonly GitLabUser[]) {
  const users: GitLabUser[] = [];
  const warnings: string[] = [];
  for (const name of new Set(names)) {
    if (name.includes('/')) {
      const instead = 'name its members, or let an approval rule or CODEOWNERS ask them';
      warnings.push(`'${name}' cannot be asked for a review: at GitLab, groups are no reviewers; ${instead}`);
      continue;
    }
    const isNamed = ({ username }: GitLabUser): boolean => username.toLowerCase() === name.toLowerCase();
    const found =
      known.find(isNamed) ?? listOf(await api.users.all({ username: name, page: 1 }), 'user', userOf).find(isNamed);
    if (found === undefined) warnings.push(`'${name}' cannot be asked for a review: GitLab knows no user of this name`);
    else if (!users.some(({ id }) => id === found.id)) users.push(found);
  }
  return { users, warnings };
}

/** GitLab passes over what it does not take: labels that may not be made, and reviewers who may not see the project. */
function passedOver(after: GitLabMergeRequest, { labels, reviewers }: Content): string[] {
  const has = new Set(after.labels.map((label) => label.toLowerCase()));
  const asked = new Set(after.reviewers.map(({ id }) => id));
  return [
    ...labels
      .filter((label) => !has.has(label.toLowerCase()))
      .map((label) => `label '${label}' was not taken by GitLab; may this token make labels?`),
    ...reviewers
      .filter(({ id }) => !asked.has(id))
      .map(
        ({ username }) =>
          `'${username}' was not taken as a reviewer by GitLab: they may not see the project, or its plan allows one reviewer alone`,
      ),
  ];
}

function isSame(before: GitLabMergeRequest, after: GitLabMergeRequest): boolean {
  const contentOf = ({ title, body, labels, reviewers }: GitLabMergeRequest): string =>
    JSON.stringify([title, body, [...labels].sort(), reviewers.map(({ id }) => id).sort((a, b) => a - b)]);
  return contentOf(before) === contentOf(after);
}
