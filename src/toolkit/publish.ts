import { GitOpsError } from '../errors';
import { layout } from '../model/layout';
import type { DesiredTree } from '../model/section';
import {
  type Acknowledged,
  type ChangePlan,
  type ProposalResult,
  type PublishResult as PublishedTree,
  publish as publishTree,
  type QueueOptions,
  readSource,
  type SectionChange,
  type SourceHistory,
  type SourceInfo,
  sourceHistory,
  type UnitChange,
} from '../publish';
import { signerFrom } from '../publish/signing/settings';
import { type AppOptions, loadTree } from './app';
import { withAppToken } from './app-token';
import { countObjects } from './counts';
import { forgeFor, isBranchProtected, queryOf } from './forge';
import { byRule, type RuleCount } from './issues';
import { receiptOf, writeReceipt } from './receipt';
import {
  type NarrowOptions,
  type SectionSummary,
  selectionOf,
  summarizeSections,
  type TargetOptions,
  targetOf,
} from './target';
import { generatorName } from './version';

export interface PublishOptions extends AppOptions, TargetOptions, NarrowOptions {
  /** Plan only: nothing is written or pushed. @default false */
  readonly dryRun?: boolean;
  /**
   * Number of the pipeline's run. It decides which run is the later one where the history of commits does not tell.
   *
   * @default - the variable `CDK8S_GITOPS_SEQUENCE`, else the later push wins
   */
  readonly sequence?: number;
  /** Publish even what a later commit of the source published, or is going to. @default false */
  readonly outOfOrder?: boolean;
  /** Whether commits are signed. @default - when a key is named, or git would sign them */
  readonly sign?: boolean;
  /** See `SigningChoice`. @default - the variable `CDK8S_GITOPS_SIGNING_KEY`, else git's `user.signingKey` */
  readonly signingKey?: string;
  /**
   * The forge on which pull requests are opened: `github`, `gitlab`, `gitea`, `forgejo`, or `none`, which only pushes their
   * branches.
   *
   * @default - as the program declares it, else by the name of the repository's host
   */
  readonly forge?: string;
  /** The queue that publishers form when they overtake each other. */
  readonly queue?: Pick<QueueOptions, 'mode' | 'prefix' | 'allowedSigners'>;
  /** File that the receipt is written to. @default - none is */
  readonly receipt?: string;
  /** What is known of and wanted all the same, by names as errors print them. @default - nothing */
  readonly acknowledged?: Acknowledged;
}

export interface PublishedUnit extends UnitChange {
  /** Objects that it is to have; of a removed one, those that it had. */
  readonly objects: number;
}

export interface PublishResult {
  /** `planned`: a dry run found changes. */
  readonly outcome: PublishedTree['outcome'];
  readonly repository: string;
  readonly branch: string;
  /** The branch's tip, after publishing; null when the repository is empty. */
  readonly commit: string | null;
  readonly source: { readonly repository: string; readonly commit?: string; readonly dirty?: boolean };
  /** Every unit in scope, and those that were removed. */
  readonly units: readonly PublishedUnit[];
  /** Clusters and environments in scope. */
  readonly shared: readonly SectionSummary[];
  /** Kubernetes objects in the declared units that are in scope. */
  readonly objects: number;
  /** Pushes that were tried. */
  readonly attempts: number;
  /** What became of every pull request of the source that the run had to do with, by scope. */
  readonly pullRequests: readonly ProposalResult[];
  /** What should be known. */
  readonly warnings: readonly string[];
  /** What the gate warns of, by rule, as `validate` lists it object by object. */
  readonly issues: readonly RuleCount[];
  /** When it was done: ISO 8601, in UTC. */
  readonly time: string;
  /** What published, e.g. `cdk8s-gitops 0.1.0`. */
  readonly generator: string;
  /**
   * What this run signed with. What another publisher landed for it, from the queue, is signed by that one.
   *
   * @default - nothing was signed
   */
  readonly signature?: { readonly format: 'ssh' | 'openpgp'; readonly key?: string };
  /** Every file that a dry run would change. */
  readonly plan?: ChangePlan;
}

/** A clone whose origin is another repository than the declared source knows nothing of the source's later commits. */
function historyOf(tree: DesiredTree, { repository }: SourceInfo, history: SourceHistory): SourceHistory {
  if (repository === tree.source) return history;
  return { isAncestor: (ancestor, of) => history.isAncestor(ancestor, of), laterHead: async () => undefined };
}

/**
 * Runs the program, and publishes what it declares to the environment repository, as one commit.
 * @throws GitOpsError as `loadTree` does, and as publishing does; CONFIG_INVALID when `CDK8S_GITOPS_SEQUENCE` is no number
 */
export async function publish(options: PublishOptions = {}): Promise<PublishResult> {
  const { cwd = process.cwd(), env = process.env, host, signal } = options;
  // git looks for changes while the program is loaded.
  const reading = readSource(cwd, env);
  const signing = signerFrom({ env, dir: cwd, config: { sign: options.sign, key: options.signingKey }, signal });
  signing.catch(() => {});
  const tree = await loadTree(options);
  const source = await reading;
  if (source.dirty && source.commit !== undefined) {
    host?.warn?.(
      `the source tree has changes that commit ${source.commit.slice(0, 10)} does not hold; what is published cannot be traced to it`,
    );
  }
  const remote = targetOf(tree, options);
  const generator = generatorName();
  const selection = selectionOf(options);
  const place = { url: remote.url, kind: options.forge, env, signal };
  const authorized = await withAppToken(queryOf(tree, place), env, signal);
  const asked = { ...place, selection, dryRun: options.dryRun, env: authorized };
  const [forge, signer] = await Promise.all([forgeFor(tree, asked), signing]);
  const result = await publishTree(tree, {
    remote,
    generator,
    signer,
    sourceCommit: source.commit,
    sourceHistory: historyOf(tree, source, sourceHistory(cwd, env)),
    sequence: options.sequence ?? sequenceOf(env),
    outOfOrder: options.outOfOrder,
    selection,
    dryRun: options.dryRun,
    acknowledged: options.acknowledged,
    forge,
    queue: {
      ...options.queue,
      protectedBranch: async () => (await isBranchProtected(tree, remote.branch, asked)) ?? false,
    },
    signal,
    env: authorized,
    progress: ({ phase, message }) => host?.progress?.({ phase, message }),
  });
  const { outcome, branch, commit, objects, attempts, plan, pullRequests, warnings } = result;
  for (const warning of warnings) host?.warn?.(warning);
  const published: PublishResult = {
    outcome,
    repository: remote.url,
    branch,
    commit,
    source: { repository: tree.source, commit: source.commit, dirty: source.dirty },
    units: withObjects(result.units, tree, plan.sections),
    shared: summarizeSections(plan.sections.filter(({ owner }) => owner.kind !== 'unit')),
    objects,
    attempts,
    pullRequests,
    warnings,
    issues: byRule(tree.issues ?? []),
    time: new Date().toISOString(),
    generator,
    // Signers that have signed nothing do not know their keys.
    ...(signer?.key === undefined ? {} : { signature: { format: signer.format, key: signer.key } }),
    ...(options.dryRun ? { plan } : {}),
  };
  if (options.receipt !== undefined) writeReceipt(receiptOf(published, tree), options.receipt, options);
  return published;
}

/** @throws GitOpsError CONFIG_INVALID when the variable is set to something else than a whole number */
function sequenceOf(env: NodeJS.ProcessEnv): number | undefined {
  const text = env.CDK8S_GITOPS_SEQUENCE?.trim() ?? '';
  if (text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    throw new GitOpsError(
      'CONFIG_INVALID',
      `CDK8S_GITOPS_SEQUENCE is ${JSON.stringify(text)}, which is not a whole number; set it to the number of the pipeline's run`,
    );
  }
  return Number(text);
}

function withObjects(
  units: readonly UnitChange[],
  tree: DesiredTree,
  changes: readonly SectionChange[],
): PublishedUnit[] {
  const counts = new Map<string, number>();
  for (const { name, owner, change, files } of changes) {
    if (owner.kind !== 'unit' || change !== 'removed') continue;
    const folder = `${layout.unitFolder(owner.environment, owner.application)}/`;
    counts.set(name, files.filter(({ path }) => path.startsWith(folder)).length);
  }
  for (const section of tree.sections) {
    const { owner } = section;
    if (owner.kind === 'unit') counts.set(`${owner.environment}/${owner.application}`, countObjects(section));
  }
  return units.map((unit) => ({ ...unit, objects: counts.get(`${unit.environment}/${unit.application}`) ?? 0 }));
}
