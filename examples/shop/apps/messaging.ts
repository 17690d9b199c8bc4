import { join } from 'node:path';
import { Application, type Environment, Manifests } from 'cdk8s-gitops';

/** Third-party software that comes as plain YAML. */
export class Messaging extends Application {
  constructor(environment: Environment) {
    super(environment, 'messaging');
    new Manifests(this, 'nats', { files: join(__dirname, '..', 'manifests', 'nats') });
  }
}
