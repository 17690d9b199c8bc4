import { GitOpsError } from '../../errors';
import type { LiveOperator } from '../../operators/live';
import { LIVE_OPERATORS } from '../../operators/lives';
import { parseYaml } from '../../yaml/parse';
import type { Host } from '../host';
import { contexts, type Kubectl, problem } from '../kubectl';
import { type BootstrapPlan, isDefinition, textOf } from './plan';

export interface PreflightOptions {
  /** Names of the operator's objects that are published for the cluster. */
  readonly names: ReadonlySet<string>;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly host?: Host;
}

/** The oldest kubectl that applies server-side, and shows what it would do, in the way that is relied on here. */
const MINIMUM_KUBECTL = [1, 26] as const;

/**
 * Makes sure that the cluster is the one that is meant, answers, and may be written to, before anything is.
 * @throws GitOpsError KUBECTL_MISSING, CONTEXT_UNKNOWN, CLUSTER_UNREACHABLE, CLUSTER_FORBIDDEN, OPERATOR_MISSING,
 *   OPERATOR_CONFLICT
 */
export async function preflight(plan: BootstrapPlan, kubectl: Kubectl, options: PreflightOptions): Promise<void> {
  const { host, env, signal } = options;
  host?.progress?.({ phase: 'connect', message: `looking at the cluster of ${kubectl.context}` });
  const known = await contexts(env, signal);
  if (!known.includes(kubectl.context)) {
    const list = known.length === 0 ? 'it has none' : `it has ${known.sort().join(', ')}`;
    throw problem(
      'CONTEXT_UNKNOWN',
      `the kubeconfig has no context '${kubectl.context}': ${list}; name one of them, or set KUBECONFIG`,
    );
  }
  const { clientVersion } = JSON.parse(await kubectl.run(['version', '--client', '--output=json'])) as {
    clientVersion?: { gitVersion?: string };
  };
  const version = clientVersion?.gitVersion ?? '';
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
  // A build without a version says `v0.0.0`.
  if (Number(major) === MINIMUM_KUBECTL[0] && Number(minor) < MINIMUM_KUBECTL[1]) {
    throw problem('KUBECTL_MISSING', `kubectl ${version} is too old: install ${MINIMUM_KUBECTL.join('.')} or later`);
  }
  const ask = ['get', '--raw=/version'];
  const answer = await kubectl.try(ask, { patience: 15 });
  if (answer.code !== 0) throw kubectl.failure(answer, ask, true);
  const definitions = await definitionsIn(kubectl);
  await checkRights(plan, kubectl);
  if (plan.namespace === undefined) checkPresence(plan.operator, definitions);
  for (const other of LIVE_OPERATORS) {
    if (other.kind !== plan.operator.kind) await checkOther(plan, other, definitions, kubectl, options);
  }
}

/** Names of the definitions that there are. */
async function definitionsIn(kubectl: Kubectl): Promise<Set<string>> {
  const text = await kubectl.run(['get', 'customresourcedefinitions', '--output=name']);
  return new Set(text.split('\n').map((line) => line.replace(/^.*\//, '')));
}

function checkPresence({ title, reports: [units] }: LiveOperator, definitions: ReadonlySet<string>): void {
  if (definitions.has(units.resource)) return;
  throw problem(
    'OPERATOR_MISSING',
    `${title} is not in the cluster, and the program does not install it: install it first, or pass \`install\``,
  );
}

/** Another operator that applies the same platform. One that is there for others is nobody's business. */
async function checkOther(
  { platform, cluster }: BootstrapPlan,
  other: LiveOperator,
  definitions: ReadonlySet<string>,
  kubectl: Kubectl,
  { host, names }: PreflightOptions,
): Promise<void> {
  const [units] = other.reports;
  if (!definitions.has(units.resource)) return;
  const objects = await kubectl.objects(['get', units.resource, '--all-namespaces']);
  // Units are called the same by every operator.
  const ours = objects.filter(({ metadata: { name } }) => names.has(name));
  const acting = ours.filter(({ spec }) => !other.release.isPaused((spec ?? {}) as Record<string, unknown>));
  if (acting.length === 0) {
    if (ours.length === 0) host?.warn?.(`${other.title} is in the cluster too; it does not apply ${platform}`);
    return;
  }
  const busy = acting.map(({ metadata }) => metadata.name).sort();
  throw problem(
    'OPERATOR_CONFLICT',
    `${other.title} applies ${platform} in this cluster, with ${busy.slice(0, 5).join(', ')}${busy.length > 5 ? ', …' : ''}: two operators would fight; run 'cdk8s-gitops operator switch ${cluster} --from ${other.kind}' for the way from one to the other`,
  );
}

/** @throws GitOpsError CLUSTER_FORBIDDEN with everything that is missing */
async function checkRights({ files, namespace }: BootstrapPlan, kubectl: Kubectl): Promise<void> {
  if (await may(kubectl, ['*', '*', '--all-namespaces'])) return;
  const wanted = new Map<string, readonly string[]>();
  const want = (verb: string, resource: string, space?: string) =>
    wanted.set([verb, resource, space].join(' '), [verb, resource, ...(space ? [`--namespace=${space}`] : [])]);
  if (namespace !== undefined) want('create', 'namespaces');
  for (const content of files.values()) {
    for (const { kind, group, space } of kindsIn(content)) {
      const resource = `${kind.toLowerCase()}${group === '' ? '' : `.${group}`}`;
      for (const verb of ['create', 'patch']) want(verb, resource, space);
      // Rights that one does not have oneself cannot be given away otherwise.
      if (kind === 'ClusterRole' || kind === 'Role') want('escalate', resource, space);
      if (kind === 'ClusterRoleBinding' || kind === 'RoleBinding') want('bind', 'clusterroles');
    }
  }
  const missing: string[] = [];
  for (const [shown, args] of wanted) if (!(await may(kubectl, args))) missing.push(shown);
  if (missing.length === 0) return;
  const problems = missing.map((message) => ({ where: '', message }));
  throw GitOpsError.of(
    'CLUSTER_FORBIDDEN',
    `you may not do in the cluster what starting an operator takes; ask for these rights, or for cluster-admin:`,
    problems,
  );
}

/** What kinds of objects a file holds. Definitions are not parsed: they weigh megabytes. */
function kindsIn(content: string): { kind: string; group: string; space?: string }[] {
  if (isDefinition(content)) return [{ kind: 'CustomResourceDefinition', group: 'apiextensions.k8s.io' }];
  const objects = parseYaml(textOf(content)) as {
    apiVersion: string;
    kind: string;
    metadata?: { namespace?: string };
  }[];
  return objects.map(({ apiVersion, kind, metadata }) => ({
    kind,
    group: apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '',
    ...(metadata?.namespace === undefined ? {} : { space: metadata.namespace }),
  }));
}

async function may(kubectl: Kubectl, args: readonly string[]): Promise<boolean> {
  const result = await kubectl.try(['auth', 'can-i', ...args]);
  const answer = result.stdout.trim();
  if (answer.startsWith('yes')) return true;
  if (answer.startsWith('no')) return false;
  throw kubectl.failure(result, ['auth']);
}
