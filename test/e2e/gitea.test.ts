import { createHmac } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_MAX_DELETIONS, Delivery, type PullRequestProps } from '../../src/model/delivery';
import type { DesiredTree, Section } from '../../src/model/section';
import { type PublishOptions, publish } from '../../src/publish';
import { openForge } from '../../src/publish/forge/open';
import { missingAgents } from '../helpers/agents';
import { contentOf, filesOf, git, gitEnv } from '../helpers/git';
import { type Gitea, receiveWebhooks, startGitea } from '../helpers/gitea';
import { until } from '../publish/forge/contract';
import { peopleOf } from '../publish/forge/gitea-fixture';
import { failure, options } from '../publish/options';
import { cluster, environment, tree, unit } from '../publish/trees';
import { cli, project, shop } from '../toolkit/project';

/** Publishing to a real Gitea: git over its HTTP, pull requests through its API, one token for both. */

const skip = missingAgents('gitea');
let gitea: Gitea;
beforeAll(async () => {
  if (skip === undefined) gitea = await startGitea();
});

const api = (replicas: number) => ({
  'deployment-api.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: api\nspec:\n  replicas: ${replicas}\n`,
});
const HEAD = 'cdk8s-gitops/main/acme--checkout/prod';

/** A tree of two environments, of which `prod` is delivered by pull requests. */
function proposing(replicas: number, props: PullRequestProps = {}, more: readonly Section[] = []): DesiredTree {
  const rules = (delivery: Delivery) => ({ delivery, maxDeletions: DEFAULT_MAX_DELETIONS });
  return {
    ...tree([
      ...[cluster('eu-1'), environment('dev'), environment('prod')],
      ...[unit('dev', 'checkout', api(replicas)), unit('prod', 'checkout', api(replicas)), ...more],
    ]),
    environments: { dev: rules(Delivery.direct()), prod: rules(Delivery.pullRequest(props)) },
  };
}

interface Shown {
  readonly title: string;
  readonly body: string;
  readonly head: { readonly sha: string };
  readonly labels: readonly { readonly name: string }[];
  readonly comments: number;
  readonly state: string;
}

/** What people see of a pull request; what the server finds out in the background is left out. */
function shownOf({ title, body, head, labels, comments, state }: Shown) {
  return { title, body, head: head.sha, labels: labels.map(({ name }) => name), comments, state };
}

describe.skipIf(skip !== undefined)(`Gitea${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  const prepared = async (empty = true) => {
    const repository = await gitea.createRepository({ empty });
    const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: gitea.tokens.bot };
    const forge = await openForge({ url: repository.url, kind: 'gitea', env });
    const run = (desired: DesiredTree, more: Partial<PublishOptions> = {}) =>
      publish(desired, options(repository.url, { env, forge, ...more }));
    return { ...repository, repository, env, run, people: peopleOf(gitea, repository) };
  };

  it('takes the first commit of an empty repository, and nothing when nothing changed', async () => {
    const { bare, run } = await prepared();
    const desired = tree([environment('dev'), unit('dev', 'checkout')]);
    const first = await run(desired);
    expect(first).toMatchObject({ outcome: 'published', pullRequests: [], warnings: [] });
    expect(git(bare, 'rev-parse', 'main')).toBe(first.commit);
    expect(contentOf(bare, 'environments/dev/checkout/deployment-api.yaml')).toBe('kind: Deployment\n');
    expect(git(bare, 'fsck', '--full', '--strict')).toBe('');
    expect(await run(desired)).toMatchObject({ outcome: 'unchanged', commit: first.commit });
  });

  it('lets in nobody without the right token, and shows none', async () => {
    const { url, run } = await prepared();
    const desired = tree([unit('dev', 'checkout')]);
    for (const token of ['wrong-0123456789', gitea.tokens.reader]) {
      const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: token };
      const { message } = await failure(publish(desired, options(url, { env })), 'REMOTE_AUTHENTICATION');
      expect(message).not.toContain(token);
    }
    expect(await run(desired)).toMatchObject({ outcome: 'published' });
  });

  it('keeps everybody else off a protected branch', async () => {
    const { people, run } = await prepared(false);
    await people.protect('main');
    const { message } = await failure(run(tree([unit('dev', 'checkout')])), 'REMOTE_REJECTED');
    expect(message).toContain('main');
  });

  it('tells a local receiver of every push', async () => {
    const { api: path, run } = await prepared();
    const receiver = await receiveWebhooks();
    await gitea.api('admin', 'POST', `${path}/hooks`, {
      type: 'gitea',
      active: true,
      events: ['push'],
      config: { url: receiver.url, content_type: 'json', secret: 'shared-secret' },
    });
    const { commit } = await run(tree([unit('dev', 'checkout')]));
    await until(15_000, async () => receiver.deliveries.length > 0);
    const [delivery] = receiver.deliveries;
    expect(delivery?.event).toBe('push');
    expect(JSON.parse(delivery?.body ?? '{}')).toMatchObject({ ref: 'refs/heads/main', after: commit });
    const expected = createHmac('sha256', 'shared-secret')
      .update(delivery?.body ?? '')
      .digest('hex');
    expect(delivery?.signature).toBe(expected);
  });

  it('proposes, updates, and merges', async () => {
    const { bare, repository, people, run } = await prepared();
    const props = { reviewers: ['acme/sre', 'nobody-here'], labels: ['prod'] };
    const first = await run(proposing(1, props));
    expect(first).toMatchObject({
      outcome: 'published',
      pullRequests: [{ scope: 'prod', change: 'opened', number: 1 }],
    });
    expect(first.warnings.join()).toContain("'nobody-here'");
    expect(Object.keys(filesOf(bare)).filter((file) => file.startsWith('environments/prod'))).toEqual([]);
    const read = () => gitea.api<Shown>(...(['admin', 'GET', `${repository.api}/pulls/1`] as const));
    const opened = await read();
    expect(opened).toMatchObject({ labels: [{ name: 'prod' }], head: { sha: first.pullRequests[0]?.commit } });
    expect(opened.body).toContain('checkout');

    const second = await run(proposing(2, props));
    expect(second.pullRequests).toMatchObject([{ change: 'updated', number: 1 }]);
    const head = second.pullRequests[0]?.commit ?? '';
    await until(15_000, async () => (await read()).head.sha === head);
    expect(git(bare, 'rev-list', '--count', `main..${HEAD}`)).toBe('1');

    // Approved: a run that changes nothing leaves the approval as it is.
    await people.approve(1);
    const before = await read();
    const third = await run(proposing(2, props));
    expect(third).toMatchObject({
      outcome: 'unchanged',
      pullRequests: [{ change: 'unchanged', number: 1, commit: head }],
    });
    expect(await people.approvalsOf(1)).toBe(1);
    expect(shownOf(await read())).toEqual(shownOf(before));

    await people.mergeByHand(1);
    expect(contentOf(bare, 'environments/prod/checkout/deployment-api.yaml')).toContain('replicas: 2');
    // Its branch goes with it.
    const after = await run(proposing(2, props));
    expect(after).toMatchObject({
      commit: git(bare, 'rev-parse', 'main'),
      pullRequests: [{ change: 'merged', number: 1 }],
    });
    expect(git(bare, 'branch', '--list', HEAD)).toBe('');
    expect(await run(proposing(2, props))).toMatchObject({ outcome: 'unchanged', pullRequests: [] });
    const next = await run(proposing(3, props));
    expect(next.pullRequests).toMatchObject([{ change: 'opened', number: 2 }]);
  });

  it('closes what has nothing left to change', async () => {
    const { bare, people, repository, run } = await prepared();
    await run(proposing(1));
    await people.mergeByHand(1);
    await run(proposing(2));
    expect(git(bare, 'branch', '--list', HEAD)).not.toBe('');
    const back = await run(proposing(1));
    expect(back.pullRequests).toMatchObject([{ change: 'closed', number: 2 }]);
    expect(git(bare, 'branch', '--list', HEAD)).toBe('');
    const { state, merged } = await gitea.api<{ state: string; merged: boolean }>(
      ...(['admin', 'GET', `${repository.api}/pulls/2`] as const),
    );
    expect({ state, merged }).toEqual({ state: 'closed', merged: false });
    expect((await people.commentsOf(2)).join()).toContain('Nothing is left to change');
  });

  it('lets Gitea merge by itself, at once or when the rules are met', async () => {
    const { bare, people, repository, run } = await prepared();
    expect(await run(proposing(1, { autoMerge: true }))).toMatchObject({ pullRequests: [{ change: 'merged' }] });
    expect(contentOf(bare, 'environments/prod/checkout/deployment-api.yaml')).toContain('replicas: 1');

    // The bot may push past the rule; pull requests have to be approved.
    await gitea.api('admin', 'POST', `${repository.api}/branch_protections`, {
      ...{ rule_name: 'main', enable_push: true, enable_push_whitelist: true, push_whitelist_usernames: ['bot'] },
      required_approvals: 1,
    });
    const waiting = await run(proposing(2, { autoMerge: true }));
    expect(waiting.pullRequests).toMatchObject([{ change: 'opened' }]);
    const again = await run(proposing(3, { autoMerge: true }));
    expect(again.pullRequests).toMatchObject([{ change: 'updated', number: waiting.pullRequests[0]?.number }]);
    await people.approve(again.pullRequests[0]?.number ?? 0);
    const path = 'environments/prod/checkout/deployment-api.yaml';
    await until(15_000, async () => contentOf(bare, path).includes('replicas: 3'));
  });

  it('takes publishers that come at the same time', async () => {
    const { bare, url, env } = await prepared(false);
    const names = ['a', 'b', 'c', 'd'];
    const results = await Promise.all(
      names.map((name) => {
        const source = `acme/${name}`;
        const desired = tree([unit('dev', name, undefined, { source })], source);
        return publish(desired, options(url, { env, retry: { minDelay: 20 } }));
      }),
    );
    expect(results.map(({ outcome }) => outcome)).toEqual(names.map(() => 'published'));
    for (const name of names) expect(Object.keys(filesOf(bare))).toContain(`releases/dev/${name}.yaml`);
    expect(git(bare, 'rev-list', '--merges', 'main')).toBe('');
  });

  it('is published to by the command line', async () => {
    const { bare, url, repository } = await prepared();
    const program = shop({ url, applications: ['checkout'] })
      .replace('cluster, promotesFrom }', 'cluster, promotesFrom, ...(name === "prod" ? proposed : {}) }')
      .replace('let promotesFrom;', 'let promotesFrom;\nconst proposed = { delivery: gitops.Delivery.pullRequest() };');
    const folder = project({ 'cdk8s.yaml': 'language: typescript\napp: main.mts\n', 'main.mts': program });
    const run = (args: string[], env: NodeJS.ProcessEnv = {}) =>
      cli(folder, ['publish', '--json', ...args], { CDK8S_GITOPS_TOKEN: gitea.tokens.bot, ...env });

    // An address tells of no forge: without one, branches are all there is.
    const plain = await run(['--dry-run']);
    expect(plain).toMatchObject({ code: 0 });
    const unknown = await run(['--forge', 'bitbucket']);
    expect({ code: unknown.code, shown: unknown.stdout + unknown.stderr }).toMatchObject({
      ...{ code: 1, shown: expect.stringContaining('FORGE_UNKNOWN') },
    });

    const first = await run(['--forge', 'gitea']);
    expect(first).toMatchObject({ code: 0 });
    expect(JSON.parse(first.stdout)).toMatchObject({ outcome: 'published' });
    const pulls = await gitea.api<{ number: number; head: { ref: string } }[]>(
      'admin',
      'GET',
      `${repository.api}/pulls`,
    );
    expect(pulls).toMatchObject([{ number: 1, head: { ref: expect.stringMatching(/\/prod$/) } }]);
    expect(Object.keys(filesOf(bare))).toContain('releases/dev/checkout.yaml');
    expect(first.stdout + first.stderr).not.toContain(gitea.tokens.bot);

    const missing = await run(['--forge', 'gitea'], { CDK8S_GITOPS_FORGE_TOKEN: 'wrong-0123456789' });
    expect(missing.code).toBe(1);
    expect(missing.stdout + missing.stderr).toContain('FORGE_AUTHENTICATION');
    expect(missing.stdout + missing.stderr).not.toContain('wrong-0123456789');
  });
});
