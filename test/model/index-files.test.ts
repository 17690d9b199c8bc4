import { describe, expect, it } from 'vitest';
import { indexFiles, isOwner, type RepositoryIndex } from '../../src/model/index-files';
import type { ClusterRecord, EnvironmentRecord } from '../../src/model/record';

const common = { platform: 'shop', source: { repository: 'acme/shop' }, content: {} };
const cluster = (name: string, operator = 'flux'): ClusterRecord => ({
  ...common,
  kind: 'Cluster',
  cluster: name,
  operator,
});
const environment = (name: string, more: Partial<EnvironmentRecord> = {}): EnvironmentRecord => ({
  ...common,
  kind: 'Environment',
  environment: name,
  cluster: 'eu-1',
  ...more,
});

function filesOf(index: Partial<RepositoryIndex>) {
  const files = indexFiles({ clusters: [], environments: [], units: [], ...index });
  return {
    readme: files.get('README.md') ?? '',
    owners: files.get('CODEOWNERS') ?? '',
    attributes: files.get('.gitattributes'),
  };
}

describe('the front page', () => {
  it('has a row for each application and a column for each environment, in the order of promotion', () => {
    const { readme } = filesOf({
      clusters: [cluster('eu-1')],
      environments: [environment('a-prod', { promotesFrom: ['z-dev'] }), environment('z-dev')],
      units: [
        { environment: 'z-dev', application: 'web' },
        { environment: 'a-prod', application: 'web' },
        { environment: 'z-dev', application: 'cart' },
      ],
    });
    expect(readme).toContain(
      [
        '| application | z-dev | a-prod |',
        '| --- | :---: | :---: |',
        '| cart | [●](environments/z-dev/cart) |  |',
        '| web | [●](environments/z-dev/web) | [●](environments/a-prod/web) |',
      ].join('\n'),
    );
  });

  it('draws clusters, environments in them, and the way of a release', () => {
    const { readme } = filesOf({
      clusters: [cluster('us-1', 'argo-cd'), cluster('eu-1')],
      environments: [environment('prod', { cluster: 'us-1', promotesFrom: ['dev', 'unknown'] }), environment('dev')],
      units: [
        { environment: 'dev', application: 'web' },
        { environment: 'stray', application: 'web' },
      ],
    });
    expect(readme).toContain(
      [
        '```mermaid',
        'flowchart LR',
        '  subgraph c0["eu-1 · flux"]',
        '    e0["dev<br/>1 application"]',
        '  end',
        '  subgraph c1["us-1 · argo-cd"]',
        '    e1["prod<br/>0 applications"]',
        '  end',
        '  e2["stray<br/>1 application"]',
        '  e0 --> e1',
        '```',
      ].join('\n'),
    );
  });

  it('survives promotions that go round in a circle', () => {
    const circle = [environment('a', { promotesFrom: ['b'] }), environment('b', { promotesFrom: ['a', 'b'] })];
    expect(filesOf({ environments: circle }).readme).toContain('e0 --> e1');
  });

  it('is the same in any order of records', () => {
    const index = {
      clusters: [cluster('eu-1'), cluster('us-1')],
      environments: [environment('dev'), environment('prod', { promotesFrom: ['dev', 'qa'] }), environment('qa')],
      units: ['web', 'cart'].flatMap((application) => [
        { environment: 'dev', application },
        { environment: 'qa', application },
      ]),
    };
    const reversed = Object.fromEntries(Object.entries(index).map(([key, list]) => [key, [...list].reverse()]));
    expect(filesOf(reversed as never)).toEqual(filesOf(index));
  });

  it('takes no time to speak of for a large fleet', () => {
    const names = Array.from({ length: 2000 }, (_, n) => `n${n}`);
    const environments = names.map((name) => environment(name, { cluster: name, promotesFrom: ['n0'] }));
    const start = process.cpuUsage();
    const { readme } = filesOf({ clusters: names.map((name) => cluster(name)), environments });
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2);
    expect(readme.match(/subgraph/g)).toHaveLength(2000);
  });

  it('holds nothing of names that are no names', () => {
    const evil = ['](https://evil.example)', 'a|b', 'x"]\n click e0 "javascript:x"', '<script>', '# x', '`', '..'];
    const { readme, owners } = filesOf({
      clusters: evil.map((name) => ({ ...cluster(name, name), platform: name })).concat(cluster('ok', '"]; evil')),
      environments: evil.map((name) => environment(name, { platform: name, cluster: name, promotesFrom: evil })),
      units: evil.flatMap((name) => [
        { environment: name, application: 'a' },
        { environment: 'dev', application: name },
      ]),
    });
    const plain = filesOf({ clusters: [{ ...cluster('ok', '"]; evil'), platform: 'shop' }] });
    expect(readme).toBe(plain.readme);
    expect(readme).not.toContain('evil');
    expect(owners).toBe(plain.owners);
  });
});

describe('CODEOWNERS', () => {
  it('says who approves an environment, wherever its files lie', () => {
    const { owners } = filesOf({ environments: [environment('prod', { owners: ['acme/sre', 'jane@example.com'] })] });
    expect(owners.split('\n').slice(1, -1)).toEqual(
      [
        '/environments/prod/',
        '/environments/prod.yaml',
        '/releases/prod/',
        '/clusters/eu-1/environments/prod/',
        '/clusters/eu-1/applications/prod.*',
        '/clusters/eu-1/units/prod.*/',
        '/clusters/eu-1/namespaces/prod.*/',
        '/registrations/eu-1/prod.*',
      ].map((path) => `${path} @acme/sre jane@example.com`),
    );
  });

  it.each(['a b', 'a\n* @evil', '@a', 'a#b', '', 'a/', '/a', 'a\t@b.c', 'x@y z', '*', '../a', 'a\u0000@b'])(
    'takes no %j for an owner',
    (owner) => {
      expect(isOwner(owner)).toBe(false);
      const { owners } = filesOf({ environments: [environment('prod', { owners: [owner] })] });
      expect(owners).toBe(filesOf({}).owners);
    },
  );

  it.each(['jane', 'acme/sre', 'acme/teams/sre', 'jane.doe@example.com'])('takes %s for an owner', (owner) => {
    expect(isOwner(owner)).toBe(true);
  });
});

it('files are kept as bytes, and collapsed in reviews', () => {
  expect(filesOf({}).attributes).toMatch(/^\* -text linguist-generated$/m);
});
