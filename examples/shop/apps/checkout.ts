import { Application, type Environment } from 'cdk8s-gitops';
import { EnvValue } from 'cdk8s-plus-27';
import { Web } from './web';

export interface CheckoutProps {
  readonly replicas: number;
  readonly host: string;
  /** Another image than the released one. */
  readonly image?: string;
}

/** Takes the money. */
export class Checkout extends Application {
  constructor(environment: Environment, props: CheckoutProps) {
    super(environment, 'checkout', { dependsOn: ['messaging'] });
    new Web(this, 'api', {
      image: props.image ?? 'ghcr.io/acme/checkout:1.4.2',
      replicas: props.replicas,
      host: props.host,
      env: { CATALOG_URL: EnvValue.fromValue(`http://catalog-api-service.${environment.name}-catalog`) },
    });
  }
}
