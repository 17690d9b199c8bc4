import { Delivery, type PullRequestDelivery } from '../model/delivery';
import { layout } from '../model/layout';
import type { DesiredTree, SectionOwner } from '../model/section';
import type { Snapshot } from './git/store';
import { hasChanges } from './plan';
import { planIndex } from './plan-index';
import type { Planned } from './planning';
import { scopeOf } from './proposals/names';

/** What is to be proposed as one pull request. */
export interface Proposal {
  /** `prod`, or `prod.checkout`; of a cluster, `cluster.eu-1`. */
  readonly scope: string;
  readonly delivery: PullRequestDelivery;
  /** Only the sections that change. The index files are left out: two pull requests would conflict in them. */
  readonly planned: Planned;
}

export interface Split {
  /** What is to be committed to the branch. */
  readonly direct: Planned;
  /** Whether there is anything to commit. */
  readonly commits: boolean;
  /** By scope, sorted. */
  readonly proposals: readonly Proposal[];
}

/**
 * Divides a plan by how its sections are delivered: units and an environment's own section as the environment is, those of
 * a cluster as the cluster is. The program says so of the places that it knows; of others, e.g. those that it declares no
 * more, their records do.
 */
export function splitByDelivery(planned: Planned, tree: DesiredTree, snapshot: Snapshot): Split {
  const { plan, scope, records } = planned;
  const proposed = new Map<string, { delivery: PullRequestDelivery; names: Set<string> }>();
  const direct = new Set<string>();
  const deliveryOf = deliveries(tree, records);
  for (const { owner, name, change } of plan.sections) {
    const delivery = deliveryOf(owner);
    if (delivery.kind === 'direct') direct.add(name);
    else if (change !== 'unchanged') {
      const key = scopeOf(owner, delivery.batch);
      const known = proposed.get(key) ?? { delivery, names: new Set() };
      known.names.add(name);
      proposed.set(key, known);
    }
  }
  const only = (names: ReadonlySet<string>): Planned => ({
    plan: { ...plan, sections: plan.sections.filter(({ name }) => names.has(name)), index: [] },
    scope: { ...scope, desired: scope.desired.filter(({ name }) => names.has(name)) },
    records,
  });
  const proposals = [...proposed]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, { delivery, names }]) => ({ scope: key, delivery, planned: only(names) }));
  if (proposals.length === 0 && direct.size === plan.sections.length) {
    return { direct: planned, commits: hasChanges(plan), proposals };
  }

  const rest = only(direct);
  // A pull request needs a branch to be merged into: the first commit holds the index files, if nothing else.
  const commits = hasChanges(rest.plan) || (plan.base === null && proposals.length > 0);
  if (!commits) return { direct: rest, commits, proposals };
  const gone = rest.plan.sections.filter(({ change }) => change === 'removed').map(({ owner }) => owner);
  const superseded = new Map(Object.entries(plan.superseded));
  const index = planIndex({ ...plan, desired: rest.scope.desired, gone, snapshot, records, superseded });
  return { direct: { ...rest, plan: { ...rest.plan, index } }, commits, proposals };
}

/** How the changes of sections are delivered. */
export function deliveries(tree: DesiredTree, records: Planned['records']): (owner: SectionOwner) => Delivery {
  const known = new Set(tree.sections.map(({ owner }) => placeOf(owner)));
  const recorded = (path: string): Delivery => {
    const record = records.get(path);
    const isProposed = record !== undefined && 'delivery' in record && record.delivery === 'pull-request';
    return isProposed ? Delivery.pullRequest() : Delivery.direct();
  };
  return (owner) => {
    if (owner.kind === 'folder') return Delivery.direct();
    const [name, rules, path] =
      owner.kind === 'cluster'
        ? [owner.cluster, tree.clusters ?? {}, layout.clusterRecord(owner.cluster)]
        : [owner.environment, tree.environments ?? {}, layout.environmentRecord(owner.environment)];
    const said: { readonly delivery: Delivery } | undefined = Object.hasOwn(rules, name) ? rules[name] : undefined;
    return said?.delivery ?? (known.has(placeOf(owner)) ? Delivery.direct() : recorded(path));
  };
}

/** The cluster or environment whose rules a section follows. */
function placeOf(owner: SectionOwner): string {
  if (owner.kind === 'folder') return 'folder';
  return owner.kind === 'cluster' ? `cluster ${owner.cluster}` : `environment ${owner.environment}`;
}
