import { describe, expect, test } from 'vitest';
import { Application, Environment, Flux, GitOpsError, type MovedProps, moved, Platform } from '../../src';
import { Cluster } from '../../src/constructs/cluster';
import { synthesize } from '../../src/synth/synthesize';
import { configMap, filesOf, oneEnvironment, problemsOf } from '../synth/platforms';

const movesOf = (platform: Platform) => synthesize(platform).sections.flatMap(({ moves = [] }) => moves);

function declared(props: MovedProps, namespace?: string) {
  const { platform, dev } = oneEnvironment();
  const application = new Application(dev, 'database', { namespace });
  configMap(application, 'map');
  moved(application, props);
  return platform;
}

test('a move is carried in the section it leads to, with what its operator takes for protection', () => {
  const from = { application: 'postgres' };
  expect(movesOf(declared({ from, kind: 'PersistentVolumeClaim', name: 'data', settle: 3 }))).toEqual([
    {
      from: { environment: 'dev', application: 'postgres' },
      kind: 'PersistentVolumeClaim',
      name: 'data',
      settle: 3,
      keep: { 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' },
    },
  ]);
  expect(movesOf(declared({ from: { ...from, environment: 'qa' } }))).toMatchObject([
    { from: { environment: 'qa', application: 'postgres' }, settle: 10 },
  ]);
});

test('Argo CD takes objects that it counts as another Application’s only while a move is declared', () => {
  const path = 'clusters/eu-1/units/dev.database/application-dev.database.yaml';
  const { platform, dev } = oneEnvironment();
  configMap(new Application(dev, 'database'), 'map');
  expect(filesOf(synthesize(platform))[path]).toContain('FailOnSharedResource=true');
  const moving = filesOf(synthesize(declared({ from: { application: 'postgres' } })));
  expect(moving[path]).not.toContain('FailOnSharedResource');
  expect(moving[path]).toContain('PruneLast=true');
});

test('Flux needs nothing but its annotation', () => {
  const platform = new Platform({
    name: 'shop',
    source: 'acme/shop',
    environmentRepository: { url: 'https://x.example/e.git' },
  });
  const cluster = new Cluster(platform, 'eu-1');
  new Flux(cluster);
  const application = new Application(new Environment(platform, 'dev', { cluster }), 'database');
  configMap(application, 'map');
  moved(application, { from: { application: 'postgres' } });
  expect(movesOf(platform)[0]?.keep).toEqual({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
});

describe('the namespace of an application with another name', () => {
  const own = 'clusters/eu-1/namespaces/dev.database/namespace-dev-postgres.yaml';

  test('is still its own', () => {
    const files = filesOf(synthesize(declared({ from: { application: 'postgres' } }, 'dev-postgres')));
    expect(files[own]).toContain('name: dev-postgres\n');
  });

  test('is somebody else’s in every other case', () => {
    const moves: [MovedProps, string][] = [
      [{ from: { application: 'postgres' } }, 'elsewhere'],
      [{ from: { application: 'postgres' }, kind: 'ConfigMap' }, 'dev-postgres'],
      [{ from: { application: 'postgres', environment: 'qa' } }, 'dev-postgres'],
    ];
    for (const [props, namespace] of moves) {
      expect(Object.keys(filesOf(synthesize(declared(props, namespace))))).not.toContain(own);
    }
  });

  test('cannot be that of two', () => {
    const { platform, dev } = oneEnvironment();
    configMap(new Application(dev, 'postgres'), 'a');
    const application = new Application(dev, 'database', { namespace: 'dev-postgres' });
    configMap(application, 'b');
    moved(application, { from: { application: 'postgres' } });
    expect(problemsOf(platform)[0]?.[1]).toContain("'dev-postgres'");
  });
});

describe('a mistake', () => {
  const wrong: [string, unknown, string][] = [
    ['no source', {}, 'comes from no application'],
    ['nothing at all', undefined, 'comes from no application'],
    ['a name that is none', { from: { application: '../x' } }, 'comes from no application'],
    ['itself', { from: { application: 'database' } }, 'itself'],
    ['an environment that is none', { from: { application: 'a', environment: 'A b' } }, 'no environment'],
    ['an empty kind', { from: { application: 'a' }, kind: '' }, 'the kind of moved() is empty'],
    ['no name', { from: { application: 'a' }, name: 3 }, 'the name of moved() is empty'],
    ['a negative time', { from: { application: 'a' }, settle: -1 }, 'no number of minutes'],
    ['a time that is none', { from: { application: 'a' }, settle: Number.NaN }, 'no number of minutes'],
  ];

  test.each(wrong)('%s is reported at the construct', (_, props, message) => {
    const problems = problemsOf(declared(props as MovedProps));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.[0]).toBe('dev/database');
    expect(problems[0]?.[1]).toContain(message);
  });

  test('something other than an application is refused on the spot', () => {
    const { dev } = oneEnvironment();
    let error: unknown;
    try {
      moved(dev as never, { from: { application: 'a' } });
    } catch (thrown) {
      error = thrown;
    }
    expect(GitOpsError.is(error) && error.code).toBe('MODEL_INVALID');
  });

  test('the same name in another environment is not itself', () => {
    expect(movesOf(declared({ from: { application: 'database', environment: 'qa' } }))).toHaveLength(1);
  });
});

test('applications of this source that render nothing are told of', () => {
  const { platform, dev } = oneEnvironment();
  new Application(dev, 'empty');
  new Application(dev, 'theirs', { source: 'acme/other' });
  configMap(new Application(dev, 'full'), 'map');
  expect(synthesize(platform).empty).toEqual([
    { kind: 'unit', environment: 'dev', application: 'empty', cluster: 'eu-1' },
  ]);
});
