import { GitOpsError } from '../../errors';
import type { PullRequest } from './forge';

/** What GitLab answers, as far as it is used. It is untrusted: its shape is looked at before anything is taken from it. */

export interface GitLabUser {
  readonly id: number;
  readonly username: string;
}

export interface GitLabMergeRequest {
  /** Number within the project. */
  readonly iid: number;
  /** `locked` while GitLab is merging it. */
  readonly state: 'opened' | 'closed' | 'merged' | 'locked';
  readonly head: string;
  readonly base: string;
  readonly headCommit: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly reviewers: readonly GitLabUser[];
  /** From a branch of the same project, not from a fork. */
  readonly isOwn: boolean;
  /** Why it can be merged, or not yet, or not: `mergeable`, `ci_still_running`, `not_approved`, … */
  readonly mergeStatus: string;
  /** GitLab merges it once its conditions are met. */
  readonly isWaiting: boolean;
}

export interface GitLabDeployKey {
  readonly id: number;
  readonly title: string;
  readonly key: string;
  readonly canPush: boolean;
}

function fail(what: string): never {
  throw new GitOpsError('FORGE_REJECTED', `GitLab answered with something that is no ${what}; check its address`);
}

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : fail(what);
}

/** @throws GitOpsError FORGE_REJECTED when it is no list of these */
export function listOf<T>(value: unknown, what: string, read: (item: unknown) => T): T[] {
  return Array.isArray(value) ? value.map(read) : fail(`list of ${what}s`);
}

const STATES: readonly string[] = ['opened', 'closed', 'merged', 'locked'];

/** @throws GitOpsError FORGE_REJECTED when it is none */
export function mergeRequestOf(value: unknown): GitLabMergeRequest {
  const what = 'merge request';
  const fields = fieldsOf(value, what);
  const { iid, state, source_branch: head, target_branch: base, title, description, sha } = fields;
  const { source_project_id: source, target_project_id: target } = fields;
  if (typeof iid !== 'number' || !Number.isSafeInteger(iid) || iid < 1) return fail(what);
  if (typeof state !== 'string' || !STATES.includes(state)) return fail(what);
  if (typeof head !== 'string' || typeof base !== 'string' || typeof title !== 'string') return fail(what);
  return {
    iid,
    state: state as GitLabMergeRequest['state'],
    head,
    base,
    // A merge request without commits has none.
    headCommit: typeof sha === 'string' && /^[0-9a-f]{40,64}$/.test(sha) ? sha : '',
    title,
    body: typeof description === 'string' ? description : '',
    labels: Array.isArray(fields.labels) ? fields.labels.filter((label) => typeof label === 'string') : [],
    reviewers: Array.isArray(fields.reviewers) ? fields.reviewers.map(userOf) : [],
    isOwn: typeof source === 'number' && source === target,
    mergeStatus: String(fields.detailed_merge_status ?? fields.merge_status ?? ''),
    isWaiting: fields.merge_when_pipeline_succeeds === true,
  };
}

/** @throws GitOpsError FORGE_REJECTED when it is none */
export function userOf(value: unknown): GitLabUser {
  const { id, username } = fieldsOf(value, 'user');
  return typeof id === 'number' && typeof username === 'string' ? { id, username } : fail('user');
}

/** @throws GitOpsError FORGE_REJECTED when it is none */
export function deployKeyOf(value: unknown): GitLabDeployKey {
  const { id, title, key, can_push: canPush } = fieldsOf(value, 'deploy key');
  if (typeof id !== 'number' || typeof key !== 'string') return fail('deploy key');
  return { id, title: String(title ?? ''), key, canPush: canPush === true };
}

/** Whether only some may push to a branch; developers may push to every branch that is not protected. */
export function isClosedBranch(value: unknown): boolean {
  const branch = fieldsOf(value, 'branch');
  return branch.protected === true && branch.developers_can_push !== true;
}

/** GitLab's number for developers. */
const DEVELOPER = 30;

/** Whether protections keep developers from pushing to a branch. Of several that match, the most lenient holds. */
export function isClosedBy(protections: readonly unknown[], branch: string): boolean {
  const matching = protections
    .map((one) => fieldsOf(one, 'protected branch'))
    .filter(({ name }) => typeof name === 'string' && matches(name, branch));
  const everybody = (level: unknown): boolean => fieldsOf(level, 'access level').access_level === DEVELOPER;
  const isLenient = ({ push_access_levels: levels }: Readonly<Record<string, unknown>>): boolean =>
    Array.isArray(levels) && levels.some(everybody);
  return matching.length > 0 && !matching.some(isLenient);
}

/** `*` in a name stands for any text. Names are split at it, so that no pattern of theirs is run. */
function matches(pattern: string, branch: string): boolean {
  const [start = '', ...rest] = pattern.split('*');
  const end = rest.pop();
  if (end === undefined) return pattern === branch;
  if (!branch.startsWith(start)) return false;
  let position = start.length;
  for (const part of rest) {
    const found = branch.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return branch.length - end.length >= position && branch.endsWith(end);
}

/** The merge request as other code knows it. */
export function describe(mergeRequest: GitLabMergeRequest, projectUrl: string): PullRequest {
  const { iid, state, head, base, headCommit, title, body, labels } = mergeRequest;
  return {
    number: iid,
    url: `${projectUrl}/-/merge_requests/${iid}`,
    state: state === 'opened' || state === 'locked' ? 'open' : state,
    head,
    base,
    headCommit,
    title,
    body,
    labels,
  };
}
