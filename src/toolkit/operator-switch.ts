import { GitOpsError } from '../errors';
import { layout } from '../model/layout';
import { openLocal, openRemote, type Repository } from '../publish';
import { type AppOptions, loadTree } from './app';
import { withAppToken } from './app-token';
import { clusterRecord, liveOperator, planBootstrap, textOf } from './bootstrap/plan';
import type { ScriptStep } from './bootstrap/script';
import { readOld } from './operator-switch/old';
import { switchSteps } from './operator-switch/steps';
import { type TargetOptions, targetOf } from './target';

export interface OperatorSwitchOptions extends AppOptions, TargetOptions {
  readonly cluster: string;
  /** Kind of the operator that is to go. @default - the one that is published */
  readonly from?: string;
  /** A clone of the environment repository, to look at another commit than the remote's newest. @default - the remote */
  readonly dir?: string;
  /** Commit, branch or tag of the clone that still has the old operator. @default HEAD */
  readonly revision?: string;
  /** Context of the kubeconfig, for the commands. @default - whatever context is the current one */
  readonly context?: string;
}

/** How a cluster gets from one operator to another. */
export interface SwitchScript {
  readonly cluster: string;
  readonly from: string;
  readonly to: string;
  /** Commit of the environment repository that still has the old operator. */
  readonly commit: string;
  readonly steps: readonly ScriptStep[];
}

/**
 * The way from the operator that is published for a cluster to the one that the program declares now, as commands for
 * people. Nothing is asked of the cluster.
 * @throws GitOpsError CLUSTER_UNKNOWN, CLUSTER_UNPUBLISHED, USAGE when there is nothing to switch, and as `openRemote` does
 */
export async function operatorSwitch(options: OperatorSwitchOptions): Promise<SwitchScript> {
  const { cluster, from, context } = options;
  const tree = await loadTree(options);
  const target = targetOf(tree, options);
  const plan = planBootstrap(tree, cluster, target);
  const repository = await open(target, options);
  try {
    const { commit } = repository;
    const path = layout.clusterRecord(cluster);
    const record = (await repository.readFiles([path])).get(path);
    if (commit === null || record === undefined) {
      throw new GitOpsError('CLUSTER_UNPUBLISHED', `nothing is published for the cluster '${cluster}': publish first`);
    }
    const published = liveOperator(clusterRecord(textOf(record), path).operator);
    if (published.kind === plan.operator.kind) throw nothingToSwitch(published.kind, cluster);
    if (from !== undefined && from !== published.kind) {
      throw new GitOpsError('USAGE', `not ${from}, but ${published.kind} is published for the cluster '${cluster}'`);
    }
    const old = await readOld(repository, cluster, published);
    return {
      cluster,
      from: published.kind,
      to: plan.operator.kind,
      commit,
      steps: switchSteps({ plan, old, commit, ...(context === undefined ? {} : { context }) }),
    };
  } finally {
    await repository.close();
  }
}

async function open(
  target: { readonly url: string; readonly branch: string },
  { dir, revision, env = process.env, signal }: OperatorSwitchOptions,
): Promise<Repository> {
  if (dir !== undefined) return openLocal(dir, { env, signal, ...(revision === undefined ? {} : { revision }) });
  if (revision !== undefined) throw new GitOpsError('USAGE', '--revision needs --dir, the clone that it is in');
  return openRemote(target, { env: await withAppToken({ url: target.url }, env, signal), signal });
}

function nothingToSwitch(kind: string, cluster: string): GitOpsError {
  return new GitOpsError(
    'USAGE',
    `${kind} is what is published for the cluster '${cluster}', and what the program declares: there is nothing to switch; when you have published the new one already, name a clone and a commit before that: --dir . --revision HEAD~1`,
  );
}
