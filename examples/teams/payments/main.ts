import { Application, Platform } from 'cdk8s-gitops';
import { Deployment } from 'cdk8s-plus-27';
// In real life: an npm package that the platform team publishes.
import { acmePlaces, environmentRepository } from '../platform';

/** The program of an application team's repository: it publishes its own application, and nothing else. */
const platform = new Platform({ name: 'acme', source: 'acme/payments', environmentRepository });
const { dev, prod } = acmePlaces(platform);

for (const [environment, replicas] of [
  [dev, 1],
  [prod, 3],
] as const) {
  const application = new Application(environment, 'payments');
  const api = new Deployment(application, 'api', {
    replicas,
    containers: [{ image: 'ghcr.io/acme/payments:1.0.0', portNumber: 8080 }],
  });
  api.exposeViaService();
}

export default platform;
