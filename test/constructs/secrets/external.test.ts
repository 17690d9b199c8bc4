import { expect, expectTypeOf, test } from 'vitest';
import { Application, Provider, Secret, type SecretHandle, SecretStore } from '../../../src';
import { oneEnvironment } from '../../synth/platforms';
import { objectsOf } from './objects';

test('an ExternalSecret, with every default of its definition', () => {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'checkout');
  const store = new SecretStore(application, 'vault', {
    provider: Provider.vault({
      server: 'https://vault.acme.example',
      path: 'secret',
      auth: { kubernetes: { role: 'checkout', serviceAccount: 'checkout' } },
    }),
  });
  const db = Secret.external(application, 'db', {
    store,
    keys: {
      password: { path: 'apps/checkout/db', property: 'password' },
      user: { path: 'apps/checkout/db', version: '3' },
    },
    template: { data: { url: 'postgres://{{ .user }}:{{ .password }}@db/checkout' } },
  });
  expectTypeOf(db).toEqualTypeOf<SecretHandle<'password' | 'user' | 'url'>>();
  const keys = { a: { path: 'a' } };
  expectTypeOf(Secret.external<'a'>).returns.toEqualTypeOf<SecretHandle<'a'>>();
  const typed = () => Secret.external(application, 'typed', { store, keys, template: { type: 'Opaque' } });
  expectTypeOf(typed).returns.toEqualTypeOf<SecretHandle<'a'>>();
  expect(objectsOf(platform)).toMatchInlineSnapshot(`
    [
      {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {
          "name": "checkout-db",
        },
        "spec": {
          "data": [
            {
              "remoteRef": {
                "conversionStrategy": "Default",
                "decodingStrategy": "None",
                "key": "apps/checkout/db",
                "metadataPolicy": "None",
                "property": "password",
              },
              "secretKey": "password",
            },
            {
              "remoteRef": {
                "conversionStrategy": "Default",
                "decodingStrategy": "None",
                "key": "apps/checkout/db",
                "metadataPolicy": "None",
                "version": "3",
              },
              "secretKey": "user",
            },
          ],
          "refreshInterval": "1h0m0s",
          "secretStoreRef": {
            "kind": "SecretStore",
            "name": "checkout-vault",
          },
          "target": {
            "creationPolicy": "Owner",
            "deletionPolicy": "Retain",
            "name": "checkout-db",
            "template": {
              "data": {
                "url": "postgres://{{ .user }}:{{ .password }}@db/checkout",
              },
              "engineVersion": "v2",
              "mergePolicy": "Merge",
            },
          },
        },
      },
      {
        "apiVersion": "external-secrets.io/v1",
        "kind": "SecretStore",
        "metadata": {
          "annotations": {
            "argocd.argoproj.io/sync-wave": "-10",
          },
          "name": "checkout-vault",
        },
        "spec": {
          "provider": {
            "vault": {
              "auth": {
                "kubernetes": {
                  "mountPath": "kubernetes",
                  "role": "checkout",
                  "serviceAccountRef": {
                    "name": "checkout",
                  },
                },
              },
              "path": "secret",
              "server": "https://vault.acme.example",
              "version": "v2",
            },
          },
        },
      },
    ]
  `);
});
