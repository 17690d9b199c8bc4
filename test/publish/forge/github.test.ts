import { describe, expect, it, vi } from 'vitest';
import { GitHubForge } from '../../../src/publish/forge/github';
import { CONTENT, proposedAt, QUERY, startForge } from '../../helpers/github/forge';
import { OTHER_REVIEWER, REVIEWER } from '../../helpers/github/people';
import { type FakeGitHubOptions, type Fault, READER_TOKEN, TOKEN } from '../../helpers/github/server';
import { describeForge, expectFailure, type ForgeFixture } from './contract';

async function setup(options: FakeGitHubOptions = {}): Promise<ForgeFixture> {
  const { github, connect, forge, people } = await startForge(options);
  return {
    forge,
    token: TOKEN,
    connect: (how) => {
      if (how === 'unreachable') return connect(TOKEN, 'http://127.0.0.1:1');
      return connect(how === 'reader' ? READER_TOKEN : how.token);
    },
    writes: () => github.requests.filter((request) => !request.startsWith('GET ')),
    bare: github.repository.bare,
    url: github.repository.bare,
    people,
    knownReviewer: REVIEWER,
    otherReviewer: OTHER_REVIEWER,
    unknownReviewer: 'nobody',
  };
}

describeForge('GitHub', () => setup(), { patience: 2_000 });

const PULLS = /^POST \/repos\/acme\/environments\/pulls$/;

describe('addresses', () => {
  it.each([
    [undefined, 'https://github.com/acme/shop/commit/abc'],
    ['https://api.github.com/', 'https://github.com/acme/shop/commit/abc'],
    ['https://api.acme.ghe.com', 'https://acme.ghe.com/acme/shop/commit/abc'],
    ['https://git.acme.io/api/v3', 'https://git.acme.io/acme/shop/commit/abc'],
  ])('%s has its pages at %s', (apiUrl, expected) => {
    const forge = new GitHubForge({ owner: 'acme', repository: 'shop', token: TOKEN, apiUrl });
    expect(forge.commitUrl('abc')).toBe(expected);
  });

  it('speaks to an Enterprise server, REST and GraphQL', async () => {
    const { github, forge, people } = await proposedAt({ prefix: '/api/v3' });
    await people.protect('main', { approvals: 1 });
    const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, labels: ['gitops'] });
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('waiting');
    expect(github.requests).toContain('POST /api/graphql');
  });

  it.each([
    'http://git.acme.io/api/v3',
    'ftp://git.acme.io',
    'git.acme.io',
    `https://jane:${TOKEN}@git.acme.io/api/v3`,
  ])('refuses %s', async (apiUrl) => {
    const forge = new GitHubForge({ owner: 'acme', repository: 'shop', token: TOKEN, apiUrl });
    await expectFailure(forge.isProtected('main'), 'CONFIG_INVALID', TOKEN);
  });

  it.each([
    ['..', 'shop'],
    ['acme', '.'],
    ['acme/x', 'shop'],
    ['acme', 'a b'],
    ['', 'shop'],
  ])('refuses the names %j and %j', (owner, repository) => {
    expect(() => new GitHubForge({ owner, repository, token: TOKEN })).toThrow(/cannot be the name/);
  });
});

describe('limits and failures of the server', () => {
  const secondary = {
    message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
    documentation_url: 'https://docs.github.com/rest',
  };

  it.each<[string, Fault, number]>([
    ['a secondary rate limit', { status: 403, headers: { 'Retry-After': '100' }, body: secondary }, 100],
    ['a secondary rate limit with 429', { status: 429, headers: { 'Retry-After': '90' }, body: secondary }, 90],
    [
      'the abuse limit',
      {
        status: 403,
        headers: { 'Retry-After': '80' },
        body: { message: 'You have triggered an abuse detection mechanism. Please wait a few minutes.' },
      },
      80,
    ],
    ['429 by a proxy', { status: 429, headers: { 'Retry-After': '70' }, body: '<html>slow down</html>' }, 70],
  ])('waits for %s as long as it is asked', async (_, fault, milliseconds) => {
    const { github, forge } = await proposedAt();
    github.faults.push({ ...fault, request: PULLS });
    const before = performance.now();
    expect((await forge.ensurePullRequest(CONTENT)).change).toBe('opened');
    expect(performance.now() - before).toBeGreaterThanOrEqual(milliseconds - 5);
    expect(github.requests.filter((request) => PULLS.test(request))).toHaveLength(2);
  });

  it('waits for the primary limit when it ends soon', async () => {
    const { github, forge } = await proposedAt();
    const headers = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(Math.ceil(Date.now() / 1000) + 60) };
    github.faults.push({ status: 403, headers, body: { message: 'API rate limit exceeded for user ID 1.' } });
    expect(await forge.findPullRequest(QUERY)).toBeUndefined();
  });

  it.each<[string, Fault, RegExp]>([
    [
      'the primary limit for an hour',
      {
        status: 403,
        headers: { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': String(Math.ceil(Date.now() / 1000) + 3600) },
        body: { message: 'API rate limit exceeded for user ID 1.' },
      },
      /let through again after 20\d\d-/,
    ],
    [
      'a secondary limit for ten minutes',
      { status: 403, headers: { 'Retry-After': '600' }, body: secondary },
      /in 600 seconds\n.*secondary rate limit/,
    ],
    [
      'a limit that names ten minutes in other words',
      { status: 429, headers: { 'Retry-After': '600' }, body: { message: 'Slow down' } },
      /in 600 seconds\n.*Slow down/,
    ],
  ])('does not wait for %s', async (_, fault, message) => {
    const { github, forge } = await proposedAt();
    github.faults.push({ ...fault, times: 100 });
    const said = await expectFailure(forge.findPullRequest(QUERY), 'FORGE_UNREACHABLE', TOKEN);
    expect(said).toMatch(message);
    expect(github.requests).toHaveLength(1);
  });

  it('does not wait forever for one that never ends', async () => {
    const { github, forge } = await proposedAt();
    github.faults.push({ status: 403, headers: { 'Retry-After': '1' }, body: secondary, times: 1000 });
    await expectFailure(forge.findPullRequest(QUERY), 'FORGE_UNREACHABLE', TOKEN);
    expect(github.requests.length).toBeGreaterThan(1);
    expect(github.requests.length).toBeLessThan(10);
  });

  it.each([500, 502, 503])('tries again after %d', async (status) => {
    const { github, forge } = await proposedAt();
    github.faults.push({ status, body: '<html>Unicorn!</html>', times: 2 });
    expect((await forge.ensurePullRequest(CONTENT)).change).toBe('opened');
  });

  it('gives up on a server that does not recover, without its page', async () => {
    const { github, forge } = await proposedAt();
    github.faults.push({ status: 502, body: '<html>Unicorn!</html>', times: 1000 });
    const said = await expectFailure(forge.findPullRequest(QUERY), 'FORGE_UNREACHABLE', TOKEN);
    expect(said).not.toContain('Unicorn');
    expect(github.requests).toHaveLength(4);
  });

  it('adopts the pull request that it opened when only the answer was lost', async () => {
    const { github, forge, people } = await proposedAt();
    github.faults.push({ request: PULLS, status: 502, body: 'Bad Gateway', isDone: true });
    const { pullRequest, change } = await forge.ensurePullRequest(CONTENT);
    expect(change).toBe('unchanged');
    expect(pullRequest).toMatchObject({ ...QUERY, title: CONTENT.title, state: 'open' });
    expect(github.repository.pulls).toHaveLength(1);
    expect(await people.labels()).toEqual([]);
  });

  it('takes a merge for done when only the answer was lost', async () => {
    const { github, forge } = await proposedAt();
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    github.faults.push({ request: /\/merge$/, status: 502, body: 'Bad Gateway', isDone: true });
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
  });

  it('does not take the page of a proxy for an answer', async () => {
    const { github, forge } = await proposedAt();
    github.faults.push({ status: 200, body: '<html>Please sign in</html>', times: 2 });
    const said = await expectFailure(forge.findPullRequest(QUERY), 'FORGE_REJECTED', TOKEN);
    expect(said).toContain('no proxy answers in its place');
  });

  it("makes GitHub's words safe", async () => {
    const { github, forge } = await proposedAt();
    const message = `no \u001b[31mway\u0007, ${TOKEN}, https://jane:hunter2@github.test`;
    github.faults.push({ status: 422, body: { message } });
    const said = await expectFailure(forge.findPullRequest(QUERY), 'FORGE_REJECTED', TOKEN);
    expect(said).toContain('no way, ***, https://***@github.test');
  });

  it('leaves GitHub a second between writes', async () => {
    const { github, connect } = await proposedAt();
    const forge = connect(TOKEN, github.apiUrl, 1_000);
    const before = performance.now();
    await forge.ensurePullRequest({ ...CONTENT, labels: ['new'] });
    expect(github.requests.filter((request) => request.startsWith('POST'))).toHaveLength(3);
    expect(performance.now() - before).toBeGreaterThan(1_900);
  });

  it('ends when it is told to', async () => {
    const { github } = await proposedAt();
    const { owner, name: repository } = github.repository;
    const signal = AbortSignal.abort(new Error('stopped'));
    const forge = new GitHubForge({ owner, repository, token: TOKEN, apiUrl: github.apiUrl, signal });
    await expect(forge.findPullRequest(QUERY)).rejects.toThrow('stopped');
    expect(github.requests).toEqual([]);
  });

  it('prints nothing, whatever DEBUG says', async () => {
    vi.stubEnv('DEBUG', '*');
    const methods = ['debug', 'info', 'log', 'warn', 'error'] as const;
    const spies = methods.map((method) => vi.spyOn(console, method).mockImplementation(() => {}));
    const out = vi.spyOn(process.stderr, 'write');
    try {
      const { github, forge } = await proposedAt();
      const headers = { Deprecation: 'true', Sunset: 'tomorrow', Link: '<https://x.test>; rel="deprecation"' };
      github.faults.push({ status: 502, body: 'x' }, { status: 403, headers: { 'Retry-After': '1' }, body: secondary });
      github.faults.push({ status: 200, headers, body: [] });
      expect(await forge.findPullRequest(QUERY)).toBeUndefined();
      for (const spy of [...spies, out]) expect(spy).not.toHaveBeenCalled();
    } finally {
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
    }
  });
});
