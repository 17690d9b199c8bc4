import { Size } from 'cdk8s';
import { Cpu, Deployment, type EnvValue, HttpIngressPathType, Ingress, IngressBackend, Probe } from 'cdk8s-plus-27';
import { Construct } from 'constructs';

export interface WebProps {
  readonly image: string;
  readonly replicas: number;
  readonly env?: Record<string, EnvValue>;
  /** Host name that the service answers to from outside; inside the cluster alone when left out. */
  readonly host?: string;
}

/** What every HTTP service of the shop looks like. An abstraction is just a construct. */
export class Web extends Construct {
  constructor(scope: Construct, id: string, props: WebProps) {
    super(scope, id);
    const deployment = new Deployment(this, 'Default', {
      replicas: props.replicas,
      containers: [
        {
          image: props.image,
          portNumber: 8080,
          envVariables: props.env,
          liveness: Probe.fromHttpGet('/healthz', { port: 8080 }),
          readiness: Probe.fromHttpGet('/readyz', { port: 8080 }),
          resources: {
            cpu: { request: Cpu.millis(100) },
            memory: { request: Size.mebibytes(128), limit: Size.mebibytes(256) },
          },
        },
      ],
    });
    const service = deployment.exposeViaService({ ports: [{ name: 'http', port: 80, targetPort: 8080 }] });
    if (props.host) {
      new Ingress(this, 'ingress', {
        rules: [
          {
            host: props.host,
            path: '/',
            pathType: HttpIngressPathType.PREFIX,
            backend: IngressBackend.fromService(service),
          },
        ],
      });
    }
  }
}
