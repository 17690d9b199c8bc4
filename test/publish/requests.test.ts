import { describe, expect, test } from 'vitest';
import type { Section } from '../../src/model/section';
import { openRemote, planPublish, publish } from '../../src/publish';
import { bareRepository, commitFiles, filesOf, git, gitEnv } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { options } from './options';
import { cluster, environment, tree, unit } from './trees';

/** What each publish asks a server for: round trips are what a publish over a network takes its time for. */

const ADVERTISED = 'info/refs?service=git-upload-pack';
const FETCH = [ADVERTISED, 'git-upload-pack', 'git-upload-pack'];
const BY_ID = [ADVERTISED, 'git-upload-pack'];
const PUSH = ['info/refs?service=git-receive-pack', 'git-receive-pack'];

const short = (request: string) => request.replace(/.*\.git\//, '');

const shared = [cluster('eu-1'), environment('dev')];
const app = (name: string, content = 'x: 1\n') => unit('dev', name, { 'a.yaml': content });
const apps = Array.from({ length: 40 }, (_, i) => app(`app-${i}`));
const others = Array.from({ length: 40 }, (_, i) => unit('dev', `other-${i}`, undefined, { source: 'x/y' }));

/** A server with units of two sources. Returns what a publish asks for. */
async function served() {
  const bare = bareRepository();
  await publish(tree(others, 'x/y'), options(bare));
  await publish(tree([...shared, ...apps]), options(bare));
  const server = await serveGit(bare);
  const requests = async (sections: readonly Section[], applications?: string[]) => {
    server.requests.length = 0;
    const selection = applications && { applications };
    const result = await publish(tree(sections), options(server.url, { selection }));
    expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
    return { outcome: result.outcome, requests: server.requests.map(short) };
  };
  return { bare, requests };
}

describe.each([
  ['the whole tree', undefined],
  ['one unit', ['app-0']],
])('%s', (_, applications) => {
  test('nothing changed: a fetch', async () => {
    const { requests } = await served();
    expect(await requests([...shared, ...apps], applications)).toEqual({ outcome: 'unchanged', requests: FETCH });
  });

  test('a unit changed: a fetch and a push', async () => {
    const { requests } = await served();
    const changed = [...shared, app('app-0', 'x: 2\n'), ...apps.slice(1)];
    expect(await requests(changed, applications)).toEqual({ outcome: 'published', requests: [...FETCH, ...PUSH] });
  });

  test('a unit is removed: a fetch plans it, what goes may be read, and a push', async () => {
    const { bare, requests } = await served();
    const left = [...shared, ...apps.slice(1)];
    const server = await serveGit(bare);
    const repository = await openRemote({ url: server.url, branch: 'main' }, { env: gitEnv });
    const stamp = { generator: 'test 1' };
    const selection = applications && { applications };
    const plan = await planPublish(repository, tree(left), { branch: 'main', stamp, selection });
    await repository.close();
    expect(plan.sections.find(({ name }) => name === 'dev/app-0')).toMatchObject({ change: 'removed' });
    expect(server.requests.map(short)).toEqual(FETCH);

    const { outcome, requests: asked } = await requests(left, applications);
    expect(outcome).toBe('published');
    // The guard of deletions looks at the objects that go.
    expect(asked.filter((each) => each !== BY_ID[0] && each !== BY_ID[1])).toEqual(PUSH);
    expect(asked.length).toBeLessThanOrEqual(FETCH.length + BY_ID.length + PUSH.length);
    expect(Object.keys(filesOf(bare)).filter((path) => path.includes('app-0.') || path.includes('app-0/'))).toEqual([]);
  });
});

test('a unit is added: a fetch and a push', async () => {
  const { requests } = await served();
  const added = [...shared, ...apps, app('another')];
  expect(await requests(added)).toEqual({ outcome: 'published', requests: [...FETCH, ...PUSH] });
  expect(await requests([...added, app('third')], ['third'])).toEqual({
    outcome: 'published',
    requests: [...FETCH, ...PUSH],
  });
});

test('a cluster changed: a fetch and a push', async () => {
  const { requests } = await served();
  const changed = [cluster('eu-1', { operator: 'flux' }), ...shared.slice(1), ...apps];
  expect(await requests(changed)).toEqual({ outcome: 'published', requests: [...FETCH, ...PUSH] });
});

test('what lies deeper than units do costs one more look: an environment, and folders in those of units', async () => {
  const { requests } = await served();
  const changed = [cluster('eu-1'), environment('dev', { files: { 'b.yaml': 'b: 1\n' } }), ...apps];
  expect(await requests(changed)).toEqual({ outcome: 'published', requests: [...FETCH, ...BY_ID, ...PUSH] });
  const deep = (content: string) => unit('dev', 'deep', { 'one/two/x.yaml': content });
  await requests([...changed, deep('x: 1\n')]);
  expect(await requests([...changed, deep('x: 2\n')], ['deep'])).toEqual({
    outcome: 'published',
    requests: [...FETCH, ...BY_ID, ...PUSH],
  });
});

test('the first publish into an empty repository: two looks at its branches, and a push', async () => {
  const bare = bareRepository();
  const { url, requests } = await serveGit(bare);
  await publish(tree([...shared, ...apps]), options(url));
  expect(requests.map(short)).toEqual([
    ...[ADVERTISED, 'git-upload-pack'],
    ...[ADVERTISED, 'git-upload-pack'],
    ...PUSH,
  ]);
});

test('a branch that moved is read anew without what is here already', async () => {
  const { bare } = await served();
  const server = await serveGit(bare);
  let moves = 0;
  const result = await publish(
    tree([...shared, app('app-0', 'x: 2\n'), ...apps.slice(1)]),
    options(server.url, {
      retry: { minDelay: 1, maxDelay: 2 },
      queue: { mode: 'off' },
      progress: ({ phase }) => {
        if (phase !== 'push' || ++moves > 1) return;
        commitFiles(bare, { 'environments/dev/other-0/deployment-api.yaml': 'kind: Other\n' });
      },
    }),
  );
  expect(result).toMatchObject({ outcome: 'published', attempts: 2 });
  const read = server.requests.map(short).filter((each) => !PUSH.includes(each));
  expect(read).toEqual([...FETCH, ...FETCH]);
});
