import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { READER_TOKEN, TOKEN } from '../../helpers/gitlab/server';
import { expectFailure } from './contract';
import { CONTENT, gitLabFixture, HEAD, HTTP, proposed, pushed, QUERY } from './gitlab-fixture';

describe('tokens of GitLab', () => {
  it.each([
    [TOKEN, 'authorization', `Bearer ${TOKEN}`],
    ['0123456789abcdef'.repeat(4), 'authorization', `Bearer ${'0123456789abcdef'.repeat(4)}`],
    ['glcbt-64_abcdefghij', 'job-token', 'glcbt-64_abcdefghij'],
  ])('sends the token %s as %s, and nowhere else', async (token, header, value) => {
    const { gitlab, open } = await gitLabFixture();
    gitlab.tokens.set(token, 'publisher');
    await open({ token }).findPullRequest(QUERY);
    const headers: Readonly<Record<string, string>> = gitlab.asked[0]?.headers ?? {};
    const sent = Object.entries(headers).filter(([, text]) => text.includes(token));
    expect(sent).toEqual([[header, value]]);
    expect(JSON.stringify(gitlab.asked.map(({ name, body }) => [name, body]))).not.toContain(token);
    expect(headers['user-agent']).toBe('cdk8s-gitops');
  });

  it('does not follow a redirect with the token', async () => {
    const { gitlab, forge } = await gitLabFixture();
    const visits: unknown[] = [];
    const elsewhere = createServer((request, response) => {
      visits.push(request.headers);
      response.end('[]');
    });
    await new Promise<void>((done) => elsewhere.listen(0, '127.0.0.1', done));
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/?private_token=${TOKEN}`;
    gitlab.faults.push({ status: 302, headers: { location } });
    const message = await expectFailure(forge.findPullRequest(QUERY), 'FORGE_REJECTED', TOKEN);
    expect(message).toContain('it sends elsewhere');
    elsewhere.close();
    expect(visits).toEqual([]);
  });

  it.each([400, 401, 403, 404, 409, 422, 429, 500, 503])('keeps the token out of the error for %i', async (status) => {
    const { gitlab, open } = await pushed();
    const forge = open({ http: { ...HTTP, retries: 0 } });
    const body = { message: { base: [`\u001b[31mno, ${TOKEN}`, `https://oauth2:${TOKEN}@gitlab.test/x`] } };
    gitlab.faults.push({ status, body, times: 9, headers: { 'retry-after': '9999' } });
    const failure: unknown = await forge.ensurePullRequest(CONTENT).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'GitOpsError' });
    const everything = inspect(failure, { depth: 20, showHidden: true });
    expect(everything).not.toContain(TOKEN);
    expect(everything).not.toMatch(/bearer|headers|cause/i);
    expect((failure as Error).message).toContain('no, ***');
    expect((failure as Error).message).not.toContain('\u001b');
  });

  it('says that a token may not merge', async () => {
    const { people, open, pullRequest } = await proposed();
    await people.protect('main');
    const message = await expectFailure(open({ token: READER_TOKEN }).ensureAutoMerge(pullRequest), 'FORGE_REJECTED');
    expect(message).toContain('this token may not merge');
  });
});

describe('failures of GitLab', () => {
  it.each([500, 502, 503, 504])('reads again after %i where that may pass', async (status) => {
    const { gitlab, forge } = await gitLabFixture();
    gitlab.faults.push({ status, body: '<html>Whoops</html>', times: 2 });
    const attempt = forge.findPullRequest(QUERY);
    if (status === 500) await expectFailure(attempt, 'FORGE_UNREACHABLE', TOKEN);
    else expect(await attempt).toBeUndefined();
  });

  it('does not create twice what may have been created', async () => {
    const { gitlab, forge } = await pushed();
    gitlab.faults.push({ status: 502, body: 'GitLab is not responding', request: /^POST/, times: 9 });
    await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_UNREACHABLE', TOKEN);
    expect(gitlab.asked.filter(({ name }) => name.startsWith('POST'))).toHaveLength(1);
  });

  it.each([
    ['in seconds', { 'retry-after': '1' }],
    ['by the end of the period', () => ({ 'ratelimit-reset': String(Math.floor(Date.now() / 1_000) + 1) })],
  ])('creates after the wait that is asked for %s', async (_, headers) => {
    const { gitlab, forge } = await pushed();
    const said = typeof headers === 'function' ? headers() : headers;
    gitlab.faults.push({ status: 429, body: 'Retry later\n', headers: said, request: /^POST/, times: 2 });
    const { change } = await forge.ensurePullRequest(CONTENT);
    expect(change).toBe('opened');
    expect(gitlab.asked.filter(({ name }) => name.startsWith('POST'))).toHaveLength(3);
    expect(gitlab.project.mergeRequests).toHaveLength(1);
  });

  it('does not wait for an hour', async () => {
    const { gitlab, forge } = await pushed();
    const headers = { 'retry-after': '3600' };
    gitlab.faults.push({ status: 429, body: 'Retry later\n', headers, request: /^POST/, times: 9 });
    const start = Date.now();
    await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_UNREACHABLE', TOKEN);
    expect(Date.now() - start).toBeLessThan(10_000);
  });

  it('does not wait without end', async () => {
    const { gitlab, forge } = await pushed();
    gitlab.faults.push({ status: 429, headers: { 'retry-after': '0' }, request: /^POST/, times: 99 });
    await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_UNREACHABLE', TOKEN);
    expect(gitlab.asked.filter(({ name }) => name.startsWith('POST'))).toHaveLength(4);
  });

  it('ends when it is told to', async () => {
    const { gitlab, open } = await pushed();
    const stop = new AbortController();
    gitlab.faults.push({ status: 429, headers: { 'retry-after': '20' }, request: /^POST/ });
    const attempt = open({ http: { ...HTTP, signal: stop.signal } }).ensurePullRequest(CONTENT);
    setTimeout(() => stop.abort(), 300);
    await expect(attempt).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    ['a page', '<html>Sign in</html>'],
    ['nothing that is a list', { id: 1 }],
    ['other things', [{ id: 1 }]],
    ['a state that is none', [{ iid: 1, state: 'melted', source_branch: HEAD, target_branch: 'main', title: 'x' }]],
  ])('refuses an answer that is %s', async (_, body) => {
    const { gitlab, forge } = await gitLabFixture();
    gitlab.faults.push({ status: 200, body });
    await expectFailure(forge.findPullRequest(QUERY), 'FORGE_REJECTED', TOKEN);
  });

  it('does not read lists without end', async () => {
    const { gitlab, forge } = await gitLabFixture();
    gitlab.faults.push({ status: 200, body: [], headers: { 'x-next-page': '2' }, times: 1_000 });
    expect(await expectFailure(forge.findPullRequest(QUERY), 'FORGE_REJECTED')).toContain('lists more than');
    expect(gitlab.asked.length).toBeLessThanOrEqual(100);
  });

  it('says what GitLab says, field by field', async () => {
    const { gitlab, forge } = await pushed();
    gitlab.faults.push({ status: 400, body: { message: { title: ['is too long'], base: ['no'] } }, request: /^POST/ });
    const message = await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_REJECTED', TOKEN);
    expect(message).toContain('title is too long; base no');
  });

  it('says which scope a token lacks', async () => {
    const { gitlab, forge } = await gitLabFixture();
    const body = { error: 'insufficient_scope', error_description: 'needs higher privileges', scope: 'api' };
    gitlab.faults.push({ status: 403, body });
    const message = await expectFailure(forge.findPullRequest(QUERY), 'FORGE_REJECTED', TOKEN);
    expect(message).toContain('insufficient_scope needs higher privileges');
  });
});
