import { describe, expect, it } from 'vitest';
import type { Answer } from '../../helpers/github/answers';
import { CONTENT, proposedAt, QUERY, startForge } from '../../helpers/github/forge';
import { FakeGitHub, TOKEN } from '../../helpers/github/server';

/** The stand-in for GitHub catches what GitHub would not take or say. Else the tests that use it would prove nothing. */

async function ask(github: FakeGitHub, method: string, path: string, body?: unknown, token = TOKEN) {
  const response = await fetch(`${github.apiUrl}${path}`, {
    method,
    headers: { authorization: `token ${token}`, 'user-agent': 'test', 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { message?: string } };
}

const PULLS = '/repos/acme/environments/pulls';

describe('requests that GitHub does not know', () => {
  it.each<[string, string, string, unknown, RegExp]>([
    ['a missing field', 'POST', PULLS, { title: 'x', head: 'y' }, /must have required property 'base'/],
    ['a missing body', 'POST', PULLS, undefined, /request /],
    ['a wrong type', 'POST', PULLS, { title: 1, head: 'y', base: 'main' }, /title must be string/],
    [
      'a value that is none of the choices',
      'PUT',
      `${PULLS}/1/merge`,
      { merge_method: 'ff' },
      /must be equal to one of/,
    ],
    ['a field of another name', 'PATCH', `${PULLS}/1`, { description: 'x' }, /field 'description'/],
    ['a body where none belongs', 'DELETE', '/repos/acme/environments/keys/1', { key: 'x' }, /field 'key'/],
    ['a parameter of another name', 'GET', `${PULLS}?branch=x`, undefined, /parameter 'branch'/],
    ['a parameter of a wrong type', 'GET', `${PULLS}?page=first`, undefined, /page must be integer/],
    ['a parameter that is none of the choices', 'GET', `${PULLS}?state=merged`, undefined, /must be equal to one of/],
    ['a wrong type in the path', 'GET', `${PULLS}/one`, undefined, /pull_number must be integer/],
    ['another address', 'GET', '/repos/acme/environments/merge_requests', undefined, /no such operation/],
    ['another method', 'PUT', PULLS, {}, /no such operation/],
  ])('%s', async (_, method, path, body, expected) => {
    const github = await FakeGitHub.start();
    const answer = await ask(github, method, path, body);
    expect(answer.status).toBe(400);
    expect(github.violations.splice(0).join('\n')).toMatch(expected);
  });

  it('takes the proper ones', async () => {
    const { github } = await proposedAt();
    const { title, head, base } = CONTENT;
    expect((await ask(github, 'POST', PULLS, { title, head, base })).status).toBe(201);
    expect((await ask(github, 'GET', `${PULLS}?state=all&per_page=100&page=1`)).status).toBe(200);
    expect(github.violations).toEqual([]);
  });
});

describe('answers that GitHub does not give', () => {
  type Item = Record<string, unknown>;
  const item = (change: (pull: Item) => unknown) => (answer: Answer) => ({
    ...answer,
    body: (answer.body as Item[]).map(change),
  });

  it.each<[string, (answer: Answer) => Answer, RegExp]>([
    ['a missing field', item(({ title, ...pull }) => pull), /must have required property 'title'/],
    ['a wrong type', item((pull) => ({ ...pull, number: '1' })), /number must be integer/],
    ['no object', item(() => 'pull'), /must be object/],
    ['null where there is none', item((pull) => ({ ...pull, head: null })), /head must be object/],
    ['no address', item((pull) => ({ ...pull, html_url: 'nowhere' })), /must match format "uri"/],
    ['no time', item((pull) => ({ ...pull, created_at: 'today' })), /must match format "date-time"/],
    ['no list', (answer) => ({ ...answer, body: {} }), /must be array/],
    ['another status', (answer) => ({ ...answer, status: 202 }), /has the status 202/],
    ['an error without words', (answer) => ({ ...answer, status: 418 }), /an error without a message/],
  ])('%s', async (_, spoil, expected) => {
    const { github, forge } = await proposedAt();
    await forge.ensurePullRequest(CONTENT);
    github.spoil = spoil;
    await expect(forge.findPullRequest(QUERY)).rejects.toThrow(/this is not GitHub's/);
    expect(github.violations.splice(0).join('\n')).toMatch(expected);
  });

  it.each([
    ['another mutation', 'mutation { mergePullRequest(input: {}) { x } }', /doesn't exist/],
    [
      'another argument',
      'mutation { enablePullRequestAutoMerge(input: { pullRequestId: $a, sha: $b }) { x } }',
      /doesn't accept 'sha'/,
    ],
  ])('GraphQL: %s', async (_, query, expected) => {
    const { github } = await startForge();
    const { body } = await ask(github, 'POST', '/graphql', { query, variables: {} });
    expect(JSON.stringify(body)).toMatch(expected);
  });
});
