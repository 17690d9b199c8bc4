import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ControlPlane } from './control-plane';

/**
 * The API of resource metrics, which autoscalers read: every pod uses next to nothing. It is served from here, with the
 * API server's own certificate, and the API server passes requests on.
 */
export async function serveMetrics(plane: ControlPlane): Promise<{ close(): void }> {
  const certificate = (kind: string) => readFileSync(join(plane.folder, `certificates/apiserver.${kind}`));
  const server = createServer({ cert: certificate('crt'), key: certificate('key') }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
    const answer = (code: number, body: object) =>
      response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    const [, namespace] = /^\/apis\/metrics\.k8s\.io\/v1beta1\/namespaces\/([^/]+)\/pods$/.exec(pathname) ?? [];
    if (pathname === '/apis/metrics.k8s.io/v1beta1') answer(200, RESOURCES);
    else if (namespace === undefined) answer(404, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 404 });
    else {
      podMetrics(plane, namespace, searchParams.get('labelSelector') ?? '').then(
        (list) => answer(200, list),
        (error) => answer(500, { kind: 'Status', apiVersion: 'v1', status: 'Failure', message: String(error) }),
      );
    }
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  await plane.apply(registration((server.address() as AddressInfo).port));
  return {
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const RESOURCES = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: 'metrics.k8s.io/v1beta1',
  resources: [{ name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] }],
};

async function podMetrics(plane: ControlPlane, namespace: string, selector: string): Promise<object> {
  const pods = JSON.parse(await plane.kubectl('get', 'pods', '-n', namespace, '-l', selector, '-o', 'json')).items;
  const timestamp = new Date().toISOString();
  return {
    kind: 'PodMetricsList',
    apiVersion: 'metrics.k8s.io/v1beta1',
    metadata: {},
    items: pods.map((pod: { metadata: { name: string }; spec: { containers: { name: string }[] } }) => ({
      metadata: { name: pod.metadata.name, namespace },
      timestamp,
      window: '1s',
      containers: pod.spec.containers.map(({ name }) => ({ name, usage: { cpu: '1m', memory: '1Mi' } })),
    })),
  };
}

const registration = (port: number) => `apiVersion: v1
kind: Service
metadata: { name: metrics-server, namespace: kube-system }
spec: { type: ExternalName, externalName: localhost, ports: [{ port: ${port} }] }
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1beta1.metrics.k8s.io }
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: { name: metrics-server, namespace: kube-system, port: ${port} }
`;
