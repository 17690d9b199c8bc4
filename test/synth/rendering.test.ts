import { ApiObject, Chart, type IResolver, JsonPatch, Lazy, type ResolutionContext } from 'cdk8s';
import { Deployment, EnvValue, Secret } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { Application, Environment } from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { byCdk8s, byUs, expectSame, objectsOf, sorted, withoutLists } from './fidelity/harness';
import { configMap, filesOf, oneEnvironment, pathsOf } from './platforms';

/** Objects that append to themselves each time they are rendered, as those of cdk8s-plus do. */
class Counting extends ApiObject {
  rendered = 0;
  override toJson() {
    this.rendered++;
    return { ...super.toJson(), rendered: this.rendered };
  }
}

describe('rendering', () => {
  it('renders each object once, however often a platform is synthesized', () => {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout');
    const object = new Counting(application, 'a', { apiVersion: 'v1', kind: 'ConfigMap' });
    const inner = new Counting(new Chart(application, 'b'), 'c', { apiVersion: 'v1', kind: 'ConfigMap' });
    const first = filesOf(synthesize(platform, { reportIssues: true }));
    expect([object.rendered, inner.rendered]).toEqual([1, 1]);
    expect(filesOf(synthesize(platform, { reportIssues: true }))).toEqual(first);
    expect([object.rendered, inner.rendered]).toEqual([1, 1]);
  });

  it('calls what is lazy once', () => {
    const { platform, dev } = oneEnvironment();
    let calls = 0;
    configMap(new Application(dev, 'checkout'), 'a', { data: Lazy.any({ produce: () => ({ n: String(++calls) }) }) });
    synthesize(platform, { reportIssues: true });
    synthesize(platform, { reportIssues: true });
    expect(calls).toBe(1);
  });

  it('takes the resolvers of the platform, as cdk8s takes those of an app', () => {
    const shout: IResolver = {
      resolve(context: ResolutionContext) {
        if (typeof context.value === 'string' && context.value.startsWith('shout:')) {
          context.replaceValue(context.value.slice(6).toUpperCase());
        }
      },
    };
    const app = { resolvers: [shout] };
    const body = (chart: Construct) => {
      configMap(chart, 'a', { data: { greeting: 'shout:hello', list: ['shout:b', 'a'] } });
    };
    for (const way of ['subclass', 'outside', 'nested'] as const) expectSame(body, way, { app });
    expect(byUs(body, 'outside', { app }).objects[0]?.data).toEqual({ greeting: 'HELLO', list: ['B', 'a'] });
  });

  it('takes a list apart, also one of a single kind whose items do not say what they are', () => {
    const { platform, dev } = oneEnvironment();
    new ApiObject(new Application(dev, 'checkout'), 'list', {
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      items: [{ metadata: { name: 'a' } }, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'b' } }],
    });
    const objects = objectsOf(synthesize(platform, { reportIssues: true }));
    expect(objects).toEqual(['a', 'b'].map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } })));
  });
});

describe('charts in an application', () => {
  const nested = (scope: Construct) => {
    const chart = new Chart(scope, 'foreign', { namespace: 'elsewhere', labels: { own: 'label' } });
    const secret = new Secret(chart, 'keys', { stringData: { token: 'placeholder' } });
    const deeper = new Chart(chart, 'deeper', { disableResourceNameHashes: true, labels: { depth: '2' } });
    const deployment = new Deployment(deeper, 'api', { containers: [{ image: 'nginx:1.27', portNumber: 80 }] });
    // Objects of one chart that another refers to.
    deployment.containers[0]?.env.addVariable('TOKEN', EnvValue.fromSecretValue({ secret, key: 'token' }));
    const outer = configMap(scope, 'outer', { metadata: { namespace: 'here' }, data: { api: deployment.name } });
    outer.addDependency(deployment);
    deeper.addDependency(new Chart(chart, 'sibling'));
    ApiObject.of(deployment).addJsonPatch(JsonPatch.add('/metadata/namespace', 'patched'));
  };

  it('keep namespaces, labels and names of their own', () => {
    expectSame(nested, 'subclass');
    expectSame(nested, 'outside');
    const { objects } = byUs(nested, 'outside');
    expect(objects.map(({ metadata }) => metadata)).toEqual(
      expect.arrayContaining([
        { name: 'dev-checkout-foreign-deeper-api', namespace: 'patched', labels: { depth: '2' } },
        expect.objectContaining({ namespace: 'elsewhere', labels: { own: 'label' } }),
        { name: 'checkout-outer', namespace: 'here' },
      ]),
    );
  });

  it('may lie next to each other and refer to each other', () => {
    const body = (scope: Construct) => {
      const [a, b] = [new Chart(scope, 'a'), new Chart(scope, 'b')];
      const map = configMap(a, 'config', { data: { x: '1' } });
      configMap(b, 'user', { data: { uses: map.name } });
      b.addDependency(a);
    };
    for (const way of ['subclass', 'outside', 'nested'] as const) expectSame(body, way);
  });

  it('depend on each other across applications, and the applications with them', () => {
    const { platform, dev } = oneEnvironment();
    const [cart, checkout] = [new Application(dev, 'cart'), new Application(dev, 'checkout')];
    const first = configMap(new Chart(cart, 'inner'), 'a');
    configMap(new Chart(checkout, 'inner'), 'b').addDependency(first);
    const waits = Object.keys(filesOf(synthesize(platform, { reportIssues: true }))).filter((path) =>
      path.includes('.after.'),
    );
    expect(waits).toEqual(['clusters/eu-1/units/dev.checkout/application-dev.checkout.after.dev.cart.yaml']);
  });

  it('are rendered the same when a platform holds nothing else', () => {
    const body = (scope: Construct) => {
      new ApiObject(scope, 'list', { apiVersion: 'v1', kind: 'List', items: [] });
      configMap(scope, 'a');
    };
    expect(sorted(byUs(body, 'nested').objects)).toEqual(sorted(withoutLists(byCdk8s(body, 'nested').objects)));
  });
});

describe('files', () => {
  function files(...objects: { apiVersion?: string; kind?: string; name: string; namespace?: string }[]): string[] {
    const { platform, dev } = oneEnvironment();
    const application = new Application(dev, 'checkout', { namespace: 'shop' });
    for (const [n, { name, namespace, ...props }] of objects.entries()) {
      configMap(application, `${n}`, { ...props, metadata: { name, namespace } });
    }
    const prefix = 'environments/dev/checkout/';
    return pathsOf(platform)
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  it('are called after kind and name', () => {
    expect(files({ name: 'a' }, { name: 'b', kind: 'Secret' })).toEqual(['configmap-a.yaml', 'secret-b.yaml']);
  });

  it('carry the namespace where it tells objects apart, all of them', () => {
    expect(files({ name: 'a', namespace: 'x' }, { name: 'a', namespace: 'y' }, { name: 'b', namespace: 'x' })).toEqual([
      'configmap-b.yaml',
      'configmap-x-a.yaml',
      'configmap-y-a.yaml',
    ]);
  });

  it('carry the group where it tells objects apart, and never the version', () => {
    const service = { kind: 'Service', name: 'a' };
    expect(files({ ...service, apiVersion: 'v1' }, { ...service, apiVersion: 'serving.knative.dev/v1' })).toEqual([
      'service-a.yaml',
      'service.serving.knative.dev-a.yaml',
    ]);
    expect(files({ name: 'a', kind: 'Cart', apiVersion: 'acme.io/v1beta1' })).toEqual(['cart-a.yaml']);
  });

  it('are called the same in any order of objects', () => {
    const [a, b, c] = [
      { name: 'a', namespace: 'x' },
      { name: 'a', namespace: 'y' },
      { name: 'a', kind: 'ConfigMap', apiVersion: 'acme.io/v1', namespace: 'x' },
    ] as const;
    expect(files(a, b, c)).toEqual(files(c, b, a));
    expect(files(b, c, a)).toHaveLength(3);
  });

  it('hold no characters that file systems stumble over', () => {
    expect(files({ name: 'system:Node/reader..', kind: 'ClusterRole' })).toEqual([
      'clusterrole-system_node_reader...yaml',
    ]);
    expect(files({ name: 'n'.repeat(253) })[0]).toHaveLength(255);
  });

  it('are not written for an application that renders nothing, nor does anything wait for it', () => {
    const { platform, dev } = oneEnvironment();
    const base = configMap(new Application(dev, 'base'), 'a');
    const empty = new Application(dev, 'empty', { dependsOn: ['base'] });
    const top = new Application(dev, 'top', { dependsOn: [empty] });
    configMap(top, 'a').addDependency(empty);
    expect(base.name).toBe('base-a');
    expect(pathsOf(platform).filter((path) => path.includes('empty'))).toEqual([]);
    const waits = Object.keys(filesOf(synthesize(platform, { reportIssues: true }))).filter((path) =>
      path.includes('.after.'),
    );
    expect(waits).toEqual(['clusters/eu-1/units/dev.top/application-dev.top.after.dev.base.yaml']);
  });

  it('are those of one environment only: others lie beside them', () => {
    const { platform, cluster, dev } = oneEnvironment();
    const prod = new Environment(platform, 'prod', { cluster });
    for (const scope of [dev, prod]) configMap(new Application(scope, 'checkout'), 'a');
    const files = filesOf(synthesize(platform, { reportIssues: true }));
    const path = (name: string) => `environments/${name}/checkout/configmap-checkout-a.yaml`;
    expect(files[path('dev')]).toBe(files[path('prod')]);
  });
});
