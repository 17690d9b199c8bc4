import { type Answer, notFound, ok, refused } from './answers';
import { commitTree, mergedTree, messageOf, tipOf } from './git';
import type { Operations } from './operations';
import type { FakePull, FakeRepository } from './state';

/** Merging, at once and later. */

type Method = 'merge' | 'squash' | 'rebase';

export const mergeOperations: Operations = {
  'pulls/merge': ({ repository, parameters, body, account }) => {
    const pull = repository.look(Number(parameters.pull_number));
    if (pull === undefined) return notFound();
    const { sha, merge_method: method = 'merge' } = body as { sha?: string; merge_method?: Method };
    if (pull.state !== 'open') return refused(405, 'Pull Request is not mergeable');
    if (sha !== undefined && sha !== pull.headCommit) {
      return refused(409, 'Head branch was modified. Review and try the merge again.');
    }
    const forbidden = obstacleTo(repository, pull, method);
    if (forbidden !== undefined) return refused(405, forbidden);
    const state = repository.mergeableState(pull);
    if (state === 'dirty' || state === 'draft') return refused(405, 'Pull Request is not mergeable');
    if (state === 'blocked' && account.role !== 'admin') {
      return refused(405, 'At least 1 approving review is required by reviewers with write access.');
    }
    const commit = mergePull(repository, pull, method);
    return ok({ sha: commit, merged: true, message: 'Pull Request successfully merged' });
  },
};

function obstacleTo(repository: FakeRepository, pull: FakePull, method: Method): string | undefined {
  const { allowMergeCommit, allowRebaseMerge, allowSquashMerge } = repository.settings;
  if (method === 'merge' && !allowMergeCommit) return 'Merge commits are not allowed on this repository.';
  if (method === 'rebase' && !allowRebaseMerge) return 'Rebase merges are not allowed on this repository.';
  if (method === 'squash' && !allowSquashMerge) return 'Squash merges are not allowed on this repository.';
  const isLinear = repository.protection.get(pull.base)?.linear === true;
  return method === 'merge' && isLinear ? 'This branch must not contain merge commits.' : undefined;
}

/** Merges, whatever the rules say. */
export function mergePull(repository: FakeRepository, pull: FakePull, method: Method = 'merge'): string {
  const { bare } = repository;
  const base = tipOf(bare, pull.base);
  const tree = base && mergedTree(bare, base, pull.headCommit);
  if (base === undefined || tree === undefined) throw new Error(`#${pull.number} cannot be merged`);
  const message =
    method === 'merge'
      ? `Merge pull request #${pull.number} from ${repository.owner}/${pull.head}\n\n${pull.title}`
      : messageOf(bare, pull.headCommit);
  // Rebasing one commit is squashing it; more are not needed here.
  const parents = method === 'merge' ? [base, pull.headCommit] : [base];
  const commit = commitTree(bare, pull.base, tree, message, parents);
  pull.state = 'closed';
  pull.mergedAt = '2026-01-02T00:00:00Z';
  pull.autoMerge = undefined;
  return commit;
}

/** What GitHub does by itself when conditions come to be met. */
export function settle(repository: FakeRepository): void {
  for (const pull of repository.all()) {
    if (pull.state !== 'open' || pull.autoMerge === undefined) continue;
    if (repository.mergeableState(pull) !== 'clean') continue;
    mergePull(repository, pull, pull.autoMerge.toLowerCase() as Method);
  }
}

interface GraphqlRequest {
  readonly query?: unknown;
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** The one mutation of the GraphQL API that is used. */
export function answerGraphql(repository: FakeRepository, request: GraphqlRequest): Answer {
  const { query, variables = {} } = request;
  const text = String(query).replace(/\s+/g, ' ');
  const arguments_ = /enablePullRequestAutoMerge\(input: ?\{ ?([^}]*?) ?\}\)/.exec(text)?.[1];
  if (arguments_ === undefined) return problem('undefinedField', `Field '${text}' doesn't exist on type 'Mutation'`);
  const input = new Map(arguments_.split(/, ?/).map((pair) => pair.split(/: ?\$/) as [string, string]));
  const value = (name: string): unknown => variables[input.get(name) ?? ''];
  const id = value('pullRequestId');
  const head = value('expectedHeadOid');
  const method = value('mergeMethod');
  for (const name of input.keys()) {
    if (['pullRequestId', 'expectedHeadOid', 'mergeMethod'].includes(name)) continue;
    return problem('argumentNotAccepted', `InputObject 'EnablePullRequestAutoMergeInput' doesn't accept '${name}'`);
  }
  if (typeof id !== 'string' || (method !== 'MERGE' && method !== 'SQUASH' && method !== 'REBASE')) {
    return problem('INVALID', 'Variables of the mutation were provided invalid values');
  }
  const pull = repository.look(Number(id.replace('PR_', '')));
  if (pull === undefined) return problem('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'`);
  if (!repository.settings.allowAutoMerge) {
    return problem('UNPROCESSABLE', 'Pull request Auto merge is not allowed for this repository');
  }
  if (head !== undefined && head !== pull.headCommit) {
    return problem('UNPROCESSABLE', `Head sha didn't match expected ${String(head)}`);
  }
  const state = repository.mergeableState(pull);
  if (pull.state !== 'open' || state !== 'blocked') {
    return problem('UNPROCESSABLE', `Pull request Pull request is in ${state} status`);
  }
  pull.autoMerge = method;
  return ok({ data: { enablePullRequestAutoMerge: { pullRequest: { number: pull.number } } } });
}

function problem(type: string, message: string): Answer {
  return ok({ data: null, errors: [{ type, message, path: ['enablePullRequestAutoMerge'] }] });
}
