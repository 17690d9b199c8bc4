import { Cron, Duration } from 'cdk8s';
import { Application, type Environment } from 'cdk8s-gitops';
import { CronJob, Deployment, EnvValue } from 'cdk8s-plus-27';

/** Works off what was bought, and clears up at night. */
export class Orders extends Application {
  constructor(environment: Environment) {
    super(environment, 'orders', { dependsOn: ['messaging'] });
    const image = 'ghcr.io/acme/orders:2.0.1';
    const queue = EnvValue.fromValue(`nats://nats.${environment.name}-messaging:4222`);
    new Deployment(this, 'worker', { replicas: 1, containers: [{ image, envVariables: { QUEUE_URL: queue } }] });
    new CronJob(this, 'cleanup', {
      schedule: Cron.schedule({ minute: '0', hour: '3' }),
      activeDeadline: Duration.hours(1),
      containers: [{ image, args: ['cleanup', '--older-than=90d'] }],
    });
  }
}
