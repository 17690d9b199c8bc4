import { GitOpsError } from '../errors';
import { layout } from '../model/layout';
import { openRemote } from '../publish';
import { loadTree } from './app';
import { withAppToken } from './app-token';
import { Ledger, Start } from './bootstrap/apply';
import { type Expected, expectedOf } from './bootstrap/health';
import { type BootstrapPlan, clusterRecord, lacksKey, planBootstrap, textOf, withFiles } from './bootstrap/plan';
import { preflight } from './bootstrap/preflight';
import { type Script, scriptOf } from './bootstrap/script';
import { intendSecret, makeSecret, type RepositorySecret, type SecretOptions } from './bootstrap/secrets';
import { waitForHealth } from './bootstrap/wait';
import { queryOf } from './forge';
import { Kubectl } from './kubectl';
import { type TargetOptions, targetOf } from './target';

export type { DeployKey, RepositorySecret } from './bootstrap/secrets';

export interface BootstrapOptions extends Omit<SecretOptions, 'forge'>, TargetOptions {
  readonly cluster: string;
  /** Context of the kubeconfig; whatever is the current one is never taken. */
  readonly context: string;
  /** How long everything may take to become healthy, in milliseconds. @default 10 minutes */
  readonly timeout?: number;
  /** Forge that a deploy key is registered at. @default - as the program declares it, or by its host */
  readonly forge?: string;
}

export interface BootstrapResult {
  readonly platform: string;
  readonly cluster: string;
  readonly context: string;
  readonly operator: string;
  /** Commit of the environment repository that was applied. */
  readonly commit: string;
  /** `unchanged`: there was nothing to do. */
  readonly outcome: 'started' | 'unchanged';
  /** Objects that were created or changed, `kind/name`. */
  readonly changed: readonly string[];
  readonly unchanged: number;
  readonly repositorySecret?: RepositorySecret;
  /** What is healthy now. */
  readonly healthy: readonly string[];
  /** Files that the program renders otherwise than they are published. */
  readonly differs: readonly string[];
  /** What it took, in milliseconds, from the first object to the last healthy one. */
  readonly milliseconds: number;
}

const TEN_MINUTES = 600_000;

/**
 * Starts the operator of a cluster with what is published, and waits until everything is healthy. Running it again changes
 * nothing, and goes on where it was interrupted.
 * @throws GitOpsError CLUSTER_UNKNOWN, CLUSTER_UNPUBLISHED, CONTEXT_UNKNOWN, CLUSTER_UNREACHABLE, CLUSTER_FORBIDDEN,
 *   KUBECTL_MISSING, OPERATOR_MISSING, OPERATOR_CONFLICT, SECRET_MISSING, HOST_KEY_UNKNOWN: nothing is written then.
 *   KUBECTL_FAILED, HELM_MISSING, HELM_FAILED, BOOTSTRAP_TIMEOUT: the message says what is done
 */
export async function bootstrap(options: BootstrapOptions): Promise<BootstrapResult> {
  const { env = process.env, host, signal, context, cluster, timeout = TEN_MINUTES } = options;
  const tree = await loadTree(options);
  const target = targetOf(tree, options);
  const declared = planBootstrap(tree, cluster, target);
  const { plan, commit, differs, files } = await readPublished(declared, options);
  if (differs.length > 0) host?.warn?.(differing(differs));
  if (lacksKey(plan)) {
    host?.warn?.(`${target.url} is read with a key, and the operator is given none: set \`repositorySecret\``);
  }
  const { operator } = plan;
  const expected = expectedOf(files, operator, [layout.bootstrap(cluster)]);
  const kubectl = new Kubectl({ context, env, signal });
  await preflight(plan, kubectl, { env, host, signal, names: namesOf(expected, plan) });
  const { kind, apiUrl } = queryOf(tree, { url: target.url, kind: options.forge, env });
  const secretOptions = { ...options, forge: { kind, apiUrl } };
  const intent = await intendSecret(plan, kubectl, secretOptions);

  const started = performance.now();
  const start = new Start(plan, kubectl, { env, host, signal });
  const names = { foundations: 'namespaces and definitions', secret: 'the key to the repository' };
  const order = [names.foundations, ...(intent ? [names.secret] : []), operator.title, 'the root', 'health'];
  const ledger = new Ledger(order, host);
  await ledger.step(names.foundations, () => start.foundations());
  const repositorySecret =
    intent && (await ledger.step(names.secret, () => makeSecret(plan, intent, kubectl, secretOptions)));
  await ledger.step(operator.title, () => start.operator());
  await ledger.step('the root', () => start.root());
  const settled = await ledger.step('health', () =>
    waitForHealth(kubectl, expected, { timeout, host, signal, commit, operator }),
  );
  host?.progress?.({ phase: 'done', message: 'everything is healthy' });
  const isUnchanged = start.changed.length === 0 && settled.atOnce && (repositorySecret?.change ?? 'kept') === 'kept';
  return {
    platform: plan.platform,
    cluster,
    context,
    operator: operator.kind,
    commit,
    outcome: isUnchanged ? 'unchanged' : 'started',
    changed: start.changed,
    unchanged: start.unchanged,
    ...(repositorySecret ? { repositorySecret } : {}),
    healthy: settled.healthy,
    differs,
    milliseconds: Math.round(performance.now() - started),
  };
}

export type PrintOptions = Pick<BootstrapOptions, 'cluster'> &
  Partial<Pick<BootstrapOptions, 'context'>> &
  Omit<SecretOptions, 'forge'> &
  TargetOptions;

/**
 * What starts the operator of a cluster, as commands for people: nothing is asked of a cluster, nor of the remote.
 * @throws GitOpsError CLUSTER_UNKNOWN
 */
export async function printBootstrap(options: PrintOptions): Promise<Script> {
  const tree = await loadTree(options);
  return scriptOf(planBootstrap(tree, options.cluster, targetOf(tree, options)), options);
}

interface Published {
  readonly plan: BootstrapPlan;
  readonly commit: string;
  readonly differs: readonly string[];
  /** Everything that is published for the cluster. */
  readonly files: ReadonlyMap<string, string>;
}

/** @throws GitOpsError CLUSTER_UNPUBLISHED, and as `openRemote` does */
async function readPublished(declared: BootstrapPlan, options: BootstrapOptions): Promise<Published> {
  const { env = process.env, signal, host } = options;
  const { cluster, repository: target } = declared;
  host?.progress?.({ phase: 'fetch', message: `reading what is published for ${cluster}` });
  const repository = await openRemote(target, { env: await withAppToken({ url: target.url }, env, signal), signal });
  try {
    const read = await repository.readTree(layout.clusterFolder(cluster));
    const files = new Map([...read].map(([path, content]) => [path, content.toString('utf8')]));
    const plan = withFiles(declared, files);
    const hasRoot = [...plan.files.keys()].some((path) => path.startsWith(`${layout.bootstrap(cluster)}/`));
    if (repository.commit === null || !hasRoot) {
      throw new GitOpsError(
        'CLUSTER_UNPUBLISHED',
        `${target.branch} of ${target.url} holds nothing of the cluster '${cluster}': run 'cdk8s-gitops publish' first`,
      );
    }
    const path = layout.clusterRecord(cluster);
    const { operator: published } = clusterRecord(textOf((await repository.readFiles([path])).get(path)), path);
    if (published !== declared.operator.kind) {
      throw new GitOpsError(
        'CLUSTER_UNPUBLISHED',
        `the program has ${declared.operator.kind} in the cluster '${cluster}', and ${published} is published: run 'cdk8s-gitops publish' first, and 'cdk8s-gitops operator switch ${cluster}' before that if ${published} runs`,
      );
    }
    const paths = new Set([...declared.files.keys(), ...plan.files.keys()]);
    const differs = [...paths].filter((path) => declared.files.get(path) !== plan.files.get(path)).sort();
    return { plan, commit: repository.commit, differs, files };
  } finally {
    await repository.close();
  }
}

function differing(paths: readonly string[]): string {
  const shown = [...paths.slice(0, 5), ...(paths.length > 5 ? [`${paths.length - 5} more`] : [])].join(', ');
  return `the program renders otherwise than is published: ${shown}; what is published is applied`;
}

function namesOf(expected: readonly Expected[], { platform }: BootstrapPlan): Set<string> {
  const reported = expected.flatMap(({ report, name }) => (report ? [name] : []));
  return new Set([`root.${platform}`, `operator.${platform}`, ...reported]);
}
