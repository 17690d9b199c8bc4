import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type PublishOptions, publish, type SourceHistory } from '../../src/publish';
import { bareRepository, commitFiles, contentOf, filesOf, git } from '../helpers/git';
import { failure, options } from './options';
import { cluster, environment, tree, unit } from './trees';

/** Commits of a source, oldest first, and one that is on no branch with them. */
const [C1, C2, C3] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];
const ELSEWHERE = 'e'.repeat(40);
const LINE = [C1, C2, C3];

/** A history that knows one line of commits. */
const line: SourceHistory = {
  isAncestor: async (ancestor, of) => LINE.includes(of) && LINE.slice(0, LINE.indexOf(of) + 1).includes(ancestor),
  laterHead: async () => undefined,
};
/** As in a shallow clone. */
const blind: SourceHistory = { isAncestor: async () => undefined, laterHead: async () => undefined };

const a = (content: string) => unit('dev', 'a', { 'a.yaml': content });
const b = (content: string) => unit('dev', 'b', { 'b.yaml': content });

let bare: string;
beforeEach(() => {
  bare = bareRepository();
});
const at = (sourceCommit: string | undefined, more: Partial<PublishOptions> = {}) =>
  options(bare, { sourceCommit, sourceHistory: line, ...more });

describe('an earlier commit of the source', () => {
  test('gives way to what a later one published', async () => {
    await publish(tree([a('new\n')]), at(C2));
    const tip = git(bare, 'rev-parse', 'main');
    for (const dryRun of [true, false]) {
      const result = await publish(tree([a('old\n')]), at(C1, { dryRun }));
      expect(result).toMatchObject({
        outcome: 'superseded',
        commit: tip,
        attempts: 0,
        units: [{ environment: 'dev', application: 'a', change: 'superseded' }],
        plan: { superseded: { 'dev/a': C2 }, index: [] },
      });
    }
    expect(git(bare, 'rev-parse', 'main')).toBe(tip);
  });

  test('publishes what no later one changed', async () => {
    await publish(tree([a('1\n'), b('1\n')]), at(C1));
    await publish(tree([a('3\n'), b('1\n')]), at(C3));
    const result = await publish(tree([a('2\n'), b('2\n')]), at(C2));
    expect(result).toMatchObject({ outcome: 'published', plan: { superseded: { 'dev/a': C3 } } });
    expect(result.units.map(({ change }) => change)).toEqual(['superseded', 'changed']);
    expect(contentOf(bare, 'environments/dev/a/a.yaml')).toBe('3\n');
    expect(contentOf(bare, 'environments/dev/b/b.yaml')).toBe('2\n');
    expect(contentOf(bare, 'releases/dev/a.yaml')).toContain(C3);
    expect(git(bare, 'log', '-1', '--format=%B', 'main')).not.toContain('Unit: dev/a');
  });

  test('does not remove what a later one added', async () => {
    await publish(tree([a('1\n')]), at(C1));
    await publish(tree([a('1\n'), b('2\n')]), at(C2));
    const before = filesOf(bare);
    const result = await publish(tree([a('1\n')]), at(C1));
    expect(result).toMatchObject({ outcome: 'superseded', plan: { superseded: { 'dev/b': C2 } } });
    expect(result.units).toContainEqual({ environment: 'dev', application: 'b', change: 'superseded' });
    expect(filesOf(bare)).toEqual(before);
    // Beside a change that does land, the front page goes on naming it.
    await publish(tree([a('1\n'), unit('dev', 'c')]), at(C1));
    expect(filesOf(bare)).toMatchObject({ 'environments/dev/b/b.yaml': '2\n' });
    expect(contentOf(bare, 'README.md')).toBe(
      await rendered(() => publish(tree([a('1\n'), b('2\n'), unit('dev', 'c')]), at(C3))),
    );
  });

  test('removes what itself or an earlier one published', async () => {
    await publish(tree([a('1\n'), b('1\n')]), at(C1));
    expect(await publish(tree([a('1\n')]), at(C2))).toMatchObject({ outcome: 'published' });
    expect(Object.keys(filesOf(bare))).not.toContain('environments/dev/b/b.yaml');
  });

  test('leaves later clusters and environments, and what the front page says of them', async () => {
    const units = [a('1\n')];
    await publish(
      tree([cluster('eu-1', { operator: 'argo-cd' }), environment('dev', { stage: 'x' }), ...units]),
      at(C1),
    );
    await publish(tree([cluster('eu-1', { operator: 'flux' }), environment('dev', { stage: 'y' }), ...units]), at(C3));
    const readme = contentOf(bare, 'README.md');
    const result = await publish(
      tree([cluster('eu-1', { operator: 'argo-cd' }), environment('dev', { stage: 'x' }), a('2\n')]),
      at(C2),
    );
    expect(result.plan.superseded).toEqual({ 'cluster eu-1': C3, 'environment dev': C3 });
    expect(result.outcome).toBe('published');
    expect(contentOf(bare, 'clusters/eu-1.yaml')).toContain('flux');
    expect(contentOf(bare, 'environments/dev.yaml')).toContain('stage: "y"');
    expect(contentOf(bare, 'README.md')).toBe(readme);
  });

  test('that would change nothing is no different from any other', async () => {
    await publish(tree([a('1\n')]), at(C2));
    expect(await publish(tree([a('1\n')]), at(C1))).toMatchObject({ outcome: 'unchanged', plan: { superseded: {} } });
  });

  test('is published all the same when that is wanted, and the commit says so', async () => {
    await publish(tree([a('2\n'), b('2\n')]), at(C2));
    const result = await publish(tree([a('1\n')]), at(C1, { outOfOrder: true }));
    expect(result).toMatchObject({ outcome: 'published', plan: { superseded: {} } });
    expect(Object.keys(filesOf(bare)).filter((path) => path.startsWith('environments/'))).toEqual([
      'environments/dev/a/a.yaml',
    ]);
    expect(git(bare, 'log', '-1', '--format=%(trailers:key=Out-Of-Order,valueonly)', 'main')).toBe('yes\n');
    expect(git(bare, 'log', '-1', '--format=%(trailers:key=Out-Of-Order)', 'main~')).toBe('');
  });
});

/** The front page after a publish, which is undone. */
async function rendered(run: () => Promise<unknown>): Promise<string> {
  const tip = git(bare, 'rev-parse', 'main');
  await run();
  const text = contentOf(bare, 'README.md');
  git(bare, 'update-ref', 'refs/heads/main', tip);
  return text;
}

describe('where history does not tell', () => {
  afterEach(() => {
    expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
  });

  const CASES: [string, Partial<PublishOptions>, Partial<PublishOptions>, 'published' | 'superseded'][] = [
    ['without sequences the later push wins', {}, {}, 'published'],
    ['a smaller sequence gives way', { sequence: 8 }, { sequence: 7 }, 'superseded'],
    ['a greater one wins', { sequence: 8 }, { sequence: 10 }, 'published'],
    ['the same run is not later than itself', { sequence: 8 }, { sequence: 8 }, 'published'],
    ['one sequence is none', { sequence: 8 }, {}, 'published'],
    ['and neither is the other', {}, { sequence: 8 }, 'published'],
    ['out of order, no sequence counts', { sequence: 8 }, { sequence: 7, outOfOrder: true }, 'published'],
  ];
  describe.each([
    ['unrelated commits', ELSEWHERE, line],
    ['a shallow clone', C1, blind],
    ['no history', C1, undefined],
    ['no commit', undefined, line],
    ['the same commit', C3, line],
  ])('%s', (_, commit, sourceHistory) => {
    test.each(CASES)('%s', async (_name, first, second, outcome) => {
      await publish(tree([a('1\n')]), at(C3, first));
      const result = await publish(tree([a('2\n')]), at(commit, { sourceHistory, ...second }));
      expect(result.outcome).toBe(outcome);
      if (outcome === 'superseded') expect(result.plan.superseded).toEqual({ 'dev/a': C3 });
    });
  });

  test('where it does, sequences do not count', async () => {
    await publish(tree([a('1\n')]), at(C2, { sequence: 9 }));
    expect(await publish(tree([a('2\n')]), at(C3, { sequence: 1 }))).toMatchObject({ outcome: 'published' });
    expect(await publish(tree([a('1\n')]), at(C2, { sequence: 9 }))).toMatchObject({ outcome: 'superseded' });
  });

  test('a run is named where no commit is', async () => {
    await publish(tree([a('1\n')]), at(undefined, { sequence: 9 }));
    const result = await publish(tree([a('2\n')]), at(undefined, { sequence: 8 }));
    expect(result.plan.superseded).toEqual({ 'dev/a': 'run 9' });
  });

  test('the sequence is in the record and in the commit, and no change by itself', async () => {
    await publish(tree([a('1\n'), environment('dev')]), at(C1, { sequence: 41 }));
    expect(contentOf(bare, 'releases/dev/a.yaml')).toContain('  sequence: 41\n');
    expect(git(bare, 'log', '-1', '--format=%(trailers:key=Source-Sequence,valueonly)', 'main')).toBe('41\n');
    expect(await publish(tree([a('1\n'), environment('dev')]), at(C1, { sequence: 42 }))).toMatchObject({
      outcome: 'unchanged',
    });
  });

  test.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('%d is no sequence', async (sequence) => {
    await failure(publish(tree([a('1\n')]), at(C1, { sequence })), 'CONFIG_INVALID');
  });
});

describe('a later head of the source', () => {
  test('is given way to by everything that would change, be added or go', async () => {
    await publish(tree([a('1\n'), b('1\n')]), at(C1));
    const before = filesOf(bare);
    const sourceHistory = { ...line, laterHead: async () => C3 };
    for (const dryRun of [true, false]) {
      const result = await publish(tree([a('2\n'), unit('dev', 'c')]), at(C2, { sourceHistory, dryRun }));
      expect(result).toMatchObject({
        outcome: 'superseded',
        plan: { superseded: { 'dev/a': C3, 'dev/b': C3, 'dev/c': C3 } },
      });
    }
    expect(filesOf(bare)).toEqual(before);
    expect(await publish(tree([a('1\n'), b('1\n')]), at(C2, { sourceHistory }))).toMatchObject({
      outcome: 'unchanged',
    });
  });

  test('is asked for before the environment repository has answered, and not when nobody wants to know', async () => {
    const asked: string[] = [];
    const sourceHistory: SourceHistory = {
      ...line,
      laterHead: async (commit) => {
        asked.push(commit);
        return undefined;
      },
    };
    const progress = ({ phase }: { phase: string }) => asked.push(phase);
    await publish(tree([a('1\n')]), at(C2, { sourceHistory, progress }));
    expect(asked.slice(0, 3)).toEqual(['connect', C2, 'fetch']);
    expect(asked.filter((each) => each === C2)).toHaveLength(1);
    asked.length = 0;
    await publish(tree([a('2\n')]), at(C2, { sourceHistory, outOfOrder: true }));
    expect(asked).toEqual([]);
  });

  test('that comes too late to matter is not waited for', async () => {
    await publish(tree([a('1\n')]), at(C1));
    let stopped = false;
    const sourceHistory: SourceHistory = {
      ...line,
      laterHead: (_, signal) =>
        new Promise((_done, fail) => {
          signal?.addEventListener('abort', () => {
            stopped = true;
            fail(signal.reason);
          });
        }),
    };
    expect(await publish(tree([a('1\n')]), at(C2, { sourceHistory }))).toMatchObject({ outcome: 'unchanged' });
    expect(stopped).toBe(true);
  });
});

test.each(['-1', '1.5', '"12"', '1e400', '[1]'])('a record whose sequence is %s is not one', async (sequence) => {
  await publish(tree([a('1\n')]), at(C1, { sequence: 3 }));
  const path = 'releases/dev/a.yaml';
  commitFiles(bare, { [path]: contentOf(bare, path).replace('sequence: 3', `sequence: ${sequence}`) });
  const error = await failure(publish(tree([a('2\n')]), at(C2)), 'RECORD_INVALID');
  expect(error.message).toContain('source.sequence');
});
