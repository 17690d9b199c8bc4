/**
 * What there is to know of an operator that runs: what its objects tell of health, how it is asked to look again, how it
 * reads a private repository, and how it lets go of what it applied. Pure data, for `bootstrap` and `operator switch`.
 */
export interface LiveOperator {
  /** The operator's kind, e.g. `argo-cd`. */
  readonly kind: string;
  /** As people call it. */
  readonly title: string;
  /** As whom it applies objects. */
  readonly fieldManager: string;
  /** Kinds of its objects that say whether what they stand for is there, and well. The first one is that of units. */
  readonly reports: readonly [ReportKind, ...ReportKind[]];
  /** API groups of its own. */
  readonly groups: readonly string[];
  /** Asks an object to look again. Without a value it is the time. */
  readonly refresh: { readonly annotation: string; readonly value?: string };
  /** The Secret with which it reads a repository. */
  repositorySecret(url: string): readonly SecretField[];
  /** Where host keys are, when they are not in that Secret. */
  readonly knownHosts?: { readonly configMap: string; readonly key: string };
  readonly release: ReleaseRules;
}

/** How an operator lets go of a platform without taking along what it applied. */
export interface ReleaseRules {
  /** Merge patch of a unit's object: it does nothing any more, and takes nothing along when it goes. */
  readonly pause: object;
  /** Whether an object of the first kind of reports does nothing any more. */
  isPaused(spec: Readonly<Record<string, unknown>>): boolean;
  /** Columns that show people that it is so, as kubectl's `custom-columns` takes them. */
  readonly columns: string;
  /** Folder of the repository that an object applies, and the namespace that it gives to objects that name none. */
  appliedBy(spec: Readonly<Record<string, unknown>>): { readonly path?: string; readonly namespace?: string };
}

/** A kind of object that says how things are. */
export interface ReportKind {
  readonly group: string;
  readonly kind: string;
  /** As kubectl takes it, e.g. `applications.argoproj.io`. */
  readonly resource: string;
  /** All of it has to be so. */
  readonly healthy: readonly Check[];
  /** Field that repeats the object's generation once it was looked at. @default - there is none */
  readonly observed?: string;
  /** Fields that say why something is not so: texts, or lists of objects with a `message`. */
  readonly reasons: readonly string[];
  /** Field with the commit that was applied last. @default - there is none */
  readonly revision?: string;
}

/** A condition that is true, or a field that has a value. */
export type Check = { readonly condition: string } | { readonly field: string; readonly is: string };

/** A key of a Secret, and what it holds: what is known, or what only people know. */
export type SecretField = { readonly key: string } & (
  | { readonly value: string }
  | { readonly holds: 'privateKey' | 'knownHosts' | 'username' | 'password' }
);

/** Whether git talks SSH to that URL. */
export function isSsh(url: string): boolean {
  return url.startsWith('ssh://') || /^[^/@:]+@[^/:]+:/.test(url);
}
