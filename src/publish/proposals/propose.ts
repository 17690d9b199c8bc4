import { setTimeout } from 'node:timers/promises';
import { GitOpsError } from '../../errors';
import { buildCommit } from '../commit';
import { splitByDelivery } from '../delivery';
import type { BranchUpdate } from '../git/branches';
import type { NewObject } from '../git/objects';
import type { Landing } from '../landing';
import { commitMessage, signature } from '../message';
import { makePlan, type Planned } from '../planning';
import { type RemoteRepository, TipMoved } from '../remote-repository';
import type { Run } from '../run';
import { type Decision, decide, sectionsOf } from './decide';
import { checkHeads, fetchHeads, type Heads, mayPropose, proposalTrailers } from './heads';
import { presentPullRequest, removePullRequest } from './pull-request';
import { isOpen, type ProposalResult } from './result';

export interface Proposed {
  readonly pullRequests: readonly ProposalResult[];
  readonly warnings: readonly string[];
  /** Pushes of branches that were tried. */
  readonly attempts: number;
}

/** Other runs of one source are few: nobody is overtaken more often. */
const MAX_ATTEMPTS = 10;

/**
 * Looks at the branches of the source's proposals.
 * @returns undefined where there can be none
 * @throws GitOpsError PULL_REQUEST_FOREIGN when one that is to change holds what is not ours
 */
export async function lookAtHeads(
  repository: RemoteRepository,
  run: Run,
  { planned, split, known }: Pick<Landing, 'planned' | 'split'> & { readonly known?: Heads },
): Promise<Heads | undefined> {
  if (!mayPropose(run, planned.records)) return undefined;
  const heads = known ?? (await fetchHeads(repository, run));
  checkHeads(
    split.proposals.map(({ scope }) => scope),
    heads,
  );
  return heads;
}

/**
 * Proposes what is not delivered directly: a branch with one commit on top of the base for each scope, pushed only where
 * it differs, and its pull request.
 * @throws GitOpsError PULL_REQUEST_FOREIGN, REMOTE_CONTENDED, the other REMOTE_ codes, and the FORGE_ codes
 */
export async function propose(repository: RemoteRepository, run: Run, landing: Landing): Promise<Proposed> {
  const { heads, split } = landing;
  if (heads === undefined || (heads.size === 0 && split.proposals.length === 0)) {
    return { pullRequests: [], warnings: [], attempts: 0 };
  }
  const { options } = run;
  let pushes = 0;
  for (let attempt = 1; ; attempt++) {
    const isFirst = attempt === 1 && landing.commit === undefined;
    const seen = isFirst
      ? { planned: landing.planned, proposals: split.proposals, heads }
      : await lookAgain(repository, run);
    if (seen !== undefined) {
      const { decisions, warnings } = await decide(repository, run, seen);
      if (options.dryRun)
        return { pullRequests: decisions.map((decision) => foreseen(decision, run)), warnings, attempts: 0 };
      const { updates, commits } = await prepare(repository, run, landing, decisions);
      for (const decision of decisions) {
        if (decision.action === 'remove' && !decision.isMerged) await removePullRequest(run, decision);
      }
      if (updates.length > 0) {
        pushes++;
        run.report('push', `pushing ${updates.length} ${updates.length === 1 ? 'branch' : 'branches'}`, attempt);
      }
      if (updates.length === 0 || (await repository.pushBranches(updates))) {
        return { ...(await present(repository, run, decisions, commits, warnings)), attempts: pushes };
      }
    }
    if (attempt >= MAX_ATTEMPTS) {
      throw new GitOpsError(
        'REMOTE_CONTENDED',
        `other runs of ${run.tree.source} changed the branches of its pull requests each time (${attempt} attempts); run publish again`,
      );
    }
    run.report('retry', 'another run changed a pull request', attempt);
    const { minDelay = 100 } = options.retry ?? {};
    await setTimeout(minDelay * (1 + Math.random()) * Math.min(attempt, 5), undefined, { signal: options.signal });
  }
}

/** The state of the remote after something was pushed; undefined when it changes even now. */
async function lookAgain(repository: RemoteRepository, run: Run) {
  const { tree, options, stamp, sections } = run;
  try {
    await repository.refresh();
    const planned = await makePlan(repository, tree.source, sections, {
      ...options,
      branch: options.remote.branch,
      stamp,
    });
    const { proposals } = splitByDelivery(planned, tree, repository.snapshot);
    const heads = await fetchHeads(repository, run);
    checkHeads(
      proposals.map(({ scope }) => scope),
      heads,
    );
    return { planned, proposals, heads };
  } catch (error) {
    if (error instanceof TipMoved) return undefined;
    throw error;
  }
}

/** Builds and writes the commits that are to be pushed. */
async function prepare(repository: RemoteRepository, run: Run, landing: Landing, decisions: readonly Decision[]) {
  const { tree, options, stamp } = run;
  const objects = new Map<string, NewObject>();
  const updates: BranchUpdate[] = [];
  const commits = new Map<string, string>();
  const author = signature(run.identity, repository.now());
  for (const decision of decisions) {
    const { branch, scope, head } = decision;
    const expected = head?.id ?? null;
    if (decision.action === 'remove') updates.push({ branch, commit: null, expected });
    if (decision.action !== 'push') continue;
    const { planned, kept } = decision.wanted;
    const commit = await buildCommit({
      planned,
      snapshot: repository.snapshot,
      author,
      message: (id) => messageOf(planned, id),
      signer: options.signer,
      edits: kept.edits,
    });
    if (commit === undefined) continue;
    for (const object of commit.objects) objects.set(object.id, object);
    commits.set(scope, commit.id);
    updates.push({ branch, commit: commit.id, expected });

    function messageOf({ plan }: Planned, id: string): string {
      const trailers = proposalTrailers(scope, options.remote.branch, plan.base ?? '', id);
      return commitMessage(plan, tree.source, stamp, [...landing.verdict.trailers, ...trailers]);
    }
  }
  if (objects.size > 0) {
    run.report('write', `writing ${objects.size} objects`);
    await repository.write([...objects.values()]);
  }
  return { updates, commits };
}

/** Makes the forge show what was pushed. */
async function present(
  repository: RemoteRepository,
  run: Run,
  decisions: readonly Decision[],
  commits: ReadonlyMap<string, string>,
  warnings: readonly string[],
): Promise<Pick<Proposed, 'pullRequests' | 'warnings'>> {
  const pullRequests: ProposalResult[] = [];
  const told = [...warnings];
  for (const decision of decisions) {
    const commit = commits.get(decision.scope) ?? decision.head?.id;
    const { result, warnings: more } =
      run.options.forge !== undefined && (decision.action === 'push' || decision.action === 'stay')
        ? await presentPullRequest(repository, run, { ...decision, commit: commit ?? '' })
        : { result: { ...foreseen(decision, run), ...(decision.action === 'remove' ? {} : { commit }) }, warnings: [] };
    pullRequests.push(result);
    told.push(...more);
    if (run.options.forge === undefined && isOpen(result)) {
      told.push(
        `${decision.scope} waits: merge the branch ${decision.branch} into ${run.options.remote.branch}; no forge is known to open a pull request on`,
      );
    }
  }
  return { pullRequests, warnings: told };
}

/** What becomes of a proposal, as far as git is concerned. */
function foreseen(decision: Decision, { options }: Run): ProposalResult {
  const { scope, branch, action, head, pullRequest } = decision;
  const known = pullRequest === undefined ? {} : { number: pullRequest.number, url: pullRequest.url };
  const kept = head === undefined || action === 'push' || action === 'remove' ? {} : { commit: head.id };
  const result = { scope, branch, ...kept, ...known, sections: sectionsOf(decision) };
  switch (action) {
    case 'remove':
      return { ...result, change: decision.isMerged ? 'merged' : 'closed' };
    case 'declined':
    case 'superseded':
      return { ...result, change: action };
    default: {
      // A pull request that was merged or closed is not opened again: another one is.
      const isNew = options.forge === undefined ? head === undefined : pullRequest?.state !== 'open';
      const { number: _, url: __, ...bare } = { number: 0, url: '', ...result };
      if (isNew) return { ...bare, change: 'opened' };
      return { ...result, change: action === 'push' ? 'updated' : 'unchanged' };
    }
  }
}
