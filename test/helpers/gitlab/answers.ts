import { createHash } from 'node:crypto';
import { git } from '../git';
import { headOf } from './repository';
import type { DeployKey, MergeRequest, Note, Project, Protection, User } from './state';
import { ROLES } from './state';

/** What GitLab says about what it remembers. */

const WEB = 'https://gitlab.test';
const TIME = '2026-01-01T00:00:00.000Z';

export function userBasic({ id, username }: User) {
  return {
    id,
    username,
    name: username,
    state: 'active',
    locked: false,
    avatar_url: null,
    web_url: `${WEB}/${username}`,
  };
}

export function mergeRequestBasic(project: Project, mergeRequest: MergeRequest) {
  const { iid, title, description, state, head, base, source, author, createdAt, labels, reviewers } = mergeRequest;
  const status = project.statusOf(mergeRequest);
  const isMerged = state === 'merged';
  const isClosed = state === 'closed';
  const draft = status === 'draft_status';
  return {
    id: 1_000 + iid,
    iid,
    project_id: project.id,
    title,
    description,
    state,
    created_at: createdAt,
    updated_at: createdAt,
    merged_by: isMerged ? userBasic(author) : null,
    merge_user: isMerged ? userBasic(author) : null,
    merged_at: isMerged ? TIME : null,
    closed_by: isClosed ? userBasic(author) : null,
    closed_at: isClosed ? TIME : null,
    target_branch: base,
    source_branch: head,
    user_notes_count: mergeRequest.notes.length,
    upvotes: 0,
    downvotes: 0,
    author: userBasic(author),
    assignees: [],
    assignee: null,
    reviewers: reviewers.map(userBasic),
    source_project_id: source.id,
    target_project_id: project.id,
    labels: [...labels].sort(),
    draft,
    imported: false,
    imported_from: 'none',
    work_in_progress: draft,
    milestone: null,
    merge_when_pipeline_succeeds: mergeRequest.waitsWith !== undefined,
    merge_status: status === 'checking' ? 'checking' : status === 'conflict' ? 'cannot_be_merged' : 'can_be_merged',
    detailed_merge_status: status,
    merge_after: null,
    sha: mergeRequest.lastHead ?? null,
    merge_commit_sha: mergeRequest.mergeCommit ?? null,
    squash_commit_sha: null,
    discussion_locked: null,
    should_remove_source_branch: null,
    force_remove_source_branch: null,
    prepared_at: createdAt,
    ...(source.id === project.id ? {} : { allow_collaboration: false, allow_maintainer_to_push: false }),
    reference: `!${iid}`,
    references: { short: `!${iid}`, relative: `!${iid}`, full: `${project.path}!${iid}` },
    web_url: `${WEB}/${project.path}/-/merge_requests/${iid}`,
    time_stats: { time_estimate: 0, total_time_spent: 0, human_time_estimate: null, human_total_time_spent: null },
    squash: false,
    squash_on_merge: false,
    task_completion_status: { count: 0, completed_count: 0 },
    has_conflicts: status === 'conflict',
    blocking_discussions_resolved: true,
    approvals_before_merge: null,
  };
}

export function mergeRequestFull(project: Project, mergeRequest: MergeRequest, canMerge: boolean) {
  const { base, lastHead = '' } = mergeRequest;
  const baseCommit = headOf(project.bare, base) ?? '';
  return {
    ...mergeRequestBasic(project, mergeRequest),
    subscribed: true,
    changes_count: '1',
    latest_build_started_at: null,
    latest_build_finished_at: null,
    first_deployed_to_production_at: null,
    pipeline: null,
    head_pipeline: null,
    diff_refs: { base_sha: baseCommit, head_sha: lastHead, start_sha: baseCommit },
    merge_error: null,
    user: { can_merge: canMerge },
  };
}

export function note(project: Project, { iid }: MergeRequest, { id, author, body }: Note) {
  return {
    id,
    type: null,
    body,
    author: userBasic(author),
    created_at: TIME,
    updated_at: TIME,
    system: false,
    noteable_id: 1_000 + iid,
    noteable_type: 'MergeRequest',
    project_id: project.id,
    resolvable: false,
    confidential: false,
    internal: false,
    imported: false,
    imported_from: 'none',
    noteable_iid: iid,
    commands_changes: {},
  };
}

export function branch(project: Project, name: string, commit: string, role: number) {
  const rules = project.protectionsOf(name);
  const lowest = Math.min(...rules.map(({ push }) => (push === 0 ? Number.POSITIVE_INFINITY : push)), Infinity);
  const isProtected = rules.length > 0;
  return {
    name,
    commit: { id: commit, short_id: commit.slice(0, 8), title: git(project.bare, 'log', '-1', '--format=%s', commit) },
    merged: false,
    protected: isProtected,
    developers_can_push: isProtected && lowest <= ROLES.developer,
    developers_can_merge: isProtected && lowest <= ROLES.developer,
    can_push: isProtected ? role >= lowest : role >= ROLES.developer,
    default: name === 'main',
    web_url: `${WEB}/${project.path}/-/tree/${encodeURIComponent(name)}`,
  };
}

const LEVELS: Readonly<Record<number, string>> = { 0: 'No one', 30: 'Developers + Maintainers', 40: 'Maintainers' };

export function protectedBranch({ name, push }: Protection, index: number) {
  return {
    id: index + 1,
    name,
    push_access_levels: [{ id: index + 1, access_level: push, access_level_description: LEVELS[push] ?? 'Somebody' }],
    merge_access_levels: [{ id: index + 1, access_level: 40, access_level_description: 'Maintainers' }],
    allow_force_push: false,
  };
}

export function deployKey({ id, title, key, canPush }: DeployKey) {
  const digest = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return {
    id,
    title,
    created_at: TIME,
    expires_at: null,
    key,
    fingerprint: null,
    fingerprint_sha256: `SHA256:${digest}`,
    can_push: canPush,
  };
}
