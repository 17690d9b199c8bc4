import { Construct } from 'constructs';
import { type ClusterDeclaration, declarationOf, declare, type EnvironmentDeclaration } from '../model/declaration';
import type { Delivery, MaxDeletions } from '../model/delivery';
import type { PodSecurity } from '../model/pod-security';
import type { SopsRecipients } from '../model/secret-declaration';
import type { Cluster } from './cluster';
import { nodeId } from './ids';

export interface EnvironmentProps {
  /** The cluster that the environment's applications run in. */
  readonly cluster: Cluster;

  /**
   * Id of the source repository that owns the environment, e.g. `acme/platform`. To be given by packages that several
   * repositories share; applications declared in the environment keep the source of the program that declares them.
   *
   * @default - the platform's source
   */
  readonly source?: string;

  /**
   * Group of environments that are promoted together, e.g. `prod`.
   *
   * @default - the environment stands alone
   */
  readonly stage?: string;

  /**
   * Environment, or environments, that releases reach this one from.
   *
   * @default - none: releases start here
   */
  readonly promotesFrom?: Environment | readonly Environment[];

  /**
   * Who approves changes to the environment, as `CODEOWNERS` takes it, the `@` left out: `acme/sre`, `jane`.
   *
   * @default - anyone who may write to the repository
   */
  readonly owners?: readonly string[];

  /**
   * Namespaces that applications of other source repositories use here, names or patterns with `*`. Those of
   * applications in this program need not be listed, nor `<environment>-<application>`, the default.
   *
   * @default - none
   */
  readonly namespaces?: readonly string[];

  /**
   * Pod Security level of the namespaces that applications have by default. Pods that do not comply are refused by the
   * cluster, and by the gate before that.
   *
   * @default baseline
   */
  readonly podSecurity?: PodSecurity;

  /**
   * Whom secret values are encrypted to where the operator decrypts with SOPS.
   *
   * @default - values cannot be encrypted so for the environment
   */
  readonly sops?: SopsRecipients;

  /**
   * How changes of the environment and its applications reach the environment repository's branch: committed, or
   * proposed as a pull request.
   *
   * @default Delivery.direct()
   */
  readonly delivery?: Delivery;

  /**
   * How many objects one publish may delete from the environment without being told so: a number of them, and a share
   * from 0 to 1 of those that are there.
   *
   * @default { count: 100, share: 0.3 }
   */
  readonly maxDeletions?: Partial<MaxDeletions>;
}

/** A place that applications are delivered to: a cluster, and the rules by which they get there. */
export class Environment extends Construct {
  readonly name: string;
  readonly cluster: Cluster;

  constructor(scope: Construct, name: string, props: EnvironmentProps) {
    super(scope, nodeId(scope, name));
    this.name = name;
    this.cluster = props?.cluster;
    const cluster = declarationOf(props?.cluster);
    if (cluster?.kind !== 'cluster') {
      this.node.addValidation({ validate: () => ['an environment needs a cluster: pass `cluster: new Cluster(…)`'] });
    }
    declare<EnvironmentDeclaration>(this, {
      kind: 'environment',
      name,
      source: props?.source,
      cluster: cluster as ClusterDeclaration,
      stage: props?.stage,
      promotesFrom: [props?.promotesFrom ?? []]
        .flat()
        .map((from) => declarationOf(from))
        .filter((from) => from?.kind === 'environment'),
      owners: [...(props?.owners ?? [])],
      namespaces: [...(props?.namespaces ?? [])],
      podSecurity: props?.podSecurity,
      sops: props?.sops,
      delivery: props?.delivery,
      maxDeletions: props?.maxDeletions,
    });
  }
}
