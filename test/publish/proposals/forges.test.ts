import { describe, expect, test } from 'vitest';
import { DEFAULT_MAX_DELETIONS, Delivery } from '../../../src/model/delivery';
import type { DesiredTree } from '../../../src/model/section';
import { publish } from '../../../src/publish';
import { contentOf, git } from '../../helpers/git';
import { startForge } from '../../helpers/github/forge';
import { REVIEWER } from '../../helpers/github/people';
import type { ForgeFixture } from '../forge/contract';
import { gitLabFixture } from '../forge/gitlab-fixture';
import { options } from '../options';
import { environment, tree, unit } from '../trees';

/** The life of a pull request, on each of the forges as the tool itself talks to them. */

const PROD = 'cdk8s-gitops/main/acme--checkout/prod';
const PATH = 'environments/prod/checkout/deployment-api.yaml';

type Fixture = Pick<ForgeFixture, 'forge' | 'bare' | 'people' | 'writes' | 'knownReviewer' | 'unknownReviewer'>;

async function github(): Promise<Fixture> {
  const { github, forge, people } = await startForge();
  return {
    forge,
    people,
    bare: github.repository.bare,
    writes: () => github.requests.filter((request) => !request.startsWith('GET ')),
    knownReviewer: REVIEWER,
    unknownReviewer: 'nobody',
  };
}

const api = (replicas: number) =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\n  annotations:\n    note: "@jane closes #1"\nspec:\n  replicas: ${replicas}\n`;

describe.each<[string, () => Promise<Fixture>]>([
  ['GitHub', github],
  ['GitLab', gitLabFixture],
])('%s', (_, setup) => {
  test('opens, keeps, updates, respects and closes', async () => {
    const { forge, bare, people, writes, knownReviewer, unknownReviewer } = await setup();
    const reviewers = [knownReviewer, unknownReviewer];
    const all = (replicas: number, autoMerge = false): DesiredTree => ({
      ...tree([environment('prod'), unit('prod', 'checkout', { 'deployment-api.yaml': api(replicas) })]),
      environments: {
        prod: {
          delivery: Delivery.pullRequest({ reviewers, labels: ['environment/prod'], autoMerge }),
          maxDeletions: DEFAULT_MAX_DELETIONS,
        },
      },
    });
    const run = (replicas: number, autoMerge = false) =>
      publish(all(replicas, autoMerge), options(bare, { forge, author: { name: 'Bot', email: 'bot@example.com' } }));

    const first = await run(3);
    const [opened] = first.pullRequests;
    expect(first.outcome).toBe('proposed');
    expect(opened).toMatchObject({ scope: 'prod', change: 'opened', commit: git(bare, 'rev-parse', PROD) });
    expect(first.warnings.join()).toContain(unknownReviewer);
    const number = Number(opened?.number);
    const shown = await forge.findPullRequest({ head: PROD, base: 'main' });
    expect(shown).toMatchObject({ number, state: 'open', title: 'prod: add the environment, checkout' });
    expect(shown?.labels).toContain('environment/prod');
    expect(shown?.body).toContain('+ apps/v1 Deployment api');
    expect(await people.reviewersOf(number)).toEqual([knownReviewer]);

    await people.approve(number);
    const before = writes().length;
    expect((await run(3)).pullRequests).toMatchObject([{ change: 'unchanged', number }]);
    // Somebody whom the forge does not know may be known by now: they are asked again.
    expect(
      writes()
        .slice(before)
        .filter((write) => !write.endsWith('/requested_reviewers')),
    ).toEqual([]);
    expect(await people.approvalsOf(number)).toBe(1);

    expect((await run(0)).pullRequests).toMatchObject([{ change: 'updated', number }]);
    await people.mergeByHand(number);
    expect(contentOf(bare, PATH)).toContain('replicas: 0');
    expect((await run(5)).pullRequests).toMatchObject([{ change: 'opened' }]);
    const second = await forge.findPullRequest({ head: PROD, base: 'main' });
    expect(second?.number).toBeGreaterThan(number);
    expect(second?.body).toContain('~ spec.replicas: 0 → 5');

    await people.closeByHand(Number(second?.number));
    expect((await run(5)).pullRequests).toMatchObject([{ change: 'declined', number: second?.number }]);
    expect((await run(6)).pullRequests).toMatchObject([{ change: 'opened' }]);
    const third = await forge.findPullRequest({ head: PROD, base: 'main' });
    expect((await run(0)).pullRequests).toMatchObject([{ change: 'closed', number: third?.number }]);
    expect((await people.commentsOf(Number(third?.number))).join()).toContain('Nothing is left to change');
    expect(git(bare, 'for-each-ref', 'refs/heads/cdk8s-gitops')).toBe('');

    expect((await run(7, true)).pullRequests).toMatchObject([{ change: 'merged' }]);
    expect(contentOf(bare, PATH)).toContain('replicas: 7');
  }, 120_000);
});
