import { describe, expect, test } from 'vitest';
import { publish } from '../../../src/publish';
import { bareRepository, commitsOf, contentOf, filesOf, git } from '../../helpers/git';
import { failure, options } from '../options';
import { cluster, environment, tree, unit } from '../trees';

const theirs = { source: 'acme/old' };
const trailers = (bare: string) => git(bare, 'log', '-1', '--format=%(trailers:unfold)', 'main').trim().split('\n');

describe('a unit of another source', () => {
  const published = async () => {
    const bare = bareRepository();
    await publish(tree([unit('dev', 'checkout', undefined, theirs)], 'acme/old'), options(bare));
    return bare;
  };
  const mine = () => tree([unit('dev', 'checkout', { 'configmap-a.yaml': 'x: 1\n' })]);

  test('is refused, with the flag that takes it over', async () => {
    const bare = await published();
    const error = await failure(publish(mine(), options(bare)), 'OWNED_BY_ANOTHER_SOURCE');
    expect(error.message).toContain('is published by acme/old, not by acme/checkout');
    expect(error.message).toMatch(/: --take-over dev\/checkout$/);
    expect(commitsOf(bare)).toHaveLength(1);
  });

  test('is taken over when that is acknowledged, which the commit logs', async () => {
    const bare = await published();
    const result = await publish(mine(), options(bare, { acknowledged: { takeOver: ['dev/checkout'] } }));
    expect(result).toMatchObject({ outcome: 'published', warnings: [] });
    expect(trailers(bare)).toContain('Took-Over: dev/checkout from acme/old');
    expect(contentOf(bare, 'releases/dev/checkout.yaml')).toContain('repository: acme/checkout');
    const again = await publish(mine(), options(bare, { acknowledged: { takeOver: ['dev/checkout'] } }));
    expect(again.outcome).toBe('unchanged');
    expect(again.warnings).toEqual(['--take-over dev/checkout was not needed; leave it out']);
  });

  test('is taken over with the content it has: nothing but the record changes', async () => {
    const bare = await published();
    const same = tree([unit('dev', 'checkout')]);
    const result = await publish(same, options(bare, { acknowledged: { takeOver: ['dev/checkout'] } }));
    expect(result.outcome).toBe('published');
    expect(git(bare, 'diff', '--name-only', 'main~', 'main')).toBe('releases/dev/checkout.yaml');
    expect(trailers(bare)).toContain('Took-Over: dev/checkout from acme/old');
    // Who had it before does not remove it any more.
    const rest = tree([unit('dev', 'other', undefined, theirs)], 'acme/old');
    await publish(rest, options(bare));
    expect(filesOf(bare)['environments/dev/checkout/deployment-api.yaml']).toBeDefined();
  });

  test('of equal content is noticed when something else is read anyway', async () => {
    const bare = await published();
    const more = tree([unit('dev', 'checkout'), unit('dev', 'cart')]);
    await publish(tree([unit('dev', 'cart', { 'a.yaml': 'x: 1\n' })]), options(bare));
    const error = await failure(publish(more, options(bare)), 'OWNED_BY_ANOTHER_SOURCE');
    expect(error.problems.map(({ where }) => where)).toEqual(['dev/checkout']);
  });
});

test('clusters and environments are named so that no shell asks for quotes', async () => {
  const bare = bareRepository();
  await publish(tree([cluster('eu-1', theirs), environment('dev', theirs)], 'acme/old'), options(bare));
  const mine = () => tree([cluster('eu-1', { operator: 'flux' }), environment('dev', { stage: 'x' })]);
  const error = await failure(publish(mine(), options(bare)), 'OWNED_BY_ANOTHER_SOURCE');
  expect(error.message).toMatch(/: --take-over cluster:eu-1 environment:dev$/);
  const names = /--take-over (.+)$/.exec(error.message)?.[1]?.split(' ') ?? [];
  await publish(mine(), options(bare, { acknowledged: { takeOver: names } }));
  expect(trailers(bare)).toContain('Took-Over: environment:dev from acme/old');
});

test('names of another owner cannot reach a terminal or a trailer', async () => {
  const bare = bareRepository();
  const source = '\u001b[31mevil\u0007\nSigned-off-by: you';
  await publish(tree([unit('dev', 'checkout', undefined, { source })], source), options(bare));
  const mine = tree([unit('dev', 'checkout', { 'a.yaml': 'x: 1\n' })]);
  const error = await failure(publish(mine, options(bare)), 'OWNED_BY_ANOTHER_SOURCE');
  expect(error.message).not.toMatch(/[^\P{C}\n]/u);
  await publish(mine, options(bare, { acknowledged: { takeOver: ['dev/checkout'] } }));
  expect(trailers(bare).filter((line) => line.startsWith('Signed-off-by'))).toEqual([]);
});

test('what is not there cannot be acknowledged', async () => {
  const bare = bareRepository();
  const all = tree([unit('dev', 'checkout')]);
  for (const acknowledged of [{ takeOver: ['dev/chekout'] }, { overwrite: ['environment:prod'] }]) {
    const error = await failure(publish(all, options(bare, { acknowledged })), 'USAGE');
    expect(error.message).toContain('there are dev/checkout');
  }
  await failure(publish(all, options(bare, { acknowledged: { delete: ['checkout'] } })), 'USAGE');
  expect(git(bare, 'for-each-ref')).toBe('');
});
