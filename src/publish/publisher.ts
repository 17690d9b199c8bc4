import pRetry from 'p-retry';
import { GitOpsError } from '../errors';
import type { DesiredTree } from '../model/section';
import { buildCommit } from './commit';
import { type DesiredSection, readDesired, type Stamp } from './desired';
import { commitMessage, type Identity, identityOf, signature } from './message';
import { type Change, type ChangePlan, hasChanges } from './plan';
import { makePlan, type Planned } from './planning';
import type { ProgressEvent, ProgressPhase } from './progress';
import { RemoteRepository, TipMoved } from './remote-repository';
import { isSelected, type Selection } from './selection';

/** How often, and how fast, a push is tried again after somebody else's came first. */
export interface RetryOptions {
  /** @default 40 pushes at most */
  readonly attempts?: number;
  /** @default 100 milliseconds before the second attempt, up to twice that by chance */
  readonly minDelay?: number;
  /** @default 5000 milliseconds between attempts at most */
  readonly maxDelay?: number;
  /** @default 600000 milliseconds after which no other attempt is made */
  readonly maxTime?: number;
}

export interface PublishOptions {
  readonly remote: { readonly url: string; readonly branch: string };
  /** What publishes, e.g. `cdk8s-gitops 0.1.0`. */
  readonly generator: string;
  /** Commit of the running source repository. */
  readonly sourceCommit?: string;
  /** @default - everything that is declared */
  readonly selection?: Selection;
  /** Plan only: nothing is written or pushed. @default false */
  readonly dryRun?: boolean;
  /** @default - `GIT_AUTHOR_NAME` and `GIT_AUTHOR_EMAIL`, else the tool itself */
  readonly author?: Identity;
  readonly progress?: (event: ProgressEvent) => void;
  readonly signal?: AbortSignal;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  readonly retry?: RetryOptions;
}

export interface UnitChange {
  readonly environment: string;
  readonly application: string;
  readonly change: Change;
}

export interface PublishResult {
  /** `planned`: a dry run found changes. */
  readonly outcome: 'published' | 'unchanged' | 'planned';
  readonly branch: string;
  /** The new tip; or the tip that was planned for; null when that is an empty repository. */
  readonly commit: string | null;
  /** Every unit in scope, and those that were removed. */
  readonly units: readonly UnitChange[];
  /** Kubernetes objects in the declared units that are in scope. */
  readonly objects: number;
  /** Pushes that were tried. */
  readonly attempts: number;
  readonly plan: ChangePlan;
}

/** Somebody else's push came first. */
class Overtaken extends Error {}

/**
 * Publishes a tree: makes the roots of its sections hold exactly what they declare, removes the sections that this
 * source published before and declares no more, and touches nothing else. It is one commit on top of the branch; when
 * another push comes first it is made anew on top of that.
 * @throws GitOpsError EMPTY_TREE, MODEL_INVALID, NOTHING_SELECTED, OWNED_BY_ANOTHER_SOURCE, RECORD_INVALID,
 * BRANCH_NOT_FOUND, GIT_MISSING, GIT_TOO_OLD, and the REMOTE_ codes; REMOTE_CONTENDED when every attempt was overtaken
 */
export async function publish(tree: DesiredTree, options: PublishOptions): Promise<PublishResult> {
  const { signal, env = process.env } = options;
  const stamp: Stamp = { commit: options.sourceCommit, generator: options.generator };
  const identity = identityOf(options.author, env);
  const sections = readDesired(tree, stamp);
  const report = (phase: ProgressPhase, message: string, attempt: number) =>
    options.progress?.({ phase, message, attempt });

  const selected = sections.filter(({ owner }) => isSelected(options.selection, owner));
  report('connect', `connecting to ${options.remote.branch}`, 1);
  const repository = await RemoteRepository.open(options.remote, { env, signal, during: () => hashAll(selected) });
  try {
    return await retrying(options, async (attempt) => {
      if (attempt > 1) await repository.refresh();
      report('fetch', repository.commit === null ? 'the repository is empty' : `read ${repository.commit}`, attempt);
      const planned = await makePlan(repository, tree.source, sections, {
        branch: options.remote.branch,
        stamp,
        selection: options.selection,
      });
      const { plan } = planned;
      const changed = plan.sections.filter(({ change }) => change !== 'unchanged').length;
      report(
        'plan',
        changed === 0 ? 'nothing changes' : `${changed} of ${plan.sections.length} sections change`,
        attempt,
      );
      const result = (outcome: PublishResult['outcome'], commit: string | null, attempts: number): PublishResult => {
        report('done', outcome, attempt);
        return { outcome, branch: plan.branch, commit, ...summary(planned), attempts, plan };
      };
      if (!hasChanges(plan)) return result('unchanged', plan.base, attempt - 1);
      if (options.dryRun) return result('planned', plan.base, 0);

      const commit = buildCommit({
        planned,
        snapshot: repository.snapshot,
        author: signature(identity, new Date()),
        message: commitMessage(plan, tree.source, stamp),
      });
      if (commit === undefined) return result('unchanged', plan.base, attempt - 1);
      report('write', `writing ${commit.objects.length} objects`, attempt);
      await repository.write(commit.objects);
      report('push', `pushing ${commit.id}`, attempt);
      if (!(await repository.push(commit.id))) throw new Overtaken();
      return result('published', commit.id, attempt);
    });
  } finally {
    await repository.close();
  }
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

/** Hashes while the first fetch is under way, yielding to it now and then. */
async function hashAll(sections: readonly DesiredSection[]): Promise<void> {
  let since = performance.now();
  for (const section of sections) {
    for (const root of section.contentRoots) section.node(root);
    if (performance.now() - since < 20) continue;
    await new Promise((done) => setImmediate(done));
    since = performance.now();
  }
}

function summary({ plan, scope }: Planned): Pick<PublishResult, 'units' | 'objects'> {
  const units = plan.sections.flatMap(({ owner, change }) =>
    owner.kind === 'unit' ? [{ environment: owner.environment, application: owner.application, change }] : [],
  );
  return { units, objects: scope.desired.reduce((sum, { objects }) => sum + objects, 0) };
}
