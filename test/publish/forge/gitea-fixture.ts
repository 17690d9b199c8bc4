import { GiteaForge } from '../../../src/publish/forge/gitea';
import type { GiteaOptions } from '../../../src/publish/forge/gitea-client';
import { freePort, type Gitea, type GiteaRepository } from '../../helpers/gitea';
import type { ForgeFixture, People } from './contract';

/** A repository of its own on a running Gitea, for the contract. */
export async function giteaFixture(
  gitea: Gitea,
): Promise<
  ForgeFixture & { readonly repository: GiteaRepository; client(options?: Partial<GiteaOptions>): GiteaForge }
> {
  const repository = await gitea.createRepository();
  const written: string[] = [];
  const observed: typeof fetch = async (input, init) => {
    const method = init?.method ?? 'GET';
    if (method !== 'GET') written.push(`${method} ${new URL(String(input)).pathname}`);
    return await fetch(input, init);
  };
  const token = gitea.tokens.bot;
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  const client = (options: Partial<GiteaOptions> = {}) =>
    new GiteaForge({ url: gitea.url, owner: 'acme', repository: repository.name, token, fetch: observed, ...options });
  return {
    repository,
    client,
    forge: client(),
    token,
    connect(how) {
      if (how === 'reader') return client({ token: gitea.tokens.reader });
      if (how === 'unreachable') return client({ url: nowhere });
      return client({ token: how.token });
    },
    writes: () => written,
    bare: repository.bare,
    url: repository.url,
    people: peopleOf(gitea, repository),
    knownReviewer: 'jane',
    otherReviewer: 'rob',
    unknownReviewer: 'nobody-here',
  };
}

interface Review {
  readonly user: { readonly login: string };
  readonly state: string;
  readonly dismissed: boolean;
  readonly stale: boolean;
}

export function peopleOf(gitea: Gitea, { api, name }: GiteaRepository): People {
  const ask = <T = unknown>(method: string, path: string, body?: unknown) =>
    gitea.api<T>('admin', method, `${api}${path}`, body);
  const path = (branch: string) => branch.split('/').map(encodeURIComponent).join('/');

  const commit = async (
    user: 'admin' | 'fan',
    repository: string,
    branch: string,
    files: Readonly<Record<string, string>>,
  ) => {
    const branches = await gitea.api<{ name: string }[]>(user, 'GET', `${repository}/branches?limit=50`);
    const exists = branches.some((one) => one.name === branch);
    const { commit } = await gitea.api<{ commit: { sha: string } }>(user, 'POST', `${repository}/contents`, {
      branch: exists ? branch : 'main',
      ...(exists ? {} : { new_branch: branch }),
      message: 'By hand',
      files: Object.entries(files).map(([path, content]) => ({
        ...{ operation: 'create', path, content: Buffer.from(content).toString('base64') },
      })),
    });
    return commit.sha;
  };

  return {
    pushTo: (branch, files) => commit('admin', api, branch, files),
    async deleteBranch(branch) {
      await ask('DELETE', `/branches/${path(branch)}`);
    },
    async openByHand(head, base, title) {
      return (await ask<{ number: number }>('POST', '/pulls', { head, base, title })).number;
    },
    async openFromFork(head, base) {
      await gitea.api('fan', 'POST', `${api}/forks`, {});
      await commit('fan', `/repos/fan/${name}`, head, { 'foreign.yaml': 'foreign: true\n' });
      const body = { head: `fan:${head}`, base, title: 'From elsewhere' };
      return (await gitea.api<{ number: number }>('fan', 'POST', `${api}/pulls`, body)).number;
    },
    async editByHand(number, content) {
      await ask('PATCH', `/pulls/${number}`, content);
    },
    async closeByHand(number) {
      await ask('PATCH', `/pulls/${number}`, { state: 'closed' });
    },
    async mergeByHand(number) {
      for (let attempt = 0; ; attempt++) {
        try {
          await ask('POST', `/pulls/${number}/merge`, { Do: 'merge', force_merge: true });
          return;
        } catch (error) {
          // It has not looked for conflicts yet.
          if (attempt > 40) throw error;
          await new Promise((done) => setTimeout(done, 100));
        }
      }
    },
    async approve(number) {
      const review = { event: 'APPROVED', body: 'fine' };
      await gitea.api('jane', 'POST', `${api}/pulls/${number}/reviews`, review);
    },
    async addLabel(number, label) {
      const labels = await ask<{ id: number; name: string }[]>('GET', '/labels?limit=50');
      const { id } =
        labels.find((one) => one.name === label) ??
        (await ask<{ id: number }>('POST', '/labels', { name: label, color: '#ff0000' }));
      await ask('POST', `/issues/${number}/labels`, { labels: [id] });
    },
    async addReviewer(number, user) {
      await ask('POST', `/pulls/${number}/requested_reviewers`, { reviewers: [user] });
    },
    async labels() {
      return (await ask<{ name: string }[]>('GET', '/labels?limit=50')).map(({ name }) => name);
    },
    async reviewersOf(number) {
      const { requested_reviewers } = await ask<{ requested_reviewers: { login: string }[] | null }>(
        'GET',
        `/pulls/${number}`,
      );
      return (requested_reviewers ?? []).map(({ login }) => login);
    },
    async approvalsOf(number) {
      const reviews = await ask<Review[]>('GET', `/pulls/${number}/reviews`);
      // The last word of everybody counts, as it does for the branch's protection.
      const last = new Map(reviews.map((review) => [review.user.login, review]));
      return [...last.values()].filter(({ state, dismissed }) => state === 'APPROVED' && !dismissed).length;
    },
    async commentsOf(number) {
      return (await ask<{ body: string }[]>('GET', `/issues/${number}/comments`)).map(({ body }) => body);
    },
    async protect(branch, { approvals = 0, checks = [] } = {}) {
      await ask('POST', '/branch_protections', {
        rule_name: branch,
        enable_push: false,
        required_approvals: approvals,
        enable_status_check: checks.length > 0,
        status_check_contexts: checks,
      });
    },
    async passCheck(commit, check) {
      await ask('POST', `/statuses/${commit}`, { state: 'success', context: check });
    },
    async deployKeys() {
      const keys = await ask<{ title: string; key: string; read_only: boolean }[]>('GET', '/keys');
      return keys.map(({ title, key, read_only }) => ({ title, publicKey: key, readOnly: read_only }));
    },
  };
}
