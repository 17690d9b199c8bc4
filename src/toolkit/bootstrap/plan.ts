import { GitOpsError } from '../../errors';
import { layout } from '../../model/layout';
import type { NeededSecret } from '../../model/needed-secrets';
import { type ClusterRecord, parseRecord } from '../../model/record';
import type { DesiredTree, Section } from '../../model/section';
import type { OperatorStart, SecretNeed, StartStep } from '../../model/start';
import { isSsh, type LiveOperator } from '../../operators/live';
import { LIVE_OPERATORS } from '../../operators/lives';

/** What starts a cluster's operator: known without the cluster, and without the network. */
export interface BootstrapPlan {
  readonly platform: string;
  readonly cluster: string;
  readonly operator: LiveOperator;
  readonly repository: { readonly url: string; readonly branch: string };
  /** Namespace of the operator; undefined when it runs already, in a namespace of somebody else's choice. */
  readonly namespace?: string;
  readonly secrets: readonly SecretNeed[];
  /** Secrets that applications of the cluster refer to, and that nothing in the repository brings. */
  readonly needed: readonly NeededSecret[];
  readonly steps: readonly StartStep[];
  /** Every file that the steps apply, path to content. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Finds out what starts the operator of a cluster, as the program declares it.
 * @throws GitOpsError CLUSTER_UNKNOWN for a cluster that the program does not own, or that has no operator of its own
 */
export function planBootstrap(
  tree: DesiredTree,
  cluster: string,
  repository: BootstrapPlan['repository'],
): BootstrapPlan {
  const section = sectionOf(tree, cluster);
  const record = clusterRecord(textOf(section.files.get(section.record)), section.record);
  if (record.operatedBy !== undefined) {
    throw unknown(`${cluster} has no operator of its own: bootstrap '${record.operatedBy}', which looks after it`);
  }
  const operator = liveOperator(record.operator);
  const start: OperatorStart | undefined = tree.starts?.[cluster];
  const path = layout.bootstrap(cluster);
  const steps: readonly StartStep[] = start?.steps ?? [{ kind: 'apply', path, fieldManager: operator.fieldManager }];
  const folders = steps.flatMap((step) => (step.kind === 'apply' ? [`${step.path}/`] : []));
  return {
    platform: tree.platform,
    cluster,
    operator,
    repository,
    ...(start === undefined ? {} : { namespace: start.namespace }),
    secrets: start?.secrets ?? [],
    needed: tree.neededSecrets?.[cluster] ?? [],
    steps,
    files: filesBelow(section.files, folders),
  };
}

/** The same plan with other files: those that are published. */
export function withFiles(plan: BootstrapPlan, files: Iterable<readonly [string, Uint8Array | string]>): BootstrapPlan {
  const folders = plan.steps.flatMap((step) => (step.kind === 'apply' ? [`${step.path}/`] : []));
  return { ...plan, files: filesBelow(files, folders) };
}

export function clusterRecord(text: string, path: string): ClusterRecord {
  const record = parseRecord(text, path);
  if (record.kind === 'Cluster') return record;
  throw new GitOpsError('RECORD_INVALID', `${path} is no record of a cluster`);
}

/** @throws GitOpsError RECORD_INVALID for an operator that this version does not know */
export function liveOperator(kind: string): LiveOperator {
  const found = LIVE_OPERATORS.find((each) => each.kind === kind);
  if (found) return found;
  const known = LIVE_OPERATORS.map((each) => each.kind).join(', ');
  throw new GitOpsError('RECORD_INVALID', `the operator '${kind}' is not known here: there are ${known}`);
}

/** The Secret that opens the environment repository, if there is to be one. */
export function repositoryNeed({ secrets }: BootstrapPlan): SecretNeed | undefined {
  return secrets.find(({ opens }) => opens !== undefined);
}

/** A repository that nobody can read without a key, and an operator that was given none. */
export function lacksKey(plan: BootstrapPlan): boolean {
  return plan.namespace !== undefined && isSsh(plan.repository.url) && repositoryNeed(plan) === undefined;
}

export function textOf(content: string | Uint8Array | undefined): string {
  if (content === undefined) return '';
  return typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
}

/** A path within a folder of the plan that has to come before others: namespaces and definitions. */
export function isFoundation(content: string): boolean {
  return /^kind: ["']?(Namespace|CustomResourceDefinition)["']?\s*$/m.test(content);
}

export function isDefinition(content: string): boolean {
  return /^kind: ["']?CustomResourceDefinition["']?\s*$/m.test(content);
}

function filesBelow(
  files: Iterable<readonly [string, Uint8Array | string]>,
  folders: readonly string[],
): Map<string, string> {
  const found = [...files].filter(([path]) => folders.some((folder) => path.startsWith(folder)));
  return new Map(found.map(([path, content]) => [path, textOf(content)] as const).sort(byPath));
}

const byPath = ([a]: readonly [string, string], [b]: readonly [string, string]): number => (a < b ? -1 : a > b ? 1 : 0);

function sectionOf({ sections, clusters = {}, source }: DesiredTree, cluster: string): Section {
  const found = sections.find(({ owner }) => owner.kind === 'cluster' && owner.cluster === cluster);
  if (found) return found;
  const own = sections.flatMap(({ owner }) => (owner.kind === 'cluster' ? [owner.cluster] : []));
  if (Object.hasOwn(clusters, cluster)) {
    throw unknown(`the cluster '${cluster}' belongs to another source than ${source}: run bootstrap there`);
  }
  const known = own.length === 0 ? 'it owns none' : `there are ${own.sort().join(', ')}`;
  throw unknown(`the program declares no cluster '${cluster}': ${known}`);
}

function unknown(message: string): GitOpsError {
  return new GitOpsError('CLUSTER_UNKNOWN', message);
}
