import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject } from 'cdk8s';
import { expect, test } from 'vitest';
import { Application, ClusterSecretStore, Provider, Secret, SecretStore, StoreRef } from '../../src';
import { readTree } from '../../src/synth/output';
import { synthesize } from '../../src/synth/synthesize';
import { oneEnvironment } from './platforms';

const server = 'https://vault.acme.example';

test('Secrets that are referred to and that nothing brings are listed for each cluster', () => {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'checkout');
  Secret.existing(application, 'smtp', { keys: ['user', 'password'] });
  Secret.existing(application, 'again', { name: 'smtp', keys: ['host'] });
  const token = Secret.existing(application, 'vault-token', { keys: ['token'] });
  new SecretStore(application, 'vault', { provider: Provider.vault({ server, auth: { token: token.key('token') } }) });
  const stores = new Application(dev, 'secret-stores');
  const approle = { name: 'approle', key: 'id', namespace: 'external-secrets' };
  new ClusterSecretStore(stores, 'shared', {
    provider: Provider.vault({ server, auth: { appRole: { roleId: 'a', secretId: approle } } }),
    conditions: [{ environments: [dev] }],
  });
  new ClusterSecretStore(stores, 'of-readers', {
    provider: Provider.vault({ server, auth: { token: { name: 'own', key: 'token' } } }),
    conditions: [{ environments: [dev] }],
  });
  expect(synthesize(platform).neededSecrets).toEqual({
    'eu-1': [
      {
        namespace: 'dev-checkout',
        name: 'smtp',
        keys: ['host', 'password', 'user'],
        neededBy: ['dev/checkout/again', 'dev/checkout/smtp'],
      },
      {
        namespace: 'dev-checkout',
        name: 'vault-token',
        keys: ['token'],
        neededBy: ['dev/checkout/vault', 'dev/checkout/vault-token'],
      },
      { namespace: 'external-secrets', name: 'approle', keys: ['id'], neededBy: ['dev/secret-stores/shared'] },
    ],
  });
});

test('what the program brings is not among them', () => {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'checkout');
  const store = StoreRef.named('shared');
  const token = Secret.external(application, 'token', { store, keys: { token: { path: 'a' } } });
  new SecretStore(application, 'vault', { provider: Provider.vault({ server, auth: { token: token.key('token') } }) });
  Secret.existing(application, 'other', { keys: ['a'] });
  new ApiObject(new Application(dev, 'brings', { namespace: 'dev-checkout' }), 'raw', {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: { name: 'raw' },
    spec: {
      refreshInterval: '1h',
      secretStoreRef: { name: 'shared', kind: 'ClusterSecretStore' },
      target: { name: 'other' },
    },
  } as never);
  expect(synthesize(platform).neededSecrets).toBeUndefined();
});

test('the list survives being written to a folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'needed-secrets-'));
  try {
    const { platform, dev } = oneEnvironment({ outdir: folder });
    const application = new Application(dev, 'checkout');
    Secret.existing(application, 'smtp', { keys: ['user'] });
    new ApiObject(application, 'map', { apiVersion: 'v1', kind: 'ConfigMap' });
    const { neededSecrets } = synthesize(platform);
    platform.synth();
    expect(readTree(folder).neededSecrets).toEqual(neededSecrets);
    expect(neededSecrets?.['eu-1']).toHaveLength(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
