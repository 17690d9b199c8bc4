import pRetry from 'p-retry';
import { GitOpsError } from '../errors';
import { buildCommit } from './commit';
import { type Split, splitByDelivery } from './delivery';
import { commitMessage, signature } from './message';
import { carryOutMoves } from './moves';
import type { PublishOptions } from './options';
import { makePlan, type Planned } from './planning';
import { checkPolicies, type Verdict } from './policies';
import type { Heads } from './proposals/heads';
import { lookAtHeads } from './proposals/propose';
import { Queue, queuePrefix } from './queue/queue';
import { type RemoteRepository, TipMoved } from './remote-repository';
import type { Run } from './run';

/** What became of the part of a tree that is committed to the branch. */
export interface Landing {
  /** The whole plan, as it was made last. */
  readonly planned: Planned;
  readonly split: Split;
  readonly verdict: Verdict;
  /** Branches of the source's proposals, as they were before; absent where there can be none. */
  readonly heads?: Heads;
  /** The new commit; absent when there was nothing to commit, or this is a dry run. */
  readonly commit?: string;
  /** Pushes that were tried. */
  readonly attempts: number;
}

/** Somebody else's push came first. */
class Overtaken extends Error {
  /** @param isFinal whether that was the last attempt */
  constructor(readonly isFinal = false) {
    super('another push came first');
  }
}

/**
 * Plans, and commits to the branch what is delivered directly: on top of whatever came first. When somebody else's push
 * comes first, the plan is queued, so that one push lands it together with others'.
 */
export async function land(repository: RemoteRepository, run: Run): Promise<Landing> {
  const { options } = run;
  const prefix = options.dryRun ? undefined : queuePrefix(options.queue, options.signer !== undefined);
  const queue = prefix === undefined ? undefined : new Queue(repository, run, prefix);
  try {
    const landing = await tryToLand(repository, run, queue);
    const { verdict } = landing;
    return { ...landing, verdict: { ...verdict, warnings: [...verdict.warnings, ...(queue?.warnings ?? [])] } };
  } finally {
    await queue?.withdraw();
  }
}

async function tryToLand(repository: RemoteRepository, run: Run, queue: Queue | undefined): Promise<Landing> {
  const { tree, options, stamp } = run;
  let pushes = 0;
  let heads: Heads | undefined;
  return await retrying(options, async ({ attempt, overtaken, current, deadline }) => {
    if (attempt > 1) await repository.refresh();
    const { commit: tip } = repository;
    run.report('fetch', tip === null ? 'the repository is empty' : `read ${tip}`, attempt);
    const { selection, acknowledged = {} } = options;
    const now = repository.now().getTime();
    const moved = await carryOutMoves(repository, { tree, sections: run.sections, stamp, selection, now });
    const planned = await makePlan(repository, tree.source, moved.sections, {
      ...options,
      branch: options.remote.branch,
      stamp,
    });
    const checked = await checkPolicies({ tree, planned, repository, acknowledged });
    const verdict = { ...checked, warnings: [...moved.warnings, ...checked.warnings] };
    const { sections } = planned.plan;
    const changed = sections.filter(({ change }) => change !== 'unchanged').length;
    run.report('plan', changed === 0 ? 'nothing changes' : `${changed} of ${sections.length} sections change`, attempt);

    const split = splitByDelivery(planned, tree, repository.snapshot);
    heads = await lookAtHeads(repository, run, { planned, split, known: heads });
    const landing = { planned, split, verdict, heads };
    const done = (commit?: string): Landing => ({
      ...landing,
      ...(commit === undefined ? {} : { commit }),
      attempts: pushes + (queue?.pushes ?? 0),
    });
    if (options.dryRun) return done();
    const author = signature(run.identity, repository.now());
    const message = commitMessage(split.direct.plan, tree.source, stamp, verdict.trailers);
    const { snapshot } = repository;
    const isQueued = queue?.isPreferred ?? false;
    const signer = isQueued ? undefined : options.signer;
    const commit = split.commits
      ? await buildCommit({ planned: split.direct, snapshot, author, message, signer })
      : undefined;
    if (commit === undefined) {
      await queue?.tidy(planned);
      return done();
    }
    run.report('write', `writing ${commit.objects.length} objects`, attempt);
    await repository.write(commit.objects);
    if (!isQueued) {
      run.report('push', `pushing ${commit.id}`, attempt);
      pushes++;
      if (await repository.push(commit.id)) return done(commit.id);
      if (!overtaken()) throw new Overtaken(true);
    }
    // A branch has to be there before there can be a queue for it.
    if (queue === undefined || tip === null) throw new Overtaken();
    const passage = await queue.pass({
      planned: split.direct,
      snapshot,
      author,
      message,
      attempt: current,
      overtaken,
      deadline,
    });
    if (passage.kind === 'landed') return done(passage.commit);
    throw new Overtaken(passage.kind === 'exhausted' || (passage.kind === 'dropped' && !overtaken()));
  });
}

interface Attempt {
  readonly attempt: number;
  /** Milliseconds of `performance.now()` after which nothing else is tried. */
  readonly deadline: number;
  /** Number of pushes that were overtaken so far, and one. */
  current(): number;
  /** Takes note of a push that somebody else's came before. False when there may be no other. */
  overtaken(): boolean;
}

async function retrying<T>(options: PublishOptions, run: (attempt: Attempt) => Promise<T>): Promise<T> {
  const { attempts = 40, minDelay = 100, maxDelay = 5_000, maxTime = 600_000 } = options.retry ?? {};
  const deadline = performance.now() + maxTime;
  let failed = 0;
  const overtaken = (): boolean => {
    failed++;
    if (failed >= attempts || performance.now() > deadline) return false;
    options.progress?.({ phase: 'retry', message: 'another push came first', attempt: failed });
    return true;
  };
  try {
    return await pRetry((attempt) => run({ attempt, deadline, overtaken, current: () => failed + 1 }), {
      retries: Math.max(0, attempts - 1),
      minTimeout: minDelay,
      maxTimeout: maxDelay,
      maxRetryTime: maxTime,
      factor: 1.5,
      randomize: true,
      signal: options.signal,
      shouldRetry: ({ error }) =>
        error instanceof Overtaken ? !error.isFinal : error instanceof TipMoved && overtaken(),
    });
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    throw new GitOpsError(
      'REMOTE_CONTENDED',
      `other pushes to ${options.remote.branch} came first each time (${failed} attempts); run publish again, or let fewer pipelines publish at once`,
    );
  }
}
