import { GitOpsError } from '../errors';
import { isSequence } from '../model/record';
import type { DesiredTree } from '../model/section';
import { type DesiredSection, readDesired, type Stamp } from './desired';
import { type Landing, land } from './landing';
import { identityOf } from './message';
import type { PublishOptions, PublishResult } from './options';
import { AskedAhead, supersededWarnings } from './order';
import type { UnitChange } from './plan';
import { type Proposed, propose } from './proposals/propose';
import { queuePrefix } from './queue/queue';
import { RemoteRepository } from './remote-repository';
import type { Run } from './run';
import { isSelected } from './selection';

/**
 * Publishes a tree: makes the roots of its sections hold exactly what they declare, removes the sections that this
 * source published before and declares no more, and touches nothing else. It is one commit on top of the branch; when
 * another push comes first it is made anew on top of that.
 * @throws GitOpsError EMPTY_TREE, MODEL_INVALID, CONFIG_INVALID, NOTHING_SELECTED, OWNED_BY_ANOTHER_SOURCE, CHANGED_BY_HAND,
 * DELETION_REFUSED, RECORD_INVALID, BRANCH_NOT_FOUND, GIT_MISSING, GIT_TOO_OLD, SIGNING_FAILED, and the REMOTE_ codes;
 * REMOTE_CONTENDED when every attempt was overtaken
 */
export async function publish(tree: DesiredTree, options: PublishOptions): Promise<PublishResult> {
  const { signal, env = process.env, sourceCommit, sequence, outOfOrder } = options;
  if (sequence !== undefined && !isSequence(sequence)) {
    throw new GitOpsError('CONFIG_INVALID', `the sequence ${sequence} is not a whole number of at least 0; change it`);
  }
  const stamp: Stamp = { commit: sourceCommit, sequence, outOfOrder, generator: options.generator };
  const sourceHistory = options.sourceHistory && new AskedAhead(options.sourceHistory);
  const run: Run = {
    tree,
    sections: readDesired(tree, stamp),
    stamp,
    identity: identityOf(options.author, env),
    options: { ...options, sourceHistory },
    report: (phase, message, attempt = 1) => options.progress?.({ phase, message, attempt }),
  };
  const selected = run.sections.filter(({ owner }) => isSelected(options.selection, owner));
  run.report('connect', `connecting to ${options.remote.branch}`);
  let repository: RemoteRepository | undefined;
  try {
    if (sourceCommit !== undefined && !outOfOrder) void sourceHistory?.laterHead(sourceCommit);
    const queue = options.dryRun ? undefined : queuePrefix(options.queue, options.signer !== undefined);
    repository = await RemoteRepository.open(options.remote, { env, signal, queue, during: () => hashAll(selected) });
    const landing = await land(repository, run);
    const proposed = await propose(repository, run, landing);
    const outcome = outcomeOf(landing, proposed, options);
    run.report('done', outcome, landing.attempts);
    return {
      outcome,
      branch: options.remote.branch,
      commit: landing.commit ?? landing.planned.plan.base,
      units: unitsOf(landing),
      objects: landing.planned.scope.desired.reduce((sum, { objects }) => sum + objects, 0),
      attempts: landing.attempts + proposed.attempts,
      warnings: [
        ...supersededWarnings(landing.planned.plan.superseded),
        ...landing.verdict.warnings,
        ...proposed.warnings,
      ],
      pullRequests: proposed.pullRequests,
      plan: landing.planned.plan,
    };
  } finally {
    await Promise.all([sourceHistory?.close(), repository?.close()]);
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

function outcomeOf(
  { planned, split, commit }: Landing,
  { pullRequests, attempts }: Proposed,
  { dryRun }: PublishOptions,
): PublishResult['outcome'] {
  if (commit !== undefined) return 'published';
  const isTouched = pullRequests.some(
    ({ change }) => change === 'opened' || change === 'updated' || change === 'closed',
  );
  if (dryRun && (split.commits || isTouched)) return 'planned';
  if (!dryRun && (isTouched || attempts > 0)) return 'proposed';
  return Object.keys(planned.plan.superseded).length > 0 ? 'superseded' : 'unchanged';
}

function unitsOf({ planned }: Landing): UnitChange[] {
  const { sections, superseded } = planned.plan;
  return sections.flatMap(({ owner, name, change }) => {
    if (owner.kind !== 'unit') return [];
    const { environment, application } = owner;
    return [{ environment, application, change: Object.hasOwn(superseded, name) ? 'superseded' : change }];
  });
}
