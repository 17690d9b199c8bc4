import { ApiObject } from 'cdk8s';
import { describe, expect, test } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux, type MovedProps, moved, Platform } from '../../src';
import { DEFAULT_MAX_DELETIONS, Delivery } from '../../src/model/delivery';
import { parseRecord, parseRegistration } from '../../src/model/record';
import type { DesiredTree } from '../../src/model/section';
import { publish } from '../../src/publish';
import { synthesize } from '../../src/synth/synthesize';
import { parseYaml } from '../../src/yaml/parse';
import { bareRepository, commitFiles, commitsOf, contentOf, filesOf, git } from '../helpers/git';
import { configMap } from '../synth/platforms';
import { failure, options } from './options';

type Kind = 'ConfigMap' | 'PersistentVolumeClaim';
type Objects = readonly (readonly [Kind, string])[];

interface App {
  readonly objects: Objects;
  readonly namespace?: string;
  readonly moves?: readonly MovedProps[];
  readonly source?: string;
}

/** What a program declares: applications in `dev`, by name. */
function program(apps: Readonly<Record<string, App>>, { flux = false, source = 'acme/shop' } = {}): DesiredTree {
  const platform = new Platform({
    name: 'shop',
    source,
    environmentRepository: { url: 'https://git.example.com/e.git' },
  });
  const cluster = new Cluster(platform, 'eu-1');
  if (flux) new Flux(cluster);
  else new ArgoCd(cluster);
  const dev = new Environment(platform, 'dev', { cluster });
  for (const [name, { objects, namespace, moves = [], source: owner }] of Object.entries(apps)) {
    const application = new Application(dev, name, { namespace, source: owner });
    for (const [kind, id] of objects) {
      new ApiObject(application, `${kind}-${id}`, { apiVersion: 'v1', kind, metadata: { name: id } });
    }
    for (const move of moves) moved(application, move);
  }
  return synthesize(platform);
}

const file = (unit: string, kind: Kind, name: string) => `environments/dev/${unit}/${kind.toLowerCase()}-${name}.yaml`;
const paths = (bare: string, part: string) => Object.keys(filesOf(bare)).filter((path) => path.includes(part));
const object = (bare: string, path: string) =>
  parseYaml(contentOf(bare, path))[0] as { metadata: { annotations?: Record<string, string>; labels?: unknown } };
const DATA: Objects[number] = ['PersistentVolumeClaim', 'data'];
const MAP = ['ConfigMap', 'map'] as const;
const SHARED = { namespace: 'shared' };
const from = { application: 'shop' };

const PROTECTED = {
  'argocd.argoproj.io/ignore-healthcheck': 'true',
  'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm',
  'kustomize.toolkit.fluxcd.io/prune': 'disabled',
};

// Flux deletes no claim, whoever it belongs to: what it needs two steps for is anything else.
describe.each([
  ['Argo CD', false, DATA, { ...PROTECTED, 'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false' }, PROTECTED],
  [
    'Flux',
    true,
    ['ConfigMap', 'data'] as Objects[number],
    { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' },
    undefined,
  ],
])('an object that moves to another unit, with %s', (_, flux, DATA, keep, after) => {
  const [kind] = DATA;
  const held = program(
    { shop: { objects: [DATA, MAP], ...SHARED }, db: { objects: [['ConfigMap', 'db']], ...SHARED } },
    { flux },
  );
  const handedOver = (settle?: number) =>
    program(
      {
        shop: { objects: [MAP], ...SHARED },
        db: {
          objects: [['ConfigMap', 'db'], DATA],
          ...SHARED,
          moves: [{ from, kind: DATA[0], name: DATA[1], settle }],
        },
      },
      { flux },
    );

  test('is protected where it is, and then handed over', async () => {
    const bare = bareRepository();
    await publish(held, options(bare));
    const first = await publish(handedOver(0), options(bare));
    expect(first.warnings).toEqual([
      `${kind}/data: protected in dev/shop, step 1 of 2 of the move to dev/db; publish again when the operator has applied this, in 0 minutes at the earliest`,
    ]);
    expect(object(bare, file('shop', ...DATA)).metadata.annotations).toEqual({
      ...keep,
      'cdk8s-gitops/moving-since': expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    expect(paths(bare, '-data.yaml')).toEqual([file('shop', ...DATA)]);
    consistent(bare);

    const second = await publish(handedOver(0), options(bare));
    expect(second.warnings).toEqual([
      `${kind}/data: moved from dev/shop to dev/db, step 2 of 2; once the operator has applied this, moved() can be removed`,
    ]);
    expect(paths(bare, '-data.yaml')).toEqual([file('db', ...DATA)]);
    expect(object(bare, file('db', ...DATA)).metadata.annotations).toEqual(after);
    consistent(bare);

    const third = await publish(handedOver(0), options(bare));
    expect(third).toMatchObject({ outcome: 'unchanged', warnings: [] });
  });

  test('is not handed over before the operator had its time', async () => {
    const bare = bareRepository();
    await publish(held, options(bare));
    await publish(handedOver(), options(bare));
    const tip = git(bare, 'rev-parse', 'main');
    const soon = await publish(handedOver(), options(bare));
    expect(soon.outcome).toBe('unchanged');
    expect(soon.warnings).toEqual([expect.stringContaining('still protected in dev/shop')]);
    expect(git(bare, 'rev-parse', 'main')).toBe(tip);
    // Ten minutes later.
    const text = contentOf(bare, file('shop', ...DATA));
    const since = new Date(Date.now() - 10 * 60_000).toISOString();
    commitFiles(bare, { [file('shop', ...DATA)]: text.replace(/moving-since: .*/, `moving-since: "${since}"`) });
    const acknowledged = { overwrite: ['dev/shop'] };
    const late = await publish(handedOver(), options(bare, { acknowledged }));
    expect(late.outcome).toBe('published');
    expect(paths(bare, '-data.yaml')).toEqual([file('db', ...DATA)]);
  });
});

test('with Flux, a claim is handed over at once', async () => {
  const bare = bareRepository();
  const map = ['ConfigMap', 'db'] as const;
  const apps = (shop: App, db: App) =>
    program({ shop: { ...shop, ...SHARED }, db: { ...db, ...SHARED } }, { flux: true });
  await publish(apps({ objects: [DATA, MAP] }, { objects: [map] }), options(bare));
  const after = apps({ objects: [MAP] }, { objects: [map, DATA], moves: [{ from, kind: DATA[0] }] });
  expect((await publish(after, options(bare))).warnings[0]).toContain('step 2 of 2');
  expect(paths(bare, '-data.yaml')).toEqual([file('db', ...DATA)]);
});

/** Records say what lies at their roots, in every unit. */
function consistent(bare: string): void {
  for (const path of paths(bare, 'releases/')) {
    const record = parseRecord(contentOf(bare, path), path);
    for (const [root, id] of Object.entries(record.content)) expect(git(bare, 'rev-parse', `main:${root}`)).toBe(id);
  }
  for (const path of paths(bare, 'registrations/')) {
    const { content = {} } = parseRegistration(contentOf(bare, path)) ?? {};
    expect(Object.keys(content)).not.toEqual([]);
    for (const [root, id] of Object.entries(content)) expect(git(bare, 'rev-parse', `main:${root}`)).toBe(id);
  }
}

describe('an application with another name', () => {
  const old = program({ shop: { objects: [DATA, MAP] } });
  const renamed = (more: Partial<App> = {}) =>
    program({
      store: { objects: [DATA, MAP], namespace: 'dev-shop', moves: [{ from, settle: 0 }], ...more },
    });

  test('keeps its objects and its namespace', async () => {
    const bare = bareRepository();
    await publish(old, options(bare));
    const first = await publish(renamed(), options(bare));
    expect(first.units).toEqual([{ environment: 'dev', application: 'shop', change: 'changed' }]);
    expect(first.warnings[0]).toContain('step 1 of 2');
    expect(paths(bare, 'store')).toEqual([]);
    expect(object(bare, file('shop', ...MAP)).metadata.annotations).toHaveProperty('cdk8s-gitops/moving-since');
    expect(
      object(bare, 'clusters/eu-1/namespaces/dev.shop/namespace-dev-shop.yaml').metadata.annotations,
    ).toMatchObject({
      'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
    });
    consistent(bare);

    const second = await publish(renamed(), options(bare));
    expect(second.units).toEqual([
      { environment: 'dev', application: 'store', change: 'added' },
      { environment: 'dev', application: 'shop', change: 'removed' },
    ]);
    expect(paths(bare, 'dev.shop')).toEqual([]);
    expect(paths(bare, 'dev/shop')).toEqual([]);
    expect(paths(bare, 'store')).toEqual([
      'clusters/eu-1/applications/dev.store.yaml',
      'clusters/eu-1/namespaces/dev.store/namespace-dev-shop.yaml',
      'clusters/eu-1/units/dev.store/application-dev.store.kept.yaml',
      'clusters/eu-1/units/dev.store/application-dev.store.yaml',
      'clusters/eu-1/units/dev.store/appproject-dev.store.yaml',
      file('store', ...MAP),
      file('store', ...DATA),
      'registrations/eu-1/dev.store.yaml',
      'releases/dev/store.yaml',
    ]);
    consistent(bare);
    expect(await publish(renamed(), options(bare))).toMatchObject({ outcome: 'unchanged', warnings: [] });
  });

  test('gets what is new right away', async () => {
    const bare = bareRepository();
    await publish(old, options(bare));
    await publish(renamed({ objects: [DATA, MAP, ['ConfigMap', 'new']] }), options(bare));
    expect(paths(bare, 'environments/dev/store')).toEqual([file('store', 'ConfigMap', 'new')]);
    expect(paths(bare, 'environments/dev/shop')).toHaveLength(2);
    consistent(bare);
  });

  test('cannot take its objects into another namespace, and is told', async () => {
    const bare = bareRepository();
    await publish(old, options(bare));
    const error = await failure(publish(renamed({ namespace: undefined }), options(bare)), 'DELETION_REFUSED');
    expect(error.message).toContain('dev/shop/PersistentVolumeClaim/data');
    const acknowledged = { delete: ['dev/shop', 'dev/shop/PersistentVolumeClaim/data'] };
    const result = await publish(renamed({ namespace: undefined }), options(bare, { acknowledged }));
    expect(result.warnings[0]).toContain("is in namespace 'dev-shop', and would be in 'dev-store'");
  });
});

test('a unit of another source gives nothing', async () => {
  const bare = bareRepository();
  await publish(program({ shop: { objects: [DATA], ...SHARED } }, { source: 'acme/old' }), options(bare));
  const mine = program({ db: { objects: [DATA], ...SHARED, moves: [{ from }] } }, { source: 'acme/old' });
  const foreign: DesiredTree = {
    ...mine,
    source: 'acme/new',
    sections: mine.sections
      .filter(({ owner }) => owner.kind === 'unit')
      .map((section) => ({ ...section, source: 'acme/new' })),
  };
  const error = await failure(publish(foreign, options(bare)), 'OWNED_BY_ANOTHER_SOURCE');
  expect(error.message).toContain('dev/shop is published by acme/old, not by acme/new');
  expect(error.message).toContain('--take-over dev/shop');
  expect(commitsOf(bare)).toHaveLength(1);
});

test('a declaration that has nothing to do says so', async () => {
  const bare = bareRepository();
  const never = (moves: readonly MovedProps[]) => program({ db: { objects: [MAP], ...SHARED, moves } });
  const first = await publish(never([{ from }, { from, kind: 'Secret', name: 'x' }]), options(bare));
  expect(first.warnings).toEqual([
    'moved() of objects from dev/shop to dev/db has nothing to do: dev/shop holds none of them; correct or remove it',
    'moved() of Secret/x from dev/shop to dev/db has nothing to do: dev/db declares none of them; correct or remove it',
  ]);
  expect((await publish(never([{ from }]), options(bare))).warnings).toEqual([]);
});

test('a selection that holds one of the two units moves nothing', async () => {
  const bare = bareRepository();
  await publish(
    program({ shop: { objects: [DATA, MAP], ...SHARED }, db: { objects: [['ConfigMap', 'db']], ...SHARED } }),
    options(bare),
  );
  const after = program({
    shop: { objects: [MAP], ...SHARED },
    db: { objects: [['ConfigMap', 'db'], DATA], ...SHARED, moves: [{ from, kind: DATA[0], settle: 0 }] },
  });
  for (const application of ['shop', 'db', 'shop', 'db']) {
    const result = await publish(after, options(bare, { selection: { applications: [application] } }));
    expect(result.warnings).toEqual([expect.stringContaining('this run does not publish both')]);
    expect(paths(bare, 'persistentvolumeclaim')).toEqual([file('shop', ...DATA)]);
  }
  expect((await publish(after, options(bare))).warnings[0]).toContain('step 2 of 2');
});

test('options that an object has already stay beside those that protect it', async () => {
  const bare = bareRepository();
  const apps = (unit: 'shop' | 'db') => {
    const platform = new Platform({
      name: 'shop',
      source: 'acme/shop',
      environmentRepository: { url: 'https://git.example.com/e.git' },
    });
    const cluster = new Cluster(platform, 'eu-1');
    new ArgoCd(cluster);
    const dev = new Environment(platform, 'dev', { cluster });
    const application = new Application(dev, unit, SHARED);
    const annotations = { 'argocd.argoproj.io/sync-options': 'Replace=true,Prune=confirm', other: 'x' };
    configMap(application, 'map', { metadata: { name: 'map', annotations } });
    configMap(new Application(dev, 'rest', SHARED), 'rest');
    if (unit === 'db') moved(application, { from, settle: 0 });
    return synthesize(platform);
  };
  await publish(apps('shop'), options(bare));
  await publish(apps('db'), options(bare));
  expect(object(bare, file('shop', ...MAP)).metadata.annotations).toMatchObject({
    'argocd.argoproj.io/sync-options': 'Replace=true,Prune=false,Delete=false',
    other: 'x',
  });
  await publish(apps('db'), options(bare));
  expect(object(bare, file('db', ...MAP)).metadata.annotations).toEqual({
    'argocd.argoproj.io/sync-options': 'Replace=true,Prune=confirm',
    other: 'x',
  });
});

test('an object that was changed by hand does not move unseen', async () => {
  const bare = bareRepository();
  await publish(program({ shop: { objects: [DATA, MAP], ...SHARED } }), options(bare));
  const text = contentOf(bare, file('shop', ...DATA));
  commitFiles(bare, { [file('shop', ...DATA)]: `${text}spec: {}\n` });
  const after = program({
    shop: { objects: [MAP], ...SHARED },
    db: { objects: [DATA], ...SHARED, moves: [{ from, kind: DATA[0], settle: 0 }] },
  });
  const error = await failure(publish(after, options(bare)), 'CHANGED_BY_HAND');
  expect(error.message).toContain('changed PersistentVolumeClaim/data');
});

test('what is only proposed stays the same until it is merged', async () => {
  const bare = bareRepository();
  const held = program({
    shop: { objects: [DATA, MAP], ...SHARED },
    db: { objects: [['ConfigMap', 'db']], ...SHARED },
  });
  await publish(held, options(bare));
  const direct = program({
    shop: { objects: [MAP], ...SHARED },
    db: { objects: [['ConfigMap', 'db'], DATA], ...SHARED, moves: [{ from, kind: DATA[0] }] },
  });
  const rules = { delivery: Delivery.pullRequest(), maxDeletions: DEFAULT_MAX_DELETIONS };
  const proposing: DesiredTree = { ...direct, environments: { dev: rules } };
  const first = await publish(proposing, options(bare));
  expect(first.warnings[0]).toContain('merge that one only when the operator has applied this one');
  const branches = git(bare, 'for-each-ref', '--format=%(refname) %(objectname)');
  await publish(proposing, options(bare));
  expect(git(bare, 'for-each-ref', '--format=%(refname) %(objectname)')).toBe(branches);
  const [branch = ''] = branches.split('\n').filter((line) => !line.startsWith('refs/heads/main '));
  git(bare, 'update-ref', 'refs/heads/main', branch.split(' ')[1] as string);
  expect(object(bare, file('shop', ...DATA)).metadata.annotations).toEqual({
    ...PROTECTED,
    'argocd.argoproj.io/sync-options': 'Prune=false,Delete=false',
  });
  expect((await publish(proposing, options(bare))).warnings[0]).toContain('step 2 of 2');
});
