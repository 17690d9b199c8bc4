import { type ApiObject, App, Chart } from 'cdk8s';
import { CronJob, Deployment } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { Application, Environment } from '../../src';
import { configMap, oneEnvironment } from '../synth/platforms';

/** Names that objects get when nobody gives them one. */

function application(name = 'checkout', ...before: string[]) {
  const { dev } = oneEnvironment();
  for (const sibling of before) configMap(new Application(dev, sibling), 'api');
  return new Application(dev, name);
}

const nameAt = (scope: Construct, ...ids: string[]) => {
  const last = ids.pop() as string;
  const inner = ids.reduce(
    (at, id) => (at.node.tryFindChild(id) as Construct | undefined) ?? new Construct(at, id),
    scope,
  );
  return configMap(inner, last).name;
};

describe('a generated name', () => {
  it('is the application and the path inside it, with no hash and no environment', () => {
    expect(nameAt(application(), 'api')).toBe('checkout-api');
    expect(nameAt(application(), 'a', 'b', 'Resource')).toBe('checkout-a-b');
    expect(new Deployment(application(), 'api').name).toBe('checkout-api');
    expect(nameAt(application(), 'checkout')).toBe('checkout');
    expect(nameAt(application(), 'Default', 'With Spaces/and more')).toBe('checkout-withspaces-andmore');
  });

  it('is the same in each environment and at any depth of constructs around the application', () => {
    const { platform, cluster, dev } = oneEnvironment();
    const prod = new Environment(new Construct(platform, 'group'), 'prod', { cluster });
    const names = [dev, prod, new Construct(prod, 'team')].map((scope) =>
      nameAt(new Application(scope, 'checkout'), 'web', 'config'),
    );
    expect(new Set(names)).toEqual(new Set(['checkout-web-config']));
  });

  it('does not change when siblings come and go', () => {
    const alone = nameAt(application(), 'api');
    const crowded = application('checkout', 'cart', 'billing');
    nameAt(crowded, 'earlier');
    expect(nameAt(crowded, 'api')).toBe(alone);
    expect(nameAt(crowded, 'later')).toBe('checkout-later');
  });

  it('leaves room for what CronJobs append, also when it is cut', () => {
    const name = (id: string) => {
      const props = { schedule: { expressionString: '0 0 * * *' } as never, containers: [{ image: 'a:1' }] };
      return new CronJob(application(), id, props).name;
    };
    expect(name('x'.repeat(43))).toBe(`checkout-${'x'.repeat(43)}`);
    expect(name('x'.repeat(44)).length).toBeLessThanOrEqual(52);
    expect(name('x'.repeat(44))).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  });

  it('ends in a hash only when it had to be cut, and that hash knows no environment', () => {
    expect(nameAt(application(), 'x'.repeat(54))).toBe(`checkout-${'x'.repeat(54)}`);
    const long = (scope: Construct, first: string) => nameAt(scope, first, 'y'.repeat(70));
    const checkout = application();
    const [a, b] = [long(checkout, 'a'), long(checkout, 'b')];
    expect(a).not.toBe(b);
    for (const name of [a, b]) {
      expect(name.length).toBeLessThanOrEqual(63);
      expect(name).toMatch(/^[a-z0-9][-a-z0-9]*-[0-9a-f]{8}$/);
    }
    const { platform, cluster } = oneEnvironment();
    const prod = new Environment(platform, 'prod', { cluster });
    expect(long(new Application(prod, 'checkout'), 'a')).toBe(a);
  });

  it('starts with the name that was declared, even where the construct tree takes another id', () => {
    expect(nameAt(application('constructor'), 'api')).toBe('constructor-api');
  });

  it('can be overridden as in any chart', () => {
    class Own extends Application {
      override generateObjectName(object: ApiObject): string {
        return `own-${object.kind.toLowerCase()}`;
      }
    }
    expect(nameAt(new Own(oneEnvironment().dev, 'checkout'), 'api')).toBe('own-configmap');
  });

  it('is that of cdk8s where hashes are asked for, and within foreign charts', () => {
    const { dev } = oneEnvironment();
    const ours = new Application(dev, 'checkout', { disableResourceNameHashes: false });
    const theirs = new Chart(new Construct(new App(), 'dev'), 'checkout');
    for (const ids of [['api'], ['a', 'Resource'], ['z'.repeat(80)], ['10', 'Default']]) {
      expect(nameAt(ours, ...ids)).toBe(nameAt(theirs, ...ids));
    }
    expect(nameAt(new Chart(ours, 'foreign'), 'api')).toBe(nameAt(new Chart(theirs, 'foreign'), 'api'));
    const plain = { disableResourceNameHashes: true };
    expect(nameAt(new Chart(ours, 'plain', plain), 'api')).toBe('dev-checkout-plain-api');
  });
});

it('a name that is given stays as it is', () => {
  expect(configMap(application(), 'a', { metadata: { name: 'Given.Name' } }).name).toBe('Given.Name');
});
