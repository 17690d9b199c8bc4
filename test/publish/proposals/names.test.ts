import { describe, expect, test } from 'vitest';
import type { SectionOwner } from '../../../src/model/section';
import { branchProblem } from '../../../src/publish/git/names';
import { placeOfScope, proposalFolder, scopeOf, slugOf } from '../../../src/publish/proposals/names';

const HASH = /-[0-9a-f]{8}$/;

describe('slugs', () => {
  test('of plain names are readable', () => {
    expect(slugOf('main')).toBe('main');
    expect(slugOf('acme/checkout')).toBe('acme--checkout');
    expect(slugOf('acme/team_a/check-out')).toBe('acme--team_a--check-out');
  });

  test('of names that others could be mistaken for end in a checksum', () => {
    for (const name of ['acme--checkout', 'a.b', 'a-/b', 'release/1.0', '-a', 'ä', '.', 'x.lock', 'x'.repeat(200)]) {
      expect(slugOf(name)).toMatch(HASH);
    }
  });

  test('are different for different names, and no branch is a folder of another one', () => {
    const names = [
      'a/b',
      'a--b',
      'a-b',
      'a.b',
      'a/b/c',
      'a--b/c',
      'a',
      'A',
      `${'x'.repeat(90)}1`,
      `${'x'.repeat(90)}2`,
    ];
    expect(new Set(names.map(slugOf)).size).toBe(names.length);
    for (const base of [...names, 'feature/..', '@', 'a b']) {
      for (const source of names) {
        const folder = proposalFolder(base, source);
        expect(branchProblem(`${folder}prod`)).toBeUndefined();
        expect(folder.split('/')).toHaveLength(4);
      }
    }
  });
});

describe('scopes', () => {
  const unit = (environment: string, application: string): SectionOwner => ({
    kind: 'unit',
    environment,
    application,
    cluster: 'eu-1',
  });

  test.each<[SectionOwner, 'environment' | 'application', string]>([
    [unit('prod', 'checkout'), 'environment', 'prod'],
    [unit('prod', 'checkout'), 'application', 'prod.checkout'],
    [unit('cluster', 'eu-1'), 'application', 'environment.cluster.eu-1'],
    [unit('environment', 'cluster'), 'application', 'environment.cluster'],
    [{ kind: 'cluster', cluster: 'eu-1' }, 'application', 'cluster.eu-1'],
    [{ kind: 'environment', environment: 'prod', cluster: 'eu-1' }, 'application', 'prod'],
  ])('%j by %s is %s, and back', (owner, batch, scope) => {
    expect(scopeOf(owner, batch)).toBe(scope);
    const place = placeOfScope(scope);
    if (owner.kind === 'unit' && batch === 'application') expect(place).toMatchObject({ kind: 'unit' });
    if (place?.kind === 'unit') {
      expect(owner).toMatchObject({ environment: place.environment, application: place.application });
    } else if (place?.kind === 'cluster') expect(owner).toMatchObject({ cluster: place.cluster });
    else expect(owner).toMatchObject({ environment: place?.environment });
  });

  test.each(['', 'Prod', 'a.b.c', 'a.', '.a', 'a/b', 'prod ', 'cluster.', 'environment.cluster.a.b'])(
    '%j is none',
    (scope) => {
      expect(placeOfScope(scope)).toBeUndefined();
    },
  );
});
