import { GitHubForge } from '../../../src/publish/forge/github';
import { peopleOf } from './people';
import { FakeGitHub, type FakeGitHubOptions, TOKEN } from './server';

/** The GitHub forge at a fake one. Waits are milliseconds where GitHub means seconds. */
export async function startForge(options: FakeGitHubOptions = {}) {
  const github = await FakeGitHub.start(options);
  const { owner, name: repository } = github.repository;
  const connect = (token: string, apiUrl = github.apiUrl, second: number | undefined = 1): GitHubForge =>
    new GitHubForge({ owner, repository, token, apiUrl, webUrl: 'https://github.test', second });
  return { github, connect, forge: connect(TOKEN), people: peopleOf(github) };
}

export const HEAD = 'cdk8s-gitops/prod';
export const QUERY = { head: HEAD, base: 'main' };
export const CONTENT = { ...QUERY, title: 'Publish prod', body: 'Changes.', labels: [], reviewers: [] };

/** With a branch that a pull request may be opened for. */
export async function proposedAt(options: FakeGitHubOptions = {}) {
  const started = await startForge(options);
  const commit = await started.people.pushTo(HEAD, { 'environments/prod/a.yaml': 'a: 1\n' });
  return { ...started, commit };
}
