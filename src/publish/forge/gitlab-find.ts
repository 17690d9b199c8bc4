import { setTimeout as sleep } from 'node:timers/promises';
import { GitOpsError } from '../../errors';
import type { PullRequestQuery } from './forge';
import { type GitLabMergeRequest, listOf, mergeRequestOf } from './gitlab-answers';
import type { GitLabProject } from './gitlab-api';

/** Merge requests on a page, and pages that are looked at: those from forks are among them. */
const PAGE = { size: 50, most: 40 };
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

async function newest(
  { api, project, where }: GitLabProject,
  { head, base }: PullRequestQuery,
  state?: 'opened',
): Promise<GitLabMergeRequest | undefined> {
  for (let page = 1; page <= PAGE.most; page++) {
    const { data, paginationInfo } = await api.mergeRequests.all({
      projectId: project,
      sourceBranch: head,
      targetBranch: base,
      state,
      orderBy: 'created_at',
      sort: 'desc',
      perPage: PAGE.size,
      page,
      showExpanded: true,
    });
    const own = listOf(data, 'merge request', mergeRequestOf).find(
      (one) => one.isOwn && one.head === head && one.base === base,
    );
    if (own !== undefined || paginationInfo.next === null) return own;
  }
  const many = `${PAGE.size * PAGE.most} merge requests from forks have the branch name ${head}; close them`;
  throw new GitOpsError('FORGE_REJECTED', `${where}: ${many}`);
}
