import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../helpers/git';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';
import { until } from './cluster/processes';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane(temporaryFolder());
});
afterAll(() => plane?.stop());

test('a Deployment becomes available on simulated nodes', async () => {
  await plane.apply(`apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: nginx }] }
`);
  const web = await until('the Deployment', async () => {
    const found = await plane.get('deployment', 'web', 'default');
    return found?.status?.availableReplicas === 2 && found;
  });
  expect(web.status.readyReplicas).toBe(2);
});
