import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { DEFAULT_MAX_DELETIONS, Delivery, type PullRequestProps } from '../../../src/model/delivery';
import type { DesiredTree, Section } from '../../../src/model/section';
import { publish } from '../../../src/publish';
import { bareRepository, commitFiles, contentOf, filesOf, git } from '../../helpers/git';
import { serveGit } from '../../helpers/git-http-server';
import { failure, options } from '../options';
import { cluster, environment, tree, unit } from '../trees';
import { MemoryForge } from './memory-forge';

const FOLDER = 'cdk8s-gitops/main/acme--checkout';
const PROD = `${FOLDER}/prod`;

/** A tree in which `prod` is delivered by pull requests. */
function proposing(sections: readonly Section[], props: PullRequestProps = {}): DesiredTree {
  const rules = (delivery: Delivery) => ({ delivery, maxDeletions: DEFAULT_MAX_DELETIONS });
  return {
    ...tree(sections),
    environments: { dev: rules(Delivery.direct()), prod: rules(Delivery.pullRequest(props)) },
  };
}

const api = (replicas: number) => ({
  'deployment-api.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  replicas: ${replicas}\n`,
});

const makeTree = (bare: string, entries: string) =>
  execFileSync('git', ['mktree'], { cwd: bare, input: `${entries}\n`, encoding: 'utf8' }).trim();

const branches = (bare: string) =>
  git(bare, 'for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n').filter(Boolean);

/** Publishes dev and prod once, and merges what is proposed. */
async function delivered(props: PullRequestProps = {}) {
  const bare = bareRepository();
  const forge = new MemoryForge(bare);
  const all = (replicas = 1, more: readonly Section[] = []) =>
    proposing(
      [
        cluster('eu-1'),
        environment('dev'),
        environment('prod'),
        unit('dev', 'checkout', api(replicas)),
        unit('prod', 'checkout', api(replicas)),
        ...more,
      ],
      props,
    );
  await publish(all(), options(bare, { forge }));
  for (const { number } of forge.pulls) forge.merge(number, { deleteBranch: true });
  forge.writes.length = 0;
  return { bare, forge, all };
}

describe('a first publish', () => {
  test('commits what is direct, and proposes the rest on top of it', async () => {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    const result = await publish(
      proposing([environment('dev'), unit('dev', 'checkout'), environment('prod'), unit('prod', 'checkout')], {
        labels: ['prod'],
        reviewers: ['jane', 'nobody'],
      }),
      options(bare, { forge }),
    );

    expect(result.outcome).toBe('published');
    expect(result.commit).toBe(git(bare, 'rev-parse', 'main'));
    expect(Object.keys(filesOf(bare)).filter((path) => path.includes('prod'))).toEqual([]);
    expect(contentOf(bare, 'README.md')).not.toContain('prod');
    const head = git(bare, 'rev-parse', PROD);
    expect(result.pullRequests).toEqual([
      {
        scope: 'prod',
        branch: PROD,
        change: 'opened',
        commit: head,
        number: 1,
        url: 'https://forge.example.com/pulls/1',
        sections: ['environment prod', 'prod/checkout'],
      },
    ]);
    expect(git(bare, 'rev-parse', `${PROD}~`)).toBe(result.commit);
    expect(git(bare, 'diff', '--name-status', 'main', PROD).split('\n')).toEqual([
      'A\tclusters/eu-1/applications/prod.checkout.yaml',
      'A\tclusters/eu-1/environments/prod/project.yaml',
      'A\tenvironments/prod.yaml',
      'A\tenvironments/prod/checkout/deployment-api.yaml',
      'A\treleases/prod/checkout.yaml',
    ]);
    expect(git(bare, 'log', '-1', '--format=%(trailers)', PROD)).toContain('Proposal-Scope: prod');
    expect(forge.pull(1)).toMatchObject({ labels: ['prod'], reviewers: ['jane'], base: 'main' });
    expect(result.warnings).toEqual(["pull request of prod: 'nobody' is not known"]);
    expect(git(bare, 'fsck', '--full', '--strict')).toBe('');
  });

  test('commits all that is direct at once, and proposes each environment on its own', async () => {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    const names = ['dev', 'qa', 'prod-eu', 'prod-us'];
    const sections = names.flatMap((name) => [environment(name), unit(name, 'checkout')]);
    const rules = (name: string) => ({
      delivery: name.startsWith('prod') ? Delivery.pullRequest() : Delivery.direct(),
      maxDeletions: DEFAULT_MAX_DELETIONS,
    });
    const environments = Object.fromEntries(names.map((name) => [name, rules(name)]));
    const result = await publish({ ...tree(sections), environments }, options(bare, { forge }));
    expect(git(bare, 'rev-list', '--count', 'main')).toBe('1');
    const changed = (range: string) =>
      new Set(
        git(bare, 'diff', '--name-only', ...range.split(' '))
          .split('\n')
          .flatMap((path) => /(dev|qa|prod-..)/.exec(path)?.[0] ?? []),
      );
    expect([
      ...new Set(Object.keys(filesOf(bare)).flatMap((path) => /(dev|qa|prod-..)/.exec(path)?.[0] ?? [])),
    ]).toEqual(expect.arrayContaining(['dev', 'qa']));
    expect(contentOf(bare, 'README.md')).not.toContain('prod');
    expect(result.pullRequests.map(({ scope, change }) => [scope, change])).toEqual([
      ['prod-eu', 'opened'],
      ['prod-us', 'opened'],
    ]);
    for (const scope of ['prod-eu', 'prod-us']) {
      expect([...changed(`main ${FOLDER}/${scope}`)]).toEqual([scope]);
      expect(git(bare, 'rev-list', '--count', `main..${FOLDER}/${scope}`)).toBe('1');
    }
    forge.merge(1);
    forge.merge(2);
    // A direct commit brings the front page up to date.
    const more = { ...tree([...sections, unit('dev', 'cart')]), environments };
    await publish(more, options(bare, { forge }));
    expect(contentOf(bare, 'README.md')).toContain('prod-us');
  });

  test('of pull requests alone makes a base of the index files', async () => {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    const result = await publish(proposing([unit('prod', 'checkout')]), options(bare, { forge }));
    expect(result.outcome).toBe('published');
    expect(Object.keys(filesOf(bare)).sort()).toEqual(['.gitattributes', 'CODEOWNERS', 'README.md']);
    expect(git(bare, 'log', '-1', '--format=%s', 'main')).toContain('README.md');
    expect(result.pullRequests).toMatchObject([{ scope: 'prod', change: 'opened' }]);
    forge.merge(1);
    expect(Object.keys(filesOf(bare))).toContain('environments/prod/checkout/deployment-api.yaml');
  });

  test('dry, proposes nothing but says so', async () => {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    const result = await publish(proposing([unit('prod', 'checkout')]), options(bare, { forge, dryRun: true }));
    expect(result).toMatchObject({
      outcome: 'planned',
      commit: null,
      pullRequests: [{ scope: 'prod', branch: PROD, change: 'opened', sections: ['prod/checkout'] }],
    });
    expect(result.pullRequests[0]).not.toHaveProperty('commit');
    expect(git(bare, 'for-each-ref')).toBe('');
    expect(forge.writes).toEqual([]);
  });

  test('without a forge pushes the branch, and says what to do', async () => {
    const bare = bareRepository();
    const result = await publish(proposing([unit('prod', 'checkout')]), options(bare));
    expect(result.pullRequests).toMatchObject([{ change: 'opened', commit: git(bare, 'rev-parse', PROD) }]);
    expect(result.pullRequests[0]).not.toHaveProperty('number');
    expect(result.warnings).toEqual([expect.stringContaining(`merge the branch ${PROD} into main`)]);
    git(bare, 'update-ref', 'refs/heads/main', git(bare, 'rev-parse', PROD));
    const merged = await publish(proposing([unit('prod', 'checkout')]), options(bare));
    expect(merged.pullRequests).toMatchObject([{ change: 'merged' }]);
    expect(branches(bare)).toEqual(['main']);
  });
});

describe('a later publish', () => {
  test('of the same changes nothing: no push, no edit', async () => {
    const { bare, forge, all } = await delivered();
    const first = await publish(all(3), options(bare, { forge }));
    expect(first.pullRequests).toMatchObject([{ change: 'opened', number: 2 }]);
    const head = git(bare, 'rev-parse', PROD);
    const writes = [...forge.writes];
    const again = await publish(all(3), options(bare, { forge, sourceCommit: 'b'.repeat(40) }));
    expect(again).toMatchObject({ outcome: 'unchanged', attempts: 0 });
    expect(again.pullRequests).toEqual([
      { ...first.pullRequests[0], change: 'unchanged', sections: ['prod/checkout'] },
    ]);
    expect(git(bare, 'rev-parse', PROD)).toBe(head);
    expect(forge.writes).toEqual(writes);
  });

  test('of other changes updates the same pull request, with one commit on the current base', async () => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    const base = commitFiles(bare, { 'docs/by-hand.md': 'hello\n' });
    const result = await publish(all(5), options(bare, { forge }));
    expect(result.pullRequests).toMatchObject([{ change: 'updated', number: 2, commit: git(bare, 'rev-parse', PROD) }]);
    // The change of dev has been committed since.
    expect(git(bare, 'rev-parse', `${PROD}~2`)).toBe(base);
    expect(git(bare, 'rev-parse', `${PROD}~`)).toBe(git(bare, 'rev-parse', 'main'));
    expect(contentOf(bare, 'environments/prod/checkout/deployment-api.yaml', PROD)).toContain('replicas: 5');
    expect(contentOf(bare, 'docs/by-hand.md', PROD)).toBe('hello\n');
    expect(forge.writes).toEqual([`open ${PROD}`, `edit ${PROD}`]);
  });

  test('does not push because the base moved, unless it moved at the same paths', async () => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    const head = git(bare, 'rev-parse', PROD);
    commitFiles(bare, { 'environments/prod/other/x.yaml': 'x\n', 'docs/a.md': 'a\n' });
    expect((await publish(all(3), options(bare, { forge }))).pullRequests).toMatchObject([{ change: 'unchanged' }]);
    expect(git(bare, 'rev-parse', PROD)).toBe(head);

    const path = 'environments/prod/checkout/deployment-api.yaml';
    const base = commitFiles(bare, { [path]: 'by: hand\n' });
    const acknowledged = { overwrite: ['prod/checkout'] };
    const result = await publish(all(3), options(bare, { forge, acknowledged }));
    expect(result.pullRequests).toMatchObject([{ change: 'updated' }]);
    expect(git(bare, 'rev-parse', `${PROD}~`)).toBe(base);
    expect(contentOf(bare, path, PROD)).toContain('replicas: 3');
  });

  test('closes what has nothing left to change, and removes its branch', async () => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    const prodBack = proposing([
      cluster('eu-1'),
      environment('dev'),
      environment('prod'),
      unit('dev', 'checkout', api(3)),
      unit('prod', 'checkout', api(1)),
    ]);
    const result = await publish(prodBack, options(bare, { forge }));
    expect(result).toMatchObject({
      outcome: 'proposed',
      pullRequests: [{ change: 'closed', number: 2, sections: [] }],
    });
    expect(result.pullRequests[0]).not.toHaveProperty('commit');
    expect(branches(bare)).toEqual(['main']);
    expect(forge.pull(2).state).toBe('closed');
    expect(forge.pull(2).comments).toEqual([expect.stringContaining('Nothing is left to change')]);
    // What was closed by the tool itself is no answer of anybody's: the same may be proposed again.
    expect(forge.pull(2).body).toContain('Withdrawn');
    expect((await publish(all(3), options(bare, { forge }))).pullRequests).toMatchObject([
      { change: 'opened', number: 3 },
    ]);
  });

  test.each([
    ['a merge commit', {}],
    ['a squash', { squash: true }],
    ['a merge that removes the branch', { deleteBranch: true }],
  ])('starts afresh after %s', async (_, how) => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    forge.merge(2, how);
    const after = await publish(all(3), options(bare, { forge }));
    expect(after.pullRequests.map(({ change }) => change)).toEqual('deleteBranch' in how ? [] : ['merged']);
    expect(branches(bare)).toEqual(['main']);
    const next = await publish(all(4), options(bare, { forge }));
    expect(next.pullRequests).toMatchObject([{ change: 'opened', number: 3 }]);
    expect(git(bare, 'rev-parse', `${PROD}~`)).toBe(git(bare, 'rev-parse', 'main'));
  });

  test('opens another where the merged branch is still there', async () => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    forge.merge(2);
    const next = await publish(all(4), options(bare, { forge }));
    expect(next.pullRequests).toMatchObject([{ change: 'opened', number: 3 }]);
    expect(git(bare, 'rev-list', '--count', `main..${PROD}`)).toBe('1');
  });

  test.each([[false], [true]])(
    'respects that people closed it (branch removed: %s) until something changes',
    async (deleteBranch) => {
      const { bare, forge, all } = await delivered();
      await publish(all(3), options(bare, { forge }));
      forge.close(2, { deleteBranch });
      const refs = git(bare, 'for-each-ref');
      const declined = await publish(all(3), options(bare, { forge, sourceCommit: 'c'.repeat(40) }));
      expect(declined).toMatchObject({ outcome: 'unchanged', pullRequests: [{ change: 'declined', number: 2 }] });
      expect(git(bare, 'for-each-ref')).toBe(refs);
      const next = await publish(all(4), options(bare, { forge }));
      expect(next.pullRequests).toMatchObject([{ change: 'opened', number: 3 }]);
    },
  );

  test('merges by the forge where it is to', async () => {
    const { bare, forge, all } = await delivered({ autoMerge: true });
    forge.merging = 'merged';
    const result = await publish(all(3), options(bare, { forge }));
    expect(result.pullRequests).toMatchObject([{ change: 'merged', number: 2 }]);
    expect(contentOf(bare, 'environments/prod/checkout/deployment-api.yaml')).toContain('replicas: 3');
    forge.merging = 'unavailable';
    const later = await publish(all(4), options(bare, { forge }));
    expect(later.pullRequests).toMatchObject([{ change: 'opened' }]);
    expect(later.warnings).toEqual([expect.stringContaining('the forge does not merge it by itself')]);
  });

  test('removes what the program declares no more by a pull request, as the record says', async () => {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    const prod = environment('prod');
    const record = prod.files.get(prod.record) as string;
    const files = new Map(prod.files).set(
      prod.record,
      record.replace('stage: test', 'stage: test\ndelivery: pull-request'),
    );
    const all = [environment('dev'), { ...prod, files }, unit('prod', 'checkout'), unit('dev', 'a')];
    await publish(proposing(all), options(bare, { forge }));
    forge.merge(1, { deleteBranch: true });
    const rest = { ...tree([environment('dev'), unit('dev', 'a')]), environments: {} };
    const acknowledged = { delete: ['prod/checkout', 'environment prod'] };
    const result = await publish(rest, options(bare, { forge, acknowledged }));
    expect(result).toMatchObject({ outcome: 'proposed' });
    expect(result.pullRequests).toMatchObject([
      { scope: 'prod', change: 'opened', sections: ['environment prod', 'prod/checkout'] },
    ]);
    expect(Object.keys(filesOf(bare))).toContain('releases/prod/checkout.yaml');
    forge.merge(2);
    expect(Object.keys(filesOf(bare)).filter((path) => path.includes('prod'))).toEqual([]);
  });

  test('commits directly what is delivered so by now, and closes the pull request', async () => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    const direct = {
      ...all(3),
      environments: { prod: { delivery: Delivery.direct(), maxDeletions: DEFAULT_MAX_DELETIONS } },
    };
    const environments = { ...direct.environments, other: all().environments?.prod as never };
    const result = await publish({ ...direct, environments }, options(bare, { forge }));
    expect(result).toMatchObject({ outcome: 'published', pullRequests: [{ scope: 'prod' }] });
    expect(branches(bare)).toEqual(['main']);
    expect(contentOf(bare, 'environments/prod/checkout/deployment-api.yaml')).toContain('replicas: 3');
  });
});

describe('a scope', () => {
  test('is an application where they are proposed one by one', async () => {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    const sections = [environment('prod'), unit('prod', 'a'), unit('prod', 'b')];
    const result = await publish(proposing(sections, { batch: 'application' }), options(bare, { forge }));
    expect(result.pullRequests.map(({ scope, sections }) => [scope, sections])).toEqual([
      ['prod', ['environment prod']],
      ['prod.a', ['prod/a']],
      ['prod.b', ['prod/b']],
    ]);
    for (const { number } of forge.pulls) forge.merge(number);
    expect(Object.keys(filesOf(bare))).toEqual(
      expect.arrayContaining(['environments/prod.yaml', 'releases/prod/a.yaml', 'releases/prod/b.yaml']),
    );
    // All at once from here on: the others are closed.
    const changed = [environment('prod'), unit('prod', 'a', api(2)), unit('prod', 'b', api(2))];
    await publish(proposing(changed, { batch: 'application' }), options(bare, { forge }));
    const together = await publish(proposing(changed), options(bare, { forge }));
    expect(together.pullRequests.map(({ scope, change }) => [scope, change])).toEqual([
      ['prod', 'opened'],
      ['prod.a', 'closed'],
      ['prod.b', 'closed'],
    ]);
  });

  test('is a cluster, and the cluster alone', async () => {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    const all: DesiredTree = {
      ...tree([cluster('eu-1'), environment('dev'), unit('dev', 'a')]),
      clusters: { 'eu-1': { delivery: Delivery.pullRequest() } },
    };
    const result = await publish(all, options(bare, { forge }));
    expect(result.pullRequests).toMatchObject([{ scope: 'cluster.eu-1', sections: ['cluster eu-1'] }]);
    expect(Object.keys(filesOf(bare))).toContain('clusters/eu-1/applications/dev.a.yaml');
    forge.merge(1);
    expect(Object.keys(filesOf(bare))).toContain('clusters/eu-1.yaml');
  });

  test('several are pushed with one push', async () => {
    const bare = bareRepository();
    const { url, requests } = await serveGit(bare);
    const names = ['a', 'b', 'c', 'd'];
    const sections = names.map((name) => unit('prod', name));
    const all = proposing(sections, { batch: 'application' });
    const base = { ...options(bare), remote: { url, branch: 'main' } };
    await publish(all, base);
    expect(branches(bare)).toHaveLength(5);
    const pushes = requests.filter((request) => request.startsWith('POST') && request.endsWith('git-receive-pack'));
    // The index files, then all four.
    expect(pushes).toHaveLength(2);
    const again = await publish(all, base);
    expect(again.pullRequests.map(({ change }) => change)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
  });
});

describe('a branch that is not ours', () => {
  const onTop = (bare: string) =>
    git(bare, 'update-ref', `refs/heads/${PROD}`, git(bare, 'commit-tree', 'main^{tree}', '-p', PROD, '-m', 'By hand'));

  test.each<[string, (bare: string) => void, RegExp]>([
    ['another commit on top', (bare) => void onTop(bare), /which acme\/checkout did not propose/],
    [
      'a changed commit',
      (bare) => {
        const message = git(bare, 'log', '-1', '--format=%B', PROD);
        const commit = git(bare, 'commit-tree', 'main^{tree}', '-p', `${PROD}~`, '-m', message);
        git(bare, 'update-ref', `refs/heads/${PROD}`, commit);
      },
      /which was changed after acme\/checkout had proposed it/,
    ],
    [
      'a commit that was moved',
      (bare) => {
        const message = git(bare, 'log', '-1', '--format=%B', PROD);
        const elsewhere = git(bare, 'commit-tree', 'main^{tree}', '-p', 'main', '-m', 'Elsewhere');
        const commit = git(bare, 'commit-tree', `${PROD}^{tree}`, '-p', elsewhere, '-m', message);
        git(bare, 'update-ref', `refs/heads/${PROD}`, commit);
      },
      /which was changed after/,
    ],
    [
      'a merge',
      (bare) => {
        const message = git(bare, 'log', '-1', '--format=%B', PROD);
        const commit = git(bare, 'commit-tree', `${PROD}^{tree}`, '-p', `${PROD}~`, '-p', PROD, '-m', message);
        git(bare, 'update-ref', `refs/heads/${PROD}`, commit);
      },
      /which was changed after/,
    ],
  ])('is refused: %s', async (_, tamper, why) => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    tamper(bare);
    const refs = git(bare, 'for-each-ref');
    const error = await failure(publish(all(5), options(bare, { forge })), 'PULL_REQUEST_FOREIGN');
    expect(error.message).toMatch(why);
    expect(error.message).toContain('Test <test@example.com>');
    expect(error.message).toContain('delete this one, and publish again');
    expect(error.message).toContain(PROD);
    // What is direct is not committed either.
    expect(git(bare, 'for-each-ref')).toBe(refs);
    // Nothing to propose: it is in nobody's way.
    const back = await publish(
      proposing([
        ...all(1).sections.filter(({ owner }) => !(owner.kind === 'unit' && owner.environment === 'dev')),
        unit('dev', 'checkout', api(3)),
      ]),
      options(bare, { forge }),
    );
    expect(back.warnings).toEqual([expect.stringContaining('it was left as it is')]);
    expect(branches(bare)).toContain(PROD);
  });

  test('is out of the way when it is deleted: what was closed along with it was something else', async () => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    onTop(bare);
    await failure(publish(all(3), options(bare, { forge })), 'PULL_REQUEST_FOREIGN');
    expect(await forge.findPullRequest({ head: PROD, base: 'main' })).toMatchObject({ state: 'open' });
    forge.close(2, { deleteBranch: true });
    const result = await publish(all(3), options(bare, { forge }));
    expect(result.pullRequests).toMatchObject([{ change: 'opened', number: 3 }]);
  });

  test('but says to be, with a link in place of a folder, is named', async () => {
    const { bare, forge, all } = await delivered();
    await publish(all(3), options(bare, { forge }));
    const link = git(bare, 'hash-object', '-w', '-t', 'blob', '--path', 'x', 'HEAD');
    const entries = git(bare, 'ls-tree', PROD).replace(
      /^040000 tree [0-9a-f]+\treleases$/m,
      `120000 blob ${link}\treleases`,
    );
    const made = makeTree(bare, entries);
    const message = git(bare, 'log', '-1', '--format=%B', PROD).replace(
      /^Proposal-Tree: .*$/m,
      `Proposal-Tree: ${made}`,
    );
    const commit = git(bare, 'commit-tree', made, '-p', `${PROD}~`, '-m', message);
    git(bare, 'update-ref', `refs/heads/${PROD}`, commit);
    const error = await failure(publish(all(3), options(bare, { forge })), 'PULL_REQUEST_FOREIGN');
    expect(error.message).toContain(`the branch ${PROD} cannot be read (releases`);
  });

  test('of another source is another branch', async () => {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    const rules = proposing([]).environments;
    const one = { ...tree([unit('prod', 'a', api(1), { source: 'acme/a' })], 'acme/a'), environments: rules };
    const two = { ...tree([unit('prod', 'b', api(1), { source: 'acme/b' })], 'acme/b'), environments: rules };
    await publish(one, options(bare, { forge }));
    await publish(two, options(bare, { forge }));
    expect(branches(bare)).toEqual(['cdk8s-gitops/main/acme--a/prod', 'cdk8s-gitops/main/acme--b/prod', 'main']);
    forge.merge(1);
    forge.merge(2);
    expect(Object.keys(filesOf(bare))).toEqual(
      expect.arrayContaining(['releases/prod/a.yaml', 'releases/prod/b.yaml']),
    );
  });

  test('in the way of the folder is named', async () => {
    const bare = bareRepository({ files: { 'a.txt': 'a\n' } });
    git(bare, 'branch', 'cdk8s-gitops', 'main');
    const error = await failure(publish(proposing([unit('prod', 'a')]), options(bare)), 'REMOTE_REJECTED');
    expect(error.message).toContain("the branch 'cdk8s-gitops' is in the way");
  });
});

describe('a narrowed publish', () => {
  const two = (a: number, b: number) =>
    proposing([environment('prod'), unit('prod', 'a', api(a)), unit('prod', 'b', api(b))]);

  async function ready() {
    const bare = bareRepository();
    const forge = new MemoryForge(bare);
    await publish(two(1, 1), options(bare, { forge }));
    forge.merge(1, { deleteBranch: true });
    return { bare, forge };
  }
  const replicas = (bare: string, application: string) =>
    Number(/replicas: (\d+)/.exec(contentOf(bare, `environments/prod/${application}/deployment-api.yaml`, PROD))?.[1]);

  test('keeps what an earlier run proposed of other units', async () => {
    const { bare, forge } = await ready();
    await publish(two(2, 2), options(bare, { forge }));
    const selection = { applications: ['a'] };
    const result = await publish(two(3, 9), options(bare, { forge, selection }));
    expect(result.pullRequests).toMatchObject([{ change: 'updated', number: 2, sections: ['prod/a', 'prod/b'] }]);
    expect([replicas(bare, 'a'), replicas(bare, 'b')]).toEqual([3, 2]);
    expect(git(bare, 'rev-list', '--count', `main..${PROD}`)).toBe('1');
    expect(forge.pull(2).body).toContain('prod/b');
    expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');

    // The same again, by all at once: nothing differs.
    const head = git(bare, 'rev-parse', PROD);
    const again = await publish(two(3, 2), options(bare, { forge }));
    expect(again.pullRequests).toMatchObject([{ change: 'unchanged' }]);
    expect(git(bare, 'rev-parse', PROD)).toBe(head);
  });

  test('takes what it looks at out of the proposal, and leaves the rest', async () => {
    const { bare, forge } = await ready();
    await publish(two(2, 2), options(bare, { forge }));
    const selection = { applications: ['a'] };
    const result = await publish(two(1, 1), options(bare, { forge, selection }));
    expect(result.pullRequests).toMatchObject([{ change: 'updated', sections: ['prod/b'] }]);
    expect([replicas(bare, 'a'), replicas(bare, 'b')]).toEqual([1, 2]);
    const both = await publish(two(1, 1), options(bare, { forge, selection: { environments: ['prod'] } }));
    expect(both.pullRequests).toMatchObject([{ change: 'closed' }]);
  });

  test('keeps removals and additions as they are proposed', async () => {
    const { bare, forge } = await ready();
    const other = proposing([environment('prod'), unit('prod', 'a', api(1)), unit('prod', 'c', api(7))]);
    await publish(other, options(bare, { forge, acknowledged: { delete: ['prod/b'] } }));
    const selection = { applications: ['a'] };
    const result = await publish(two(3, 1), options(bare, { forge, selection }));
    expect(result.pullRequests).toMatchObject([{ change: 'updated', sections: ['prod/a', 'prod/b', 'prod/c'] }]);
    const files = Object.keys(filesOf(bare, PROD));
    expect(files).not.toContain('releases/prod/b.yaml');
    expect(files).toContain('environments/prod/c/deployment-api.yaml');
    expect(files).toContain('clusters/eu-1/applications/prod.c.yaml');
  });

  test('leaves proposals alone that it has nothing to do with', async () => {
    const { bare, forge } = await ready();
    await publish(two(2, 2), options(bare, { forge }));
    const refs = git(bare, 'for-each-ref');
    const dev = proposing([environment('prod'), unit('dev', 'x'), unit('prod', 'a', api(5)), unit('prod', 'b')]);
    const result = await publish(dev, options(bare, { forge, selection: { environments: ['dev'] } }));
    expect(result).toMatchObject({ outcome: 'published', pullRequests: [] });
    expect(git(bare, 'rev-parse', PROD)).toBe(
      refs
        .split('\n')
        .find((line) => line.endsWith(PROD))
        ?.slice(0, 40),
    );
  });
});
