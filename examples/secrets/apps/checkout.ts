import { Application, type Environment, Secret, type Store } from 'cdk8s-gitops';
import { Deployment, Probe, Volume } from 'cdk8s-plus-27';

export interface CheckoutProps {
  readonly store: Store;
}

/** Reads its database's credentials from a store; its certificate is in the cluster, where cert-manager puts it. */
export class Checkout extends Application {
  constructor(environment: Environment, { store }: CheckoutProps) {
    super(environment, 'checkout');

    const db = Secret.external(this, 'db', {
      store,
      keys: {
        user: { path: `apps/${environment.name}/checkout/db`, property: 'user' },
        password: { path: `apps/${environment.name}/checkout/db`, property: 'password' },
      },
      // What is made of them is made in the cluster.
      template: { data: { url: 'postgres://{{ .user }}:{{ .password }}@postgres.db.svc/checkout' } },
    });
    const tls = Secret.existing(this, 'checkout-tls', { keys: ['tls.crt', 'tls.key'] });

    const deployment = new Deployment(this, 'api', {
      replicas: 1,
      containers: [
        {
          image: 'ghcr.io/acme/checkout:1.4.2',
          portNumber: 8443,
          liveness: Probe.fromHttpGet('/healthz', { port: 8443 }),
          readiness: Probe.fromHttpGet('/readyz', { port: 8443 }),
          envVariables: { DATABASE_URL: db.key('url') },
        },
      ],
    });
    deployment.containers[0]?.mount('/etc/tls', Volume.fromSecret(this, 'tls', tls));
  }
}
