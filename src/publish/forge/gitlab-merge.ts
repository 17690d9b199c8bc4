import { setTimeout as sleep } from 'node:timers/promises';
import { GitOpsError } from '../../errors';
import type { PullRequest } from './forge';
import { type GitLabMergeRequest, mergeRequestOf } from './gitlab-answers';
import type { GitLabProject } from './gitlab-api';
import { GitLabFailure } from './gitlab-requests';

type Outcome = 'merged' | 'waiting' | 'unavailable';

/** What GitLab says while it finds out whether it can be merged. */
const UNDECIDED = new Set(['unchecked', 'checking', 'preparing', 'approvals_syncing', 'cannot_be_merged_recheck']);
/** `can_be_merged` is what GitLab before 15.6 says. */
const READY = new Set(['mergeable', 'can_be_merged']);
const LOOKS = 6;
/** How often it is looked whether a push has arrived at the merge request, which GitLab sees to in the background. */
const HEAD_LOOKS = 4;

/**
 * Merges what can be merged now, and lets GitLab merge the rest later.
 * @throws GitOpsError FORGE_REJECTED when the head has moved, it is closed, or the token may not merge
 */
export async function mergeOrWait(project: GitLabProject, pullRequest: PullRequest): Promise<Outcome> {
  const { number, headCommit } = pullRequest;
  const current = await decided(project, number, headCommit);
  if (current.state === 'merged') return 'merged';
  if (current.state === 'closed') refuse(project, number, 'it was closed; publish again to open another');
  if (current.headCommit !== headCommit) refuse(project, number, MOVED);
  if (current.isWaiting) return 'waiting';
  if (READY.has(current.mergeStatus)) {
    const outcome = await attempt(project, pullRequest, false);
    if (outcome !== 'unavailable') return outcome;
  }
  // Something is to be waited for, or came up since. GitLab does not let wait what can never be merged, as it has conflicts.
  return await attempt(project, pullRequest, true);
}

async function look({ api, project }: GitLabProject, number: number): Promise<GitLabMergeRequest> {
  return mergeRequestOf(await api.mergeRequests.show(project, number));
}

/** The merge request once GitLab knows whether it can be merged, and is not just merging it; or as it is after a while. */
async function decided(project: GitLabProject, number: number, head?: string): Promise<GitLabMergeRequest> {
  for (let looks = 1; ; looks++) {
    const current = await look(project, number);
    const isUndecided =
      current.state === 'locked' || (current.state === 'opened' && UNDECIDED.has(current.mergeStatus));
    const isBehind =
      current.state === 'opened' && head !== undefined && current.headCommit !== head && looks < HEAD_LOOKS;
    if (!(isUndecided || isBehind) || looks >= LOOKS) return current;
    await sleep(project.minDelay * 2 ** (looks - 1), undefined, { signal: project.signal });
  }
}

/** GitLab before 17.11 knows the wait by its first name only. */
const WAIT = { mergeWhenPipelineSucceeds: true, autoMerge: true };

async function attempt(project: GitLabProject, { number, headCommit }: PullRequest, wait: boolean): Promise<Outcome> {
  try {
    const options = { sha: headCommit, ...(wait ? WAIT : {}) };
    const answer = mergeRequestOf(await project.api.mergeRequests.merge(project.project, number, options));
    const { state, isWaiting } = answer.state === 'locked' ? await decided(project, number) : answer;
    return state === 'merged' ? 'merged' : isWaiting ? 'waiting' : 'unavailable';
  } catch (error) {
    if (!(error instanceof GitLabFailure)) throw error;
    const { status = 0 } = error;
    if (status === 401)
      refuse(project, number, 'this token may not merge; see docs/guides/gitlab.md for what it needs');
    if (status === 409) refuse(project, number, MOVED);
    // 405 and 422 (406 before GitLab 15): it cannot be merged, or not in this way.
    if (![405, 406, 422].includes(status)) throw error;
    return (await look(project, number)).state === 'merged' ? 'merged' : 'unavailable';
  }
}

const MOVED = 'its branch has moved since; publish again';

function refuse({ where }: GitLabProject, number: number, why: string): never {
  throw new GitOpsError('FORGE_REJECTED', `merge request !${number} of ${where} is not merged: ${why}`);
}
