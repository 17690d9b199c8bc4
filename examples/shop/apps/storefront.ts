import { Application, type Environment } from 'cdk8s-gitops';
import { Cpu, Deployment, HorizontalPodAutoscaler, Metric, MetricTarget } from 'cdk8s-plus-27';
import { Web } from './web';

/** The pages that customers see. */
export class Storefront extends Application {
  constructor(environment: Environment, props: { readonly replicas: number; readonly host: string }) {
    super(environment, 'storefront');
    new Web(this, 'web', { image: 'ghcr.io/acme/storefront:5.0.0', replicas: props.replicas, host: props.host });
    const renderer = new Deployment(this, 'renderer', {
      containers: [
        { image: 'ghcr.io/acme/renderer:5.0.0', portNumber: 9000, resources: { cpu: { request: Cpu.millis(250) } } },
      ],
    });
    new HorizontalPodAutoscaler(this, 'scaler', {
      target: renderer,
      minReplicas: 1,
      maxReplicas: props.replicas * 2,
      metrics: [Metric.resourceCpu(MetricTarget.averageUtilization(70))],
    });
  }
}
