import { Application, ClusterSecretStore, type Environment, type Provider, type Store } from 'cdk8s-gitops';

export interface SecretStoresProps {
  readonly provider: Provider;
}

/**
 * The store of a cluster, in an application of its own: applications that read from it wait for it. External Secrets itself
 * runs in the cluster already; where an application here installs it, this one waits for that by itself.
 */
export class SecretStores extends Application {
  readonly store: Store;

  constructor(environment: Environment, { provider }: SecretStoresProps) {
    super(environment, 'secret-stores');
    this.store = new ClusterSecretStore(this, 'shared', {
      provider,
      // Whoever may make an ExternalSecret elsewhere in the cluster gets nothing from it.
      conditions: [{ environments: [environment] }],
    });
  }
}
