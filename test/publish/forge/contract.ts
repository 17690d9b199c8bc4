import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/errors';
import type { Forge, PullRequestContent } from '../../../src/publish/forge/forge';
import { contentOf, git } from '../../helpers/git';

/** What people and pipelines do on the forge, beside the tool. */
export interface People {
  /** Commits files by hand on a branch, which is made from main when it does not exist. Returns the commit. */
  pushTo(branch: string, files: Readonly<Record<string, string>>): Promise<string>;
  deleteBranch(branch: string): Promise<void>;

  /** Opens a pull request, without labels or reviewers. Returns its number. */
  openByHand(head: string, base: string, title: string): Promise<number>;
  /** Opens one from a branch of this name in somebody's fork. Returns its number. */
  openFromFork(head: string, base: string): Promise<number>;
  editByHand(number: number, content: { readonly title?: string; readonly body?: string }): Promise<void>;
  closeByHand(number: number): Promise<void>;
  /** Merges as an administrator. */
  mergeByHand(number: number): Promise<void>;

  /** A reviewer approves the head as it is. */
  approve(number: number): Promise<void>;
  /** Puts a label on, which is made when it does not exist. */
  addLabel(number: number, label: string): Promise<void>;
  addReviewer(number: number, user: string): Promise<void>;

  /** Labels that the repository has. */
  labels(): Promise<readonly string[]>;
  /** Who is asked for a review. */
  reviewersOf(number: number): Promise<readonly string[]>;
  /** Approvals that count. */
  approvalsOf(number: number): Promise<number>;
  commentsOf(number: number): Promise<readonly string[]>;

  /** Nobody pushes to the branch; pull requests into it need approvals, and these checks. */
  protect(branch: string, rules?: { readonly approvals?: number; readonly checks?: readonly string[] }): Promise<void>;
  /** A pipeline reports success of a check. */
  passCheck(commit: string, check: string): Promise<void>;

  deployKeys(): Promise<readonly { readonly title: string; readonly publicKey: string; readonly readOnly: boolean }[]>;
}

/** A repository of its own on a running forge. It has a branch `main` with a commit. */
export interface ForgeFixture {
  readonly forge: Forge;
  /** The token that `forge` has. */
  readonly token: string;
  /**
   * Another client of the same repository. `reader`: with the token of somebody who may only read. `unreachable`: at an
   * address where nothing listens, with the proper token.
   */
  connect(how: { readonly token: string } | 'reader' | 'unreachable'): Forge;
  /** Requests of `forge` that change something, as `POST /path`, since the test has begun. */
  writes(): readonly string[];
  /** Path of the bare repository behind the forge. */
  readonly bare: string;
  /** Its URL for git. */
  readonly url: string;
  readonly people: People;
  /** Somebody who may review, and is not the one whose token it is. */
  readonly knownReviewer: string;
  /** Somebody else who may. */
  readonly otherReviewer: string;
  readonly unknownReviewer: string;
}

export interface ForgeContractOptions {
  /** Skips everything, for this reason. @default - runs */
  readonly skip?: string;
  /** Milliseconds that the forge may take to do something in the background. @default 15000 */
  readonly patience?: number;
}

const HEAD = 'cdk8s-gitops/prod';
const QUERY = { head: HEAD, base: 'main' };
const CONTENT: PullRequestContent = {
  ...QUERY,
  title: 'Publish prod',
  body: 'Changes **checkout**.\n\n- one\n- two',
  labels: ['gitops', 'environment/prod'],
  reviewers: [],
};
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEJmVJtxCy0iYxw3O5VRVqE9GUuvfcRyCd7PGKDnWCxl';
const OTHER_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHeSwpXOkJi6KpvRe8HLXJ2A1Z1h5VLOTAuRCLmYoW2R';

/** What every forge does alike. `setup` is called by each test, and makes a repository of its own. */
export function describeForge(
  name: string,
  setup: () => Promise<ForgeFixture>,
  { skip, patience = 15_000 }: ForgeContractOptions = {},
): void {
  describe.skipIf(skip !== undefined)(`${name}${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
    const proposed = async (content: Partial<PullRequestContent> = {}) => {
      const fixture = await setup();
      const head = content.head ?? HEAD;
      const commit = await fixture.people.pushTo(head, { 'environments/prod/checkout/a.yaml': 'a: 1\n' });
      const { pullRequest, change } = await fixture.forge.ensurePullRequest({ ...CONTENT, ...content });
      expect(change).toBe('opened');
      return { ...fixture, commit, pullRequest };
    };

    describe('findPullRequest', () => {
      it('finds nothing where there is nothing', async () => {
        const { forge } = await setup();
        expect(await forge.findPullRequest(QUERY)).toBeUndefined();
      });

      it('finds one in each of its states', async () => {
        const { forge, people, commit, pullRequest } = await proposed();
        const found = await forge.findPullRequest(QUERY);
        expect(found).toMatchObject({ ...QUERY, number: pullRequest.number, state: 'open', headCommit: commit });
        expect(found).toMatchObject({ title: CONTENT.title, body: CONTENT.body });
        expect([...(found?.labels ?? [])].sort()).toEqual(['environment/prod', 'gitops']);
        expect(found?.url).toMatch(/^https?:\/\//);

        await people.closeByHand(pullRequest.number);
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: pullRequest.number, state: 'closed' });
      });

      it('finds a merged one', async () => {
        const { forge, people, pullRequest } = await proposed();
        await people.mergeByHand(pullRequest.number);
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: pullRequest.number, state: 'merged' });
      });

      it('finds the newest of several', async () => {
        const { forge, people, pullRequest } = await proposed();
        await people.closeByHand(pullRequest.number);
        const second = await people.openByHand(HEAD, 'main', 'Second');
        expect(second).toBeGreaterThan(pullRequest.number);
        // Changed last, and still the older one.
        await people.editByHand(pullRequest.number, { title: 'Edited since' });
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: second, title: 'Second', state: 'open' });
        await people.closeByHand(second);
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: second, state: 'closed' });
      });

      it('tells heads and bases apart', async () => {
        const { forge, people, pullRequest } = await proposed();
        await people.pushTo('release', { 'release.txt': '1' });
        await people.pushTo(`${HEAD}.2`, { 'b.txt': '1' });
        expect(await forge.findPullRequest({ head: HEAD, base: 'release' })).toBeUndefined();
        expect(await forge.findPullRequest({ head: `${HEAD}.2`, base: 'main' })).toBeUndefined();
        const other = await people.openByHand(HEAD, 'release', 'Elsewhere');
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: pullRequest.number });
        expect(await forge.findPullRequest({ head: HEAD, base: 'release' })).toMatchObject({ number: other });
      });

      it('does not take a pull request from a fork for its own', async () => {
        const { forge, people } = await setup();
        const foreign = await people.openFromFork(HEAD, 'main');
        expect(await forge.findPullRequest(QUERY)).toBeUndefined();
        expect(await forge.ensureClosed(QUERY, 'nothing is left to change')).toBe(false);

        await people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
        const { pullRequest, change } = await forge.ensurePullRequest(CONTENT);
        expect(change).toBe('opened');
        expect(pullRequest.number).not.toBe(foreign);
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: pullRequest.number });
      });
    });

    describe('ensurePullRequest', () => {
      it('opens one, with labels that did not exist', async () => {
        const { forge, people, commit, pullRequest } = await proposed();
        expect(pullRequest).toMatchObject({ ...QUERY, state: 'open', headCommit: commit, title: CONTENT.title });
        expect([...pullRequest.labels].sort()).toEqual(['environment/prod', 'gitops']);
        expect(await people.labels()).toEqual(expect.arrayContaining(['environment/prod', 'gitops']));
        expect(pullRequest.warnings ?? []).toEqual([]);
        expect(forge.limits.title).toBeGreaterThan(100);
        expect(forge.limits.body).toBeGreaterThan(10_000);
      });

      it('writes nothing when everything is as wanted', async () => {
        const { forge, writes, knownReviewer, pullRequest } = await proposed();
        await forge.ensurePullRequest({ ...CONTENT, reviewers: [knownReviewer] });
        const before = writes().length;
        expect(before).toBeGreaterThan(0);
        const again = await forge.ensurePullRequest({ ...CONTENT, reviewers: [knownReviewer] });
        expect(again.change).toBe('unchanged');
        expect(again.pullRequest.number).toBe(pullRequest.number);
        expect(writes().slice(before)).toEqual([]);
      });

      it('adopts one that somebody opened', async () => {
        const { forge, people } = await setup();
        await people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
        const number = await people.openByHand(HEAD, 'main', 'By hand');
        const { pullRequest, change } = await forge.ensurePullRequest(CONTENT);
        expect(change).toBe('updated');
        expect(pullRequest).toMatchObject({ number, title: CONTENT.title, body: CONTENT.body });
        expect([...pullRequest.labels].sort()).toEqual(['environment/prod', 'gitops']);
      });

      it.each([
        ['the title', { title: 'Publish prod: 2 changes' }],
        ['the body', { body: 'Other changes.' }],
        ['the labels', { labels: ['gitops', 'environment/prod', 'needs care'] }],
      ] as const)('changes %s alone', async (_, changed) => {
        const { forge, pullRequest } = await proposed();
        const { pullRequest: after, change } = await forge.ensurePullRequest({ ...CONTENT, ...changed });
        expect(change).toBe('updated');
        const expected = { ...CONTENT, ...changed };
        expect(after).toMatchObject({ number: pullRequest.number, title: expected.title, body: expected.body });
        expect([...after.labels].sort()).toEqual([...expected.labels].sort());
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ title: expected.title, body: expected.body });
      });

      it('asks reviewers, and keeps those whom people asked', async () => {
        const { forge, people, knownReviewer, otherReviewer, pullRequest } = await proposed();
        await people.addReviewer(pullRequest.number, otherReviewer);
        const { change } = await forge.ensurePullRequest({ ...CONTENT, reviewers: [knownReviewer] });
        expect(change).toBe('updated');
        const reviewers = await people.reviewersOf(pullRequest.number);
        expect([...reviewers].sort()).toEqual([knownReviewer, otherReviewer].sort());
      });

      it('keeps labels that people added', async () => {
        const { forge, people, pullRequest } = await proposed();
        await people.addLabel(pullRequest.number, 'on hold');
        const same = await forge.ensurePullRequest(CONTENT);
        expect(same.change).toBe('unchanged');
        const { pullRequest: after } = await forge.ensurePullRequest({ ...CONTENT, title: 'New', labels: ['new'] });
        expect(after.labels).toEqual(expect.arrayContaining(['on hold', 'new']));
      });

      it('keeps an approval when nothing changed, or words alone', async () => {
        const { forge, people, knownReviewer, pullRequest } = await proposed();
        await forge.ensurePullRequest({ ...CONTENT, reviewers: [knownReviewer] });
        await people.approve(pullRequest.number);
        expect(await people.approvalsOf(pullRequest.number)).toBe(1);
        // Who has reviewed is not asked again, which would take the approval back.
        const same = await forge.ensurePullRequest({ ...CONTENT, reviewers: [knownReviewer] });
        expect(same.change).toBe('unchanged');
        await forge.ensurePullRequest({ ...CONTENT, title: 'Other words', reviewers: [knownReviewer] });
        expect(await people.approvalsOf(pullRequest.number)).toBe(1);
      });

      it('warns of a reviewer that it does not know, and goes on', async () => {
        const { people, knownReviewer, unknownReviewer, forge } = await setup();
        await people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
        const reviewers = [unknownReviewer, knownReviewer, 'no-such-organization/no-such-team'];
        const { pullRequest, change } = await forge.ensurePullRequest({ ...CONTENT, reviewers });
        expect(change).toBe('opened');
        const warnings = (pullRequest.warnings ?? []).join('\n');
        expect(warnings).toContain(unknownReviewer);
        expect(warnings).toContain('no-such-organization/no-such-team');
        expect(warnings).not.toContain(`'${knownReviewer}'`);
        expect(await people.reviewersOf(pullRequest.number)).toEqual([knownReviewer]);
      });

      it('leaves a closed one alone, and opens another', async () => {
        const { forge, people, pullRequest } = await proposed();
        await people.closeByHand(pullRequest.number);
        const { pullRequest: second, change } = await forge.ensurePullRequest({ ...CONTENT, title: 'Again' });
        expect(change).toBe('opened');
        expect(second.number).toBeGreaterThan(pullRequest.number);
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: second.number, state: 'open' });
      });

      it('opens another after a merge', async () => {
        const { forge, people, pullRequest } = await proposed();
        await people.mergeByHand(pullRequest.number);
        await people.pushTo(HEAD, { 'b.yaml': 'b: 1\n' });
        const { pullRequest: second, change } = await forge.ensurePullRequest(CONTENT);
        expect(change).toBe('opened');
        expect(second.number).toBeGreaterThan(pullRequest.number);
      });

      it('follows the head', async () => {
        const { forge, people, pullRequest } = await proposed();
        const commit = await people.pushTo(HEAD, { 'b.yaml': 'b: 1\n' });
        await until(patience, async () => (await forge.findPullRequest(QUERY))?.headCommit === commit);
        const { pullRequest: after, change } = await forge.ensurePullRequest(CONTENT);
        expect(change).toBe('unchanged');
        expect(after).toMatchObject({ number: pullRequest.number, headCommit: commit });
      });

      it('takes bodies up to its limit', async () => {
        const { forge } = await setup().then(async (fixture) => {
          await fixture.people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
          return fixture;
        });
        const line = 'words of a long plan, \u00e4\u2603\n';
        const body = line
          .repeat(Math.ceil(forge.limits.body / line.length))
          .slice(0, forge.limits.body - 1)
          .trimEnd();
        await forge.ensurePullRequest({ ...CONTENT, body });
        expect((await forge.findPullRequest(QUERY))?.body).toBe(body);
        expect((await forge.ensurePullRequest({ ...CONTENT, body })).change).toBe('unchanged');
      });

      it('shortens what is beyond its limits, the same way every time', async () => {
        const { forge, people } = await setup();
        await people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
        const long = {
          ...CONTENT,
          title: `Publish ${'very '.repeat(forge.limits.title)}much`,
          body: 'x'.repeat(forge.limits.body + 10),
        };
        const { pullRequest } = await forge.ensurePullRequest(long);
        expect(pullRequest.title.length).toBeLessThanOrEqual(forge.limits.title);
        expect(pullRequest.title).toMatch(/^Publish very very .*\u2026$/);
        expect(pullRequest.body.length).toBeLessThanOrEqual(forge.limits.body);
        expect((await forge.ensurePullRequest(long)).change).toBe('unchanged');
      });

      it('makes a title one line, whatever it holds', async () => {
        const { forge } = await proposed();
        for (const [title, expected] of [
          ['Publish prod\nSigned-off-by: somebody', 'Publish prod Signed-off-by: somebody'],
          ['Publish\u0000 \u001b[31mprod\u0007\u007f', 'Publish prod'],
          // It turns around the direction of what follows.
          ['Publish \u202eprod\u202c now', 'Publish prod now'],
          ['  Publish prod \t again ', 'Publish prod again'],
          ['Ver\u00f6ffentliche \u672c\u756a \ud83d\ude80', 'Ver\u00f6ffentliche \u672c\u756a \ud83d\ude80'],
          ['<b>Publish</b> "prod" & `more` $HOME %s', '<b>Publish</b> "prod" & `more` $HOME %s'],
        ] as const) {
          const { pullRequest, change } = await forge.ensurePullRequest({ ...CONTENT, title });
          expect(change).toBe('updated');
          expect(pullRequest.title).toBe(expected);
          expect((await forge.findPullRequest(QUERY))?.title).toBe(expected);
          expect((await forge.ensurePullRequest({ ...CONTENT, title })).change).toBe('unchanged');
        }
        await proposed({ title: '\u001b[1mOne\nline' }).then(({ pullRequest }) => {
          expect(pullRequest.title).toBe('One line');
        });
      });

      it('takes control characters out of a body, and lets every language in', async () => {
        const body = 'one\r\ntwo \u0000\u001b[1m\u672c\u756a\ud83d\ude80\n\n```diff\n-\ta\n```';
        const { forge, pullRequest } = await proposed({ body });
        expect(pullRequest.body).toBe('one\ntwo \u672c\u756a\ud83d\ude80\n\n```diff\n-\ta\n```');
        expect((await forge.ensurePullRequest({ ...CONTENT, body })).change).toBe('unchanged');
      });

      it.each([['deploy/eu.1/prod_2'], ['a/b.c/d-e+f'], ['prod#1'], ['\u672c\u756a/checkout']])(
        'takes the branch name %s',
        async (head) => {
          const { forge, people, pullRequest } = await proposed({ head });
          expect(pullRequest.head).toBe(head);
          const query = { head, base: 'main' };
          expect(await forge.findPullRequest(query)).toMatchObject({ number: pullRequest.number, state: 'open' });
          expect((await forge.ensurePullRequest({ ...CONTENT, head })).change).toBe('unchanged');
          expect(await forge.ensureClosed(query, 'done')).toBe(true);
          await people.pushTo('maintained/1.0', { 'c.txt': '1' });
          const base = 'maintained/1.0';
          expect(await forge.ensurePullRequest({ ...CONTENT, head, base })).toMatchObject({ change: 'opened' });
        },
      );

      it('refuses a head that does not exist', async () => {
        const { forge } = await setup();
        await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_REJECTED');
      });
    });

    describe('ensureClosed', () => {
      it('closes with a comment, once', async () => {
        const { forge, people, writes, pullRequest } = await proposed();
        expect(await forge.ensureClosed(QUERY, 'nothing is left to change')).toBe(true);
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ number: pullRequest.number, state: 'closed' });
        expect((await people.commentsOf(pullRequest.number)).join('\n')).toContain('nothing is left to change');

        const before = writes().length;
        expect(await forge.ensureClosed(QUERY, 'nothing is left to change')).toBe(false);
        expect(writes().slice(before)).toEqual([]);
        expect(await people.commentsOf(pullRequest.number)).toHaveLength(1);
      });

      it('has nothing to close where there is nothing, or after a merge', async () => {
        const { forge, people, pullRequest, writes } = await proposed();
        await people.pushTo('other', { 'c.txt': '1' });
        expect(await forge.ensureClosed({ head: 'other', base: 'main' }, 'no')).toBe(false);
        await people.mergeByHand(pullRequest.number);
        const before = writes().length;
        expect(await forge.ensureClosed(QUERY, 'no')).toBe(false);
        expect(writes().slice(before)).toEqual([]);
      });

      it('copes with a head that was deleted', async () => {
        const { forge, people, pullRequest } = await proposed();
        await people.deleteBranch(HEAD);
        await forge.ensureClosed(QUERY, 'nothing is left to change');
        const found = await forge.findPullRequest(QUERY);
        expect(found).toMatchObject({ number: pullRequest.number, state: 'closed' });
      });
    });

    describe('ensureAutoMerge', () => {
      it('merges at once when nothing is required', async () => {
        const { forge, commit, pullRequest, bare } = await proposed();
        expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'merged', headCommit: commit });
        expect(fileAt(bare, 'main', 'environments/prod/checkout/a.yaml')).toBe('a: 1\n');
        // Again: done already.
        expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
      });

      it('waits for an approval, and merges after it', async () => {
        const fixture = await setup();
        await fixture.people.protect('main', { approvals: 1 });
        const { forge, people } = fixture;
        await people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
        const { pullRequest } = await forge.ensurePullRequest(CONTENT);
        expect(await forge.ensureAutoMerge(pullRequest)).toBe('waiting');
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'open' });
        // Again: it waits already.
        expect(await forge.ensureAutoMerge(pullRequest)).toBe('waiting');
        await people.approve(pullRequest.number);
        await until(patience, async () => (await forge.findPullRequest(QUERY))?.state === 'merged');
      });

      it('waits for checks, and merges after them', async () => {
        const { forge, people } = await setup();
        await people.protect('main', { checks: ['verify'] });
        const commit = await people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
        const { pullRequest } = await forge.ensurePullRequest(CONTENT);
        expect(await forge.ensureAutoMerge(pullRequest)).toBe('waiting');
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'open' });
        await people.passCheck(commit, 'verify');
        await until(patience, async () => (await forge.findPullRequest(QUERY))?.state === 'merged');
      });

      it('merges at once when its conditions are met already', async () => {
        const { forge, people } = await setup();
        await people.protect('main', { approvals: 1, checks: ['verify'] });
        const commit = await people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
        const { pullRequest } = await forge.ensurePullRequest(CONTENT);
        await people.approve(pullRequest.number);
        await people.passCheck(commit, 'verify');
        expect(await forge.ensureAutoMerge(pullRequest)).toBe('merged');
      });

      it('refuses when the head has moved', async () => {
        const { forge, people, pullRequest, bare } = await proposed();
        const commit = await people.pushTo(HEAD, { 'surprise.yaml': 'b: 1\n' });
        await until(patience, async () => (await forge.findPullRequest(QUERY))?.headCommit === commit);
        await expectFailure(forge.ensureAutoMerge(pullRequest), 'FORGE_REJECTED');
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'open' });
        expect(fileAt(bare, 'main', 'surprise.yaml')).toBeUndefined();
      });

      it('refuses one that was closed', async () => {
        const { forge, people, pullRequest } = await proposed();
        await people.closeByHand(pullRequest.number);
        await expectFailure(forge.ensureAutoMerge(pullRequest), 'FORGE_REJECTED');
        expect(await forge.findPullRequest(QUERY)).toMatchObject({ state: 'closed' });
      });
    });

    describe('isProtected', () => {
      it('knows protected branches', async () => {
        const { forge, people } = await setup();
        await people.pushTo('release/1.0', { 'a.txt': '1' });
        expect(await forge.isProtected('release/1.0')).toBe(false);
        await people.protect('release/1.0');
        expect(await forge.isProtected('release/1.0')).toBe(true);
        expect(await forge.isProtected('no-such-branch')).toBe(false);
      });
    });

    describe('ensureDeployKey', () => {
      const key = { title: 'cluster eu-1', publicKey: `${KEY} agent@eu-1`, readOnly: true };
      const kept = async (people: People) =>
        (await people.deployKeys()).map(({ title, publicKey, readOnly }) => ({
          title,
          publicKey: publicKey.split(' ').slice(0, 2).join(' '),
          readOnly,
        }));

      it('adds a key, once', async () => {
        const { forge, people, writes } = await setup();
        expect(await forge.ensureDeployKey(key)).toEqual({ changed: true });
        expect(await kept(people)).toEqual([{ title: 'cluster eu-1', publicKey: KEY, readOnly: true }]);
        const before = writes().length;
        expect(await forge.ensureDeployKey(key)).toEqual({ changed: false });
        // The comment, and white space, are no part of a key.
        expect(await forge.ensureDeployKey({ ...key, publicKey: `  ${KEY}\n` })).toEqual({ changed: false });
        expect(writes().slice(before)).toEqual([]);
      });

      it('replaces the key of the same title, so that the old one lets nobody in', async () => {
        const { forge, people } = await setup();
        await forge.ensureDeployKey({ ...key, title: 'cluster us-1', publicKey: OTHER_KEY });
        await forge.ensureDeployKey({ ...key, title: 'cluster us-1', publicKey: KEY });
        expect(await kept(people)).toEqual([{ title: 'cluster us-1', publicKey: KEY, readOnly: true }]);
      });

      it('takes away what a key may do beyond reading', async () => {
        const { forge, people } = await setup();
        await forge.ensureDeployKey({ ...key, readOnly: false });
        expect(await kept(people)).toMatchObject([{ readOnly: false }]);
        expect(await forge.ensureDeployKey(key)).toEqual({ changed: true });
        expect(await kept(people)).toEqual([{ title: 'cluster eu-1', publicKey: KEY, readOnly: true }]);
      });
    });

    describe('failures', () => {
      it('says so when the token is not accepted', async () => {
        const { connect, people } = await setup();
        await people.pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
        const token = 'wrong-0123456789abcdef';
        const forge = connect({ token });
        await expectFailure(forge.findPullRequest(QUERY), 'FORGE_AUTHENTICATION', token);
        await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_AUTHENTICATION', token);
        await expectFailure(
          forge.ensureDeployKey({ title: 'k', publicKey: KEY, readOnly: true }),
          'FORGE_AUTHENTICATION',
          token,
        );
      });

      it('refuses tokens that cannot be one', async () => {
        const { connect } = await setup();
        const token = 'two\nlines-0123456789';
        const attempt = async () => connect({ token }).findPullRequest(QUERY);
        await expectFailure(attempt(), 'FORGE_AUTHENTICATION', 'lines-0123456789');
      });

      it('says so when the token does not suffice', async () => {
        const { connect } = await setup();
        const forge = connect('reader');
        await expectFailure(forge.ensureDeployKey({ title: 'k', publicKey: KEY, readOnly: true }), 'FORGE_REJECTED');
      });

      it('says so when nobody answers', async () => {
        const { connect, token } = await setup();
        const forge = connect('unreachable');
        await expectFailure(forge.findPullRequest(QUERY), 'FORGE_UNREACHABLE', token);
        await expectFailure(forge.ensurePullRequest(CONTENT), 'FORGE_UNREACHABLE', token);
      });
    });

    describe('pages for people', () => {
      it('links what differs, and commits', async () => {
        const { forge, commit, pullRequest } = await proposed();
        const { origin } = new URL(pullRequest.url);
        for (const url of [forge.compareUrl('main', 'deploy/eu.1'), forge.commitUrl(commit)]) {
          expect(new URL(url).origin).toBe(origin);
        }
        expect(forge.commitUrl(commit)).toContain(commit);
        expect(forge.compareUrl('main', 'prod#1')).toContain('main...prod%231');
      });
    });
  });
}

/** Expects a coded failure that holds no secret anywhere, and returns its message. */
export async function expectFailure(doing: Promise<unknown>, code: ErrorCode, secret?: string): Promise<string> {
  const failure: unknown = await doing.then(
    (value) => expect.fail(`it did not fail: ${inspect(value)}`),
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: 'GitOpsError', code });
  const everything = inspect(failure, { depth: 20, showHidden: true, getters: true });
  if (secret !== undefined) {
    expect(everything).not.toContain(secret);
    expect(everything).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
  }
  return (failure as Error).message;
}

/** Waits until something is so, and fails when it does not come to be. */
export async function until(patience: number, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > end) expect.fail(`it did not come to be within ${patience} ms: ${holds}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

function fileAt(bare: string, branch: string, path: string): string | undefined {
  const paths = git(bare, 'ls-tree', '-r', '--name-only', branch).split('\n');
  return paths.includes(path) ? contentOf(bare, path, branch) : undefined;
}
