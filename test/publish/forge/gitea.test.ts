import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { GiteaForge } from '../../../src/publish/forge/gitea';
import { missingAgents } from '../../helpers/agents';
import { type Gitea, startGitea } from '../../helpers/gitea';
import { describeForge, expectFailure, until } from './contract';
import { giteaFixture } from './gitea-fixture';

const skip = missingAgents('gitea');
let gitea: Gitea;
beforeAll(async () => {
  if (skip === undefined) gitea = await startGitea();
});

describeForge('Gitea', () => giteaFixture(gitea), { skip });

const HEAD = 'cdk8s-gitops/prod';
const QUERY = { head: HEAD, base: 'main' };
const CONTENT = { ...QUERY, title: 'Publish prod', body: 'Changes', labels: ['gitops'], reviewers: [] };

describe.skipIf(skip !== undefined)(`Gitea alone${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  const prepared = async () => {
    const fixture = await giteaFixture(gitea);
    const commit = await fixture.people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
    return { ...fixture, commit };
  };
  const teamsOf = async (api: string, number: number) => {
    const { requested_reviewers_teams: teams } = await gitea.api<{
      requested_reviewers_teams: { name: string }[] | null;
    }>('admin', 'GET', `${api}/pulls/${number}`);
    return (teams ?? []).map(({ name }) => name);
  };

  it('asks teams, once, and not again when one of them has reviewed', async () => {
    const { forge, people, repository, writes } = await prepared();
    const wanted = { ...CONTENT, reviewers: ['acme/sre', 'acme/no-such-team', 'elsewhere/sre'] };
    const { pullRequest } = await forge.ensurePullRequest(wanted);
    expect(await teamsOf(repository.api, pullRequest.number)).toEqual(['sre']);
    expect(pullRequest.warnings).toHaveLength(2);
    expect(pullRequest.warnings?.join()).toMatch(/acme\/no-such-team.*elsewhere\/sre/);

    const again = await forge.ensurePullRequest({ ...CONTENT, reviewers: ['acme/sre'] });
    expect(again).toMatchObject({ change: 'unchanged' });

    await people.approve(pullRequest.number);
    const before = writes().length;
    expect(await forge.ensurePullRequest({ ...CONTENT, reviewers: ['ACME/sre'] })).toMatchObject({
      change: 'unchanged',
    });
    expect(writes().slice(before)).toEqual([]);
    expect(await people.approvalsOf(pullRequest.number)).toBe(1);
  });

  it('does not ask somebody again whose review it is waiting for no more', async () => {
    const { forge, people, writes } = await prepared();
    const wanted = { ...CONTENT, reviewers: ['Jane'] };
    const { pullRequest } = await forge.ensurePullRequest(wanted);
    await people.approve(pullRequest.number);
    const before = writes().length;
    expect(await forge.ensurePullRequest(wanted)).toMatchObject({ change: 'unchanged' });
    expect(writes().slice(before)).toEqual([]);
    expect(await people.approvalsOf(pullRequest.number)).toBe(1);
  });

  it('warns when its own user is to review', async () => {
    const { forge } = await prepared();
    const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, reviewers: ['bot', 'fan\u001b[31m'] });
    expect(pullRequest.warnings).toHaveLength(2);
    expect(pullRequest.warnings?.[0]).toContain("'bot'");
    expect(pullRequest.warnings?.join()).not.toContain('\u001b');
  });

  it("uses the organization's labels, and reads lists to their end", async () => {
    const { client, people, repository } = await prepared();
    const forge = client({ pageSize: 2 });
    for (const name of ['a', 'b', 'c', 'wanted']) {
      await gitea.api('admin', 'POST', `${repository.api}/labels`, { name, color: '#00ff00' });
    }
    const shared = `shared-${repository.name}`;
    await gitea.api('admin', 'POST', '/orgs/acme/labels', { name: shared, color: '#0000ff' });
    const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, labels: ['wanted', shared] });
    expect([...pullRequest.labels].sort()).toEqual([shared, 'wanted']);
    expect(await people.labels()).toEqual(['a', 'b', 'c', 'wanted']);
  });

  it('finds pull requests behind others, open and closed', async () => {
    const { client, forge, people } = await prepared();
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    for (const head of ['x', 'y', 'z']) {
      await people.pushTo(head, { [head]: head });
      await people.openByHand(head, 'main', head);
    }
    const paged = client({ pageSize: 2 });
    expect(await paged.findPullRequest(QUERY)).toMatchObject({ number: pullRequest.number, state: 'open' });
    for (const number of [1, 2, 3, 4]) await people.closeByHand(number);
    expect(await paged.findPullRequest(QUERY)).toMatchObject({ number: pullRequest.number, state: 'closed' });
  });

  it('opens one pull request when two ask for it at the same time', async () => {
    const { client, repository } = await prepared();
    const results = await Promise.all([1, 2, 3].map(() => client().ensurePullRequest(CONTENT)));
    expect(new Set(results.map(({ pullRequest }) => pullRequest.number)).size).toBe(1);
    expect(results.filter(({ change }) => change === 'opened')).toHaveLength(1);
    const { number } = results[0]?.pullRequest ?? {};
    expect(await client().findPullRequest(QUERY)).toMatchObject({ number, state: 'open', title: CONTENT.title });
    const open = await gitea.api<unknown[]>('admin', 'GET', `${repository.api}/pulls?state=open`);
    expect(open).toHaveLength(1);
  });

  it.each([
    [{ allow_merge_commits: false, allow_rebase: false, allow_rebase_explicit: false, allow_squash_merge: true }, 1],
    [{ default_merge_style: 'rebase', allow_rebase: true }, 1],
    [{ default_merge_style: 'merge' }, 2],
  ])('merges as the repository does: %o', async (settings, parents) => {
    const { forge, repository, people } = await prepared();
    await gitea.api('admin', 'PATCH', repository.api, { has_pull_requests: true, ...settings });
    await gitea.api('admin', 'POST', `${repository.api}/contents/other.txt`, { content: '', message: 'Other' });
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
    const [tip] = await gitea.api<{ parents: unknown[] }[]>('admin', 'GET', `${repository.api}/commits?sha=main`);
    expect(tip?.parents).toHaveLength(parents);
    expect(await people.commentsOf(pullRequest.number)).toEqual([]);
  });

  it('does not merge what conflicts', async () => {
    const { client, people, repository } = await prepared();
    const forge = client({ checkTime: 2_000 });
    const body = { content: Buffer.from('b: 2\n').toString('base64'), message: 'Conflict' };
    await gitea.api('admin', 'POST', `${repository.api}/contents/a.yaml`, body);
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    await expectFailure(forge.ensureAutoMerge(pullRequest), 'FORGE_REJECTED');
    expect(await people.approvalsOf(pullRequest.number)).toBe(0);
    expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'open' });
  });

  it('merges nothing that was pushed behind an approval that the push dismissed', async () => {
    const { forge, people, repository } = await prepared();
    await gitea.api('admin', 'POST', `${repository.api}/branch_protections`, {
      ...{ rule_name: 'main', required_approvals: 1, dismiss_stale_approvals: true },
    });
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('waiting');
    const commit = await people.pushTo(HEAD, { 'b.yaml': 'b: 1\n' });
    await until(15_000, async () => (await forge.findPullRequest(QUERY))?.headCommit === commit);
    await expectFailure(forge.ensureAutoMerge(pullRequest), 'FORGE_REJECTED');
    expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'open' });
  });

  it('does with few rights what needs few', async () => {
    const { client, people } = await prepared();
    const token = await gitea.tokenOf('bot', ['write:repository', 'write:issue']);
    const forge = client({ token });
    const { pullRequest, change } = await forge.ensurePullRequest({ ...CONTENT, reviewers: ['jane'] });
    expect({ change, warnings: pullRequest.warnings }).toEqual({ change: 'opened', warnings: undefined });
    expect(await forge.isProtected('main')).toBe(false);
    expect(await people.labels()).toEqual(['gitops']);
    expect(await forge.ensureClosed(QUERY, 'nothing is left')).toBe(true);
    expect((await forge.ensurePullRequest(CONTENT)).change).toBe('opened');
    const reopened = await forge.findPullRequest(QUERY);
    expect(reopened && (await forge.ensureAutoMerge(reopened))).toBe('merged');
  });

  it('says that a scope is missing', async () => {
    const { client } = await prepared();
    const token = await gitea.tokenOf('bot', ['read:repository']);
    const message = await expectFailure(client({ token }).ensurePullRequest(CONTENT), 'FORGE_REJECTED', token);
    expect(message).toContain('docs/guides/forges.md');
    expect(message).toContain('scope');
  });

  it('says that there is no such repository', async () => {
    const { client } = await prepared();
    await expectFailure(client({ repository: 'elsewhere' }).ensurePullRequest(CONTENT), 'FORGE_REJECTED');
    await expectFailure(client({ repository: '../../admin' }).ensurePullRequest(CONTENT), 'FORGE_REJECTED');
  });
});

describe('Answers that are not Gitea’s', () => {
  const closing: (() => void)[] = [];
  afterEach(() => {
    for (const close of closing.splice(0)) close();
  });
  const answering = async (status: number, body: string, type = 'application/json') => {
    const server = createServer((_, response) => {
      response.writeHead(status, { 'Content-Type': type }).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    closing.push(() => {
      server.close();
      server.closeAllConnections();
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new GiteaForge({ url, owner: 'acme', repository: 'envs', token: 'token-0123456789', minDelay: 1 });
  };

  it.each([
    ['a page', 200, '<html>please sign in</html>', 'FORGE_UNREACHABLE'],
    ['another list', 200, '{"data":[]}', 'FORGE_UNREACHABLE'],
    ['null', 200, 'null', 'FORGE_UNREACHABLE'],
    ['a number in place of pull requests', 200, '[7]', 'FORGE_UNREACHABLE'],
    [
      'a pull request of nothing',
      200,
      '[{"head":{"ref":"h","repo_id":1},"base":{"ref":"main","repo_id":1}}]',
      'FORGE_UNREACHABLE',
    ],
    ['a proxy', 502, '<html>bad gateway</html>', 'FORGE_UNREACHABLE'],
    ['words with the token in them', 403, '{"message":"token-0123456789 may not"}', 'FORGE_REJECTED'],
  ] as const)('is told apart: %s', async (_, status, body, code) => {
    const forge = await answering(status, body);
    await expectFailure(forge.findPullRequest({ head: 'h', base: 'main' }), code, 'token-0123456789');
  });
});
