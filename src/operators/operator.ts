import type { Manifest } from '../model/manifest';

/**
 * What differs between one GitOps operator and another, and nothing else. An implementation turns what the platform
 * declares into the operator's own objects: pure data, no I/O. No other folder names an operator.
 */
export interface Operator {
  /** Word for the operator in records and diagrams, e.g. `argo-cd`. */
  readonly kind: string;

  /** Annotations on an object that the operator must not delete just because it is gone from git. */
  readonly protection: Readonly<Record<string, string>>;

  /**
   * Annotations on an object that the operator must not delete, neither when it leaves its unit nor along with the unit:
   * it is on its way to another one. Values that are lists of options, parted by commas, are merged with what is there.
   */
  readonly keep: Readonly<Record<string, string>>;

  /** Objects applied by hand, once: they make the operator follow `clusters/<cluster>` from then on. */
  bootstrap(cluster: ClusterRegistration): readonly Manifest[];

  /** What the operator needs to know of an environment before it takes units of it; may be nothing. */
  registerEnvironment(environment: EnvironmentRegistration): readonly Manifest[];

  /** The one object that makes the operator apply a unit's folder. */
  registerUnit(unit: UnitRegistration): Manifest;
}

export interface ClusterRegistration {
  readonly platform: string;
  readonly cluster: string;
  /** The environment repository as the agent reaches it. */
  readonly repository: { readonly url: string; readonly branch: string };
  /** Folder that the agent follows, e.g. `clusters/eu-1`. */
  readonly path: string;
}

/** A kind of object, without its version; the core group is empty. */
export interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

export interface EnvironmentRegistration extends ClusterRegistration {
  readonly environment: string;
  /** Namespaces that units of the environment may write to: names, or patterns with `*`. Sorted. */
  readonly namespaces: readonly string[];
  /** Cluster-scoped kinds that units of the environment hold. Sorted. */
  readonly clusterKinds: readonly GroupKind[];
}

export interface UnitRegistration {
  readonly environment: string;
  readonly application: string;
  readonly repository: { readonly url: string; readonly branch: string };
  /** Folder of the unit's objects, e.g. `environments/dev/checkout`. */
  readonly path: string;
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** Some objects name no namespace: the operator is to put them into {@link namespace}. */
  readonly defaultsNamespace: boolean;
  /** Units of the same cluster that must be healthy first. Sorted. */
  readonly dependsOn: readonly { readonly environment: string; readonly application: string }[];
  /** Length of the longest chain of units that must come first; 0 when there is none. */
  readonly depth: number;
  /** Objects come to the unit that the operator counts as another one's: it has to take them. */
  readonly adopts: boolean;
}

/** Labels by which people find the operator's objects of a unit. */
export function unitLabels({ environment, application }: UnitRegistration): Record<string, string> {
  return { 'cdk8s-gitops/application': application, 'cdk8s-gitops/environment': environment };
}

/** Name of the operator's object for a unit. A dot keeps the parts apart, for both may hold dashes. */
export function unitName({ environment, application }: { environment: string; application: string }): string {
  return `${environment}.${application}`;
}
