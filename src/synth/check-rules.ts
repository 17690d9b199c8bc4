import type { ClusterDeclaration } from '../model/declaration';
import type { Delivery, MaxDeletions } from '../model/delivery';
import type { Survey } from './walk';

/** Longer names are no user's, team's or label's of any forge. */
const MAX_NAME = 200;
/** More than forges take. */
const MAX_NAMES = 100;

/** What is wrong with how changes are delivered, whatever a program without types may have passed. */
export function deliveryProblems(delivery: Delivery | undefined): string[] {
  if (delivery === undefined) return [];
  if (typeof delivery !== 'object' || delivery === null) return [NO_DELIVERY];
  if (delivery.kind === 'direct') return [];
  if (delivery.kind !== 'pullRequest') return [NO_DELIVERY];
  const problems = [...nameProblems('reviewer', delivery.reviewers), ...nameProblems('label', delivery.labels)];
  if (typeof delivery.autoMerge !== 'boolean') problems.push('`autoMerge` of its delivery is true or false');
  if (delivery.batch !== 'environment' && delivery.batch !== 'application') {
    problems.push(`'${shown(delivery.batch)}' is no \`batch\` of pull requests: write 'environment' or 'application'`);
  }
  return problems;
}

/** What is wrong with a cluster that the operator of another one looks after. */
export function hubProblems(cluster: ClusterDeclaration, { clusters }: Pick<Survey, 'clusters'>): string[] {
  const { operatedBy: hub, connection, operators } = cluster;
  if (hub === undefined) return [];
  const problems: string[] = [];
  if (hub === cluster) return ['the cluster is operated by itself: leave `operatedBy` out'];
  if (!clusters.has(hub)) problems.push(`the cluster '${shown(hub.name)}' that operates it is none of this platform`);
  if (hub.operatedBy) {
    const by = shown(hub.operatedBy.name);
    problems.push(`'${shown(hub.name)}' that operates it is operated by '${by}' itself: name '${by}'`);
  } else if (hub.operators.length === 0) {
    problems.push(
      `the cluster '${shown(hub.name)}' that operates it has no operator: add \`new ArgoCd(…)\` or \`new Flux(…)\` to that one`,
    );
  }
  for (const { path } of operators) {
    problems.push(`it is operated by '${shown(hub.name)}', and has an operator (${path}): keep one of them`);
  }
  if (!isName(connection?.secret)) problems.push(`'${shown(connection?.secret)}' is no name of a Secret`);
  if (connection?.shard !== undefined && !isLabelValue(connection.shard)) {
    problems.push(`'${shown(connection.shard)}' is no name of a shard: write a label's value, e.g. 'shard-1'`);
  }
  return problems;
}

/** RFC 1123 subdomain: what most objects may be called. */
const isName = (name: unknown): boolean =>
  typeof name === 'string' && name.length <= 253 && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name);

const isLabelValue = (value: unknown): boolean =>
  typeof value === 'string' && value.length <= 63 && /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(value);

/** What is wrong with the limits of the deletion guard. */
export function maxDeletionsProblems(limits: Partial<MaxDeletions> | undefined): string[] {
  if (limits === undefined) return [];
  if (typeof limits !== 'object' || limits === null) return ['`maxDeletions` is written as { count, share }'];
  const { count, share } = limits;
  const problems: string[] = [];
  if (count !== undefined && !(Number.isInteger(count) && count >= 0)) {
    problems.push(`'${shown(count)}' is no count of \`maxDeletions\`: write a whole number from 0`);
  }
  if (share !== undefined && !(typeof share === 'number' && share >= 0 && share <= 1)) {
    problems.push(`'${shown(share)}' is no share of \`maxDeletions\`: write a number from 0 to 1`);
  }
  return problems;
}

const NO_DELIVERY = 'its delivery is none: write `Delivery.direct()` or `Delivery.pullRequest({ … })`';

function nameProblems(what: 'reviewer' | 'label', names: readonly string[]): string[] {
  if (!Array.isArray(names)) return [`the ${what}s of its delivery are a list of names`];
  if (names.length > MAX_NAMES) return [`its delivery has ${names.length} ${what}s: name at most ${MAX_NAMES}`];
  return names.flatMap((name: unknown) => {
    const why = nameProblem(name);
    return why === undefined ? [] : [`'${shown(name)}' is no ${what} of a pull request: ${why}`];
  });
}

function nameProblem(name: unknown): string | undefined {
  if (typeof name !== 'string') return 'write a text';
  if (name.trim() === '') return 'it is empty';
  if (name.trim() !== name) return 'leave out the white space around it';
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(name)) return 'it holds a character that cannot be seen';
  // Forges take several labels as one text, parted by commas.
  if (name.includes(',')) return 'it holds a comma';
  return name.length > MAX_NAME ? `it is longer than ${MAX_NAME} characters` : undefined;
}

function shown(value: unknown): string {
  return String(value).replace(/\p{C}/gu, '?').slice(0, MAX_NAME);
}
