import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { GitLabForge, type GitLabForgeOptions } from '../../../src/publish/forge/gitlab';
import { git, temporaryFolder } from '../../helpers/git';
import { commitTo } from '../../helpers/gitlab/repository';
import { FakeGitLab, PROJECT, READER_TOKEN, TOKEN } from '../../helpers/gitlab/server';
import type { User } from '../../helpers/gitlab/state';
import type { ForgeFixture, People } from './contract';

/** Short waits, so that tests of patience need none. */
export const HTTP = { minDelay: 5, timeout: 5_000 } as const;

export interface GitLabFixture extends ForgeFixture {
  readonly gitlab: FakeGitLab;
  open(options?: Partial<GitLabForgeOptions>): GitLabForge;
}

/** A project of its own on a fake GitLab. */
export async function gitLabFixture(): Promise<GitLabFixture> {
  const gitlab = await FakeGitLab.start();
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const open = (options: Partial<GitLabForgeOptions> = {}): GitLabForge =>
    new GitLabForge({ url: gitlab.url, project: PROJECT, token: TOKEN, http: HTTP, ...options });
  return {
    gitlab,
    open,
    forge: open(),
    token: TOKEN,
    connect: (how) => {
      if (how === 'reader') return open({ token: READER_TOKEN });
      return how === 'unreachable' ? open({ url: nowhere }) : open(how);
    },
    writes: () => gitlab.asked.map(({ name }) => name).filter((name) => !name.startsWith('GET ')),
    bare: gitlab.project.bare,
    url: `file://${gitlab.project.bare}`,
    people: peopleOf(gitlab),
    knownReviewer: 'Jane',
    otherReviewer: 'rob',
    unknownReviewer: 'nobody-of-this-name',
  };
}

export const HEAD = 'cdk8s-gitops/prod';
export const QUERY = { head: HEAD, base: 'main' };
export const CONTENT = { ...QUERY, title: 'Publish prod', body: 'Changes.', labels: ['gitops'], reviewers: [] };

/** A fixture with a pushed head. */
export async function pushed(): Promise<GitLabFixture & { readonly commit: string }> {
  const fixture = await gitLabFixture();
  return { ...fixture, commit: await fixture.people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' }) };
}

/** A fixture with an open merge request. */
export async function proposed() {
  const fixture = await pushed();
  const { pullRequest } = await fixture.forge.ensurePullRequest(CONTENT);
  return { ...fixture, pullRequest, mergeRequest: fixture.gitlab.project.find(pullRequest.number) };
}

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function peopleOf(gitlab: FakeGitLab): People {
  const { project } = gitlab;
  const userOf = (name: string): User => {
    const user = project.users.find(({ username }) => username === name);
    if (user === undefined) throw new Error(`there is no user ${name}`);
    return user;
  };
  const opened = (source: { id: number; bare: string }, head: string, base: string, title: string): number => {
    project.fetch(source, head);
    return project.open({ head, base, source, author: userOf('rob'), title }).iid;
  };
  /** Whatever people do, GitLab goes on from there. */
  const done = <T>(value: T): T => {
    project.settle();
    return value;
  };
  return {
    pushTo: async (branch, files) => done(commitTo(project.bare, branch, files)),
    deleteBranch: async (branch) => void done(git(project.bare, 'update-ref', '-d', `refs/heads/${branch}`)),
    openByHand: async (head, base, title) => opened({ id: project.id, bare: project.bare }, head, base, title),
    openFromFork: async (head, base) => {
      const bare = join(temporaryFolder(), 'fork.git');
      git('/', 'clone', '--quiet', '--bare', project.bare, bare);
      commitTo(bare, head, { 'fork.txt': '1' });
      return opened({ id: 99, bare }, head, base, 'From a fork');
    },
    editByHand: async (number, { title, body }) => {
      const mergeRequest = project.find(number);
      if (title !== undefined) mergeRequest.title = title;
      if (body !== undefined) mergeRequest.description = body;
    },
    closeByHand: async (number) => {
      project.find(number).state = 'closed';
    },
    mergeByHand: async (number) => project.merge(project.find(number)),
    approve: async (number) => void done(project.find(number).approvedBy.add('Jane')),
    addLabel: async (number, label) => {
      project.labels.add(label);
      project.find(number).labels.push(label);
    },
    addReviewer: async (number, user) => void project.find(number).reviewers.push(userOf(user)),
    labels: async () => [...project.labels],
    reviewersOf: async (number) => project.find(number).reviewers.map(({ username }) => username),
    approvalsOf: async (number) => project.find(number).approvedBy.size,
    commentsOf: async (number) => project.find(number).notes.map(({ body }) => body),
    protect: async (branch, { approvals = 0, checks = [] } = {}) =>
      void project.protections.push({ name: branch, push: 0, approvals, checks }),
    passCheck: async (commit, check) => {
      const passed = project.passed.get(commit) ?? new Set();
      project.passed.set(commit, passed.add(check));
      done(undefined);
    },
    deployKeys: async () =>
      project.deployKeys.map(({ title, key, canPush }) => ({ title, publicKey: key, readOnly: !canPush })),
  };
}
