import { GitOpsError } from '../errors';
import { emitYaml } from '../yaml/emit';
import { parseYaml } from '../yaml/parse';
import { readPlainRecord } from './plain-record';

/**
 * Records: who owns a section, and what was published into it. They are the only state there is beside the manifests,
 * they lie outside every agent's sync path, and whatever is read from one is untrusted input.
 */

const API_VERSION = 'cdk8s-gitops/v1';

export interface RecordSource {
  /** Id of the owning source repository, e.g. `acme/checkout`. */
  readonly repository: string;
  /** Commit of it that was published. Absent in synthesized records: publishing adds it, where there is one. */
  readonly commit?: string;
  /** Number of the source's run that published it, where runs are numbered. Publishing adds it. */
  readonly sequence?: number;
}

interface CommonRecord {
  readonly source: RecordSource;
  /** What published it, e.g. `cdk8s-gitops 0.1.0`. Absent in synthesized records: publishing adds it. */
  readonly generator?: string;
  /**
   * Git ids of what the section holds: path of a root to tree id (a folder) or blob id (a file). A root with nothing in
   * it is left out. Whoever finds another id there has found a change made by hand.
   */
  readonly content: Readonly<Record<string, string>>;
}

/** `releases/<environment>/<application>.yaml` */
export interface ReleaseRecord extends CommonRecord {
  readonly kind: 'Release';
  readonly environment: string;
  readonly application: string;
  readonly cluster: string;
  /** Namespace of the unit's objects that name none. Records of earlier versions do not say. */
  readonly namespace?: string;
  /** Container images of the unit's workloads, sorted. */
  readonly images: readonly string[];
}

/** Tells publishers that do not know the place any more, or never did, that its changes are to be proposed. */
export type RecordedDelivery = 'pull-request';

/** `environments/<environment>.yaml` */
export interface EnvironmentRecord extends CommonRecord {
  readonly kind: 'Environment';
  readonly platform: string;
  readonly environment: string;
  readonly cluster: string;
  /** Group of environments that are promoted together. */
  readonly stage?: string;
  /** Environments that releases are promoted from. */
  readonly promotesFrom?: readonly string[];
  /** Users or teams that approve changes, as `CODEOWNERS` takes them, without the `@`. */
  readonly owners?: readonly string[];
  /** How changes are delivered. @default - they are committed to the branch */
  readonly delivery?: RecordedDelivery;
}

/** `clusters/<cluster>.yaml` */
export interface ClusterRecord extends CommonRecord {
  readonly kind: 'Cluster';
  readonly platform: string;
  readonly cluster: string;
  /** Kind of the operator that runs there, e.g. `argo-cd`. */
  readonly operator: string;
  /** Cluster that the operator runs in. @default - in this one */
  readonly operatedBy?: string;
  readonly kubernetesVersion?: string;
  /** How changes of the cluster's own files are delivered. @default - they are committed to the branch */
  readonly delivery?: RecordedDelivery;
}

/** `releases/_folders/<path>.yaml` */
export interface FolderRecord extends CommonRecord {
  readonly kind: 'Folder';
  readonly path: string;
}

export type SectionRecord = ReleaseRecord | EnvironmentRecord | ClusterRecord | FolderRecord;

/**
 * `registrations/<cluster>/<environment>.<application>.yaml`: what was published of a unit's registration. It lies beside
 * the release record, which is the same whichever operator runs in the cluster. Nobody owns it but the unit's record.
 */
export interface RegistrationRecord {
  readonly environment: string;
  readonly application: string;
  readonly cluster: string;
  /** Kind of the operator, e.g. `argo-cd`. */
  readonly operator: string;
  /** Git ids as in other records. */
  readonly content: Readonly<Record<string, string>>;
}

export function serializeRegistration({ content, ...own }: RegistrationRecord): string {
  return emitYaml({ apiVersion: API_VERSION, kind: 'Registration', ...own, content });
}

/** Reads a registration's record; undefined when it is none, for it is untrusted. */
export function parseRegistration(text: string): RegistrationRecord | undefined {
  const value = parsed(text);
  if (!isObject(value) || value.apiVersion !== API_VERSION || value.kind !== 'Registration') return undefined;
  const { environment, application, cluster, operator, content } = value;
  if (!isText(environment) || !isText(application) || !isText(cluster) || !isText(operator)) return undefined;
  if (!isObject(content) || !Object.values(content).every((id) => isText(id) && OBJECT_ID.test(id))) return undefined;
  return { environment, application, cluster, operator, content: content as Record<string, string> };
}

function parsed(text: string): unknown {
  try {
    const documents = parseYaml(text);
    return documents.length === 1 ? documents[0] : undefined;
  } catch {
    return undefined;
  }
}

/** The record as a file. Key order is the type's; what is absent is left out. */
export function serializeRecord(record: SectionRecord): string {
  const { kind, source, generator, content, ...own } = record;
  return emitYaml({ apiVersion: API_VERSION, kind, ...own, source, generator, content });
}

/** The record with what only publishing knows. */
export function stampRecord<R extends SectionRecord>(
  record: R,
  stamp: { commit?: string; sequence?: number; generator: string },
): R {
  const { repository } = record.source;
  const { commit, sequence } = stamp;
  return {
    ...record,
    source: {
      repository,
      ...(commit === undefined ? {} : { commit }),
      ...(sequence === undefined ? {} : { sequence }),
    },
    generator: stamp.generator,
  };
}

/** Two records say the same, whoever published them, from which commit and in which run. */
export function sameRelease(a: SectionRecord, b: SectionRecord): boolean {
  const bare = ({ source, generator: _, ...rest }: SectionRecord) => ({
    ...rest,
    source: { repository: source.repository },
  });
  return emitYaml(bare(a)) === emitYaml(bare(b));
}

const isText = (x: unknown): x is string => typeof x === 'string';
const isTexts = (x: unknown): x is string[] => Array.isArray(x) && x.every(isText);
const isDelivery = (x: unknown): x is RecordedDelivery => x === 'pull-request';
const isObject = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x);

/** Whether something can be the number of a run: a whole number that every reader takes for the same. */
export function isSequence(x: unknown): x is number {
  return typeof x === 'number' && Number.isSafeInteger(x) && x >= 0;
}

const OBJECT_ID = /^[0-9a-f]{40}$/;
const SHAPES: Record<SectionRecord['kind'], Record<string, { is: (x: unknown) => boolean; optional?: boolean }>> = {
  Release: {
    environment: { is: isText },
    application: { is: isText },
    cluster: { is: isText },
    namespace: { is: isText, optional: true },
    images: { is: isTexts },
  },
  Environment: {
    platform: { is: isText },
    environment: { is: isText },
    cluster: { is: isText },
    stage: { is: isText, optional: true },
    promotesFrom: { is: isTexts, optional: true },
    owners: { is: isTexts, optional: true },
    delivery: { is: isDelivery, optional: true },
  },
  Cluster: {
    platform: { is: isText },
    cluster: { is: isText },
    operator: { is: isText },
    operatedBy: { is: isText, optional: true },
    kubernetesVersion: { is: isText, optional: true },
    delivery: { is: isDelivery, optional: true },
  },
  Folder: { path: { is: isText } },
};

/**
 * Reads a record. Fields it does not know are dropped, so that a newer version's record stays readable.
 * @param path where it was read, for the error
 * @throws GitOpsError RECORD_INVALID when it is not a record, naming the field
 */
export function parseRecord(text: string, path: string): SectionRecord {
  const quick = parseOwn(text);
  if (quick !== undefined) return quick;
  const fail = (why: string): never => {
    throw new GitOpsError('RECORD_INVALID', `${path} is not a valid record: ${why}; restore it from history`);
  };
  let documents: unknown[];
  try {
    documents = parseYaml(text);
  } catch (cause) {
    return fail(`it is not YAML (${cause instanceof Error ? cause.message.split('\n')[0] : 'unreadable'})`);
  }
  return recordFrom(documents.length === 1 ? documents[0] : undefined, fail);
}

/** A record that is to the byte what this version would write: there are thousands of them, and parsing takes long. */
function parseOwn(text: string): SectionRecord | undefined {
  const value = readPlainRecord(text);
  if (value === undefined) return undefined;
  let failed = false;
  const record = recordFrom(value, () => {
    failed = true;
    return undefined;
  });
  return !failed && record !== undefined && serializeRecord(record) === text ? record : undefined;
}

function recordFrom(value: unknown, fail: (why: string) => never): SectionRecord;
function recordFrom(value: unknown, fail: (why: string) => undefined): SectionRecord | undefined;
function recordFrom(value: unknown, fail: (why: string) => undefined): SectionRecord | undefined {
  if (!isObject(value)) return fail('it does not hold one object');
  if (value.apiVersion !== API_VERSION) return fail(`apiVersion is not ${API_VERSION}`);
  if (!isText(value.kind) || !Object.hasOwn(SHAPES, value.kind))
    return fail('kind is not Release, Environment, Cluster or Folder');
  const shape = SHAPES[value.kind as SectionRecord['kind']];

  const own: Record<string, unknown> = {};
  for (const [field, { is, optional }] of Object.entries(shape)) {
    if (value[field] === undefined && optional) continue;
    if (!is(value[field])) return fail(`${field} is missing or of the wrong type`);
    own[field] = value[field];
  }
  const source = value.source;
  if (!isObject(source) || !isText(source.repository)) return fail('source.repository is missing');
  if (source.commit !== undefined && !(isText(source.commit) && /^[0-9a-f]{40,64}$/.test(source.commit))) {
    return fail('source.commit is not a commit id');
  }
  if (source.sequence !== undefined && !isSequence(source.sequence)) {
    return fail('source.sequence is not a whole number of at least 0');
  }
  const content = value.content;
  if (!isObject(content) || !Object.values(content).every((id) => isText(id) && OBJECT_ID.test(id))) {
    return fail('content does not map paths to git ids');
  }
  return {
    kind: value.kind,
    ...own,
    source: {
      repository: source.repository,
      ...(isText(source.commit) ? { commit: source.commit } : {}),
      ...(isSequence(source.sequence) ? { sequence: source.sequence } : {}),
    },
    ...(isText(value.generator) ? { generator: value.generator } : {}),
    content,
  } as unknown as SectionRecord;
}
