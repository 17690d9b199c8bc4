import { setTimeout as sleep } from 'node:timers/promises';
import { GitOpsError } from '../../errors';
import type { PullRequestQuery } from './forge';
import { type GitLabMergeRequest, listOf, mergeRequestOf } from './gitlab-answers';
import { type GitLabProject, pagesOf } from './gitlab-api';

/** How often one that GitLab is just merging is looked at. */
const LOOKS = 5;

/** The open merge request of a branch of the project itself, else the newest. */
export async function findMergeRequest(
  project: GitLabProject,
  query: PullRequestQuery,
): Promise<GitLabMergeRequest | undefined> {
  return (await newest(project, query, 'opened')) ?? (await newest(project, query));
}

/**
 * The open merge request, if there is one. Waits for GitLab where it is just merging it.
 * @throws GitOpsError FORGE_REJECTED when that takes long
 */
export async function findOpen(
  project: GitLabProject,
  query: PullRequestQuery,
): Promise<GitLabMergeRequest | undefined> {
  for (let looks = 1; ; looks++) {
    const found = await findMergeRequest(project, query);
    if (found?.state !== 'locked') return found?.state === 'opened' ? found : undefined;
    if (looks === LOOKS) {
      const why = `merge request !${found.iid} is being merged right now; try again once it is`;
      throw new GitOpsError('FORGE_REJECTED', `${project.where}: ${why}`);
    }
    await sleep(project.minDelay * 2 ** (looks - 1), undefined, { signal: project.signal });
  }
}

/** The newest of a branch of the project itself: those of forks are in the same list. */
async function newest(
  { api, project }: GitLabProject,
  { head, base }: PullRequestQuery,
  state?: 'opened',
): Promise<GitLabMergeRequest | undefined> {
  const wanted = { projectId: project, sourceBranch: head, targetBranch: base, state } as const;
  const order = { orderBy: 'created_at', sort: 'desc' } as const;
  for await (const page of pagesOf((part) => api.mergeRequests.all({ ...wanted, ...order, ...part }))) {
    const own = listOf(page, 'merge request', mergeRequestOf).find(
      (one) => one.isOwn && one.head === head && one.base === base,
    );
    if (own !== undefined) return own;
  }
  return undefined;
}
