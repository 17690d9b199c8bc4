import { describe, expect, test } from 'vitest';
import { DEFAULT_MAX_DELETIONS, Delivery, type MaxDeletions } from '../../../src/model/delivery';
import { blobId } from '../../../src/model/git-objects';
import { layout } from '../../../src/model/layout';
import { parseRecord, serializeRecord } from '../../../src/model/record';
import { type DesiredTree, rootsOf, type Section } from '../../../src/model/section';
import { publish, treeOfFolders } from '../../../src/publish';
import { bareRepository, commitsOf, filesOf, git } from '../../helpers/git';
import { treeIdOfFiles } from '../../helpers/tree-id';
import { failure, options } from '../options';
import { cluster, tree, unit } from '../trees';

type Files = Record<string, string>;

const APIS: Record<string, string> = {
  Deployment: 'apps/v1',
  StatefulSet: 'apps/v1',
  CustomResourceDefinition: 'apiextensions.k8s.io/v1',
};
function object(kind: string, name: string, more = ''): Files {
  const text = `apiVersion: ${APIS[kind] ?? 'v1'}\nkind: ${kind}\nmetadata:\n  name: ${name}\n${more}`;
  return { [`${kind.toLowerCase()}-${name}.yaml`]: text };
}
const maps = (count: number, from = 0): Files =>
  Object.assign({}, ...Array.from({ length: count }, (_, i) => object('ConfigMap', `map-${from + i}`)));

interface Options {
  readonly environment?: string;
  readonly namespace?: string;
  readonly cluster?: string;
  /** With a namespace of its own. */
  readonly own?: boolean;
}

/** A unit as synthesis makes it: with its namespace in the record, and the namespace itself where it is its own. */
function app(name: string, files: Files, { environment = 'dev', namespace, cluster: at, own }: Options = {}): Section {
  const plain = unit(environment, name, files, at === undefined ? {} : { cluster: at });
  const record = parseRecord(String(plain.files.get(plain.record)), plain.record);
  if (record.kind !== 'Release') throw new Error('a unit has a release record');
  const all = new Map(plain.files);
  const content: Record<string, string> = { ...record.content };
  const registration = layout.registration(record.cluster, environment, name);
  const registered = `kind: Application\nnamespace: ${namespace}\n`;
  all.set(registration, registered);
  content[registration] = blobId(registered);
  if (own) {
    const folder = layout.surroundings(record.cluster, environment, name);
    const text = Object.values(object('Namespace', `${environment}-${name}`))[0] as string;
    all.set(`${folder}/namespace-own.yaml`, text);
    content[folder] = treeIdOfFiles([['namespace-own.yaml', blobId(text)]]);
  }
  all.set(plain.record, serializeRecord({ ...record, namespace: namespace ?? `${environment}-${name}`, content }));
  return { ...plain, files: all };
}

/** The section with a record that says what it holds. */
function withContent(section: Section): Section {
  const record = parseRecord(String(section.files.get(section.record)), section.record);
  const roots = rootsOf(section.owner).filter((root) => root !== section.record);
  const content = Object.fromEntries(
    roots.flatMap((root) => {
      const below = [...section.files].filter(([path]) => path.startsWith(`${root}/`));
      if (below.length === 0) return [];
      return [[root, treeIdOfFiles(below.map(([path, text]) => [path.slice(root.length + 1), blobId(text)] as const))]];
    }),
  );
  return { ...section, files: new Map([...section.files, [section.record, serializeRecord({ ...record, content })]]) };
}

function limited(sections: readonly Section[], maxDeletions: Partial<MaxDeletions>): DesiredTree {
  const rules = { delivery: Delivery.direct(), maxDeletions: { ...DEFAULT_MAX_DELETIONS, ...maxDeletions } };
  return { ...tree(sections), environments: { dev: rules } };
}

async function published(...sections: Section[]): Promise<string> {
  const bare = bareRepository();
  await publish(tree(sections), options(bare));
  return bare;
}

/** The names that an error tells to acknowledge. */
function told(message: string): string[] {
  const line = /run the command again with: --delete (.+)$/.exec(message)?.[1] ?? '';
  return line.split(' ').filter((word) => word !== '');
}

const trailers = (bare: string) => git(bare, 'log', '-1', '--format=%(trailers:key=Deleted,valueonly)', 'main').trim();
const other = app('other', maps(1));

describe('a guarded kind', () => {
  const guarded: Files = {
    ...object('PersistentVolumeClaim', 'data'),
    ...object('StatefulSet', 'db'),
    ...object('CustomResourceDefinition', 'widgets.acme.io'),
    ...object('Namespace', 'shared'),
  };

  test('does not go without its name', async () => {
    const bare = await published(app('postgres', { ...guarded, ...maps(1) }));
    const less = tree([app('postgres', maps(1))]);
    const error = await failure(publish(less, options(bare)), 'DELETION_REFUSED');
    const names = [
      'dev/postgres/CustomResourceDefinition/widgets.acme.io',
      'dev/postgres/Namespace/shared',
      'dev/postgres/PersistentVolumeClaim/data',
      'dev/postgres/StatefulSet/db',
    ];
    expect(error.problems.map(({ where }) => where)).toEqual(names);
    expect(told(error.message)).toEqual(names);
    await failure(publish(less, options(bare, { acknowledged: { delete: names.slice(1) } })), 'DELETION_REFUSED');
    // The unit's name stands for the number of its objects, not for these.
    await failure(publish(less, options(bare, { acknowledged: { delete: ['dev/postgres'] } })), 'DELETION_REFUSED');
    expect(commitsOf(bare)).toHaveLength(1);
    await publish(less, options(bare, { acknowledged: { delete: names } }));
    expect(trailers(bare).split('\n')).toEqual(names);
  });

  test('does not go in a dry run either', async () => {
    const bare = await published(app('postgres', { ...guarded, ...maps(1) }));
    await failure(publish(tree([app('postgres', maps(1))]), options(bare, { dryRun: true })), 'DELETION_REFUSED');
  });

  test.each([
    ['another group', 'apiVersion: databases.acme.io/v1\nkind: StatefulSet\nmetadata:\n  name: x\n'],
    ['another kind', 'apiVersion: v1\nkind: Service\nmetadata:\n  name: PersistentVolumeClaim\n'],
  ])('is no object of %s', async (_, text) => {
    const bare = await published(app('postgres', { ...maps(20), 'x.yaml': text }));
    expect((await publish(tree([app('postgres', maps(20))]), options(bare))).outcome).toBe('published');
  });

  test('stays what it is in another file, or another version', async () => {
    const bare = await published(app('postgres', { ...object('StatefulSet', 'db'), ...maps(1) }));
    const text = String(Object.values(object('StatefulSet', 'db'))[0]);
    const renamed = { 'statefulset.apps-db.yaml': text.replace('apps/v1', 'apps/v2'), ...maps(1) };
    const result = await publish(tree([app('postgres', renamed)]), options(bare));
    expect(result).toMatchObject({ outcome: 'published', warnings: [] });
  });

  test('goes when its file stays and it moves to another namespace', async () => {
    const claim = (namespace: string): Files => object('PersistentVolumeClaim', 'data', `  namespace: ${namespace}\n`);
    const bare = await published(app('postgres', claim('a')));
    const error = await failure(publish(tree([app('postgres', claim('b'))]), options(bare)), 'DELETION_REFUSED');
    expect(told(error.message)).toEqual(['dev/postgres/PersistentVolumeClaim/data']);
  });

  test('goes when its unit moves to another namespace, or to another cluster, and no file of it changes', async () => {
    const files = { ...object('PersistentVolumeClaim', 'data'), ...maps(2) };
    const bare = await published(app('postgres', files, { namespace: 'a' }));
    const elsewhere = [
      app('postgres', files, { namespace: 'b' }),
      app('postgres', files, { namespace: 'a', cluster: 'us-1' }),
    ];
    for (const moved of elsewhere) {
      const error = await failure(publish(tree([moved]), options(bare)), 'DELETION_REFUSED');
      expect(told(error.message)).toEqual(['dev/postgres/PersistentVolumeClaim/data']);
    }
  });

  test('in a List, or behind escapes, is seen', async () => {
    const list =
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: "Persistent\\x56olumeClaim", metadata: {name: data}}\n';
    const bare = await published(app('postgres', { 'list.yaml': list, ...maps(1) }));
    const error = await failure(publish(tree([app('postgres', maps(1))]), options(bare)), 'DELETION_REFUSED');
    expect(told(error.message)).toEqual(['dev/postgres/PersistentVolumeClaim/data']);
  });

  test('of a cluster is named after it', async () => {
    const bare = bareRepository();
    const files = (more: Files) => {
      const section = cluster('eu-1');
      const folder = layout.operator('eu-1');
      const all = new Map([
        ...section.files,
        ...Object.entries(more).map(([name, text]) => [`${folder}/${name}`, text] as const),
      ]);
      return withContent({ ...section, files: all });
    };
    await publish(tree([files(object('CustomResourceDefinition', 'apps.argoproj.io'))]), options(bare));
    const error = await failure(publish(tree([files({})]), options(bare)), 'DELETION_REFUSED');
    expect(told(error.message)).toEqual(['cluster:eu-1/CustomResourceDefinition/apps.argoproj.io']);
    const acknowledged = { delete: told(error.message) };
    expect((await publish(tree([files({})]), options(bare, { acknowledged }))).outcome).toBe('published');
  });

  test('is quoted for a shell where it has an odd name', async () => {
    const odd = `apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: "a b'; rm -rf /"\n`;
    const bare = await published(app('postgres', { 'odd.yaml': odd, ...maps(1) }));
    const error = await failure(publish(tree([app('postgres', maps(1))]), options(bare)), 'DELETION_REFUSED');
    expect(error.message).toMatch(/--delete 'dev\/postgres\/PersistentVolumeClaim\/a b'\\''; rm -rf \/'$/);
    const acknowledged = { delete: ["dev/postgres/PersistentVolumeClaim/a b'; rm -rf /"] };
    expect((await publish(tree([app('postgres', maps(1))]), options(bare, { acknowledged }))).outcome).toBe(
      'published',
    );
  });
});

describe('a whole unit', () => {
  test('takes its own namespace along when its name is acknowledged', async () => {
    const bare = await published(app('shop', maps(2), { own: true }), other);
    const error = await failure(publish(tree([other]), options(bare)), 'DELETION_REFUSED');
    expect(error.problems.map(({ where }) => where)).toEqual(['dev/shop/Namespace/dev-shop']);
    expect(told(error.message)).toEqual(['dev/shop']);
    await publish(tree([other]), options(bare, { acknowledged: { delete: ['dev/shop'] } }));
    expect(trailers(bare)).toBe('dev/shop');
    expect(Object.keys(filesOf(bare)).filter((path) => path.includes('shop'))).toEqual([]);
    // A job that is run again has nothing to delete, and is told.
    const again = await publish(tree([other]), options(bare, { acknowledged: { delete: ['dev/shop'] } }));
    expect(again).toMatchObject({ outcome: 'unchanged', warnings: ['--delete dev/shop was not needed; leave it out'] });
  });

  test('does not take along what it keeps', async () => {
    const bare = await published(app('shop', object('PersistentVolumeClaim', 'data'), { own: true }), other);
    const error = await failure(publish(tree([other]), options(bare)), 'DELETION_REFUSED');
    expect(told(error.message)).toEqual(['dev/shop', 'dev/shop/PersistentVolumeClaim/data']);
    await publish(tree([other]), options(bare, { acknowledged: { delete: told(error.message) } }));
  });

  test('does not take along a namespace that others live in', async () => {
    const lodger = app('lodger', maps(1), { namespace: 'dev-shop' });
    const bare = await published(app('shop', maps(2), { own: true }), lodger);
    const error = await failure(
      publish(tree([lodger]), options(bare, { acknowledged: { delete: ['dev/shop'] } })),
      'DELETION_REFUSED',
    );
    expect(told(error.message)).toEqual(['dev/shop/Namespace/dev-shop']);
  });

  test('stays when only its namespace is to go', async () => {
    const bare = await published(app('shop', maps(2), { own: true }));
    const without = tree([app('shop', maps(2), { namespace: 'dev-shop' })]);
    const error = await failure(publish(without, options(bare)), 'DELETION_REFUSED');
    expect(told(error.message)).toEqual(['dev/shop/Namespace/dev-shop']);
  });

  test('without a namespace or anything guarded goes as ever', async () => {
    const bare = await published(app('shop', maps(2), { namespace: 'x' }), other);
    expect((await publish(tree([other]), options(bare))).outcome).toBe('published');
  });

  test('that is declared and renders nothing does not vanish', async () => {
    const bare = await published(app('shop', maps(1), { namespace: 'x' }), other);
    const emptied: DesiredTree = {
      ...tree([other]),
      empty: [{ kind: 'unit', environment: 'dev', application: 'shop', cluster: 'eu-1' }],
    };
    const error = await failure(publish(emptied, options(bare)), 'DELETION_REFUSED');
    expect(error.message).toContain('[dev/shop] is declared, but renders no object');
    const acknowledged = { delete: told(error.message) };
    expect((await publish(emptied, options(bare, { acknowledged }))).outcome).toBe('published');
    expect((await publish(emptied, options(bare))).outcome).toBe('unchanged');
  });
});

describe('the number of deletions', () => {
  test('counts against a share of what the source has there', async () => {
    const bare = await published(app('a', maps(15)), app('b', maps(5)));
    const less = (left: number) => tree([app('a', maps(left)), app('b', maps(5))]);
    const error = await failure(publish(less(8), options(bare)), 'DELETION_REFUSED');
    expect(error.message).toContain('[environment:dev] 7 objects would be deleted, and at most 30 % of 20');
    expect(told(error.message)).toEqual(['dev/a']);
    expect((await publish(less(9), options(bare))).outcome).toBe('published');
    const acknowledged = { delete: ['dev/a'] };
    expect((await publish(less(1), options(bare, { acknowledged }))).outcome).toBe('published');
    expect(trailers(bare)).toBe('dev/a');
  });

  test('does not count the share of up to 10 objects', async () => {
    const bare = await published(app('a', maps(10)));
    expect((await publish(tree([app('a', maps(1))]), options(bare))).outcome).toBe('published');
    const large = await published(app('a', maps(11)));
    await failure(publish(tree([app('a', maps(1))]), options(large)), 'DELETION_REFUSED');
  });

  test('counts against what the environment allows', async () => {
    const bare = await published(app('a', maps(8)));
    const less = (max: Partial<MaxDeletions>) => publish(limited([app('a', maps(5))], max), options(bare));
    const error = await failure(less({ count: 2 }), 'DELETION_REFUSED');
    expect(error.message).toContain('3 objects would be deleted, and at most 2 are');
    expect((await less({ count: 3 })).outcome).toBe('published');
  });

  test('names every unit that has a part in it', async () => {
    const bare = await published(app('a', maps(5)), app('b', maps(5)), other);
    const rest = limited([other], { count: 3 });
    const error = await failure(publish(rest, options(bare)), 'DELETION_REFUSED');
    expect(error.message).toContain('10 objects would be deleted, and at most 3 are');
    expect(told(error.message)).toEqual(['dev/a', 'dev/b']);
    await failure(publish(rest, options(bare, { acknowledged: { delete: ['dev/a'] } })), 'DELETION_REFUSED');
    const acknowledged = { delete: told(error.message) };
    expect((await publish(rest, options(bare, { acknowledged }))).outcome).toBe('published');
  });

  test('counts what was published with the others of a selection', async () => {
    const bare = await published(app('a', maps(10)), app('b', maps(10)));
    const less = tree([app('a', maps(5)), app('b', maps(10))]);
    expect((await publish(less, options(bare, { selection: { applications: ['a'] } }))).outcome).toBe('published');
  });

  test('leaves out what only moves', async () => {
    const together = { namespace: 'shared' };
    const bare = await published(app('a', maps(20), together), app('b', maps(1, 100), together));
    const moved = tree([app('a', maps(1), together), app('b', { ...maps(19, 1), ...maps(1, 100) }, together)]);
    const result = await publish(moved, options(bare));
    expect(result.outcome).toBe('published');
    expect(result.warnings).toHaveLength(19);
    expect(result.warnings[0]).toContain('ConfigMap/map-1 moves from dev/a to dev/b');
  });

  test('counts an object that turns up in another namespace or on another cluster', async () => {
    const bare = await published(app('a', maps(20)), app('b', maps(1, 100)));
    const moved = tree([app('a', maps(1)), app('b', { ...maps(19, 1), ...maps(1, 100) })]);
    await failure(publish(moved, options(bare)), 'DELETION_REFUSED');
  });

  test('is counted for folders that are published on their own, too', async () => {
    const bare = bareRepository();
    const folder = (files: Files) => treeOfFolders({ source: 'acme/x', folders: ['apps/x'], files: prefixed(files) });
    const prefixed = (files: Files) =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`apps/x/${name}`, text]));
    const both = { 'all.yaml': Object.values({ ...object('StatefulSet', 'db'), ...maps(1) }).join('---\n') };
    await publish(folder({ ...maps(20), ...both }), options(bare));
    const error = await failure(
      publish(folder({ ...maps(5), 'all.yaml': 'x: 1\n' }), options(bare)),
      'DELETION_REFUSED',
    );
    expect(told(error.message)).toEqual(['folder:apps/x/StatefulSet/db', 'folder:apps/x']);
    const acknowledged = { delete: told(error.message) };
    const result = await publish(folder({ ...maps(5), 'all.yaml': 'x: 1\n' }), options(bare, { acknowledged }));
    expect(result.outcome).toBe('published');
  });
});

describe('moves and renames that nobody declared', () => {
  const together = { namespace: 'shared' };

  test('of a guarded kind are refused: the operator would delete it', async () => {
    const claim = object('PersistentVolumeClaim', 'data');
    const bare = await published(app('a', { ...claim, ...maps(1) }, together), app('b', maps(1, 1), together));
    const moved = tree([app('a', maps(1), together), app('b', { ...claim, ...maps(1, 1) }, together)]);
    const error = await failure(publish(moved, options(bare)), 'DELETION_REFUSED');
    expect(error.message).toContain("declare moved(…, { from: { application: 'a' } })");
    expect(told(error.message)).toEqual(['dev/a/PersistentVolumeClaim/data']);
    const acknowledged = { delete: told(error.message) };
    expect((await publish(moved, options(bare, { acknowledged }))).outcome).toBe('published');
  });

  test('are told of', async () => {
    const api = (name: string) =>
      object(
        'Deployment',
        name,
        `spec:\n  selector: {app: ${name}}\n  template:\n    metadata: {labels: {app: ${name}}}\n    spec: {x: 1}\n`,
      );
    const bare = await published(app('a', { ...api('api'), ...maps(1) }));
    const result = await publish(tree([app('a', { ...api('web'), ...maps(1) })]), options(bare));
    expect(result.warnings).toEqual([
      expect.stringContaining('Deployment/api of dev/a looks renamed to Deployment/web'),
    ]);
    const different = object('Deployment', 'last', 'spec: {replicas: 7}\n');
    expect((await publish(tree([app('a', { ...different, ...maps(1) })]), options(bare))).warnings).toEqual([]);
  });
});

test('long lists are cut, the command line is not', async () => {
  const claims = Object.assign({}, ...Array.from({ length: 120 }, (_, i) => object('PersistentVolumeClaim', `c-${i}`)));
  const bare = await published(app('a', { ...claims, ...maps(1) }));
  const error = await failure(publish(tree([app('a', maps(1))]), options(bare)), 'DELETION_REFUSED');
  expect(error.message.split('\n')).toHaveLength(53);
  expect(error.message).toContain('  and 70 more\n');
  expect(told(error.message)).toHaveLength(120);
  await publish(tree([app('a', maps(1))]), options(bare, { acknowledged: { delete: told(error.message) } }));
  expect(trailers(bare).split('\n')).toHaveLength(51);
});

describe('what people have to merge', () => {
  const delivered = (sections: readonly Section[], delivery: Delivery): DesiredTree => ({
    ...tree(sections),
    environments: { dev: { delivery, maxDeletions: DEFAULT_MAX_DELETIONS } },
  });
  const keeping = object('ConfigMap', 'keep');
  const withDatabase = () => [app('db', { ...keeping, ...object('StatefulSet', 'db') })];
  const withoutIt = () => [app('db', keeping)];

  test('is proposed with a warning, for they see it before it goes', async () => {
    const bare = bareRepository();
    await publish(delivered(withDatabase(), Delivery.direct()), options(bare));
    const result = await publish(delivered(withoutIt(), Delivery.pullRequest()), options(bare));
    expect(result.outcome).toBe('proposed');
    expect(result.warnings.join('\n')).toMatch(/dev\/db\/StatefulSet\/db would be deleted .*once it is merged/);
  });

  test('is refused when the forge merges by itself', async () => {
    const bare = bareRepository();
    await publish(delivered(withDatabase(), Delivery.direct()), options(bare));
    const refused = publish(delivered(withoutIt(), Delivery.pullRequest({ autoMerge: true })), options(bare));
    expect((await failure(refused, 'DELETION_REFUSED')).message).toContain('--delete dev/db/StatefulSet/db');
    expect(git(bare, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });
});
