import { Construct } from 'constructs';
import { type ClusterDeclaration, declarationOf, declare } from '../model/declaration';
import type { Delivery } from '../model/delivery';
import type { PinnedCertificate } from '../model/secret-declaration';
import type { ClusterConnection, Operator } from '../operators/operator';
import { nodeId } from './ids';

export interface ClusterProps {
  /**
   * Id of the source repository that owns the cluster, e.g. `acme/platform`. To be given by packages that several
   * repositories share: only the owner renders and publishes the cluster's files.
   *
   * @default - the platform's source
   */
  readonly source?: string;

  /**
   * Kubernetes version of the cluster, e.g. `1.33`.
   *
   * @default - unknown
   */
  readonly kubernetesVersion?: string;

  /**
   * The cluster whose operator looks after this one as well. It is then given none of its own.
   *
   * @default - an operator runs in the cluster itself
   */
  readonly operatedBy?: Cluster;

  /**
   * How the operator of another cluster reaches this one: the Secret with the credentials, and which of its shards is to.
   * The Secret is created by hand, or comes from a secret store.
   *
   * @default - with `operatedBy`: a Secret called `cluster-<name>`, any shard
   */
  readonly connection?: Partial<ClusterConnection>;

  /**
   * The certificate of the cluster's Sealed Secrets controller: a file in the source repository, and its fingerprint.
   *
   * @default - values cannot be sealed for the cluster
   */
  readonly sealedSecrets?: PinnedCertificate;

  /**
   * How changes of the cluster's own files (its operator, and what bootstraps it) reach the environment repository's
   * branch: committed, or proposed as a pull request. Applications follow their environment.
   *
   * @default Delivery.direct()
   */
  readonly delivery?: Delivery;
}

/** A Kubernetes cluster. The agent that applies the environment repository lives in it, or in a hub. */
export class Cluster extends Construct {
  readonly name: string;

  constructor(scope: Construct, name: string, props: ClusterProps = {}) {
    super(scope, nodeId(scope, name));
    this.name = name;
    const { operatedBy, connection } = props;
    const hub = declarationOf(operatedBy);
    if (operatedBy !== undefined && hub?.kind !== 'cluster') {
      this.node.addValidation({ validate: () => ['`operatedBy` is no cluster: pass a `new Cluster(…)`'] });
    }
    declare<ClusterDeclaration>(this, {
      kind: 'cluster',
      name,
      source: props.source,
      kubernetesVersion: props.kubernetesVersion,
      delivery: props.delivery,
      sealedSecrets: props.sealedSecrets,
      ...(hub?.kind === 'cluster' ? { operatedBy: hub, connection: { secret: `cluster-${name}`, ...connection } } : {}),
      operators: [],
    });
  }
}

/** Says which operator runs in a cluster. For implementations of {@link Operator}; users write `new ArgoCd(cluster)`. */
export function operate(cluster: Construct, operator: Operator & Construct): void {
  const declaration = declarationOf(cluster);
  if (declaration?.kind === 'cluster') declaration.operators.push({ operator, path: operator.node.path });
  else {
    operator.node.addValidation({
      validate: () => ['an operator belongs into a Cluster: pass the cluster as its scope'],
    });
  }
}
