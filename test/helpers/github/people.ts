import type { People } from '../../publish/forge/contract';
import { commitFiles, git } from '../git';
import { mergePull, settle } from './merging';
import { requestReview } from './pulls';
import type { FakeGitHub } from './server';
import type { FakePull } from './state';

export const REVIEWER = 'jane';
export const OTHER_REVIEWER = 'joe';

/** What people and pipelines do at the fake, without asking its API. */
export function peopleOf({ repository }: FakeGitHub): People {
  const { bare } = repository;
  repository.collaborators.add(REVIEWER).add(OTHER_REVIEWER);
  const pullOf = (number: number): FakePull => {
    const pull = repository.look(number);
    if (pull === undefined) throw new Error(`there is no #${number}`);
    return pull;
  };
  return {
    async pushTo(branch, files) {
      if (branch !== 'main' && git(bare, 'branch', '--list', branch) === '') git(bare, 'branch', branch, 'main');
      return commitOn(bare, branch, files);
    },
    async deleteBranch(branch) {
      git(bare, 'update-ref', '-d', `refs/heads/${branch}`);
      repository.all();
    },
    async openByHand(head, base, title) {
      const headCommit = git(bare, 'rev-parse', `refs/heads/${head}`);
      return repository.add({ head, base, title, body: null, author: OTHER_REVIEWER, headCommit }).number;
    },
    async openFromFork(head, base) {
      git(bare, 'branch', 'of-the-fork', base);
      const headCommit = await commitOn(bare, 'of-the-fork', { 'fork.txt': 'hello\n' });
      git(bare, 'update-ref', '-d', 'refs/heads/of-the-fork');
      const fork = 'somebody';
      const pull = repository.add({ head, base, title: 'From afar', body: null, author: fork, fork, headCommit });
      git(bare, 'update-ref', `refs/pull/${pull.number}/head`, headCommit);
      return pull.number;
    },
    async editByHand(number, { title, body }) {
      const pull = pullOf(number);
      if (title !== undefined) pull.title = title;
      if (body !== undefined) pull.body = body;
    },
    async closeByHand(number) {
      pullOf(number).state = 'closed';
    },
    async mergeByHand(number) {
      mergePull(repository, pullOf(number));
    },
    async approve(number) {
      const pull = pullOf(number);
      pull.reviews.push({ user: REVIEWER, state: 'APPROVED', commit: pull.headCommit });
      const index = pull.requestedUsers.indexOf(REVIEWER);
      if (index >= 0) pull.requestedUsers.splice(index, 1);
      settle(repository);
    },
    async addLabel(number, label) {
      if (!repository.labels.has(label)) repository.labels.set(label, { color: 'ffffff' });
      pullOf(number).labels.push(label);
    },
    async addReviewer(number, user) {
      requestReview(pullOf(number), { user });
    },
    async labels() {
      return [...repository.labels.keys()];
    },
    async reviewersOf(number) {
      return pullOf(number).requestedUsers;
    },
    async approvalsOf(number) {
      return repository.approvals(pullOf(number));
    },
    async commentsOf(number) {
      return pullOf(number).comments;
    },
    async protect(branch, { approvals = 0, checks = [] } = {}) {
      repository.protection.set(branch, { approvals, checks });
    },
    async passCheck(commit, check) {
      repository.passed.add(`${commit} ${check}`);
      settle(repository);
    },
    async deployKeys() {
      return repository.keys.map(({ title, key, readOnly }) => ({ title, publicKey: key, readOnly }));
    },
  };
}

/** A commit on top of a branch that exists. */
async function commitOn(bare: string, branch: string, files: Readonly<Record<string, string>>): Promise<string> {
  // The helper starts at the branch that HEAD names.
  const before = git(bare, 'symbolic-ref', 'HEAD');
  git(bare, 'symbolic-ref', 'HEAD', `refs/heads/${branch}`);
  try {
    return commitFiles(bare, files, branch);
  } finally {
    git(bare, 'symbolic-ref', 'HEAD', before);
  }
}
