import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseYaml } from '../../src/yaml/parse';
import { temporaryFolder } from '../helpers/git';
import { SHARED_DATA } from '../helpers/shared-data';
import { AGENTS, agents } from './cluster/agents';
import { type ControlPlane, type KubernetesObject, startControlPlane } from './cluster/control-plane';
import { until } from './cluster/processes';

const EXAMPLES = resolve(__dirname, '../../examples');

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane(temporaryFolder());
  const others = ['external-secrets/crds.yaml', 'sealed-secrets/crd.yaml'];
  await define([
    ...AGENTS.flatMap((kind) => agents[kind].definitions()),
    ...others.map((file) => readFileSync(join(SHARED_DATA, file), 'utf8')),
  ]);
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

/** What the examples render: of `examples/teams`, each program for itself. */
const examples = readdirSync(EXAMPLES, { recursive: true })
  .map(String)
  .filter((folder) => basename(folder) === 'rendered' && !folder.includes('node_modules'))
  .sort();

test('there are examples', () => expect(examples.length).toBeGreaterThan(3));

test.each(examples)("examples/%s: every object passes the API server's strict validation", async (example) => {
  // Objects lie in folders; records lie above them.
  const found = ['clusters', 'environments'].flatMap((folder) => {
    const root = join(EXAMPLES, example, folder);
    if (!existsSync(root)) return [];
    const files = readdirSync(root, { recursive: true }).map(String);
    return files
      .filter((file) => file.includes('/') && file.endsWith('.yaml'))
      .map((file) => readFileSync(join(root, file), 'utf8'));
  });
  // Flux takes what is about encryption away before it applies an object.
  const documents = found.filter((text) => !/^sops:$/m.test(text));
  const objects = documents.flatMap((text) => parseYaml(text) as KubernetesObject[]);
  expect(objects.length).toBeGreaterThan(0);
  await define(documents.filter((text) => /^kind: CustomResourceDefinition$/m.test(text)));
  const namespaces = new Set(objects.flatMap(({ metadata: { namespace } }) => namespace ?? []));
  const spaces = [...namespaces].map((each) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${each} }\n`);
  if (spaces.length > 0) await plane.apply(spaces.join('---\n'));
  // Of everything that is wrong, kubectl tells at once.
  const args = ['--dry-run=server', '--validate=strict', '--force-conflicts', '-o', 'name'];
  const accepted = (await plane.apply(documents.join('\n---\n'), ...args)).split('\n');
  expect(accepted).toHaveLength(objects.length);
});

async function define(definitions: readonly string[]): Promise<void> {
  if (definitions.length === 0) return;
  await plane.apply(definitions.join('\n---\n'), '--force-conflicts');
  await until('the definitions', async () => {
    await plane.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
    return true;
  });
}
