import { ApiObject } from 'cdk8s';
import { describe, expect, it } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, type Flux, type Platform } from '../../src';
import { parseRecord } from '../../src/model/record';
import { rootsOf } from '../../src/model/section';
import { synthesize } from '../../src/synth/synthesize';
import { configMap, filesOf, newPlatform } from './platforms';

/** Several source repositories publish into one environment repository. */

class Unrenderable extends ApiObject {
  override toJson(): never {
    throw new Error('somebody else renders this');
  }
}

/** What the platform team ships as a package. */
function shared(platform: Platform, operator: typeof ArgoCd | typeof Flux = ArgoCd) {
  const source = 'acme/platform';
  const cluster = new Cluster(platform, 'eu-1', { source });
  new operator(cluster);
  const dev = new Environment(platform, 'dev', { cluster, source, namespaces: ['shared'] });
  const ingress = new Application(dev, 'ingress', { source, namespace: 'ingress' });
  return { cluster, dev, ingress };
}

function ofTeam(source: string, declare?: (places: ReturnType<typeof shared>) => void) {
  const platform = newPlatform({ source });
  const places = shared(platform);
  configMap(places.ingress, 'a');
  declare?.(places);
  return synthesize(platform);
}

describe('a repository', () => {
  it('renders its own, and nothing that others own', () => {
    const tree = ofTeam('acme/checkout', ({ dev, ingress }) => {
      configMap(new Application(dev, 'checkout', { dependsOn: ['ingress'] }), 'a');
      new Unrenderable(ingress, 'broken', { apiVersion: 'v1', kind: 'Secret' });
    });
    expect(Object.keys(filesOf(tree))).toEqual([
      'clusters/eu-1/applications/dev.checkout.yaml',
      'clusters/eu-1/namespaces/dev.checkout/namespace-dev-checkout.yaml',
      'clusters/eu-1/units/dev.checkout/application-dev.checkout.after.dev.ingress.yaml',
      'clusters/eu-1/units/dev.checkout/application-dev.checkout.kept.yaml',
      'clusters/eu-1/units/dev.checkout/application-dev.checkout.yaml',
      'clusters/eu-1/units/dev.checkout/appproject-dev.checkout.yaml',
      'environments/dev/checkout/configmap-checkout-a.yaml',
      'registrations/eu-1/dev.checkout.yaml',
      'releases/dev/checkout.yaml',
    ]);
    expect(tree.source).toBe('acme/checkout');
  });

  it('shares no path with another one, and every file lies in roots of its own', () => {
    const declare = ({ dev }: ReturnType<typeof shared>) => {
      for (const [name, source] of [
        ['checkout', 'acme/checkout'],
        ['cart', 'acme/cart'],
      ] as const) {
        configMap(new Application(dev, name, { source }), 'a');
      }
    };
    const sources = ['acme/platform', 'acme/checkout', 'acme/cart'];
    const trees = sources.map((source) => ofTeam(source, declare));
    const paths = trees.flatMap((tree) => Object.keys(filesOf(tree)));
    expect(new Set(paths).size).toBe(paths.length);
    for (const [index, tree] of trees.entries()) {
      for (const section of tree.sections) {
        expect(section.source).toBe(sources[index]);
        const roots = rootsOf(section.owner);
        for (const path of section.files.keys()) {
          expect(
            roots.some((root) => path === root || path.startsWith(`${root}/`)),
            path,
          ).toBe(true);
        }
        const record = parseRecord(String(section.files.get(section.record)), section.record);
        expect(record.source).toEqual({ repository: sources[index] });
        expect(Object.keys(record.content).every((root) => roots.includes(root))).toBe(true);
      }
    }
    const names = trees.map(({ sections }) => sections.map(({ owner }) => owner.kind));
    expect(names).toEqual([['cluster', 'unit', 'environment'], ['unit'], ['unit']]);
  });

  it('is told of an application that meets one of somebody else', () => {
    const clash = () =>
      ofTeam('acme/checkout', ({ dev }) => {
        configMap(new Application(dev, 'checkout', { namespace: 'ingress' }), 'a', { metadata: { name: 'ingress-a' } });
      });
    expect(clash).toThrow(/dev\/checkout\/a.*dev\/ingress\/a too/s);
  });

  it('allows what its applications bring by itself, whoever owns the environment', () => {
    const tree = ofTeam('acme/checkout', ({ dev }) => {
      const checkout = new Application(dev, 'checkout');
      const metadata = { name: 'dev-checkout' };
      new ApiObject(checkout, 'role', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata });
      configMap(checkout, 'a', { metadata: { namespace: 'elsewhere' } });
    });
    const project = filesOf(tree)['clusters/eu-1/units/dev.checkout/appproject-dev.checkout.yaml'];
    expect(project).toContain('kind: ClusterRole');
    for (const namespace of ['dev-checkout', 'elsewhere']) expect(project).toContain(`namespace: ${namespace}\n`);
  });
});
