import { setTimeout as sleep } from 'node:timers/promises';
import type { Octokit } from '@octokit/rest';
import { GitOpsError } from '../../errors';
import { answerOf, fieldsOf } from './github-failures';
import { type GitHubPull, pullOf } from './github-pull';

export interface MergeRequest {
  readonly octokit: Octokit;
  readonly names: { readonly owner: string; readonly repo: string };
  readonly number: number;
  /** The only head that may be merged. */
  readonly headCommit: string;
  /** Milliseconds in each second that is waited. @default 1000 */
  readonly second?: number;
  readonly signal?: AbortSignal;
}

type Method = 'merge' | 'rebase' | 'squash';
type Outcome = 'merged' | 'waiting' | 'unavailable';

/** States in which GitHub has nothing left to wait for: what fails or runs is not required. */
const READY = new Set(['clean', 'has_hooks', 'unstable']);

/**
 * How often it is looked whether a pull request can be merged, and whether a push has arrived at it: GitHub sees to both in
 * the background.
 */
const LOOKS = { mergeable: 6, head: 4 };

const ENABLE = `mutation EnableAutoMerge($pull: ID!, $head: GitObjectID!, $mergeMethod: PullRequestMergeMethod!) {
  enablePullRequestAutoMerge(input: { pullRequestId: $pull, expectedHeadOid: $head, mergeMethod: $mergeMethod }) {
    pullRequest { number }
  }
}`;

/**
 * Merges when nothing is to be waited for, else makes GitHub merge by itself.
 * @throws GitOpsError FORGE_REJECTED when it was closed, or its head is another by now
 */
export async function mergeOrWait(request: MergeRequest): Promise<Outcome> {
  const pull = await settled(request);
  if (pull.state === 'merged') return 'merged';
  if (pull.state === 'closed') throw refused(pull, 'it was closed');
  if (pull.headCommit !== request.headCommit) throw movedHead(request, pull);
  const methods = await methodsOf(request);
  if (READY.has(pull.mergeableState ?? '') && (await merge(request, methods))) return 'merged';
  if (pull.mergesItself) return 'waiting';
  return enable(request, pull, methods);
}

async function look({ octokit, names, number }: MergeRequest): Promise<GitHubPull> {
  return pullOf((await octokit.rest.pulls.get({ ...names, pull_number: number })).data);
}

async function settled(request: MergeRequest): Promise<GitHubPull> {
  const { second = 1_000, signal } = request;
  for (let looks = 1; ; looks++) {
    const pull = await look(request);
    const isBehind = pull.headCommit !== request.headCommit && looks < LOOKS.head;
    const isUndecided = pull.mergeableState === 'unknown' && looks < LOOKS.mergeable;
    if (pull.state !== 'open' || !(isBehind || isUndecided)) return pull;
    await sleep(looks * second, undefined, { signal });
  }
}

/** Ways to merge that the repository lets through. A merge commit keeps the published commit and its signature. */
async function methodsOf({ octokit, names }: MergeRequest): Promise<Method[]> {
  const repository = fieldsOf((await octokit.rest.repos.get(names)).data);
  const methods: Method[] = [];
  // Tokens that may only read are not told.
  if (repository.allow_merge_commit !== false) methods.push('merge');
  if (repository.allow_rebase_merge !== false) methods.push('rebase');
  if (repository.allow_squash_merge !== false) methods.push('squash');
  return methods;
}

async function merge(request: MergeRequest, methods: readonly Method[]): Promise<boolean> {
  const { octokit, names, number, headCommit } = request;
  for (const method of methods) {
    try {
      await octokit.rest.pulls.merge({ ...names, pull_number: number, sha: headCommit, merge_method: method });
      return true;
    } catch (error) {
      const { status, message } = answerOf(error);
      if (status !== 405 && status !== 409) throw error;
      // An earlier try may have merged, and only its answer was lost.
      const now = await look(request);
      if (now.state === 'merged') return true;
      if (now.headCommit !== headCommit) throw movedHead(request, now);
      if (status === 405 && /linear history|merge commits|merges are not allowed/i.test(message)) continue;
      return false;
    }
  }
  return false;
}

async function enable(request: MergeRequest, pull: GitHubPull, methods: readonly Method[]): Promise<Outcome> {
  const { octokit, headCommit } = request;
  const [method = 'merge'] = methods;
  try {
    await octokit.graphql(ENABLE, { pull: pull.node, head: headCommit, mergeMethod: method.toUpperCase() });
    return 'waiting';
  } catch (error) {
    const { status, details } = answerOf(error);
    if (status !== undefined || details.length === 0) throw error;
    // Meanwhile there may be nothing left to wait for.
    if (details.some((detail) => /clean status/i.test(detail)) && (await merge(request, methods))) return 'merged';
    return 'unavailable';
  }
}

function movedHead({ headCommit }: MergeRequest, pull: GitHubPull): GitOpsError {
  return refused(pull, `its head is ${pull.headCommit.slice(0, 12)} by now, and no longer ${headCommit.slice(0, 12)}`);
}

function refused({ number }: GitHubPull, why: string): GitOpsError {
  return new GitOpsError('FORGE_REJECTED', `pull request #${number} cannot be merged: ${why}; publish again`);
}
