import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLabel, layout } from '../../src/model/layout';
import { parseRecord, type SectionRecord, sameRelease, serializeRecord, stampRecord } from '../../src/model/record';
import { type FolderOwner, recordOf, rootsOf, type SectionOwner, sectionName } from '../../src/model/section';
import { repositoryId } from '../../src/model/source-id';

const ID = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
const source = { repository: 'acme/shop', commit: ID };

const records: Readonly<Record<SectionRecord['kind'], SectionRecord>> = {
  Release: {
    kind: 'Release',
    environment: 'dev',
    application: 'checkout',
    cluster: 'eu-1',
    images: ['nginx:1.27', 'yes'],
    source,
    generator: 'cdk8s-gitops 1.0.0',
    content: { 'environments/dev/checkout': ID },
  },
  Environment: {
    kind: 'Environment',
    platform: 'shop',
    environment: 'on',
    cluster: 'eu-1',
    stage: '010',
    promotesFrom: ['dev', 'no'],
    owners: ['acme/sre'],
    source: { repository: 'acme/platform' },
    content: {},
  },
  Cluster: {
    kind: 'Cluster',
    platform: 'shop',
    cluster: 'eu-1',
    operator: 'flux',
    kubernetesVersion: '1.30',
    source,
    content: {},
  },
  Folder: { kind: 'Folder', path: 'apps/on', source, content: { 'apps/on': ID } },
};

describe('a record', () => {
  it.each(Object.values(records))('of a $kind is read as it was written', (record) => {
    expect(parseRecord(serializeRecord(record), 'x')).toEqual(record);
  });

  it('of any text is read as it was written', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, fc.array(text), (name, images) => {
        const record = { ...records.Release, application: name, images } as SectionRecord;
        expect(parseRecord(serializeRecord(record), 'x')).toEqual(record);
      }),
      { numRuns: 50 },
    );
  });

  it('of a newer version is read without what it adds', () => {
    const text = serializeRecord(records.Release).replace('kind: Release', 'kind: Release\nhold: {until: friday}');
    expect(parseRecord(text, 'x')).toEqual(records.Release);
  });

  it('says the same whoever published it', () => {
    const stamped = stampRecord(records.Release, { generator: 'cdk8s-gitops 9', commit: 'f'.repeat(40) });
    expect(stamped.source.commit).toBe('f'.repeat(40));
    expect(sameRelease(stamped, records.Release)).toBe(true);
    expect(stampRecord(records.Release, { generator: 'x' }).source).toEqual({ repository: 'acme/shop' });
    expect(sameRelease({ ...records.Release, content: {} }, records.Release)).toBe(false);
    expect(sameRelease({ ...records.Release, source: { repository: 'other' } }, records.Release)).toBe(false);
  });

  const good = JSON.parse(JSON.stringify({ apiVersion: 'cdk8s-gitops/v1', ...records.Release }));
  const changed = (change: object) => JSON.stringify({ ...good, ...change });
  it.each([
    ['nothing', '', 'one object'],
    ['two documents', `${changed({})}\n---\n${changed({})}`, 'one object'],
    ['a list', '[]', 'one object'],
    ['a text', 'text', 'one object'],
    ['no YAML', '{', 'not YAML'],
    [
      'a bomb of aliases',
      `a: &a [x]\n${[...'bcdefghijkl'].map((c, n) => `${c}: &${c} [${`*${'abcdefghijkl'[n]},`.repeat(9)}]`).join('\n')}`,
      '',
    ],
    ['a key that is there twice', `${serializeRecord(records.Release)}kind: Cluster\n`, 'not YAML'],
    ['another version', changed({ apiVersion: 'cdk8s-gitops/v2' }), 'apiVersion'],
    ['another kind', changed({ kind: 'constructor' }), 'kind'],
    ['a kind that is no text', changed({ kind: { toString: 1 } }), 'kind'],
    ['a missing field', changed({ cluster: undefined }), 'cluster'],
    ['a field of another type', changed({ images: [1] }), 'images'],
    ['no source', changed({ source: 'acme/shop' }), 'source.repository'],
    ['a commit that is none', changed({ source: { repository: 'a', commit: '--upload-pack=x' } }), 'source.commit'],
    ['a content that is none', changed({ content: [] }), 'content'],
    ['an id that is none', changed({ content: { a: '../../x' } }), 'content'],
  ])('is refused: %s', (_, text, why) => {
    expect(() => parseRecord(text, 'releases/dev/checkout.yaml')).toThrow(
      expect.objectContaining({ code: 'RECORD_INVALID', message: expect.stringContaining(why) }),
    );
    expect(() => parseRecord(text, 'releases/dev/checkout.yaml')).toThrow('releases/dev/checkout.yaml');
  });
});

describe('sections', () => {
  const owners: Exclude<SectionOwner, FolderOwner>[] = [];
  const names = ['a', 'b', 'a-b', 'dev'];
  for (const cluster of names) {
    owners.push({ kind: 'cluster', cluster });
    for (const environment of names) {
      owners.push({ kind: 'environment', environment, cluster });
      for (const application of names) owners.push({ kind: 'unit', environment, application, cluster });
    }
  }

  it('have roots that lie in no other one of their cluster', () => {
    for (const cluster of names) {
      const roots = owners.filter((owner) => owner.cluster === cluster).flatMap((owner) => rootsOf(owner));
      expect(new Set(roots).size).toBe(roots.length);
      for (const root of roots) {
        expect(
          roots.filter((other) => other.startsWith(`${root}/`)),
          root,
        ).toEqual([]);
      }
    }
  });

  it('have their record among their roots, and a name that is theirs', () => {
    for (const owner of owners) expect(rootsOf(owner)).toContain(recordOf(owner));
    const inOne = owners.filter(({ cluster }) => cluster === 'a').map(sectionName);
    expect(new Set(inOne).size).toBe(inOne.length);
  });

  it('of other folders hold their record apart, under a name that no environment has', () => {
    const owner: FolderOwner = { kind: 'folder', path: 'apps/team/a' };
    expect(rootsOf(owner)).toEqual(['apps/team/a', recordOf(owner)]);
    expect(isLabel(recordOf(owner).split('/')[1] ?? '')).toBe(false);
  });

  it('have records outside of what agents follow', () => {
    for (const owner of owners) {
      expect(recordOf(owner).startsWith(`${layout.clusterFolder(owner.cluster)}/`)).toBe(false);
      if (owner.kind === 'unit') expect(recordOf(owner).startsWith('environments/')).toBe(false);
    }
  });
});

it.each(['a', '0', 'a-b', 'x'.repeat(63), '1-2'])('%s is a label', (name) => {
  expect(isLabel(name)).toBe(true);
});

it.each(['', '-', '-a', 'a-', 'A', 'a.b', 'a/b', '..', 'a b', 'a\n', 'ä', 'x'.repeat(64)])('%j is no label', (name) => {
  expect(isLabel(name)).toBe(false);
});

it.each([
  ['https://git.example.com/acme/shop.git', 'acme/shop'],
  ['https://user:secret@git.example.com:8443/acme/shop.git/?a=b#c', 'acme/shop'],
  ['git@git.example.com:acme/shop.git', 'acme/shop'],
  ['git@git.example.com:/acme//shop', 'acme/shop'],
  ['ssh://git@git.example.com:22/acme/team/shop', 'acme/team/shop'],
  ['file:///srv/git/acme/shop.git', 'acme/shop'],
  ['/srv/git/acme/shop.git/', 'acme/shop'],
  ['https://git.example.com/', undefined],
  ['https://git.example.com/a\u0007b', undefined],
])('%s is the repository %s', (url, id) => {
  expect(repositoryId(url)).toBe(id);
});
