/** The programs that are measured: the same constructs, once in plain cdk8s and once on a platform. */

const BODY = `
function body(chart: Chart, name: string) {
  const config = new kplus.ConfigMap(chart, 'config', { data: { mode: name, level: 'info' } });
  const account = new kplus.ServiceAccount(chart, 'account');
  const api = new kplus.Deployment(chart, 'api', {
    serviceAccount: account,
    containers: [{
      image: 'ghcr.io/acme/' + name + ':1.0.0',
      portNumber: 8080,
      envFrom: [kplus.Env.fromConfigMap(config)],
      envVariables: { NAME: kplus.EnvValue.fromValue(name) },
    }],
  });
  const service = api.exposeViaService();
  new kplus.Ingress(chart, 'ingress', {
    rules: [{ host: name + '.acme.example', backend: kplus.IngressBackend.fromService(service) }],
  });
  new kplus.HorizontalPodAutoscaler(chart, 'scaler', { target: api, maxReplicas: 5 });
}
`;

/** Environments that units are spread over. */
const ENVIRONMENTS = 10;

/** `cdk8s init typescript-app`'s layout: one chart for each application of each environment. */
export function plainProgram(units: number): string {
  return `import { App, Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
${BODY}
const app = new App();
for (let i = 0; i < ${units}; i++) {
  const environment = 'env' + (i % ${ENVIRONMENTS});
  const name = 'app' + Math.floor(i / ${ENVIRONMENTS});
  body(new Chart(app, environment + '-' + name, { disableResourceNameHashes: true }), name);
}
app.synth();
`;
}

export function platformProgram(units: number): string {
  return `import { Chart } from 'cdk8s';
import { Application, ArgoCd, Cluster, Environment, Platform } from 'cdk8s-gitops';
import * as kplus from 'cdk8s-plus-27';
${BODY}
const platform = new Platform({
  name: 'bench',
  source: 'acme/bench',
  environmentRepository: { url: 'https://git.example.com/acme/bench.git' },
});
const cluster = new Cluster(platform, 'one');
new ArgoCd(cluster);
const environments: Environment[] = [];
for (let e = 0; e < ${ENVIRONMENTS}; e++) environments.push(new Environment(platform, 'env' + e, { cluster }));
for (let i = 0; i < ${units}; i++) {
  const name = 'app' + Math.floor(i / ${ENVIRONMENTS});
  body(new Application(environments[i % ${ENVIRONMENTS}]!, name), name);
}
platform.synth();
`;
}

/** A team's program: one application of twenty objects in a repository that others fill. */
export function teamProgram(objects: number): string {
  return `import { ApiObject } from 'cdk8s';
import { Application, ArgoCd, Cluster, Environment, Platform } from 'cdk8s-gitops';

const platform = new Platform({
  name: 'bench',
  source: 'acme/team',
  environmentRepository: { url: 'https://git.example.com/acme/bench.git' },
});
const cluster = new Cluster(platform, 'one', { source: 'acme/platform' });
new ArgoCd(cluster);
const environment = new Environment(platform, 'env0', { cluster, source: 'acme/platform' });
const application = new Application(environment, 'team');
for (let i = 0; i < ${objects}; i++) {
  new ApiObject(application, 'config' + i, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    data: { version: process.env.VERSION ?? '0', text: 'x'.repeat(800) },
  });
}
platform.synth();
`;
}
