import pRetry from 'p-retry';
import { GitOpsError } from '../errors';
import { buildCommit } from './commit';
import { type Split, splitByDelivery } from './delivery';
import { commitMessage, signature } from './message';
import type { PublishOptions } from './options';
import { makePlan, type Planned } from './planning';
import { checkPolicies, type Verdict } from './policies';
import { type RemoteRepository, TipMoved } from './remote-repository';
import type { Run } from './run';

/** What became of the part of a tree that is committed to the branch. */
export interface Landing {
  /** The whole plan, as it was made last. */
  readonly planned: Planned;
  readonly split: Split;
  readonly verdict: Verdict;
  /** The new commit; absent when there was nothing to commit, or this is a dry run. */
  readonly commit?: string;
  /** Pushes that were tried. */
  readonly attempts: number;
}

/** Somebody else's push came first. */
class Overtaken extends Error {}

/** Plans, and commits to the branch what is delivered directly: on top of whatever came first. */
export async function land(repository: RemoteRepository, run: Run): Promise<Landing> {
  const { tree, options, stamp } = run;
  return await retrying(options, async (attempt) => {
    if (attempt > 1) await repository.refresh();
    const { commit: tip } = repository;
    run.report('fetch', tip === null ? 'the repository is empty' : `read ${tip}`, attempt);
    const planned = await makePlan(repository, tree.source, run.sections, {
      ...options,
      branch: options.remote.branch,
      stamp,
    });
    const verdict = await checkPolicies({ tree, planned, repository, acknowledged: options.acknowledged ?? {} });
    const { sections } = planned.plan;
    const changed = sections.filter(({ change }) => change !== 'unchanged').length;
    run.report('plan', changed === 0 ? 'nothing changes' : `${changed} of ${sections.length} sections change`, attempt);

    const split = splitByDelivery(planned, tree, repository.snapshot);
    const landing = { planned, split, verdict };
    if (!split.commits || options.dryRun) return { ...landing, attempts: attempt - 1 };
    const commit = await buildCommit({
      planned: split.direct,
      snapshot: repository.snapshot,
      author: signature(run.identity, new Date()),
      message: commitMessage(split.direct.plan, tree.source, stamp, verdict.trailers),
      signer: options.signer,
    });
    if (commit === undefined) return { ...landing, attempts: attempt - 1 };
    run.report('write', `writing ${commit.objects.length} objects`, attempt);
    await repository.write(commit.objects);
    run.report('push', `pushing ${commit.id}`, attempt);
    if (!(await repository.push(commit.id))) throw new Overtaken();
    return { ...landing, commit: commit.id, attempts: attempt };
  });
}

async function retrying<T>(options: PublishOptions, run: (attempt: number) => Promise<T>): Promise<T> {
  const { attempts = 40, minDelay = 100, maxDelay = 5_000, maxTime = 600_000 } = options.retry ?? {};
  let tried = 0;
  const counted = (attempt: number): Promise<T> => {
    tried = attempt;
    return run(attempt);
  };
  try {
    return await pRetry(counted, {
      retries: Math.max(0, attempts - 1),
      minTimeout: minDelay,
      maxTimeout: maxDelay,
      maxRetryTime: maxTime,
      factor: 1.5,
      randomize: true,
      signal: options.signal,
      shouldRetry: ({ error }) => error instanceof Overtaken || error instanceof TipMoved,
      onFailedAttempt: ({ error, attemptNumber, retriesLeft }) => {
        if (retriesLeft === 0 || !(error instanceof Overtaken || error instanceof TipMoved)) return;
        options.progress?.({ phase: 'retry', message: 'another push came first', attempt: attemptNumber });
      },
    });
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    throw new GitOpsError(
      'REMOTE_CONTENDED',
      `other pushes to ${options.remote.branch} came first each time (${tried} attempts); run publish again, or let fewer pipelines publish at once`,
    );
  }
}
