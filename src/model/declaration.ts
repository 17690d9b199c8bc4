import type { ClusterConnection, Operator } from '../operators/operator';
import type { Delivery, MaxDeletions } from './delivery';
import type { ForgeChoice } from './forge';
import type { GateDeclaration } from './gate';
import type { PodSecurity } from './pod-security';
import type { PinnedCertificate, SopsRecipients } from './secret-declaration';

/**
 * What a construct declares, as plain data. Constructs of ours carry it under one symbol, so that synthesis recognizes
 * them whichever copy of the package made them, and never needs their classes.
 */
export type Declaration = PlatformDeclaration | ClusterDeclaration | EnvironmentDeclaration | ApplicationDeclaration;

export interface PlatformDeclaration {
  readonly kind: 'platform';
  readonly name: string;
  readonly repository: { readonly url: string; readonly branch: string; readonly forge?: ForgeChoice };
  /** Id of the running source repository; absent when it is to be read from git. */
  readonly source?: string;
  /** Waivers and policies, which `Gate` adds to. @default - none */
  readonly gate?: GateDeclaration;
}

export interface ClusterDeclaration {
  readonly kind: 'cluster';
  readonly name: string;
  readonly source?: string;
  readonly kubernetesVersion?: string;
  /** How changes of the cluster's own files are delivered. @default - directly */
  readonly delivery?: Delivery;
  /** The cluster whose operator looks after this one, which has none of its own. */
  readonly operatedBy?: ClusterDeclaration;
  /** How that operator reaches this cluster. */
  readonly connection?: ClusterConnection;
  /** The certificate that values are sealed to. */
  readonly sealedSecrets?: PinnedCertificate;
  /** Every operator declared for the cluster, with its construct path; exactly one is right. */
  readonly operators: { readonly operator: Operator; readonly path: string }[];
}

export interface EnvironmentDeclaration {
  readonly kind: 'environment';
  readonly name: string;
  readonly source?: string;
  readonly cluster: ClusterDeclaration;
  readonly stage?: string;
  /** Environments that releases come from. */
  readonly promotesFrom: readonly EnvironmentDeclaration[];
  readonly owners: readonly string[];
  /** Namespaces that units may use beside their own. */
  readonly namespaces: readonly string[];
  /** Pod Security level of the namespaces that units have by default. @default baseline */
  readonly podSecurity?: PodSecurity;
  /** Whom values are encrypted to. */
  readonly sops?: SopsRecipients;
  /** How changes are delivered. @default - directly */
  readonly delivery?: Delivery;
  /** What one publish may delete. @default - `DEFAULT_MAX_DELETIONS` */
  readonly maxDeletions?: Partial<MaxDeletions>;
}

export interface ApplicationDeclaration {
  readonly kind: 'application';
  readonly name: string;
  readonly source?: string;
  /** Namespace given by the user; absent when the unit has one of its own. */
  readonly namespace?: string;
  /** What becomes of what the unit applied when the unit goes. @default - it goes too, but for what is protected */
  readonly onRemoval?: 'delete' | 'orphan';
  /** Applications that must be healthy first: names in the same environment, or declarations. */
  readonly dependsOn: readonly (string | ApplicationDeclaration)[];
  /** Objects that come from other applications; `moved()` adds to them. */
  readonly moves: MoveDeclaration[];
}

/** Objects of another application that are to be this one's. */
export interface MoveDeclaration {
  /** The environment is the application's own unless it is named. */
  readonly from: { readonly application: string; readonly environment?: string };
  readonly kind?: string;
  readonly name?: string;
  readonly settle?: number;
}

/** Operators declared for a cluster: its own, or those of the cluster that it is operated by. */
export function operatorsOf(cluster: ClusterDeclaration): ClusterDeclaration['operators'] {
  return (cluster.operatedBy ?? cluster).operators;
}

const DECLARATION = Symbol.for('cdk8s-gitops.declaration');

/** Marks a construct with what it declares. */
export function declare<D extends Declaration>(construct: object, declaration: D): D {
  Object.defineProperty(construct, DECLARATION, { value: declaration });
  return declaration;
}

/** What the construct declares, if it is one of ours. */
export function declarationOf(construct: unknown): Declaration | undefined {
  return typeof construct === 'object' && construct !== null
    ? (construct as { [DECLARATION]?: Declaration })[DECLARATION]
    : undefined;
}
