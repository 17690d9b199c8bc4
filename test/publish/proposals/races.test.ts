import { describe, expect, test } from 'vitest';
import { GitOpsError } from '../../../src/errors';
import { DEFAULT_MAX_DELETIONS, Delivery } from '../../../src/model/delivery';
import type { DesiredTree, Section } from '../../../src/model/section';
import { type PublishOptions, publish } from '../../../src/publish';
import type { SourceHistory } from '../../../src/publish/order';
import type { Signer } from '../../../src/publish/signing';
import { bareRepository, contentOf, git, installHook } from '../../helpers/git';
import { serveGit } from '../../helpers/git-http-server';
import { failure, options } from '../options';
import { environment, tree, unit } from '../trees';
import { MemoryForge } from './memory-forge';

const PROD = 'cdk8s-gitops/main/acme--checkout/prod';
const PATH = 'environments/prod/checkout/a.yaml';
const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];

const proposing = (sections: readonly Section[]): DesiredTree => ({
  ...tree(sections),
  environments: { prod: { delivery: Delivery.pullRequest(), maxDeletions: DEFAULT_MAX_DELETIONS } },
});
const all = (value: string) =>
  proposing([environment('prod'), unit('prod', 'checkout', { 'a.yaml': `a: ${value}\n` })]);

/** A linear history of a source. */
const history = (...commits: string[]): SourceHistory => ({
  isAncestor: async (ancestor, of) => commits.indexOf(ancestor) < commits.indexOf(of),
  laterHead: async () => undefined,
});

async function started(config: Readonly<Record<string, string>> = {}) {
  const bare = bareRepository({ config });
  const forge = new MemoryForge(bare);
  await publish(all('0'), options(bare, { forge }));
  forge.merge(1, { deleteBranch: true });
  return { bare, forge };
}

describe('runs of one source at once', () => {
  test('look again when another one has pushed the branch in between', async () => {
    const { bare, forge } = await started();
    await publish(all('1'), options(bare, { forge }));
    let others = 0;
    const intruder: PublishOptions = options(bare, { forge, sourceCommit: B });
    const result = await publish(
      all('3'),
      options(bare, {
        forge,
        sourceCommit: C,
        signer: interrupting(async () => {
          if (others === 0) await publish(all('2'), intruder);
          others++;
        }),
      }),
    );
    expect(others).toBeGreaterThan(1);
    expect(result.pullRequests).toMatchObject([{ change: 'updated', number: 2 }]);
    expect(contentOf(bare, PATH, PROD)).toBe('a: 3\n');
    expect(git(bare, 'rev-list', '--count', `main..${PROD}`)).toBe('1');
    expect(result.attempts).toBe(2);
  });

  test('give up after a while', async () => {
    const { bare, forge } = await started();
    await publish(all('1'), options(bare, { forge }));
    let count = 1;
    const signer = interrupting(async () => {
      count++;
      await publish(all(`${count}`), options(bare, { forge }));
    });
    const retry = { minDelay: 1 };
    const error = await failure(publish(all('x'), options(bare, { forge, signer, retry })), 'REMOTE_CONTENDED');
    expect(error.message).toContain('(10 attempts)');
  });

  test('the earlier commit gives way to what a later one proposed', async () => {
    const { bare, forge } = await started();
    const sourceHistory = history(A, B, C);
    await publish(all('late'), options(bare, { forge, sourceCommit: C, sourceHistory }));
    const refs = git(bare, 'for-each-ref');
    const early = await publish(all('early'), options(bare, { forge, sourceCommit: B, sourceHistory }));
    expect(early.pullRequests).toMatchObject([{ change: 'superseded', number: 2 }]);
    expect(git(bare, 'for-each-ref')).toBe(refs);
    // Nothing left to change, says the earlier one: it does not close the later one's.
    const back = await publish(all('0'), options(bare, { forge, sourceCommit: B, sourceHistory }));
    expect(back.pullRequests).toMatchObject([{ change: 'superseded' }]);
    expect(git(bare, 'for-each-ref')).toBe(refs);
    const forced = await publish(
      all('early'),
      options(bare, { forge, sourceCommit: B, sourceHistory, outOfOrder: true }),
    );
    expect(forced.pullRequests).toMatchObject([{ change: 'updated' }]);
  });
});

describe('a run that is cut short', () => {
  test('by the forge is completed by the next one', async () => {
    const { bare, forge } = await started();
    forge.failure = new GitOpsError('FORGE_UNREACHABLE', 'no answer');
    await failure(publish(all('1'), options(bare, { forge })), 'FORGE_UNREACHABLE');
    const head = git(bare, 'rev-parse', PROD);
    const result = await publish(all('1'), options(bare, { forge }));
    expect(result.pullRequests).toMatchObject([{ change: 'opened', number: 2, commit: head }]);
    expect(result.outcome).toBe('proposed');
  });

  test('by a hook of the server says so', async () => {
    const { bare, forge } = await started();
    installHook(bare, 'pre-receive', 'echo "no branches please" >&2; exit 1');
    const error = await failure(publish(all('1'), options(bare, { forge })), 'REMOTE_REJECTED');
    expect(error.message).toContain('no branches please');
  });
});

describe('commits of proposals', () => {
  test('are signed as others are', async () => {
    const bare = bareRepository();
    const signer: Signer = {
      format: 'ssh',
      sign: async () => '-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----',
    };
    await publish(all('1'), options(bare, { signer }));
    for (const branch of ['main', PROD]) {
      expect(git(bare, 'cat-file', 'commit', branch)).toContain('gpgsig -----BEGIN SSH SIGNATURE-----');
    }
    // And taken for ours all the same.
    expect((await publish(all('1'), options(bare, { signer }))).pullRequests).toMatchObject([{ change: 'unchanged' }]);
  });

  test.each<[string, Readonly<Record<string, string>>]>([
    ['a server of today', {}],
    ['one without filters', { 'uploadpack.allowFilter': 'false' }],
    ['one that gives out nothing by id', { 'uploadpack.allowAnySHA1InWant': 'false', 'protocol.version': '0' }],
  ])('are compared and replaced over HTTP: %s', async (_, config) => {
    const { bare, forge } = await started(config);
    const { url } = await serveGit(bare);
    const remote = { url, branch: 'main' };
    const run = (value: string) => publish(all(value), options(bare, { forge, remote }));
    expect((await run('1')).pullRequests).toMatchObject([{ change: 'opened' }]);
    expect((await run('1')).pullRequests).toMatchObject([{ change: 'unchanged' }]);
    expect((await run('2')).pullRequests).toMatchObject([{ change: 'updated' }]);
    expect(contentOf(bare, PATH, PROD)).toBe('a: 2\n');
    expect((await run('0')).pullRequests).toMatchObject([{ change: 'closed' }]);
    expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
  });
});

/** Signs nothing, but does something in the moment between looking and pushing. */
function interrupting(act: () => Promise<void>): Signer {
  return {
    format: 'ssh',
    sign: async () => {
      await act();
      return '-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----';
    },
  };
}
