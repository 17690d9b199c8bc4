import { ApiObject, Chart, JsonPatch } from 'cdk8s';
import { Ingress } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux, Platform } from '../../src';
import { configMap, errorOf, newPlatform, oneEnvironment, pathsOf, problemsOf } from './platforms';

/** Bad input, and what people are told about it. */

const says = (text: string) => expect.stringContaining(text);

describe('names', () => {
  it.each(['../x', '-a', 'a-', 'A', '', 'a_b', 'a.b', 'x'.repeat(64), 'ä', 'a\n', undefined as never])(
    '%j names nothing',
    (name) => {
      const { platform, cluster, dev } = oneEnvironment();
      configMap(new Application(dev, name), 'a');
      new Environment(platform, name, { cluster });
      new ArgoCd(new Cluster(platform, name));
      const error = errorOf(platform);
      expect(error.code).toBe('MODEL_INVALID');
      for (const what of ['an application', 'an environment', 'a cluster']) {
        expect(error.message).toContain(`is not a name for ${what}:`);
      }
    },
  );

  it('a platform has one too', () => {
    expect(errorOf(newPlatform({ name: 'Shop Platform' })).message).toContain("'Shop Platform'");
  });

  it('63 characters are as long as a name gets, and a unit has them together', () => {
    const { platform, cluster } = oneEnvironment();
    const environment = new Environment(platform, 'e'.repeat(32), { cluster });
    configMap(new Application(environment, 'a'.repeat(30)), 'a');
    expect(pathsOf(platform)).toContain(`releases/${'e'.repeat(32)}/${'a'.repeat(30)}.yaml`);
    configMap(new Application(environment, 'b'.repeat(31), { namespace: 'shop' }), 'a');
    expect(problemsOf(platform)).toEqual([[`${'e'.repeat(32)}/${'b'.repeat(31)}`, says('longer than 63 characters')]]);
  });

  it('that are there twice are reported with both paths', () => {
    const { platform, cluster, dev } = oneEnvironment();
    const group = new Construct(platform, 'group');
    new Environment(group, 'dev', { cluster });
    new ArgoCd(new Cluster(group, 'eu-1'));
    const inner = new Construct(dev, 'team');
    for (const scope of [dev, inner]) configMap(new Application(scope, 'checkout'), 'a');
    new Application(dev, 'checkout');
    expect(problemsOf(platform)).toEqual(
      expect.arrayContaining([
        ['group/eu-1', says("cluster 'eu-1' already (eu-1)")],
        ['group/dev', says("environment 'dev' already (dev)")],
        ['dev/checkout', says("'checkout' already (dev/team/checkout)")],
        ['dev/checkout~2', says("'checkout' already")],
      ]),
    );
  });

  it('of namespaces, sources, branches, owners and URLs are checked', () => {
    const platform = new Platform({
      name: 'shop',
      source: '../acme',
      environmentRepository: { url: 'https://user:secret-password@git.example.com/e.git', branch: '-b' },
    });
    const cluster = new Cluster(platform, 'eu-1', { source: 'a b' });
    new ArgoCd(cluster);
    const dev = new Environment(platform, 'dev', {
      cluster,
      owners: ['acme/sre', 'x @y\n* @evil'],
      namespaces: ['team-*', '!kube-system'],
    });
    configMap(new Application(dev, 'checkout', { namespace: 'Shop', source: '/etc' }), 'a');
    const { message, problems } = errorOf(platform);
    expect(problems).toHaveLength(8);
    expect(message).not.toContain('secret-password');
    for (const part of ['../acme', 'credentials', "'-b'", 'a b', '@evil', '!kube-system', "'Shop'", '/etc']) {
      expect(message).toContain(part);
    }
  });

  it.each(['https://ghp_token@git.example.com/e.git', 'ssh://git:pass@host/e.git'])('%s holds a credential', (url) => {
    const { message } = errorOf(newPlatform({ environmentRepository: { url } }));
    expect(message).toContain('holds credentials');
    expect(message).not.toMatch(/ghp_token|pass@/);
  });

  it.each(['ssh://git@host/e.git', 'git@host:acme/e.git', 'https://host/a@b.git', '/srv/e.git'])(
    '%s holds none',
    (url) => {
      expect(pathsOf(newPlatform({ environmentRepository: { url } }))).toEqual([]);
    },
  );

  it('a platform without a repository is told so', () => {
    expect(problemsOf(newPlatform({ environmentRepository: undefined }))).toEqual([
      ['', says('no environment repository')],
    ]);
    expect(problemsOf(newPlatform({ environmentRepository: { url: '' } }))).toHaveLength(1);
  });
});

describe('the tree of constructs', () => {
  it('a cluster needs an operator, and one only', () => {
    const platform = newPlatform();
    const none = new Cluster(platform, 'none');
    const two = new Cluster(platform, 'two');
    new ArgoCd(two);
    new Flux(two);
    new Environment(platform, 'dev', { cluster: none });
    expect(problemsOf(platform)).toEqual([
      ['two', says('two/argocd and two/flux')],
      ['dev', says("cluster 'none' has no operator")],
    ]);
    const unused = newPlatform();
    new Cluster(unused, 'alone');
    expect(problemsOf(unused)).toEqual([['alone', says('has no operator')]]);
  });

  it('an operator belongs into a cluster', () => {
    const { platform, dev } = oneEnvironment();
    new Flux(dev);
    expect(problemsOf(platform)).toEqual([['dev/flux', says('belongs into a Cluster')]]);
  });

  it('an environment needs a cluster, of the same platform', () => {
    const { platform } = oneEnvironment();
    new Environment(platform, 'none', {} as never);
    new Environment(platform, 'nothing', undefined as never);
    new Environment(platform, 'other', { cluster: oneEnvironment().cluster });
    expect(problemsOf(platform)).toEqual([
      ['none', says('needs a cluster')],
      ['nothing', says('needs a cluster')],
      ['other', says('belongs to another platform')],
    ]);
  });

  it('an application belongs into an environment, and into no other one', () => {
    const { platform, dev } = oneEnvironment();
    configMap(new Application(platform, 'astray'), 'a');
    const outer = new Application(dev, 'outer');
    configMap(new Application(outer, 'inner'), 'a');
    expect(problemsOf(platform)).toEqual([
      ['dev/outer/inner', says('move it out of dev/outer')],
      ['astray', says('belongs into an Environment')],
    ]);
  });

  it('a chart outside of any application is not lost silently', () => {
    const { platform, dev } = oneEnvironment();
    configMap(new Chart(platform, 'a'), 'a');
    configMap(new Chart(dev, 'b'), 'a');
    new Chart(platform, 'empty');
    expect(problemsOf(platform)).toEqual([
      ['dev/b', says('nest it in an Application')],
      ['a', says('nest it in an Application')],
    ]);
  });
});

describe('objects', () => {
  it('need kind, apiVersion and name, once everything is patched', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    configMap(application, 'kind').addJsonPatch(JsonPatch.remove('/kind'));
    configMap(application, 'version').addJsonPatch(JsonPatch.remove('/apiVersion'));
    configMap(application, 'name').addJsonPatch(JsonPatch.replace('/metadata/name', ''));
    configMap(application, 'number').addJsonPatch(JsonPatch.replace('/metadata/name', 7));
    configMap(application, 'generated').addJsonPatch(
      JsonPatch.add('/metadata/generateName', 'a-'),
      JsonPatch.remove('/metadata/name'),
    );
    new ApiObject(application, 'list', {
      apiVersion: 'v1',
      kind: 'List',
      items: [null, 'text', { kind: 'ConfigMap' }],
    });
    expect(problemsOf(platform)).toEqual([
      ['dev/checkout/kind', says('no kind')],
      ['dev/checkout/version', says('no apiVersion')],
      ['dev/checkout/name', says('no name')],
      ['dev/checkout/number', says('no name')],
      ['dev/checkout/generated', says('generateName')],
      ['dev/checkout/list', says('no kind')],
      ['dev/checkout/list', says('no kind')],
      ['dev/checkout/list', says('no apiVersion')],
    ]);
  });

  it('that cannot be rendered are named, with the reason', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    configMap(application, 'patch').addJsonPatch(JsonPatch.test('/kind', 'Secret'));
    configMap(application, 'function', { data: { f: () => 1 } });
    expect(problemsOf(platform)).toEqual([
      ['dev/checkout/patch', says('cannot be rendered')],
      ['dev/checkout/function', says('data.f')],
    ]);
  });

  it('on one path are a collision that names both', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    for (const id of ['a', 'b']) configMap(application, id, { metadata: { name: 'same' } });
    const error = errorOf(platform);
    expect(error.code).toBe('PATH_COLLISION');
    expect(error.problems).toHaveLength(1);
    expect(error.message).toContain('[dev/checkout/b]');
    expect(error.message).toContain('dev/checkout/a renders it too');
    expect(error.message).toContain('environments/dev/checkout/configmap-same.yaml');
  });

  it('of one list on one path are a collision too', () => {
    const { platform, dev } = oneEnvironment();
    const item = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'same' } };
    new ApiObject(new Application(dev, 'checkout'), 'list', { apiVersion: 'v1', kind: 'List', items: [item, item] });
    expect(errorOf(platform)).toMatchObject({ code: 'PATH_COLLISION', message: says('renders it twice') });
  });

  it('are applied by one application of a cluster', () => {
    const { platform, cluster, dev } = oneEnvironment();
    const other = new Environment(platform, 'other', { cluster });
    const far = new Cluster(platform, 'far');
    new Flux(far);
    const named = { metadata: { name: 'same' } };
    configMap(new Application(dev, 'a', { namespace: 'shared' }), 'x', named);
    configMap(new Application(other, 'b', { namespace: 'shared' }), 'x', named);
    configMap(new Application(other, 'c'), 'x', { metadata: { name: 'same', namespace: 'shared' } });
    configMap(new Application(other, 'own'), 'x', named);
    configMap(
      new Application(new Environment(platform, 'away', { cluster: far }), 'a', { namespace: 'shared' }),
      'x',
      named,
    );
    for (const scope of [dev, other]) {
      new ApiObject(new Application(scope, 'd'), 'r', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        ...named,
      });
    }
    expect(problemsOf(platform)).toEqual([
      ['other/b/x', says("applied to cluster 'eu-1' by dev/a/x too")],
      ['other/c/x', says("applied to cluster 'eu-1' by dev/a/x too")],
      ['other/d/r', says("applied to cluster 'eu-1' by dev/d/r too")],
    ]);
  });

  it('are kept apart by namespaces that two units do not share by accident', () => {
    const { platform, cluster } = oneEnvironment();
    configMap(new Application(new Environment(platform, 'a-b', { cluster }), 'c'), 'x');
    configMap(new Application(new Environment(platform, 'a', { cluster }), 'b-c'), 'x');
    expect(problemsOf(platform)).toEqual([['a/b-c', says("namespace 'a-b-c' is also that of a-b/c")]]);
  });
});

describe('everything that is wrong is said at once', () => {
  it('what constructs find, what the model lacks, and what objects miss', () => {
    const { platform, cluster, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout', { dependsOn: ['missing'] });
    application.node.addValidation({ validate: () => ['first', 'second'] });
    const inner = new Construct(new Application(dev, 'cart'), 'inner');
    inner.node.addValidation({
      validate: () => {
        throw new Error('thrown');
      },
    });
    new Ingress(new Application(dev, 'web'), 'ingress');
    configMap(new Application(dev, 'shop'), 'patch').addJsonPatch(JsonPatch.remove('/metadata/name'));
    new Environment(platform, 'Prod', { cluster });
    const error = errorOf(platform);
    expect(error.code).toBe('MODEL_INVALID');
    expect(error.problems.map(({ where }) => where).sort()).toEqual([
      'Prod',
      'dev/cart/inner',
      'dev/checkout',
      'dev/checkout',
      'dev/checkout',
      'dev/shop/patch',
      'dev/web/ingress',
    ]);
    for (const { where, message } of error.problems) expect(error.message).toContain(`[${where}] ${message}`);
    expect(error.message).toContain('7 problems');
  });

  it('cycles beside them', () => {
    const { platform, dev } = oneEnvironment();
    new Application(dev, 'A', { dependsOn: ['A'] });
    const error = errorOf(platform);
    expect(error.code).toBe('MODEL_INVALID');
    expect(error.problems.map(({ code }) => code)).toEqual([undefined, 'DEPENDENCY_CYCLE']);
  });
});
