import { describe, expect, test } from 'vitest';
import { diffObjects } from '../../src/diff/objects';
import { sectionOf } from '../../src/diff/sections';
import { groupDiff, summarizeDiff, summaryLine } from '../../src/diff/summary';
import type { FilePair } from '../../src/diff/types';

const UNIT = 'environments/dev/shop';

function yaml(kind: string, name: string, more: Record<string, unknown> = {}, apiVersion = 'v1'): string {
  return JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'n' }, ...more });
}

/** The diff in short: what happens to which object, where, and to which fields. */
function brief(pairs: readonly FilePair[]): string[] {
  return diffObjects(pairs).map(({ change, object, file, previousFile, fields }) => {
    const what = object ? `${object.apiVersion} ${object.kind} ${object.namespace ?? ''}/${object.name}` : 'file';
    const where = previousFile === undefined ? file : `${previousFile} => ${file}`;
    const paths = change === 'changed' ? ` (${fields.map(({ path }) => path).join(' ')})` : '';
    return `${change} ${what} ${where}${paths}`;
  });
}

describe('objects are found again', () => {
  test('in their file', () => {
    const path = `${UNIT}/a.yaml`;
    expect(brief([{ path, before: yaml('A', 'a', { x: 1 }), after: yaml('A', 'a', { x: 2 }) }])).toEqual([
      `changed v1 A n/a ${path} (x)`,
    ]);
    expect(brief([{ path, after: yaml('A', 'a') }])).toEqual([`added v1 A n/a ${path}`]);
    expect(brief([{ path, before: yaml('A', 'a') }])).toEqual([`removed v1 A n/a ${path}`]);
  });

  test('in another file', () => {
    const pairs = [
      { path: `${UNIT}/a.yaml`, before: yaml('A', 'a', { x: 1 }) },
      { path: `${UNIT}/b.yaml`, after: yaml('A', 'a', { x: 1 }) },
      { path: `${UNIT}/c.yaml`, before: yaml('A', 'c', { x: 1 }) },
      { path: `${UNIT}/d.yaml`, after: yaml('A', 'c', { x: 2 }) },
    ];
    expect(brief(pairs)).toEqual([
      `moved v1 A n/a ${UNIT}/a.yaml => ${UNIT}/b.yaml`,
      `changed v1 A n/c ${UNIT}/c.yaml => ${UNIT}/d.yaml (x)`,
    ]);
  });

  test('in another application, but not in another environment', () => {
    const [dev, other, prod] = ['environments/dev/a/x.yaml', 'environments/dev/b/x.yaml', 'environments/prod/a/x.yaml'];
    const object = yaml('A', 'a');
    expect(
      brief([
        { path: dev, before: object },
        { path: other, after: object },
      ]),
    ).toEqual([`moved v1 A n/a ${dev} => ${other}`]);
    expect(
      brief([
        { path: dev, before: object },
        { path: prod, after: object },
      ]),
    ).toEqual([`removed v1 A n/a ${dev}`, `added v1 A n/a ${prod}`]);
  });

  test('with another API version, and in the group that took the place of another', () => {
    const path = `${UNIT}/a.yaml`;
    const versions: [string, string][] = [
      ['autoscaling/v1', 'autoscaling/v2'],
      ['extensions/v1beta1', 'networking.k8s.io/v1'],
    ];
    for (const [old, now] of versions) {
      const pair = { path, before: yaml('Ingress', 'a', {}, old), after: yaml('Ingress', 'a', {}, now) };
      expect(brief([pair])).toEqual([`changed ${now} Ingress n/a ${path} (apiVersion)`]);
    }
    const pair = { path, before: yaml('A', 'a', {}, 'x.io/v1'), after: yaml('A', 'a', {}, 'y.io/v1') };
    expect(brief([pair])).toEqual([`removed x.io/v1 A n/a ${path}`, `added y.io/v1 A n/a ${path}`]);
  });

  test('not under another kind, name or namespace', () => {
    const path = `${UNIT}/a.yaml`;
    const after = yaml('A', 'a');
    for (const before of [yaml('B', 'a'), yaml('A', 'b'), after.replace('"n"', '"m"')]) {
      expect(
        diffObjects([{ path, before, after }])
          .map(({ change }) => change)
          .sort(),
      ).toEqual(['added', 'removed']);
    }
  });

  test('among several of one identity, the one in the same file first', () => {
    const [a, b] = [`${UNIT}/a.yaml`, `${UNIT}/b.yaml`];
    const pairs = [
      { path: a, before: yaml('A', 'a', { x: 1 }), after: yaml('A', 'a', { x: 2 }) },
      { path: b, before: yaml('A', 'a', { x: 3 }) },
    ];
    expect(brief(pairs)).toEqual([`changed v1 A n/a ${a} (x)`, `removed v1 A n/a ${b}`]);
  });

  test('in files of several documents, and in lists', () => {
    const path = `${UNIT}/all.yaml`;
    const before = `${yaml('A', 'a')}\n---\n${yaml('A', 'b')}\n---\n# nothing\n`;
    const after = `${yaml('A', 'b')}\n---\n${yaml('A', 'c')}\n---\n${yaml('A', 'a', { x: 1 })}\n`;
    expect(brief([{ path, before, after }])).toEqual([`changed v1 A n/a ${path} (x)`, `added v1 A n/c ${path}`]);
    const list = `{"apiVersion":"v1","kind":"List","items":[${yaml('A', 'b')},${yaml('A', 'a')}]}`;
    expect(brief([{ path, before, after: list }])).toEqual([]);
  });
});

describe('what is no object', () => {
  test('comments and formatting are no change', () => {
    const path = `${UNIT}/a.yaml`;
    expect(diffObjects([{ path, before: 'a: [1, 2] # x\n', after: '# y\na:\n  - 1\n  - 2\n' }])).toEqual([]);
    expect(diffObjects([{ path }, { path: 'x', before: 'y', after: 'y' }])).toEqual([]);
  });

  test('YAML without a name is compared field by field', () => {
    const path = 'environments/dev.yaml';
    const pair = {
      path,
      before: 'apiVersion: x/v1\nkind: Environment\nstage: a\n',
      after: 'apiVersion: x/v1\nkind: Environment\n',
    };
    expect(brief([pair])).toEqual([`changed file ${path} (stage)`]);
    expect(diffObjects([{ path, after: '[1]\n' }])[0]?.fields).toEqual([{ path: '', op: 'add', after: [1] }]);
  });

  test('text is compared as a whole', () => {
    const [diff] = diffObjects([{ path: 'README.md', before: 'a\n', after: 'b\n' }]);
    expect(diff).toEqual({
      file: 'README.md',
      section: { kind: 'repository' },
      change: 'changed',
      fields: [{ path: '', op: 'change', before: 'a\n', after: 'b\n' }],
    });
  });

  test('bytes are read as text where they are, and counted where they are not', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    const path = `${UNIT}/a.yaml`;
    expect(brief([{ path, before: bytes(yaml('A', 'a')), after: yaml('A', 'a', { x: 1 }) }])).toEqual([
      `changed v1 A n/a ${path} (x)`,
    ]);
    const binary = new Uint8Array([0xff, 0xfe]);
    expect(diffObjects([{ path: 'x.bin', before: binary, after: new Uint8Array(binary) }])).toEqual([]);
    expect(diffObjects([{ path: 'x.bin', before: binary, after: new Uint8Array(3) }])[0]?.fields).toEqual([
      { path: '', op: 'change', before: '<binary, 2 bytes>', after: '<binary, 3 bytes>' },
    ]);
  });
});

describe('sections', () => {
  test.each([
    ['environments/dev/shop/a.yaml', { kind: 'unit', environment: 'dev', application: 'shop' }],
    ['environments/dev/shop/crds/a.yaml', { kind: 'unit', environment: 'dev', application: 'shop' }],
    ['releases/dev/shop.yaml', { kind: 'unit', environment: 'dev', application: 'shop' }],
    ['clusters/eu/applications/dev.shop.yaml', { kind: 'unit', environment: 'dev', application: 'shop' }],
    ['environments/dev.yaml', { kind: 'environment', environment: 'dev' }],
    ['clusters/eu/environments/dev/project.yaml', { kind: 'environment', environment: 'dev' }],
    ['clusters/eu.yaml', { kind: 'cluster', cluster: 'eu' }],
    ['clusters/eu/operator/x/y.yaml', { kind: 'cluster', cluster: 'eu' }],
    ['clusters/eu/bootstrap/y.yaml', { kind: 'cluster', cluster: 'eu' }],
    ['README.md', { kind: 'repository' }],
    ['elsewhere/dev/shop/a.yaml', { kind: 'repository' }],
    ['', { kind: 'repository' }],
  ])('%s', (path, section) => expect(sectionOf(path)).toEqual(section));

  test('environments come first, each followed by its applications', () => {
    const files = [
      'README.md',
      'clusters/a.yaml',
      'environments/b/y/1.yaml',
      'environments/b/x/1.yaml',
      'environments/b.yaml',
      'environments/a-z/x/1.yaml',
      'environments/a.yaml',
    ];
    const diff = diffObjects(files.map((path) => ({ path, after: 'a: 1\n' })));
    expect(groupDiff(diff).map(({ objects }) => objects[0]?.file)).toEqual([
      'environments/a.yaml',
      'environments/a-z/x/1.yaml',
      'environments/b.yaml',
      'environments/b/x/1.yaml',
      'environments/b/y/1.yaml',
      'clusters/a.yaml',
      'README.md',
    ]);
  });
});

test('counts', () => {
  const diff = diffObjects([
    { path: `${UNIT}/a.yaml`, after: yaml('A', 'a') },
    { path: `${UNIT}/b.yaml`, before: yaml('A', 'b'), after: yaml('A', 'b', { x: 1 }) },
    { path: 'environments/prod/shop/c.yaml', before: yaml('A', 'c') },
    { path: 'releases/dev/shop.yaml', after: 'kind: Release\n' },
  ]);
  expect(summarizeDiff(diff)).toEqual({
    objects: 3,
    added: 1,
    changed: 1,
    removed: 1,
    moved: 0,
    otherFiles: 1,
    applications: 2,
  });
  expect(summaryLine(diff)).toBe('3 objects changed in 2 applications: +1 ~1 −1, and 1 other file');
  expect(summaryLine([])).toBe('no changes');
});
