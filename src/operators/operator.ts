import type { Manifest } from '../model/manifest';
import type { OperatorStart } from '../model/start';
import type { OperatorRelease } from './release';

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

  /** How Secrets are encrypted for it: for a controller of its own in the cluster, or for the operator itself. */
  readonly encryption: 'sealed-secret' | 'sops';

  /**
   * How the operator itself gets into the cluster; undefined when it is there already, and somebody else's.
   * @param operated as for {@link bootstrap}
   */
  installation(cluster: ClusterRegistration, operated?: readonly OperatedCluster[]): Installation | undefined;

  /**
   * Objects applied by hand, once: they make the operator follow `clusters/<cluster>` from then on.
   * @param installed what lies in the cluster's operator folder, when the operator is installed from there
   * @param operated clusters without an operator of their own, which this one looks after as well. Sorted by name
   */
  bootstrap(
    cluster: ClusterRegistration,
    installed?: InstalledFolder,
    operated?: readonly OperatedCluster[],
  ): readonly Manifest[];

  /**
   * Objects applied by hand, once, to a cluster that the operator looks after from another one: what it acts as there. They
   * keep the cluster's folder from being empty as well.
   *
   * @default - none
   */
  operatedBootstrap?(): readonly Manifest[];

  /** What the operator needs to know of an environment before it takes units of it; may be nothing. */
  registerEnvironment(environment: EnvironmentRegistration): readonly Manifest[];

  /** What makes the operator apply a unit's folder. */
  registerUnit(unit: UnitRegistration): UnitObjects;
}

/** What an operator is told of a unit. */
export interface UnitObjects {
  /** The object that the root applies, in `clusters/<cluster>/applications`. */
  readonly registration: Manifest;
  /**
   * Further objects for the operator, in `clusters/<cluster>/units/<unit>`, which the root leaves to the registration.
   *
   * @default - none
   */
  readonly details?: readonly Manifest[];
  /**
   * Objects of the cluster that the unit runs in, in `clusters/<cluster>/namespaces/<unit>`: its namespace, its rights.
   *
   * @default - none
   */
  readonly surroundings?: readonly Manifest[];
}

/** A cluster that the operator of another one looks after. */
export interface OperatedCluster {
  readonly cluster: string;
  /** Folder of what the operator is to know of it, e.g. `clusters/eu-2`. */
  readonly path: string;
  readonly connection: ClusterConnection;
}

/** How an operator reaches a cluster that it does not run in. Credentials are never in a repository. */
export interface ClusterConnection {
  /** Name of the Secret with the credentials, in the operator's namespace. */
  readonly secret: string;
  /** Which of the operator's instances looks after the cluster. @default - the operator decides */
  readonly shard?: string;
}

export interface ClusterRegistration {
  readonly platform: string;
  readonly cluster: string;
  /** The environment repository as the agent reaches it. */
  readonly repository: { readonly url: string; readonly branch: string };
  /** Folder that the agent follows, e.g. `clusters/eu-1`. */
  readonly path: string;
}

/** What makes the operator part of what it applies. */
export interface Installation {
  /** Objects of the cluster's operator folder that are made here. */
  readonly objects: readonly Manifest[];
  /** A vendored release manifest, whose objects go into the folder as well. */
  readonly release?: VendoredRelease;
  /** How it is started on a cluster that has no operator yet. */
  readonly start: OperatorStart;
  /** What is wrong with the cluster for this operator. Nothing is rendered then. */
  readonly problems: readonly string[];
}

/** A release manifest, and what is changed in it on its way into the repository. */
export interface VendoredRelease {
  readonly of: OperatorRelease;
  /** The file, relative to the working folder. @default - the one that the lock file pins for the operator */
  readonly file?: string;
  /** Joins the metadata of definitions. Otherwise they are copied as text: parsing megabytes takes seconds. */
  readonly definitions: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> };
  /** Any other object as it is to be, or undefined to leave it out. Never changes what it is given. */
  patch(manifest: Manifest): Manifest | undefined;
  /** All that {@link patch} depends on, as text: where it is equal, results are shared. */
  readonly key: string;
  /** Component that a workload is, by the word that the operator's props have for it. */
  componentOf(workload: Manifest): string | undefined;
  /** Components that the props speak of. It is an error when the file has no such workload. */
  readonly components: readonly string[];
}

/** The cluster's operator folder, when it holds a whole operator. */
export interface InstalledFolder {
  /** E.g. `clusters/eu-1/operator`. */
  readonly path: string;
  /** Kinds of objects in it, sorted. */
  readonly clusterKinds: readonly GroupKind[];
  readonly namespacedKinds: readonly GroupKind[];
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
  readonly platform: string;
  /** Cluster that the unit runs in. */
  readonly cluster: string;
  /** How the operator reaches that cluster. @default - it runs there */
  readonly connection?: ClusterConnection;
  readonly environment: string;
  readonly application: string;
  readonly repository: { readonly url: string; readonly branch: string };
  /** Folder of the unit's objects, e.g. `environments/dev/checkout`. */
  readonly path: string;
  /** Namespace of objects that name none. */
  readonly namespace: string;
  /** Some objects name no namespace: the operator is to put them into {@link namespace}. */
  readonly defaultsNamespace: boolean;
  /** The unit's own namespace, as an object. @default - it uses one that is there, or brings it along */
  readonly ownNamespace?: Manifest;
  /** Every namespace that the unit's objects are in, {@link namespace} included. Sorted. */
  readonly namespaces: readonly string[];
  /** Namespaces that are among the unit's objects. Sorted. @default - none */
  readonly broughtNamespaces?: readonly string[];
  /** Kinds of the unit's objects. Sorted. */
  readonly clusterKinds: readonly GroupKind[];
  readonly namespacedKinds: readonly GroupKind[];
  /** Some objects are encrypted for the operator. @default - none is */
  readonly decryption?: { readonly secret: string };
  /** What the unit applied stays in the cluster when the unit goes. @default false */
  readonly isOrphaned?: boolean;
  /** Units of the same cluster that must be healthy first. Sorted. */
  readonly dependsOn: readonly { readonly environment: string; readonly application: string }[];
  /** Length of the longest chain of units that must come first; 0 when there is none. */
  readonly depth: number;
  /** Objects come to the unit that the operator counts as another one's: it has to take them. */
  readonly adopts: boolean;
}

/** Labels by which people find the operator's objects of a unit. */
export function unitLabels({
  environment,
  application,
}: Pick<UnitRegistration, 'environment' | 'application'>): Record<string, string> {
  return { 'cdk8s-gitops/application': application, 'cdk8s-gitops/environment': environment };
}

/** Name of the operator's object for a unit. A dot keeps the parts apart, for both may hold dashes. */
export function unitName({ environment, application }: { environment: string; application: string }): string {
  return `${environment}.${application}`;
}
