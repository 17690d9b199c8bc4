import { describe, expect, it } from 'vitest';
import { GitLabForge } from '../../../src/publish/forge/gitlab';
import { git } from '../../helpers/git';
import { PROJECT, TOKEN } from '../../helpers/gitlab/server';
import { describeForge, expectFailure } from './contract';
import { CONTENT, gitLabFixture, HEAD, proposed, pushed, QUERY } from './gitlab-fixture';

describeForge('GitLab', gitLabFixture);

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEJmVJtxCy0iYxw3O5VRVqE9GUuvfcRyCd7PGKDnWCxl';

describe('projects and addresses of GitLab', () => {
  it('asks for a project in subgroups, of an installation under a path', async () => {
    const { forge, gitlab } = await proposed();
    const names = gitlab.asked.map(({ name }) => name);
    expect(names).toContain('POST /projects/acme%2Fplatform%2Fenvironments/merge_requests');
    expect(forge.compareUrl('main', HEAD)).toBe(`${gitlab.url}/${PROJECT}/-/compare/main...cdk8s-gitops/prod`);
    expect((await forge.findPullRequest(QUERY))?.url).toBe(`${gitlab.url}/${PROJECT}/-/merge_requests/1`);
  });

  it.each(['environments', 'acme/', '/acme/shop', 'acme/../shop', 'acme/shop?x', 'acme//shop', 'acme/sh op'])(
    'refuses the path %s',
    async (project) => {
      const attempt = async () => new GitLabForge({ project, token: TOKEN });
      await expectFailure(attempt(), 'CONFIG_INVALID');
    },
  );

  it.each(['gitlab.example.com', 'ftp://gitlab.example.com', 'https://jane:secret-0123@gitlab.example.com'])(
    'refuses the address %s',
    async (url) => {
      const attempt = async () => new GitLabForge({ project: PROJECT, token: TOKEN, url });
      await expectFailure(attempt(), 'CONFIG_INVALID', 'secret-0123');
    },
  );

  it('does not show the token to the network', async () => {
    const forge = new GitLabForge({ project: PROJECT, token: TOKEN, url: 'http://gitlab.example.com' });
    await expectFailure(forge.findPullRequest(QUERY), 'CONFIG_INVALID', TOKEN);
  });

  it('says so when there is no such project', async () => {
    const { open } = await gitLabFixture();
    const message = await expectFailure(
      open({ project: 'acme/elsewhere' }).findPullRequest(QUERY),
      'FORGE_REJECTED',
      TOKEN,
    );
    expect(message).toContain('Project Not Found');
  });
});

describe('merge requests of GitLab', () => {
  it('names groups that cannot review, and finds users however they are written', async () => {
    const { forge, gitlab } = await pushed();
    const reviewers = ['acme/sre', 'jane', 'JANE'];
    const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, reviewers });
    expect(pullRequest.warnings).toEqual([expect.stringContaining("'acme/sre'")]);
    expect(gitlab.project.find(1).reviewers.map(({ username }) => username)).toEqual(['Jane']);
  });

  it('says whom GitLab passed over', async () => {
    const { forge } = await pushed();
    const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, reviewers: ['stranger', 'rob'] });
    expect(pullRequest.warnings).toEqual([expect.stringContaining("'stranger' was not taken")]);
  });

  it('is content with one reviewer where the plan has no more', async () => {
    const { forge, gitlab } = await pushed();
    gitlab.project.mostReviewers = 1;
    const wanted = { ...CONTENT, reviewers: ['Jane', 'rob'] };
    expect((await forge.ensurePullRequest(wanted)).pullRequest.warnings).toEqual([
      expect.stringContaining("'rob' was not taken"),
    ]);
    expect((await forge.ensurePullRequest(wanted)).change).toBe('unchanged');
  });

  it('leaves out labels that GitLab cannot have', async () => {
    const { forge, gitlab } = await pushed();
    const { pullRequest } = await forge.ensurePullRequest({
      ...CONTENT,
      labels: ['a,b', ' ', ' gitops ', 'env::prod'],
    });
    expect(pullRequest.labels).toEqual(['env::prod', 'gitops']);
    expect([...gitlab.project.labels].sort()).toEqual(['env::prod', 'gitops']);
    expect(pullRequest.warnings).toHaveLength(2);
  });

  it('says so when a label was not taken', async () => {
    const { forge, gitlab } = await pushed();
    gitlab.spoil = (answer) => {
      const body = answer.body as { iid?: number; labels?: string[] };
      return body.iid === undefined ? answer : { ...answer, body: { ...body, labels: [] } };
    };
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    expect(pullRequest.warnings).toEqual([expect.stringContaining("label 'gitops' was not taken")]);
  });

  it.each(['Draft: publish prod', '[draft] publish prod', '(Draft) publish prod'])(
    'does not make a draft by the title %s',
    async (title) => {
      const { forge, people } = await pushed();
      const { pullRequest } = await forge.ensurePullRequest({ ...CONTENT, title });
      expect(pullRequest.title).toBe(`“${title}”`);
      expect((await forge.ensurePullRequest({ ...CONTENT, title })).change).toBe('unchanged');
      expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
      expect(await people.commentsOf(1)).toEqual([]);
    },
  );

  it('comments without commands', async () => {
    const { forge, gitlab, people } = await proposed();
    const comment = 'nothing is left\n/merge\n  /approve\n\t/label ~x\na /close in between';
    expect(await forge.ensureClosed(QUERY, comment)).toBe(true);
    expect(gitlab.project.quickActions).toEqual([]);
    expect(await people.commentsOf(1)).toEqual([
      'nothing is left\n\\/merge\n  \\/approve\n\t\\/label ~x\na /close in between',
    ]);
  });

  it('takes over one that somebody else opened in the same moment', async () => {
    const { forge, gitlab, people } = await pushed();
    let lists = 0;
    gitlab.spoil = (answer) => {
      if (Array.isArray(answer.body) && ++lists === 2) void people.openByHand(HEAD, 'main', 'By somebody else');
      return answer;
    };
    const { pullRequest, change } = await forge.ensurePullRequest(CONTENT);
    expect(change).toBe('updated');
    expect(pullRequest).toMatchObject({ number: 1, title: CONTENT.title, labels: ['gitops'] });
    expect(gitlab.asked.filter(({ name }) => name.startsWith('POST'))).toHaveLength(1);
    expect(gitlab.project.mergeRequests).toHaveLength(1);
  });

  it('gives up where GitLab names a conflict that is not there', async () => {
    const { forge, gitlab } = await pushed();
    gitlab.faults.push({ status: 409, body: { message: ['Resource lock'] }, request: /^POST/ });
    expect(await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_REJECTED')).toContain('Resource lock');
  });

  it('finds its own among many from forks', async () => {
    const { forge, gitlab, people, pullRequest } = await proposed();
    await people.closeByHand(pullRequest.number);
    const { project } = gitlab;
    const author = project.users[3] as (typeof project.users)[number];
    const source = { id: 99, bare: project.bare };
    for (let count = 0; count < 120; count++) {
      project.open({ ...QUERY, source, author, title: `Fork ${count}` }).state = 'merged';
    }
    expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: pullRequest.number, state: 'closed' });
    const lists = gitlab.asked.filter(({ name }) => name.startsWith('GET'));
    // One for open ones each time, and the third page has it.
    expect(lists.length).toBeLessThanOrEqual(2 + 4);
  });

  it('waits while GitLab is merging one', async () => {
    const { forge, mergeRequest } = await proposed();
    Object.assign(mergeRequest, { state: 'locked', locked: 2 });
    expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'open' });
    const { change } = await forge.ensurePullRequest({ ...CONTENT, title: 'New' });
    expect(change).toBe('updated');
    expect(mergeRequest).toMatchObject({ state: 'opened', title: 'New' });
  });

  it('says so when that takes too long', async () => {
    const { forge, mergeRequest } = await proposed();
    Object.assign(mergeRequest, { state: 'locked', locked: 1_000 });
    for (const attempt of [forge.ensurePullRequest(CONTENT), forge.ensureClosed(QUERY, 'no')]) {
      expect(await expectFailure(attempt, 'FORGE_REJECTED')).toContain('is being merged right now');
    }
    expect(mergeRequest.notes).toEqual([]);
  });
});

describe('automatic merges of GitLab', () => {
  it('lets GitLab merge when the pipeline has passed', async () => {
    const { forge, gitlab, people, commit } = await pushed();
    await people.protect('main', { checks: ['verify'] });
    const { pullRequest } = await forge.ensurePullRequest(CONTENT);
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('waiting');
    const asked = gitlab.asked.filter(({ name }) => name.endsWith('/merge'));
    expect(asked.map(({ body }) => body)).toEqual([
      { sha: commit, auto_merge: true, merge_when_pipeline_succeeds: true },
    ]);
    // A commit that nobody planned ends the wait.
    await people.pushTo(HEAD, { 'b.yaml': 'b: 1\n' });
    expect(gitlab.project.find(1).waitsWith).toBeUndefined();
  });

  it('merges the commit that was looked at, and no other', async () => {
    const { forge, gitlab, pullRequest, commit } = await proposed();
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
    const asked = gitlab.asked.filter(({ name }) => name.endsWith('/merge'));
    expect(asked.map(({ body }) => body)).toEqual([{ sha: commit }]);
  });

  it('says so when the head moves between the look and the merge', async () => {
    const { forge, gitlab, pullRequest } = await proposed();
    gitlab.faults.push({ status: 409, body: { message: 'SHA does not match HEAD' }, request: /\/merge$/ });
    const message = await expectFailure(forge.ensureAutoMerge(pullRequest), 'FORGE_REJECTED');
    expect(message).toContain('its branch has moved');
  });

  it('does not take over the wait for another commit', async () => {
    const { forge, gitlab, people, pullRequest } = await proposed();
    await people.protect('main', { approvals: 1 });
    // Somebody pushes, and tells GitLab to merge that.
    gitlab.project.find(1).waitsWith = await people.pushTo(HEAD, { 'surprise.yaml': 'b: 1\n' });
    const message = await expectFailure(forge.ensureAutoMerge(pullRequest), 'FORGE_REJECTED');
    expect(message).toContain('its branch has moved');
  });

  it('waits for a push that has not arrived at the merge request yet', async () => {
    const { forge, bare, mergeRequest, pullRequest } = await proposed();
    mergeRequest.lastHead = git(bare, 'rev-parse', 'main');
    setTimeout(() => {
      mergeRequest.lastHead = pullRequest.headCommit;
    }, 10);
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
  });

  it('looks again while GitLab is checking', async () => {
    const { forge, mergeRequest, pullRequest } = await proposed();
    mergeRequest.checking = 3;
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
  });

  it.each(['pipelines', 'nothing'] as const)(
    'does not wait for an approval where GitLab lets wait for %s',
    async (waitsFor) => {
      const { forge, gitlab, people, pullRequest } = await proposed();
      gitlab.project.waitsFor = waitsFor;
      await people.protect('main', { approvals: 1 });
      expect(await forge.ensureAutoMerge(pullRequest)).toBe('unavailable');
      expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'open' });
    },
  );

  it('does not wait for conflicts to go away', async () => {
    const { forge, people, pullRequest } = await proposed();
    await people.pushTo('main', { 'a.yaml': 'a: other\n' });
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('unavailable');
  });

  it('finds it merged when only the answer was lost', async () => {
    const { forge, gitlab, people, pullRequest } = await proposed();
    gitlab.spoil = (answer) => {
      const { state } = answer.body as { state?: string };
      gitlab.spoil = undefined;
      if (state === 'opened') void people.mergeByHand(pullRequest.number);
      return answer;
    };
    expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
  });
});

describe('protected branches and deploy keys of GitLab', () => {
  it('knows branches that everybody may push to, though nobody forcibly', async () => {
    const { forge, gitlab, people } = await gitLabFixture();
    await people.pushTo('release/1.0', { 'a.txt': '1' });
    gitlab.project.protections.push({ name: 'release/*', push: 30, approvals: 0, checks: [] });
    expect(await forge.isProtected('release/1.0')).toBe(false);
    gitlab.project.protections.push({ name: 'main', push: 40, approvals: 0, checks: [] });
    expect(await forge.isProtected('main')).toBe(true);
  });

  it.each([
    ['release/*', 'release/2.0', true],
    ['release/*', 'releases/2.0', false],
    ['*-stable', '2.0-stable', true],
    ['*-stable', '2.0-stable-2', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*bc', 'abc', false],
    ['*', 'anything', true],
  ])('applies the rule %s to the branch %s that is not there yet', async (name, branch, expected) => {
    const { forge, gitlab } = await gitLabFixture();
    gitlab.project.protections.push({ name, push: 40, approvals: 0, checks: [] });
    expect(await forge.isProtected(branch)).toBe(expected);
    gitlab.project.protections.push({ name, push: 30, approvals: 0, checks: [] });
    expect(await forge.isProtected(branch)).toBe(false);
  });

  it('takes a branch for protected when the rules may not be read', async () => {
    const { connect } = await gitLabFixture();
    expect(await connect('reader').isProtected('not-there-yet')).toBe(true);
    expect(await connect('reader').isProtected('main')).toBe(false);
  });

  it('finds a key on any page', async () => {
    const { forge, gitlab, writes } = await gitLabFixture();
    for (let id = 1; id <= 230; id++) {
      const key = id === 230 ? KEY : `ssh-ed25519 AAAA${String(id).padStart(8, '0')}`;
      gitlab.project.deployKeys.push({ id, title: `key ${id}`, key: `${key} somebody`, canPush: false });
    }
    expect(await forge.ensureDeployKey({ title: 'key 230', publicKey: KEY, readOnly: true })).toEqual({
      changed: false,
    });
    expect(writes()).toEqual([]);
  });

  it('never sends a private key', async () => {
    const { forge, gitlab } = await gitLabFixture();
    const publicKey =
      '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0LTAxMjM0NTY3ODk=\n-----END OPENSSH PRIVATE KEY-----';
    const attempt = forge.ensureDeployKey({ title: 'k', publicKey, readOnly: true });
    await expectFailure(attempt, 'CONFIG_INVALID', 'c2VjcmV0');
    expect(gitlab.asked).toEqual([]);
  });
});
