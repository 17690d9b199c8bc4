import type { Manifest } from '../../model/manifest';
import type { Check, LiveOperator, ReportKind } from '../../operators/live';
import { parseYaml } from '../../yaml/parse';
import type { LiveObject } from '../kubectl';

/** An object that has to become healthy. */
export interface Expected {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** As kubectl takes it. */
  readonly resource: string;
  /** What it says; of a workload there is nothing of the kind. */
  readonly report?: ReportKind;
  /** It is applied by hand. */
  readonly isRoot: boolean;
  /** It follows the cluster's whole folder: it has to have seen the commit. */
  readonly follows: boolean;
  /** Its file in the repository. */
  readonly path: string;
  /** Folder that it applies. @default - none, or one that is elsewhere */
  readonly applies?: string;
}

/** What is wrong with an object, in a few words; nothing when it is healthy. */
export type Look = string | undefined;

const WORKLOADS: Readonly<Record<string, string>> = {
  Deployment: 'deployments.apps',
  StatefulSet: 'statefulsets.apps',
};

/**
 * What has to become healthy in a cluster, of the files that are published for it.
 * @param roots folders that are applied by hand
 */
export function expectedOf(
  files: Iterable<readonly [path: string, content: string]>,
  operator: LiveOperator,
  roots: readonly string[],
): Expected[] {
  const kinds = [...operator.reports.map(({ kind }) => kind), ...Object.keys(WORKLOADS)];
  // Definitions weigh megabytes: only what may be of interest is parsed.
  const interesting = new RegExp(`^kind: ["']?(${kinds.join('|')})["']?\\s*$`, 'm');
  const found: Expected[] = [];
  for (const [path, content] of files) {
    if (!interesting.test(content)) continue;
    for (const { apiVersion, kind, metadata, spec = {} } of parseYaml(content) as Manifest[]) {
      const { name, namespace = '' } = metadata;
      const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
      const report = operator.reports.find((each) => each.kind === kind && each.group === group);
      const resource = report?.resource ?? (group === 'apps' ? WORKLOADS[kind] : undefined);
      if (resource === undefined) continue;
      const isRoot = report !== undefined && roots.some((folder) => path.startsWith(`${folder}/`));
      const { path: applies } = report ? operator.release.appliedBy(spec as Record<string, unknown>) : {};
      const follows = isRoot && applies !== undefined && path.startsWith(`${applies}/`);
      const own = { ...(report ? { report } : {}), ...(applies === undefined ? {} : { applies }) };
      found.push({ kind, name, namespace, resource, isRoot, follows, path, ...own });
    }
  }
  return found;
}

/** What applies an object: of several, the one that has the least to apply. */
export function applierOf({ path }: Pick<Expected, 'path'>, all: readonly Expected[]): Expected | undefined {
  const size = ({ applies = '' }: Expected) => applies.length;
  return all
    .filter(({ applies }) => applies !== undefined && path.startsWith(`${applies}/`))
    .sort((a, b) => size(b) - size(a))[0];
}

/** Looks at an object. */
export function lookAt({ report }: Pick<Expected, 'report'>, object: LiveObject | undefined): Look {
  if (object === undefined) return 'it is not there yet';
  if (report === undefined) return lookAtWorkload(object);
  const observed = report.observed === undefined ? undefined : at(object, report.observed);
  if (report.observed !== undefined && observed !== object.metadata.generation)
    return 'the operator has not looked yet';
  const failed = report.healthy.filter((check) => !holds(check, object));
  if (failed.length === 0) return undefined;
  const state = failed.map((check) => said(check, object)).join(', ');
  const reason = report.reasons.map((field) => wordsOf(at(object, field))).find((words) => words !== '');
  return reason === undefined ? state : `${state}: ${reason}`;
}

/** The commit that an object stands for, as the operator writes it. */
export function revisionOf({ report }: Pick<Expected, 'report'>, object: LiveObject | undefined): string | undefined {
  const value = report?.revision === undefined || object === undefined ? undefined : at(object, report.revision);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function lookAtWorkload({ spec, status, metadata }: LiveObject): Look {
  const { replicas: wanted = 1 } = (spec ?? {}) as { replicas?: number };
  const { readyReplicas = 0, observedGeneration } = (status ?? {}) as Record<string, number | undefined>;
  if (observedGeneration !== metadata.generation) return 'it is being rolled out';
  return readyReplicas >= wanted ? undefined : `${readyReplicas} of ${wanted} pods are ready`;
}

function holds(check: Check, object: LiveObject): boolean {
  if ('field' in check) return at(object, check.field) === check.is;
  return conditionOf(object, check.condition)?.status === 'True';
}

function said(check: Check, object: LiveObject): string {
  if ('condition' in check) {
    const { status = 'Unknown' } = conditionOf(object, check.condition) ?? {};
    return status === 'False' ? `not ${check.condition}` : `${check.condition} is ${status}`;
  }
  return String(at(object, check.field) ?? `not ${check.is}`);
}

interface Condition {
  readonly type?: string;
  readonly status?: string;
  readonly message?: string;
}

function conditionOf(object: LiveObject, type: string): Condition | undefined {
  const conditions = at(object, 'status.conditions');
  return Array.isArray(conditions) ? (conditions as Condition[]).find((each) => each.type === type) : undefined;
}

/** A text, or what the entries of a list say that is not as it should be. */
function wordsOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return '';
  const bad = (value as Condition[]).filter(({ status }) => status !== 'True');
  return [...new Set(bad.flatMap(({ message }) => message ?? []))].join('; ');
}

function at(object: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, field) => (value as Record<string, unknown> | undefined)?.[field], object);
}
