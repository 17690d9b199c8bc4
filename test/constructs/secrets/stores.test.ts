import { ApiObject } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { describe, expect, test } from 'vitest';
import {
  Application,
  ArgoCd,
  Cluster,
  ClusterSecretStore,
  type ClusterSecretStoreProps,
  Environment,
  Flux,
  type Platform,
  Provider,
  Secret,
  SecretStore,
  type StoreCondition,
  StoreRef,
} from '../../../src';
import { declarationOf, type PlatformDeclaration } from '../../../src/model/declaration';
import { orderUnits } from '../../../src/synth/dependencies';
import { synthesize } from '../../../src/synth/synthesize';
import { survey } from '../../../src/synth/walk';
import { errorOf, filesOf, newPlatform, oneEnvironment, problemsOf } from '../../synth/platforms';
import { objectsOf } from './objects';

const provider = Provider.vault({ server: 'https://vault.acme.example', auth: { kubernetes: { role: 'shop' } } });
const keys = { password: { path: 'apps/checkout/db' } };
const says = (text: string) => expect.stringContaining(text);

describe('conditions of a cluster’s store', () => {
  function declared(conditions: unknown) {
    const { platform, dev } = oneEnvironment();
    const stores = new Application(dev, 'secret-stores');
    const props = { provider, conditions } as ClusterSecretStoreProps;
    return { platform, dev, store: new ClusterSecretStore(stores, 'vault', props) };
  }

  test.each<[string, unknown]>([
    ['none', undefined],
    ['an empty list', []],
    ['an empty condition', [{}]],
    ['an empty selector', [{ namespaceSelector: {} }]],
    ['a selector without labels', [{ namespaceSelector: { matchLabels: {}, matchExpressions: [] } }]],
    ['a pattern for everything', [{ namespaces: ['*'] }]],
    ['another one', [{ namespaces: ['a', '**'] }]],
    ['an expression for everything', [{ namespaceRegexes: ['^.*$'] }]],
    ['one more', [{ namespaceRegexes: ['^[a-z0-9-]+$'] }]],
  ])('%s: every namespace could read', (_, conditions) => {
    const error = errorOf(declared(conditions).platform);
    expect(error.code).toBe('STORE_UNSCOPED');
    expect(error.problems).toHaveLength(1);
    expect(error.problems[0]?.where).toBe('dev/secret-stores/vault');
  });

  test('patterns and expressions that are none, or match in the middle of names', () => {
    const { platform } = declared([{ namespaces: ['Team', 'a b*'] }, { namespaceRegexes: ['team-', '^(a$'] }]);
    expect(problemsOf(platform)).toEqual([
      ['dev/secret-stores/vault', says("'Team' is neither a namespace nor a pattern")],
      ['dev/secret-stores/vault', says("'a b*' is no pattern of namespaces")],
      ['dev/secret-stores/vault', says("'team-' also matches in the middle of other names")],
      ['dev/secret-stores/vault', says("'^(a$' is no regular expression")],
    ]);
  });

  test('namespaces, patterns and environments, as the operator reads them', () => {
    const { platform, dev } = oneEnvironment();
    const conditions: StoreCondition[] = [
      { namespaces: ['b', 'a', 'team-*'], environments: [dev] },
      { namespaceSelector: { matchLabels: { stores: 'vault' } } },
    ];
    new ClusterSecretStore(new Application(dev, 'secret-stores'), 'vault', { provider, conditions });
    expect(objectsOf(platform)[0]?.spec.conditions).toEqual([
      { namespaces: ['a', 'b'], namespaceRegexes: ['^dev-.*$', '^team-.*$'] },
      { namespaceSelector: { matchLabels: { stores: 'vault' } } },
    ]);
  });

  test('a namespace that is not among them cannot read', () => {
    const { platform, dev, store } = declared([{ namespaces: ['dev-orders', 'team-*'] }]);
    Secret.external(new Application(dev, 'orders'), 'db', { store, keys });
    Secret.external(new Application(dev, 'teams', { namespace: 'team-a' }), 'db', { store, keys });
    Secret.external(new Application(dev, 'checkout'), 'db', { store, keys });
    expect(problemsOf(platform)).toEqual([
      ['dev/checkout/db', says("does not serve namespace 'dev-checkout': add it to its `conditions`")],
    ]);
  });

  test('whom labels let in, is not known', () => {
    const { platform, dev, store } = declared([{ namespaceSelector: { matchLabels: { a: 'b' } } }]);
    Secret.external(new Application(dev, 'checkout'), 'db', { store, keys });
    expect(objectsOf(platform)).toHaveLength(2);
  });
});

describe('order', () => {
  test('an application waits for the store it reads from, and that for External Secrets', () => {
    const { platform, dev } = oneEnvironment();
    const conditions = [{ environments: [dev] }];
    const store = new ClusterSecretStore(new Application(dev, 'secret-stores'), 'vault', { provider, conditions });
    Secret.external(new Application(dev, 'checkout'), 'db', { store, keys });
    definition(new Application(dev, 'external-secrets'), 'clustersecretstores.external-secrets.io');
    expect(orderOf(platform)).toEqual({
      'secret-stores': ['external-secrets'],
      checkout: ['external-secrets', 'secret-stores'],
      'external-secrets': [],
    });
  });

  test('under Flux as well, whose manifests of applications are the same', () => {
    const declared = (operator: typeof ArgoCd | typeof Flux) => {
      const platform = newPlatform();
      const cluster = new Cluster(platform, 'eu-1');
      new operator(cluster, 'operator');
      const dev = new Environment(platform, 'dev', { cluster });
      const stores = new Application(dev, 'secret-stores', { dependsOn: ['external-secrets'] });
      const store = new ClusterSecretStore(stores, 'vault', { provider, conditions: [{ environments: [dev] }] });
      const checkout = new Application(dev, 'checkout');
      Secret.external(checkout, 'db', { store, keys });
      Secret.external(checkout, 'own', { store: new SecretStore(checkout, 'store', { provider }), keys });
      definition(new Application(dev, 'external-secrets'), 'secretstores.external-secrets.io');
      return filesOf(synthesize(platform));
    };
    const [argo, flux] = [declared(ArgoCd), declared(Flux)];
    const environments = (files: Record<string, string>) =>
      Object.entries(files).filter(([path]) => path.startsWith('environments/dev/'));
    expect(environments(flux)).toEqual(environments(argo));
    expect(environments(flux)).toHaveLength(5);
  });

  test('what a controller’s own unit needs cannot come from it', () => {
    const { platform, dev } = oneEnvironment();
    const controller = new Application(dev, 'external-secrets', { dependsOn: ['checkout'] });
    definition(controller, 'externalsecrets.external-secrets.io');
    Secret.external(new Application(dev, 'checkout'), 'db', { store: StoreRef.named('vault'), keys });
    const error = errorOf(platform);
    expect(error.code).toBe('SECRET_ORDER');
    expect(error.problems).toEqual([
      expect.objectContaining({
        where: 'dev/checkout',
        message: says('whose definitions dev/external-secrets brings, and that waits for it'),
      }),
    ]);
  });

  test('a store that waits for the application it is to serve', () => {
    const { platform, dev } = oneEnvironment();
    const stores = new Application(dev, 'secret-stores', { dependsOn: ['checkout'] });
    const store = new ClusterSecretStore(stores, 'vault', { provider, conditions: [{ environments: [dev] }] });
    Secret.external(new Application(dev, 'checkout'), 'db', { store, keys });
    const error = errorOf(platform);
    expect(error.code).toBe('DEPENDENCY_CYCLE');
    expect(error.message).toContain('dev/secret-stores → dev/checkout');
  });

  test('a store in another cluster', () => {
    const { platform, dev } = oneEnvironment();
    const cluster = new Cluster(platform, 'us-1');
    new Flux(cluster);
    const prod = new Environment(platform, 'prod', { cluster });
    const conditions = [{ environments: [dev, prod] }];
    const store = new ClusterSecretStore(new Application(dev, 'secret-stores'), 'vault', { provider, conditions });
    Secret.external(new Application(prod, 'checkout'), 'db', { store, keys });
    const error = errorOf(platform);
    expect(error.code).toBe('SECRET_ORDER');
    expect(error.problems).toEqual([
      expect.objectContaining({
        where: 'prod/checkout/db',
        message: says("dev/secret-stores/vault is in cluster 'eu-1', and the Secret in 'us-1'"),
      }),
    ]);
  });

  test('in one unit the store comes first, and what it needs with it', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    const accounts = { role: 'shop', serviceAccount: 'reader' };
    const server = 'https://vault.acme.example';
    const needing = Provider.vault({ server, auth: { kubernetes: accounts } });
    new SecretStore(application, 'alone', { provider: needing });
    const other = new Application(dev, 'orders');
    const store = new SecretStore(other, 'with-account', { provider: needing });
    const token = Secret.external(other, 'token', { store, keys: { token: { path: 'a' } } });
    new SecretStore(other, 'second', { provider: Provider.vault({ server, auth: { token: token.key('token') } }) });
    new SecretStore(other, 'third', { provider });
    new kplus.ServiceAccount(other, 'account', { metadata: { name: 'reader' } });
    const waves = objectsOf(platform, 'SecretStore').map(
      ({ metadata }) => [metadata.name, (metadata.annotations as Record<string, string>)?.[WAVE]] as const,
    );
    expect(Object.fromEntries(waves)).toEqual({
      'checkout-alone': '-10',
      'orders-with-account': undefined,
      'orders-second': undefined,
      'orders-third': '-10',
    });
  });

  test('an annotation that turns it round, or makes a hook of a Secret', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    const store = new SecretStore(application, 'store', { provider });
    const metadata = (annotation: string, value: string) => ({ annotations: { [annotation]: value } });
    Secret.external(application, 'early', { store, keys, metadata: metadata(WAVE, '-20') });
    Secret.external(application, 'hook', { store, keys, metadata: metadata('argocd.argoproj.io/hook', 'PreSync') });
    Secret.external(application, 'soon', { store, keys, metadata: metadata(WAVE, '-5') });
    const error = errorOf(platform);
    expect(error.code).toBe('SECRET_ORDER');
    expect(error.problems.map(({ where, message }) => [where, message])).toEqual([
      ['dev/checkout/early', says('it is to be applied ahead of its store dev/checkout/store')],
      ['dev/checkout/hook', says('an ExternalSecret cannot be a hook')],
    ]);
  });
});

describe('Secrets and stores', () => {
  test('a store of a namespace serves no other one', () => {
    const { platform, dev } = oneEnvironment();
    const store = new SecretStore(new Application(dev, 'orders'), 'store', { provider });
    Secret.external(new Application(dev, 'checkout'), 'db', { store, keys });
    expect(problemsOf(platform)).toEqual([
      ['dev/checkout/db', says("serves its own namespace 'dev-orders', not 'dev-checkout': use a ClusterSecretStore")],
    ]);
  });

  test('a store that something else brings is named', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    Secret.external(application, 'a', { store: StoreRef.named('vault'), keys });
    Secret.external(application, 'b', { store: StoreRef.named('own', { kind: 'SecretStore' }), keys });
    expect(objectsOf(platform).map(({ spec }) => spec.secretStoreRef)).toEqual([
      { name: 'vault', kind: 'ClusterSecretStore' },
      { name: 'own', kind: 'SecretStore' },
    ]);
    expect(() => StoreRef.named('No Name')).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }));
    expect(() => StoreRef.named('a', { kind: 'Vault' as never })).toThrow("'Vault' is neither");
  });

  test('what is wrong with a Secret is reported, all of it', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    Secret.external(application, 'nothing', undefined as never);
    Secret.external(application, 'wrong', {
      store: 'vault' as never,
      keys: { a: { path: '' }, b: { path: 'x' } },
      refreshInterval: '1 hour',
      template: { data: { b: '{{ .a }}', c: 'literal' } },
    });
    expect(problemsOf(platform)).toEqual([
      ['dev/checkout/nothing', says('has no keys')],
      ['dev/checkout/nothing', says('has no store: pass a SecretStore')],
      ['dev/checkout/wrong', says('has no store: pass a SecretStore')],
      ['dev/checkout/wrong', says("the key 'a' has no `path`")],
      ['dev/checkout/wrong', says("'1 hour' is no duration")],
      ['dev/checkout/wrong', says("the key 'b' is both read and made by the template")],
      ['dev/checkout/wrong', says("the key 'c' of the template holds nothing that was read")],
    ]);
  });

  test('one Secret has one maker', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    const store = StoreRef.named('vault');
    Secret.external(application, 'db', { store, keys });
    const raw = (name: string, creationPolicy: string) =>
      new ApiObject(application, name, {
        apiVersion: 'external-secrets.io/v1',
        kind: 'ExternalSecret',
        metadata: { name },
        spec: { secretStoreRef: { name: 'vault' }, target: { name: 'checkout-db', creationPolicy } },
      } as never);
    raw('other', 'Owner');
    raw('addition', 'Merge');
    expect(problemsOf(platform)).toEqual([
      [
        'dev/checkout/other',
        says("the Secret 'checkout-db' is made by the ExternalSecret at dev/checkout/db/Default too"),
      ],
    ]);
  });

  test('an existing Secret renders nothing', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    const tls = Secret.existing(application, 'checkout-tls', { keys: ['tls.crt', 'tls.key'] });
    const other = Secret.existing(application, 'other', { name: 'shared', keys: ['a'] });
    expect(tls.key('tls.key').ref).toEqual({ name: 'checkout-tls', key: 'tls.key' });
    expect(other.key('a').ref).toEqual({ name: 'shared', key: 'a' });
    expect(synthesize(platform).empty).toEqual([
      { kind: 'unit', environment: 'dev', application: 'checkout', cluster: 'eu-1' },
    ]);
  });

  test('there is none made of a string', () => {
    const Untyped = Secret as unknown as new (...args: unknown[]) => unknown;
    expect(() => new Untyped({}, 'db', { stringData: { password: 'hunter2' } })).toThrow(
      expect.objectContaining({ code: 'MODEL_INVALID', message: says('a Secret is not made from values') }),
    );
    const store = StoreRef.named('vault');
    // @ts-expect-error a key is told by where its value is
    const literal = () => Secret.external({} as never, 'db', { store, keys: { password: 'hunter2' } });
    expect(literal).toBeTypeOf('function');
  });

  test('that of cdk8s-plus with data is refused, with what to write instead', () => {
    const { platform, dev } = oneEnvironment();
    new kplus.Secret(new Application(dev, 'checkout'), 'db', { stringData: { password: 'hunter2' } });
    const error = errorOf(platform);
    expect(error.code).toBe('PLAIN_SECRET');
    expect(error.message).toContain('dev/checkout/db');
    expect(error.message).toMatch(/Secret\.(external|encrypted|existing)/);
    expect(error.message).not.toContain('hunter2');
  });
});

const WAVE = 'argocd.argoproj.io/sync-wave';

/** What a controller's unit brings: the definition of a kind that holds anything. */
function definition(application: Application, name: string): void {
  const kind = name.startsWith('cluster')
    ? 'ClusterSecretStore'
    : name.startsWith('e')
      ? 'ExternalSecret'
      : 'SecretStore';
  const plural = name.slice(0, name.indexOf('.'));
  const openApiv3Schema = { type: 'object', xKubernetesPreserveUnknownFields: true };
  new kplus.k8s.KubeCustomResourceDefinition(application, name, {
    metadata: { name },
    spec: {
      group: name.slice(plural.length + 1),
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      scope: kind === 'ClusterSecretStore' ? 'Cluster' : 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openApiv3Schema } }],
    },
  });
}

/** Units, and those that come before each, as operators are told. */
function orderOf(platform: Platform): Record<string, string[]> {
  const found = survey(platform, declarationOf(platform) as PlatformDeclaration);
  const order = [...orderUnits(found, found.problems)];
  expect(found.problems).toEqual([]);
  const name = (unit: (typeof order)[number][0]) => unit.application.name;
  return Object.fromEntries(order.map(([unit, on]) => [name(unit), [...on].map(name).sort()]));
}
