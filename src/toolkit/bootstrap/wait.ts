import { setTimeout } from 'node:timers/promises';
import { GitOpsError } from '../../errors';
import type { LiveOperator } from '../../operators/live';
import type { Host } from '../host';
import { type Kubectl, type LiveObject, problem } from '../kubectl';
import { applierOf, type Expected, lookAt, revisionOf } from './health';

export interface WaitOptions {
  /** Milliseconds. */
  readonly timeout: number;
  readonly host?: Host;
  readonly signal?: AbortSignal;
  /** Commit that is to be applied. */
  readonly commit: string;
  readonly operator: LiveOperator;
}

export interface Settled {
  /** Objects that became healthy, or were. */
  readonly healthy: readonly string[];
  /** All of it was so at first sight. */
  readonly atOnce: boolean;
}

/** Milliseconds between two looks. */
const EVERY = 1_000;

/** After so many milliseconds, what is not healthy is asked to look again. */
const PATIENCE = 30_000;

/**
 * Waits until everything is healthy, and what was applied by hand has seen the commit, or a later one.
 * @throws GitOpsError BOOTSTRAP_TIMEOUT with everything that is not so
 */
export async function waitForHealth(
  kubectl: Kubectl,
  expected: readonly Expected[],
  options: WaitOptions,
): Promise<Settled> {
  const { timeout, host, signal, commit, operator } = options;
  const deadline = performance.now() + timeout;
  const before = new Map<Expected, string | undefined>();
  let told = '';
  let asked = performance.now();
  for (let round = 0; ; round++) {
    const live = await liveOf(kubectl, expected);
    const open: { readonly item: Expected; readonly why: string }[] = [];
    for (const item of expected) {
      const object = live.get(idOf(item));
      const revision = revisionOf(item, object);
      if (round === 0) before.set(item, revision);
      const isCurrent =
        !item.follows ||
        item.report?.revision === undefined ||
        (revision !== undefined && (revision.includes(commit) || revision !== before.get(item)));
      const why = lookAt(item, object) ?? (isCurrent ? undefined : `it has not seen ${commit.slice(0, 7)} yet`);
      if (why !== undefined) open.push({ item, why });
    }
    if (open.length === 0) return { healthy: expected.map(shown), atOnce: round === 0 };
    const isStuck = performance.now() > asked + PATIENCE;
    if (round === 0 ? isBehind(before, commit) : isStuck) {
      // In the beginning it is those that were applied by hand; later on, whatever is not healthy, or should make it.
      const stuck =
        round === 0
          ? expected.filter(({ isRoot }) => isRoot)
          : open.flatMap(({ item }) => (live.has(idOf(item)) ? [item] : (applierOf(item, expected) ?? [])));
      const asking = [...new Set(stuck)].filter((item) => item.report !== undefined && live.has(idOf(item)));
      await askAgain(kubectl, asking, operator);
      asked = performance.now();
    }
    const [{ item, why }] = open as [(typeof open)[number]];
    const done = expected.length - open.length;
    const message = `${done} of ${expected.length} are healthy; ${shown(item)}: ${why}`;
    if (message !== told) host?.progress?.({ phase: 'read', message });
    told = message;
    if (performance.now() > deadline) {
      const problems = open.map((each) => ({ where: shown(each.item), message: each.why }));
      throw GitOpsError.of(
        'BOOTSTRAP_TIMEOUT',
        `after ${Math.round(timeout / 1000)} s, ${open.length} of ${expected.length} are not healthy; the operator goes on trying, and the same command looks again:`,
        problems,
      );
    }
    await setTimeout(EVERY, undefined, { signal });
  }
}

/** Whether something has seen an older commit: by itself it may take minutes to look again. */
function isBehind(before: ReadonlyMap<Expected, string | undefined>, commit: string): boolean {
  return [...before].some(([{ follows }, revision]) => follows && revision?.includes(commit) === false);
}

/** Asks objects to look again. Operators put off for minutes what failed once, be it for lack of time. */
async function askAgain(kubectl: Kubectl, items: readonly Expected[], { refresh }: LiveOperator): Promise<void> {
  const { annotation, value = new Date().toISOString() } = refresh;
  for (const { namespace, resource, name } of items) {
    const where = [`--namespace=${namespace}`, resource, name];
    // What has gone in the meantime, or cannot be asked, is told of in the end.
    await kubectl.try(['annotate', '--overwrite', ...where, `${annotation}=${value}`]);
  }
}

async function liveOf(kubectl: Kubectl, expected: readonly Expected[]): Promise<Map<string, LiveObject>> {
  const resources = [...new Set(expected.map(({ resource }) => resource))].sort();
  const spaces = [...new Set(expected.map(({ namespace }) => namespace))];
  if (resources.length === 0) return new Map();
  const where = spaces.length === 1 ? [`--namespace=${spaces[0]}`] : ['--all-namespaces'];
  const args = ['get', resources.join(), ...where, '--output=json'];
  const result = await kubectl.try(args);
  // An API server that is busy, or a network that is gone for a moment, is no reason to give up.
  if (result.code !== 0) {
    const error = kubectl.failure(result, args);
    if (error.code === 'CLUSTER_UNREACHABLE') return new Map();
    throw error;
  }
  const { items } = JSON.parse(result.stdout) as { items: LiveObject[] };
  return new Map(
    items.map(({ kind, metadata, ...rest }) => [
      [kind, metadata.namespace, metadata.name].join('/'),
      { ...rest, kind, metadata },
    ]),
  );
}

const idOf = ({ kind, namespace, name }: Expected): string => [kind, namespace, name].join('/');
const shown = ({ kind, name }: Expected): string => `${kind}/${name}`;

/** Waits until the API server knows the kinds that definitions define. */
export async function waitForDefinitions(
  kubectl: Kubectl,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const objects = await kubectl.objects(['get', 'customresourcedefinitions', ...names]);
    const open = objects.filter((object) => lookAt({ report: ESTABLISHED }, object) !== undefined);
    if (open.length === 0) return;
    if (performance.now() > deadline) {
      throw problem(
        'BOOTSTRAP_TIMEOUT',
        `definitions are not established after 60 s: ${open.map(({ metadata }) => metadata.name).join(', ')}`,
      );
    }
    await setTimeout(EVERY / 4, undefined, { signal });
  }
}

const ESTABLISHED = {
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  healthy: [{ condition: 'Established' }],
  reasons: ['status.conditions'],
} as const;
