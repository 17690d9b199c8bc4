import * as kplus from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import { Application, ClusterSecretStore, Provider, Secret, SecretStore } from '../../../src';
import { oneEnvironment, problemsOf } from '../../synth/platforms';
import { expectDefined, missingDefinitions, violations } from './definitions';
import { objectsOf } from './objects';
import { elsewhere, key, providers, server } from './providers';

describe.skipIf(missingDefinitions())('against the definitions of External Secrets', () => {
  test.each(Object.entries(providers))('%s', (_, provider) => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    const controller = 'shop';
    const retry = { maxRetries: 5, interval: '10s' };
    new SecretStore(application, 'own', { provider, controller, retry, metadata: { labels: { team: 'shop' } } });
    new ClusterSecretStore(application, 'shared', {
      provider,
      conditions: [
        { namespaces: ['a', 'team-*'], environments: [dev] },
        { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: ['a'] }] } },
      ],
    });
    // They come through the gate, which would find a credential.
    const stores = objectsOf(platform);
    expect(stores.map(({ kind }) => kind)).toEqual(['ClusterSecretStore', 'SecretStore']);
    for (const store of stores) expectDefined(store);
  });

  test('Secrets', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    const store = new SecretStore(application, 'vault', { provider: providers['vault jwt'] as Provider });
    const one = { path: 'apps/checkout/db' };
    Secret.external(application, 'plain', { store, keys: { a: one } });
    Secret.external(application, 'more', {
      store,
      refreshInterval: '0',
      keys: { a: { ...one, property: 'p', version: '2', decode: 'Base64' }, 'tls.crt': one },
      template: { type: 'kubernetes.io/tls', labels: { a: 'b' }, annotations: { c: 'd' }, data: { x: '{{ .a }}' } },
      metadata: { name: 'tls', labels: { a: 'b' } },
    });
    Secret.external(application, 'typed', { store, keys: { a: one }, template: { type: 'Opaque' } });
    const secrets = objectsOf(platform, 'ExternalSecret');
    expect(secrets).toHaveLength(3);
    for (const secret of secrets) expectDefined(secret);
  });

  test('a field that is not theirs is found by this very check', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    new SecretStore(application, 'vault', { provider: providers['vault jwt'] as Provider });
    const [store] = objectsOf(platform);
    if (!store) throw new Error('there is no store');
    const { vault } = store.spec.provider;
    vault.auth.jwt.rolle = 'a';
    expect(violations(store)).toEqual([expect.stringContaining('rolle')]);
    delete vault.auth.jwt.rolle;
    delete vault.auth.jwt.path;
    expect(violations(store)).toEqual([expect.stringContaining('path')]);
    vault.auth.jwt.path = 'jwt';
    delete vault.version;
    expect(() => expectDefined(store)).toThrow('defaults that the API server would add');
  });
});

test('keys of handles and service accounts of cdk8s-plus are references', () => {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'checkout');
  const token = Secret.existing(application, 'vault', { keys: ['token', 'ca.crt'] });
  const account = new kplus.ServiceAccount(application, 'reader');
  new SecretStore(application, 'a', { provider: Provider.vault({ server, auth: { token: token.key('token') } }) });
  new SecretStore(application, 'b', {
    provider: Provider.vault({ server, auth: { kubernetes: { role: 'reader', serviceAccount: account } } }),
  });
  const [a, b] = objectsOf(platform, 'SecretStore').map(({ spec }) => spec.provider.vault.auth);
  expect(a).toEqual({ tokenSecretRef: { name: 'vault', key: 'token' } });
  expect(b.kubernetes.serviceAccountRef).toEqual({ name: 'checkout-reader' });
});

describe('what is wrong is reported, all of it, without repeating a credential', () => {
  const problems = (provider: unknown) => {
    const { platform, dev } = oneEnvironment();
    new SecretStore(new Application(dev, 'checkout'), 'store', { provider: provider as Provider });
    const found = problemsOf(platform);
    expect(found.map(([where]) => where)).toEqual(found.map(() => 'dev/checkout/store'));
    expect(JSON.stringify(found)).not.toContain('hunter2');
    return found.map(([, message]) => message);
  };

  test('a credential in place of a reference', () => {
    const untyped = Provider as unknown as Record<string, (props: unknown) => Provider>;
    expect(problems(untyped.vault?.({ server, auth: { token: 'hunter2' } }))).toEqual([
      "Provider.vault(): `auth.token` is no reference to a Secret: write `secret.key('…')`, or `{ name, key }`",
    ]);
    expect(problems(untyped.vault?.({ server: 'https://me:hunter2@vault', auth: { token: key } }))).toEqual([
      'Provider.vault(): `server` holds credentials: leave them out, and refer to a Secret in `auth`',
    ]);
    expect(
      problems(untyped.awsSecretsManager?.({ auth: { accessKey: { id: 'AKIAhunter2', secret: 'hunter2' } } })),
    ).toHaveLength(3);
    expect(problems(untyped.gcp?.({ project: 'p', auth: { key: '{"private_key":"hunter2"}' } }))).toHaveLength(1);
  });

  test('nothing, or more than one way to sign in', () => {
    const untyped = Provider as unknown as Record<string, (props: unknown) => Provider>;
    expect(problems(undefined)).toEqual(['the store has no provider: pass one, like `Provider.vault({ … })`']);
    expect(problems(untyped.vault?.(undefined))).toHaveLength(2);
    expect(
      problems(untyped.azure?.({ vaultUrl: 'acme', auth: { workloadIdentity: {}, managedIdentity: {} } })),
    ).toEqual([
      'Provider.azure(): `vaultUrl` is no address: write it like https://store.acme.example',
      'Provider.azure(): `auth` has to hold one of workloadIdentity, managedIdentity, servicePrincipal, and nothing else',
    ]);
    // @ts-expect-error one of them, and nothing else
    Provider.vault({ server, auth: { token: key, kubernetes: { role: 'a' } } });
  });

  test('names that cannot be, and other namespaces', () => {
    expect(problems(Provider.vault({ server, auth: { token: elsewhere } }))).toEqual([
      "the provider refers to Secret 'credentials' in namespace 'external-secrets', and a SecretStore reads its own " +
        'alone: leave the namespace out, or make it a ClusterSecretStore',
    ]);
    expect(
      problems(Provider.vault({ server, auth: { kubernetes: { role: '', serviceAccount: 'Not A Name' } } })),
    ).toHaveLength(2);
  });
});
