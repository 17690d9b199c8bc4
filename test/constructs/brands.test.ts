import { App, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { describe, expect, it, vi } from 'vitest';
import * as first from '../../src';
import * as errors from '../../src/errors';
import { synthesize } from '../../src/synth/synthesize';
import { configMap, filesOf, newPlatform, oneEnvironment, problemsOf } from '../synth/platforms';

describe('instanceof Application', () => {
  class Checkout extends first.Application {}
  class Cart extends first.Application {}

  it('is true of applications and their subclasses, and of nothing else', () => {
    const { dev } = oneEnvironment();
    const [plain, checkout] = [new first.Application(dev, 'plain'), new Checkout(dev, 'checkout')];
    expect(plain instanceof first.Application).toBe(true);
    expect(checkout instanceof first.Application).toBe(true);
    expect(checkout instanceof Checkout).toBe(true);
    expect(checkout instanceof Cart).toBe(false);
    expect(plain instanceof Checkout).toBe(false);
    for (const other of [new Chart(new App(), 'c'), new Chart(plain, 'c'), dev, {}, null, undefined, 'application']) {
      expect(other instanceof first.Application).toBe(false);
      expect(first.Application.isApplication(other)).toBe(false);
    }
  });

  it('leaves alone what cdk8s says of charts and apps', () => {
    const { platform, dev } = oneEnvironment();
    const application = new first.Application(dev, 'checkout', { namespace: 'shop', labels: { team: 'a' } });
    expect(application instanceof Chart).toBe(true);
    expect(Chart.of(configMap(new Construct(application, 'group'), 'a'))).toBe(application);
    expect(App.of(application)).toBe(platform);
    expect(platform.charts).toEqual([application]);
    expect([application.namespace, application.labels]).toEqual(['shop', { team: 'a' }]);
    expect(application.toJson()).toEqual([
      expect.objectContaining({ metadata: { name: 'checkout-group-a', namespace: 'shop', labels: { team: 'a' } } }),
    ]);
  });
});

describe('with a second copy of the package', () => {
  it('constructs of both make one platform', async () => {
    vi.resetModules();
    const second: typeof first = await vi.importActual('../../src');
    expect(second.Application).not.toBe(first.Application);
    const declare = (one: typeof first, other: typeof first) => {
      const platform = newPlatform();
      const cluster = new other.Cluster(platform, 'eu-1');
      new one.Flux(cluster);
      const dev = new other.Environment(platform, 'dev', { cluster });
      const cart = new one.Application(dev, 'cart');
      const checkout = new other.Application(dev, 'checkout', { dependsOn: [cart] });
      for (const application of [cart, checkout]) configMap(application, 'a');
      expect(checkout instanceof one.Application && cart instanceof other.Application).toBe(true);
      return filesOf(synthesize(platform));
    };
    expect(declare(first, second)).toEqual(declare(first, first));
  });

  it('its errors are known as errors of ours', async () => {
    vi.resetModules();
    const second = await vi.importActual<typeof errors>('../../src/errors');
    expect(errors.GitOpsError.is(new second.GitOpsError('USAGE', 'x'))).toBe(true);
    expect(errors.GitOpsError.is(new Error('x'))).toBe(false);
  });

  it('what is no platform is refused', () => {
    expect(problemsOf(new App())).toEqual([['', expect.stringContaining('is not a Platform')]]);
  });
});
