import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Application, ClusterSecretStore, type Provider, Secret, SecretStore } from '../../src';
import { EXTERNAL_SECRETS_DEFINITIONS } from '../constructs/secrets/definitions';
import { objectsOf } from '../constructs/secrets/objects';
import { providers } from '../constructs/secrets/providers';
import { oneEnvironment } from '../synth/platforms';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';

/**
 * A real API server keeps stores and ExternalSecrets as they are rendered, and adds nothing: whatever it added, Argo CD would
 * report as a difference, for ever.
 */

let folder: string;
let cluster: ControlPlane;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'external-secrets-'));
  cluster = await startControlPlane(folder);
  await cluster.apply(readFileSync(EXTERNAL_SECRETS_DEFINITIONS, 'utf8'));
  await cluster.kubectl('wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s');
  await cluster.kubectl('create', 'namespace', 'dev-checkout');
});

afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('stores of every provider, and Secrets', async () => {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'checkout');
  const conditions = [{ namespaces: ['a', 'team-*'], environments: [dev] }];
  const stores = Object.entries(providers).map(([name, provider], index) => {
    const id = `${name.replaceAll(' ', '-').toLowerCase()}-${index}`;
    new ClusterSecretStore(application, `shared-${id}`, { provider, conditions });
    return new SecretStore(application, id, {
      provider: provider as Provider,
      retry: { maxRetries: 3, interval: '10s' },
    });
  });
  const one = { path: 'apps/checkout/db' };
  for (const [index, store] of stores.entries()) {
    Secret.external(application, `plain-${index}`, { store, keys: { a: one } });
    Secret.external(application, `more-${index}`, {
      store,
      refreshInterval: '15m',
      keys: { a: { ...one, property: 'p', version: '2', decode: 'Base64' } },
      template: { type: 'Opaque', labels: { a: 'b' }, data: { x: '{{ .a }}' } },
    });
  }
  const objects = objectsOf(platform);
  expect(objects).toHaveLength(4 * Object.keys(providers).length);
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  // Unknown fields, and values that the definitions forbid, are errors here.
  const args = ['--namespace=dev-checkout', '--validate=strict', '--output=json'];
  const stored = JSON.parse(await cluster.apply(JSON.stringify(list), ...args));
  const specs = (from: { kind: string; metadata: { name: string }; spec?: unknown }[]) =>
    Object.fromEntries(from.map(({ kind, metadata, spec }) => [`${kind}/${metadata.name}`, spec]));
  expect(specs(stored.items)).toEqual(specs(objects));
});
