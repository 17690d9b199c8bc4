import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/errors';
import { git } from '../../helpers/git';
import { CONTENT, HEAD, proposedAt, QUERY, startForge } from '../../helpers/github/forge';
import { REVIEWER } from '../../helpers/github/people';
import { type Fault, TOKEN } from '../../helpers/github/server';
import type { FakeRepository } from '../../helpers/github/state';
import { expectFailure } from './contract';

/** What is GitHub's own, beside what every forge does. */

describe('pull requests', () => {
  it('adopts one that was opened between looking and opening', async () => {
    const { github, forge, people } = await proposedAt();
    await people.openByHand(HEAD, 'main', 'By somebody faster');
    // The list is behind.
    github.faults.push({ request: /^GET .*\/pulls$/, status: 200, body: [] });
    const { pullRequest, change } = await forge.ensurePullRequest(CONTENT);
    expect(change).toBe('updated');
    expect(pullRequest).toMatchObject({ number: 1, title: CONTENT.title });
  });

  it('tries again when GitHub does not know a new branch yet', async () => {
    const { github, forge } = await proposedAt();
    const errors = [{ resource: 'PullRequest', field: 'head', code: 'invalid' }];
    const body = { message: 'Validation Failed', errors, documentation_url: 'https://docs.github.com/rest' };
    github.faults.push({ request: /^POST .*\/pulls$/, status: 422, body });
    expect((await forge.ensurePullRequest(CONTENT)).change).toBe('opened');
  });

  it('says that there is nothing to propose', async () => {
    const { forge, people, github } = await startForge();
    await people.pushTo(HEAD, {});
    await people.pushTo('base', {});
    git(github.repository.bare, 'update-ref', `refs/heads/${HEAD}`, 'main');
    const said = await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_REJECTED');
    expect(said).toContain('nothing to propose');
  });

  it('finds its own among hundreds of others, page by page', async () => {
    const { github, forge, people } = await proposedAt();
    const first = await people.openByHand(HEAD, 'main', 'The first');
    await people.closeByHand(first);
    const foreign = { head: HEAD, base: 'main', author: 'x', title: '', body: null, headCommit: 'a'.repeat(40) };
    // Of a fork that the same owner has: the filter of the list lets them through.
    for (let n = 0; n < 230; n++) github.repository.add({ ...foreign, fork: 'acme' });
    expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: first, state: 'closed' });
    expect(await forge.ensureClosed(QUERY, 'no')).toBe(false);
    expect((await forge.ensurePullRequest(CONTENT)).change).toBe('opened');
  });

  it('lets GitHub leave out what others propose', async () => {
    const { github, forge } = await proposedAt();
    const other = { head: 'other', base: 'main', author: 'x', title: '', body: null, headCommit: 'a'.repeat(40) };
    for (let n = 0; n < 130; n++) github.repository.add({ ...other, fork: 'somebody' });
    expect((await forge.ensurePullRequest(CONTENT)).change).toBe('opened');
    expect(github.requests).toEqual(['GET', 'POST'].map((method) => `${method} /repos/acme/environments/pulls`));
  });

  it('asks teams of the owner, and warns of those of others', async () => {
    const { github, forge } = await proposedAt();
    github.repository.teams.add('sre');
    const reviewers = ['acme/SRE', 'acme/unknown', 'other/sre', REVIEWER, 'publisher', 'acme/'];
    const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, reviewers });
    expect(github.repository.pulls[0]).toMatchObject({ requestedTeams: ['SRE'], requestedUsers: [REVIEWER] });
    const warnings = pullRequest.warnings ?? [];
    expect(warnings).toHaveLength(4);
    expect(warnings.join('\n')).toMatch(/'acme\/unknown' could not be asked.*not a collaborator/);
    expect(warnings.join('\n')).toMatch(/'other\/sre' cannot be asked.*only teams of 'acme'/);
    expect(warnings.join('\n')).toMatch(/'publisher' cannot be asked.*opened the pull request/);
  });

  it('asks nobody twice', async () => {
    const { github, forge } = await proposedAt();
    github.repository.teams.add('sre');
    const wanted = { ...CONTENT, reviewers: ['acme/sre', REVIEWER] };
    await forge.ensurePullRequest(wanted);
    // A member of the team reviews for it; people take the other one from the list.
    const [pull] = github.repository.pulls;
    pull?.requestedTeams.splice(0);
    pull?.requestedUsers.splice(0);
    expect((await forge.ensurePullRequest(wanted)).change).toBe('unchanged');
    expect(pull).toMatchObject({ requestedTeams: [], requestedUsers: [] });
  });

  it('warns when the token may not ask for reviews, or make labels', async () => {
    const { github, forge } = await proposedAt();
    const body = { message: 'Resource not accessible by integration' };
    github.faults.push({ request: /requested_reviewers$/, status: 403, body });
    github.faults.push({ request: /^POST .*\/labels$/, status: 403, body });
    const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, labels: ['new'], reviewers: [REVIEWER] });
    expect(pullRequest.warnings).toEqual([
      "label 'new' could not be made: Resource not accessible by integration",
      `'${REVIEWER}' could not be asked for a review: Resource not accessible by integration`,
    ]);
  });

  it('passes over a label that GitHub does not take', async () => {
    const { forge } = await proposedAt();
    const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, labels: ['x'.repeat(51), 'good'] });
    expect(pullRequest.labels).toEqual(['good']);
    expect(pullRequest.warnings).toHaveLength(1);
  });

  it('takes labels for the same that differ in case', async () => {
    const { forge, people } = await proposedAt();
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    await people.addLabel(pullRequest.number, 'GitOps');
    expect((await forge.ensurePullRequest({ ...CONTENT, labels: ['gitops'] })).change).toBe('unchanged');
  });
});

describe('merging', () => {
  const ready = async (options: { readonly approvals?: number } = {}) => {
    const started = await proposedAt();
    if (options.approvals !== undefined) await started.people.protect('main', { approvals: options.approvals });
    const { pullRequest } = await started.forge.ensurePullRequest(CONTENT);
    return { ...started, pullRequest };
  };

  it('keeps the published commit', async () => {
    const { github, forge, commit, pullRequest } = await ready();
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
    expect(git(github.repository.bare, 'rev-parse', 'main^2')).toBe(commit);
  });

  const noMergeCommits: Record<string, (repository: FakeRepository) => void> = {
    'the repository has none': ({ settings }) => {
      settings.allowMergeCommit = false;
    },
    'the branch takes none': ({ protection }) => {
      protection.set('main', { approvals: 0, checks: [], linear: true });
    },
  };
  it.each(Object.entries(noMergeCommits))('merges without a merge commit when %s', async (_, change) => {
    const { github, forge, pullRequest } = await ready();
    change(github.repository);
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
    expect(git(github.repository.bare, 'rev-list', '--merges', 'main')).toBe('');
  });

  it('waits until a push has arrived', async () => {
    const { github, forge, people, pullRequest } = await ready();
    const headCommit = await people.pushTo(HEAD, { 'b.yaml': 'b: 1\n' });
    github.repository.lag = 4;
    expect(await forge.ensureAutoMerge({ ...pullRequest, headCommit })).toBe('merged');
    expect(git(github.repository.bare, 'rev-parse', 'main^2')).toBe(headCommit);
  });

  it('waits until GitHub knows whether it can be merged', async () => {
    const { github, forge } = await proposedAt();
    github.repository.undecided = 2;
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
  });

  it('is unavailable where the repository does not allow it and something is required', async () => {
    const { github, forge, pullRequest } = await ready({ approvals: 1 });
    github.repository.settings.allowAutoMerge = false;
    // The token is an administrator's, whom GitHub would let merge.
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('unavailable');
    expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'open' });
  });

  it('merges at once where the repository does not allow waiting and nothing is required', async () => {
    const { github, forge, pullRequest } = await ready();
    github.repository.settings.allowAutoMerge = false;
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
  });

  it('is unavailable for a draft, and for conflicts', async () => {
    const { github, forge, people, pullRequest } = await ready();
    const [pull] = github.repository.pulls;
    if (pull !== undefined) pull.draft = true;
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('unavailable');
    if (pull !== undefined) pull.draft = false;
    await people.pushTo('main', { 'environments/prod/a.yaml': 'b: 2\n' });
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('unavailable');
  });

  it('refuses when the head moves in the last moment', async () => {
    const { github, forge, people, pullRequest } = await ready();
    github.spoil = (answer) => {
      if (!isPull(answer.body)) return answer;
      github.spoil = undefined;
      void people.pushTo(HEAD, { 'b.yaml': 'b: 1\n' });
      return answer;
    };
    const said = await expectFailure(forge.ensureAutoMerge(pullRequest), 'FORGE_REJECTED');
    expect(said).toMatch(/its head is \w{12} by now/);
    expect(github.requests.at(-2)).toMatch(/^PUT .*\/merge$/);
  });

  it('merges what became ready while it asked to wait', async () => {
    const { github, forge, people, pullRequest } = await ready({ approvals: 1 });
    const errors = [{ type: 'UNPROCESSABLE', message: 'Pull request Pull request is in clean status' }];
    github.faults.push({ request: /graphql$/, status: 200, body: { data: null, errors } });
    await people.protect('main', { approvals: 0 });
    github.spoil = (answer) =>
      isPull(answer.body) ? { ...answer, body: { ...answer.body, mergeable_state: 'blocked' } } : answer;
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
  });

  it.each<[string, Fault, ErrorCode | 'unavailable']>([
    ['a token that may not', { status: 200, body: graphqlError('FORBIDDEN', 'not accessible') }, 'unavailable'],
    ['a token that is not accepted', { status: 401, body: { message: 'Bad credentials' } }, 'FORGE_AUTHENTICATION'],
    ['no way in', { status: 403, body: { message: 'Forbidden' } }, 'FORGE_REJECTED'],
    ['a server that is not well', { status: 502, body: 'x' }, 'FORGE_UNREACHABLE'],
  ])('answers errors of the GraphQL API: %s', async (_, fault, expected) => {
    const { github, forge, pullRequest } = await ready({ approvals: 1 });
    github.faults.push({ ...fault, request: /graphql$/, times: 10 });
    if (expected === 'unavailable') expect(await forge.ensureAutoMerge(pullRequest)).toBe('unavailable');
    else await expectFailure(forge.ensureAutoMerge(pullRequest), expected, TOKEN);
  });

  it('waits for a limit of the GraphQL API', async () => {
    const { github, forge, pullRequest } = await ready({ approvals: 1 });
    const headers = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(Math.ceil(Date.now() / 1000) + 1) };
    const body = graphqlError('RATE_LIMITED', 'API rate limit exceeded');
    github.faults.push({ request: /graphql$/, status: 200, headers, body });
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('waiting');
  });
});

function isPull(body: unknown): body is object {
  return typeof body === 'object' && body !== null && 'mergeable_state' in body;
}

function graphqlError(type: string, message: string) {
  return { data: null, errors: [{ type, message }] };
}

describe('settings', () => {
  it('knows rulesets, also those for branches to come', async () => {
    const { github, forge } = await startForge();
    expect(await forge.isProtected('main')).toBe(false);
    github.repository.rules.set('main', ['deletion', 'non_fast_forward', 'required_signatures']);
    expect(await forge.isProtected('main')).toBe(false);
    github.repository.rules.set('main', ['deletion', 'update']);
    expect(await forge.isProtected('main')).toBe(true);
    github.repository.rules.set('to/come', ['merge_queue']);
    expect(await forge.isProtected('to/come')).toBe(true);
  });

  it('takes a rule that it does not know for one that keeps people out', async () => {
    const { github, forge } = await startForge();
    github.faults.push({ request: /rules/, status: 200, body: [{ type: 'of_the_future' }] });
    expect(await forge.isProtected('main')).toBe(true);
  });

  it.each([false, 'upgrade'] as const)('copes without rulesets (%s)', async (rulesets) => {
    const { github, forge, people } = await startForge();
    github.repository.settings.rulesets = rulesets;
    expect(await forge.isProtected('main')).toBe(false);
    await people.protect('main');
    expect(await forge.isProtected('main')).toBe(true);
  });

  it('says that a deploy key is in use elsewhere', async () => {
    const { github, forge } = await startForge();
    const errors = [{ resource: 'PublicKey', code: 'custom', field: 'key', message: 'key is already in use' }];
    const body = { message: 'Validation Failed', errors, documentation_url: 'https://docs.github.com/rest' };
    github.faults.push({ request: /^POST .*\/keys$/, status: 422, body });
    const key = { title: 'k', publicKey: 'ssh-ed25519 AAAA', readOnly: true };
    expect(await expectFailure(forge.ensureDeployKey(key), 'FORGE_REJECTED')).toContain('key is already in use');
  });
});
