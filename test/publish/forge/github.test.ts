import { GitHubForge } from '../../../src/publish/forge/github';
import { OTHER_REVIEWER, peopleOf, REVIEWER } from '../../helpers/github/people';
import { FakeGitHub, type FakeGitHubOptions, READER_TOKEN, TOKEN } from '../../helpers/github/server';
import { describeForge, type ForgeFixture } from './contract';

/** Waits are milliseconds here, where GitHub means seconds. */
const second = 1;

async function start(options: FakeGitHubOptions = {}) {
  const github = await FakeGitHub.start(options);
  const { owner, name: repository } = github.repository;
  const connect = (token: string, apiUrl = github.apiUrl): GitHubForge =>
    new GitHubForge({ owner, repository, token, apiUrl, webUrl: 'https://github.test', second });
  return { github, connect, forge: connect(TOKEN), people: peopleOf(github) };
}

async function setup(options: FakeGitHubOptions = {}): Promise<ForgeFixture> {
  const { github, connect, forge, people } = await start(options);
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
