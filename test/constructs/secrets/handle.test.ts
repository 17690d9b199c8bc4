import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { Application, type Platform } from '../../../src';
import { SecretHandle, type SecretKey } from '../../../src/constructs/secrets/handle';
import { oneEnvironment, problemsOf } from '../../synth/platforms';
import { objectsOf } from './objects';

function checkout() {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'checkout');
  const db = new SecretHandle(application, 'db', { name: 'checkout-db', keys: ['user', 'password'] });
  return { platform, application, db };
}

describe('a key', () => {
  test('is one of those the Secret has', () => {
    const { db } = checkout();
    expectTypeOf(db.key).parameter(0).toEqualTypeOf<'user' | 'password'>();
    expectTypeOf(db.envValue).parameter(0).toEqualTypeOf<'user' | 'password'>();
    // @ts-expect-error there is no such key
    const unknown = () => db.key('pasword');
    expect(unknown).toThrow(
      expect.objectContaining({
        code: 'SECRET_KEY_UNKNOWN',
        message: "dev/checkout/db: the Secret 'checkout-db' has no key 'pasword'; there are: password, user",
      }),
    );
    // @ts-expect-error nor here
    expect(() => db.envValue('toString')).toThrow("no key 'toString'");
  });

  test('is an environment value of cdk8s-plus', () => {
    const { platform, application, db } = checkout();
    const deployment = new kplus.Deployment(application, 'api');
    const container = deployment.addContainer({
      image: 'ghcr.io/acme/api:1',
      envVariables: { DB_PASSWORD: db.key('password') },
      envFrom: [kplus.Env.fromSecret(db)],
    });
    container.env.addVariable('DB_USER', db.key('user', { optional: true }));
    container.env.addVariable('AGAIN', kplus.EnvValue.fromSecretValue({ secret: db, key: 'user' }));
    container.env.addVariable('ONCE_MORE', db.envValue('user'));
    const [rendered] = podsOf(platform)[0].containers;
    expect(rendered?.env).toEqual([
      { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'checkout-db', key: 'password' } } },
      { name: 'DB_USER', valueFrom: { secretKeyRef: { name: 'checkout-db', key: 'user', optional: true } } },
      { name: 'AGAIN', valueFrom: { secretKeyRef: { name: 'checkout-db', key: 'user' } } },
      { name: 'ONCE_MORE', valueFrom: { secretKeyRef: { name: 'checkout-db', key: 'user' } } },
    ]);
    expect(rendered?.envFrom).toEqual([{ secretRef: { name: 'checkout-db' } }]);
  });

  test('is a volume of cdk8s-plus, and so is the Secret', () => {
    const { platform, application, db } = checkout();
    const pod = new kplus.Deployment(application, 'api');
    const container = pod.addContainer({ image: 'ghcr.io/acme/api:1' });
    container.mount('/all', kplus.Volume.fromSecret(application, 'all', db));
    const items = { ...db.key('password').items(), ...db.key('user').items('name.txt') };
    container.mount('/some', kplus.Volume.fromSecret(application, 'some', db, { name: 'some', items }));
    expect(podsOf(platform)[0]?.volumes).toEqual([
      { name: 'secret-checkout-db', secret: { secretName: 'checkout-db' } },
      {
        name: 'some',
        secret: {
          secretName: 'checkout-db',
          items: [
            { key: 'password', path: 'password' },
            { key: 'user', path: 'name.txt' },
          ],
        },
      },
    ]);
  });

  test('is a source of raw objects, typed and untyped', () => {
    const { platform, application, db } = checkout();
    const spec = {
      selector: { matchLabels: { app: 'api' } },
      template: {
        metadata: { labels: { app: 'api' } },
        spec: {
          containers: [
            {
              name: 'api',
              image: 'ghcr.io/acme/api:1',
              env: [
                { name: 'A', valueFrom: db.key('password').valueFrom },
                { name: 'B', ...db.key('password') },
                { name: 'C', valueFrom: { secretKeyRef: db.key('user').ref } },
              ],
            },
          ],
          volumes: [
            { name: 'one', secret: db.key('password').volume('pw') },
            { name: 'two', secret: db.key('user', { optional: true }).volume() },
          ],
        },
      },
    };
    new kplus.k8s.KubeDeployment(application, 'typed', { spec });
    new ApiObject(application, 'raw', { apiVersion: 'apps/v1', kind: 'Deployment', spec } as never);
    const pods = podsOf(platform);
    expect(pods).toHaveLength(2);
    for (const pod of pods) {
      const [password, user] = ['password', 'user'].map((key) => ({ secretKeyRef: { name: 'checkout-db', key } }));
      expect(pod.containers[0].env).toEqual([
        { name: 'A', valueFrom: password },
        { name: 'B', valueFrom: password },
        { name: 'C', valueFrom: user },
      ]);
      expect(pod.volumes).toEqual([
        { name: 'one', secret: { secretName: 'checkout-db', items: [{ key: 'password', path: 'pw' }] } },
        {
          name: 'two',
          secret: { secretName: 'checkout-db', items: [{ key: 'user', path: 'user' }], optional: true },
        },
      ]);
    }
  });

  test('cannot be part of a text', () => {
    const { db } = checkout();
    expect(() => `postgres://${db.key('user')}@db`).toThrow(/the key 'user' of Secret 'checkout-db' .* \$\(VARIABLE\)/);
  });
});

test('a handle is an ISecret of cdk8s-plus, and roles may name it', () => {
  const { platform, application, db } = checkout();
  expectTypeOf(db).toExtend<kplus.ISecret>();
  expectTypeOf<SecretKey>().toExtend<kplus.EnvValue>();
  new kplus.Role(application, 'reader').allowRead(db);
  expect(objectsOf(platform, 'Role')[0]).toMatchObject({
    rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['checkout-db'] }],
  });
});

test('a handle serves as the certificate of an Ingress, and as the key to a registry', () => {
  const { platform, application, db } = checkout();
  new kplus.Deployment(application, 'api', {
    dockerRegistryAuth: db,
    containers: [{ image: 'ghcr.io/acme/api:1', portNumber: 8080 }],
  });
  const deployment = new kplus.Deployment(application, 'web', { containers: [{ image: 'web:1', portNumber: 80 }] });
  const ingress = deployment.exposeViaIngress('/');
  ingress.addTls([{ hosts: ['a.example'], secret: db }]);
  expect(podsOf(platform)[0].imagePullSecrets).toEqual([{ name: 'checkout-db' }]);
  expect(objectsOf(platform, 'Ingress')[0]?.spec.tls).toEqual([{ hosts: ['a.example'], secretName: 'checkout-db' }]);
});

test('a handle is known whichever copy of the package made it', () => {
  const { db } = checkout();
  expect(SecretHandle.isSecretHandle(db)).toBe(true);
  for (const other of [{}, null, undefined, 'db']) expect(SecretHandle.isSecretHandle(other)).toBe(false);
});

test('what brings the Secret gives it its name', () => {
  const { application } = checkout();
  const handle = new SecretHandle(application, 'cache', {
    keys: ['a'],
    name: (scope) => new ApiObject(scope, 'Default', { apiVersion: 'acme.example/v1', kind: 'Brings' }),
  });
  expect(handle.name).toBe('checkout-cache');
});

test('names and keys that cannot be are reported, all of them', () => {
  const { platform, application } = checkout();
  new SecretHandle(application, 'a', { name: 'Not_A_Name', keys: ['ok', 'a b', '..', ''] });
  new SecretHandle(application, 'b', { name: 'b', keys: [] });
  expect(problemsOf(platform)).toMatchInlineSnapshot(`
    [
      [
        "dev/checkout/a",
        "'Not_A_Name' is no name of a Secret: use lowercase letters, digits, \`-\` and \`.\`, at most 253",
      ],
      [
        "dev/checkout/a",
        "'' is no key of a Secret: use letters, digits, \`-\`, \`_\` and \`.\`, at most 253",
      ],
      [
        "dev/checkout/a",
        "'..' is no key of a Secret: use letters, digits, \`-\`, \`_\` and \`.\`, at most 253",
      ],
      [
        "dev/checkout/a",
        "'a b' is no key of a Secret: use letters, digits, \`-\`, \`_\` and \`.\`, at most 253",
      ],
      [
        "dev/checkout/b",
        "the Secret 'b' has no keys: list those that it has in \`keys\`",
      ],
    ]
  `);
});

function podsOf(platform: Platform) {
  return objectsOf(platform, 'Deployment').map(({ spec }) => spec.template.spec);
}
