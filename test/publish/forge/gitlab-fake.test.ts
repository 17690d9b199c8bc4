import { describe, expect, it } from 'vitest';
import { PROJECT, TOKEN } from '../../helpers/gitlab/server';
import { type GitLabFixture, HEAD, proposed } from './gitlab-fixture';

describe('the fake GitLab', () => {
  const send = async ({ gitlab }: GitLabFixture, method: string, path: string, body?: object): Promise<void> => {
    await fetch(`${gitlab.url}/api/v4${path}`, {
      method,
      headers: { 'private-token': TOKEN, ...(body ? { 'content-type': 'application/json' } : {}) },
      body: body && JSON.stringify(body),
    });
  };
  const requests = `/projects/${encodeURIComponent(PROJECT)}/merge_requests`;

  it.each([
    ['a field that is missing', 'POST', requests, { title: 'x', source_branch: HEAD }],
    ['a field that GitLab does not know', 'PUT', `${requests}/1`, { head: 'x' }],
    ['a field of another type', 'PUT', `${requests}/1`, { reviewer_ids: 'Jane' }],
    ['a change of nothing', 'PUT', `${requests}/1`, {}],
    ['a parameter that GitLab does not know', 'GET', `${requests}?head=x`, undefined],
    ['a value that GitLab does not know', 'GET', `${requests}?state=open`, undefined],
    ['a page beyond what GitLab gives', 'GET', `${requests}?per_page=1000`, undefined],
    ['a number that is none', 'GET', `${requests}/one`, undefined],
    ['a path that is not encoded', 'GET', `/projects/${PROJECT}/merge_requests`, undefined],
    ['a method that is none', 'DELETE', requests, undefined],
  ])('notices %s in a request', async (_, method, path, body) => {
    const fixture = await proposed();
    expect(fixture.gitlab.violations).toEqual([]);
    await send(fixture, method, path, body);
    expect(fixture.gitlab.violations.splice(0)).toHaveLength(1);
  });

  it.each([
    ['a field that is missing', ({ iid: _, ...rest }: Record<string, unknown>) => rest],
    ['a field that GitLab does not give', (body: Record<string, unknown>) => ({ ...body, number: 1 })],
    ['a field of another type', (body: Record<string, unknown>) => ({ ...body, labels: 'gitops' })],
    ['a value that GitLab does not give', (body: Record<string, unknown>) => ({ ...body, state: 'open' })],
    ['a null where there is none', (body: Record<string, unknown>) => ({ ...body, author: null })],
  ])('notices %s in an answer', async (_, spoil) => {
    const fixture = await proposed();
    fixture.gitlab.spoil = (answer) => ({ ...answer, body: spoil(answer.body as Record<string, unknown>) });
    await send(fixture, 'GET', `${requests}/1`);
    expect(fixture.gitlab.violations.splice(0)).toHaveLength(1);
  });

  it('notices a status that GitLab does not give', async () => {
    const fixture = await proposed();
    fixture.gitlab.spoil = (answer) => ({ ...answer, status: 202 });
    await send(fixture, 'GET', `${requests}/1`);
    expect(fixture.gitlab.violations.splice(0)).toHaveLength(1);
  });
});
