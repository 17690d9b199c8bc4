import { Application, type Environment, Secret } from 'cdk8s-gitops';
import { k8s } from 'cdk8s-plus-27';

/**
 * Its credentials are in `secrets/`, encrypted: for Sealed Secrets in dev, where Argo CD is, and by SOPS in prod, where Flux
 * is. References work in raw objects as well.
 */
export class Reports extends Application {
  constructor(environment: Environment) {
    super(environment, 'reports');

    const mail = Secret.encrypted(this, 'smtp', { keys: ['user', 'password'] });

    const labels = { app: 'reports' };
    new k8s.KubeCronJob(this, 'nightly', {
      spec: {
        schedule: '15 3 * * *',
        concurrencyPolicy: 'Forbid',
        jobTemplate: {
          spec: {
            template: {
              metadata: { labels },
              spec: {
                restartPolicy: 'Never',
                automountServiceAccountToken: false,
                securityContext: { runAsNonRoot: true },
                containers: [
                  {
                    name: 'reports',
                    image: 'ghcr.io/acme/reports:2.0.1',
                    securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
                    resources: {
                      requests: { cpu: k8s.Quantity.fromString('100m'), memory: k8s.Quantity.fromString('64Mi') },
                      limits: { memory: k8s.Quantity.fromString('128Mi') },
                    },
                    env: [
                      { name: 'SMTP_USER', ...mail.key('user') },
                      { name: 'SMTP_PASSWORD', valueFrom: { secretKeyRef: mail.key('password').ref } },
                    ],
                  },
                ],
              },
            },
          },
        },
      },
    });
  }
}
