import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { describe, expect, it } from 'vitest';
import { Application, Cluster, Environment, Flux, type Platform } from '../../src';
import { configMap, errorOf, oneEnvironment, pathsOf, problemsOf } from './platforms';

const says = (text: string) => expect.stringContaining(text);

describe('dependencies', () => {
  const cycleOf = (declare: (dev: Environment, platform: Platform) => void) => {
    const { platform, dev } = oneEnvironment();
    declare(dev, platform);
    const error = errorOf(platform);
    expect(error.code).toBe('DEPENDENCY_CYCLE');
    return error.message;
  };

  it('go round in a circle between objects', () => {
    const message = cycleOf((dev) => {
      const application = new Application(dev, 'checkout');
      const [a, b, c] = ['a', 'b', 'c'].map((id) => configMap(application, id)) as [ApiObject, ApiObject, ApiObject];
      a.addDependency(b);
      b.addDependency(c);
      c.addDependency(a);
    });
    for (const id of ['a', 'b', 'c']) expect(message).toContain(`dev/checkout/${id}`);
  });

  it('go round through a group of constructs', () => {
    const message = cycleOf((dev) => {
      const application = new Application(dev, 'checkout');
      const [one, two] = [new Construct(application, 'one'), new Construct(application, 'two')];
      const [a, b] = [configMap(one, 'a'), configMap(two, 'b')];
      a.node.addDependency(two);
      b.node.addDependency(one);
    });
    expect(message).toContain('dev/checkout/one/a');
  });

  it('go round between applications', () => {
    const message = cycleOf((dev) => {
      const [a, b] = [new Application(dev, 'a'), new Application(dev, 'b', { dependsOn: ['a'] })];
      configMap(a, 'x').addDependency(configMap(b, 'x'));
    });
    expect(message).toMatch(/dev\/a → dev\/b → dev\/a|dev\/b → dev\/a → dev\/b/);
  });

  it('go round with itself', () => {
    expect(cycleOf((dev) => void configMap(new Application(dev, 'a', { dependsOn: ['a'] }), 'x'))).toContain(
      'dev/a → dev/a',
    );
    cycleOf((dev) => {
      const object = configMap(new Application(dev, 'a'), 'x');
      object.addDependency(object);
    });
  });

  it('need something at their other end', () => {
    const { platform, dev } = oneEnvironment();
    const elsewhere = new Application(oneEnvironment().dev, 'b');
    new Application(dev, 'a', { dependsOn: ['b', elsewhere, new Chart(dev, 'c') as never] });
    new Application(dev, 'z');
    expect(problemsOf(platform)).toEqual([
      ['dev/a', says("depends on 'b', which environment dev does not declare; there are: z")],
      ['dev/a', says('no application of this platform')],
      ['dev/a', says('no application of this platform')],
    ]);
  });

  it('do not reach into other clusters', () => {
    const { platform, dev } = oneEnvironment();
    const far = new Cluster(platform, 'far');
    new Flux(far);
    const away = new Application(new Environment(platform, 'away', { cluster: far }), 'b');
    new Application(dev, 'a', { dependsOn: [away] });
    expect(problemsOf(platform)).toEqual([['dev/a', says('runs in another cluster')]]);
  });

  it('of whole environments are those of their applications', () => {
    const { platform, cluster, dev } = oneEnvironment();
    const later = new Environment(platform, 'later', { cluster });
    for (const scope of [dev, later]) configMap(new Application(scope, 'a'), 'x');
    later.node.addDependency(dev);
    dev.node.addDependency(cluster);
    expect(pathsOf(platform)).toContain('clusters/eu-1/applications/later.a.yaml');
    dev.node.addDependency(later);
    expect(errorOf(platform).code).toBe('DEPENDENCY_CYCLE');
  });
});
