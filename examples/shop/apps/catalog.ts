import { Application, type Environment } from 'cdk8s-gitops';
import { ConfigMap } from 'cdk8s-plus-27';
import { Web } from './web';

/** The products, and what they cost. */
export class Catalog extends Application {
  constructor(environment: Environment, props: { readonly replicas: number }) {
    super(environment, 'catalog');
    new Web(this, 'api', { image: 'ghcr.io/acme/catalog:3.2.0', replicas: props.replicas });
    new ConfigMap(this, 'features', { data: { 'features.yaml': 'search: true\nrecommendations: false\n' } });
  }
}
