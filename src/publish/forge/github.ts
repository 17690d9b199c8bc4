import { setTimeout as sleep } from 'node:timers/promises';
import type { Octokit } from '@octokit/rest';
import { GitOpsError } from '../../errors';
import { redactUrls } from '../git/text';
import { bodyOf, titleOf } from './content';
import type { Forge, PullRequest, PullRequestContent, PullRequestQuery } from './forge';
import { githubClient } from './github-client';
import { answerOf, type GitHubContext, githubFailure, wordsOf } from './github-failures';
import { mergeOrWait } from './github-merge';
import { type GitHubPull, listOf, namesOf, pullOf } from './github-pull';
import { askForReviews } from './github-reviewers';
import { addDeployKey, type DeployKey, isProtectedBranch, orAt404 } from './github-settings';

/** GitHub's own address of its API. */
export const GITHUB_API = 'https://api.github.com';

export interface GitHubForgeOptions {
  /** User or organization. */
  readonly owner: string;
  readonly repository: string;
  /** Personal access token, installation token or a workflow's `GITHUB_TOKEN`. */
  readonly token: string;
  /** `https://<host>/api/v3` for GitHub Enterprise Server. @default https://api.github.com */
  readonly apiUrl?: string;
  /** Address of its pages. @default - the one that belongs to the API */
  readonly webUrl?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds in each second that is waited between requests and before further tries. @default 1000 */
  readonly second?: number;
}

/** GitHub, or GitHub Enterprise, through its REST API. Nothing is loaded or asked before the first call. */
export class GitHubForge implements Forge {
  readonly kind = 'github';
  readonly limits = { title: 256, body: 65_536 } as const;
  readonly #options: GitHubForgeOptions;
  readonly #context: GitHubContext;
  readonly #names: { readonly owner: string; readonly repo: string };
  readonly #api: string;
  readonly #web: string;
  #client: Promise<Octokit> | undefined;

  /** @throws GitOpsError CONFIG_INVALID when owner or repository cannot be the name of one */
  constructor(options: GitHubForgeOptions) {
    const { owner, repository, apiUrl = GITHUB_API, token, signal } = options;
    for (const name of [owner, repository]) {
      if (/^[A-Za-z0-9_.-]+$/.test(name) && name !== '.' && name !== '..') continue;
      const shown = JSON.stringify(name).slice(0, 100);
      throw new GitOpsError('CONFIG_INVALID', `${shown} cannot be the name of an owner or a repository at GitHub`);
    }
    const api = apiUrl.replace(/\/+$/, '');
    this.#options = options;
    this.#api = api;
    this.#names = { owner, repo: repository };
    this.#web = `${(options.webUrl ?? webUrlOf(api)).replace(/\/+$/, '')}/${owner}/${repository}`;
    this.#context = { where: redactUrls(this.#web), secrets: [token], signal };
  }

  async findPullRequest(query: PullRequestQuery): Promise<PullRequest | undefined> {
    return this.#do('looking for pull requests', async (octokit) => {
      // One that was opened anew may be older than one that was closed.
      const pull = (await this.#newest(octokit, query, 'open')) ?? (await this.#newest(octokit, query, 'all'));
      return pull && this.#describe(pull);
    });
  }

  async ensurePullRequest(
    content: PullRequestContent,
  ): Promise<{ pullRequest: PullRequest; change: 'opened' | 'updated' | 'unchanged' }> {
    const { title, body } = this.limits;
    const wanted = { ...content, title: titleOf(content.title, title), body: bodyOf(content.body, body) };
    const words = (error: unknown): string => wordsOf(answerOf(error), this.#context.secrets);
    return this.#do('opening or updating a pull request', async (octokit) => {
      const found = await this.#newest(octokit, wanted, 'open');
      const { pull, isNew } = found ? { pull: found, isNew: false } : await this.#open(octokit, wanted);
      const target = { ...this.#names, pull_number: pull.number };
      let current = pull;
      let changed = false;
      if (pull.title !== wanted.title || !isSameText(pull.body, wanted.body)) {
        const { title, body } = wanted;
        current = pullOf((await octokit.rest.pulls.update({ ...target, title, body })).data);
        changed = true;
      }
      const labelled = await this.#label(octokit, current, wanted.labels);
      const asked = await askForReviews({ octokit, target, pull: current, isNew, wanted: wanted.reviewers, words });
      changed ||= labelled.changed || asked.changed;
      const warnings = [...labelled.warnings, ...asked.warnings];
      return {
        pullRequest: { ...this.#describe({ ...current, labels: labelled.labels }), warnings },
        change: isNew ? 'opened' : changed ? 'updated' : 'unchanged',
      };
    });
  }

  async ensureClosed(query: PullRequestQuery, comment: string): Promise<boolean> {
    return this.#do('closing a pull request', async (octokit) => {
      const pull = await this.#newest(octokit, query, 'open');
      if (pull === undefined) return false;
      await octokit.rest.issues.createComment({ ...this.#names, issue_number: pull.number, body: comment });
      await octokit.rest.pulls.update({ ...this.#names, pull_number: pull.number, state: 'closed' });
      return true;
    });
  }

  async ensureAutoMerge({ number, headCommit }: PullRequest): Promise<'merged' | 'waiting' | 'unavailable'> {
    const { second, signal } = this.#options;
    return this.#do('merging a pull request', (octokit) =>
      mergeOrWait({ octokit, names: this.#names, number, headCommit, second, signal }),
    );
  }

  async isProtected(branch: string): Promise<boolean> {
    return this.#do(`reading the rules of branch ${branch}`, (octokit) =>
      isProtectedBranch(octokit, this.#names, branch),
    );
  }

  async ensureDeployKey(key: DeployKey): Promise<{ changed: boolean }> {
    return this.#do('adding a deploy key', async (octokit) => ({
      changed: await addDeployKey(octokit, this.#names, key),
    }));
  }

  compareUrl(base: string, head: string): string {
    return `${this.#web}/compare/${encodeRef(base)}...${encodeRef(head)}`;
  }

  commitUrl(commit: string): string {
    return `${this.#web}/commit/${encodeRef(commit)}`;
  }

  async #do<T>(what: string, work: (octokit: Octokit) => Promise<T>): Promise<T> {
    try {
      this.#options.signal?.throwIfAborted();
      this.#client ??= githubClient({ ...this.#options, apiUrl: this.#api });
      return await work(await this.#client);
    } catch (error) {
      throw githubFailure(error, what, this.#context);
    }
  }

  /** The newest pull request between two branches of the repository itself, in one state or in any. */
  async #newest(octokit: Octokit, { head, base }: PullRequestQuery, state: 'open' | 'all') {
    const { owner } = this.#names;
    const pages = octokit.paginate.iterator(octokit.rest.pulls.list, {
      ...this.#names,
      // Without the owner GitHub ignores the filter, and answers with every pull request.
      head: `${owner}:${head}`,
      base,
      state,
      sort: 'created',
      direction: 'desc',
      per_page: 100,
    });
    for await (const { data } of pages) {
      const pulls = listOf(data, 'pull requests').map(pullOf);
      const found = pulls.find((pull) => pull.isOwn && pull.head === head && pull.base === base);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  async #open(octokit: Octokit, wanted: PullRequestContent, tries = 1): Promise<{ pull: GitHubPull; isNew: boolean }> {
    const { head, base, title, body } = wanted;
    const { second = 1_000, signal } = this.#options;
    try {
      const { data } = await octokit.rest.pulls.create({ ...this.#names, head, base, title, body });
      return { pull: pullOf(data), isNew: true };
    } catch (error) {
      const answer = answerOf(error);
      const details = answer.details.join('\n');
      if (answer.status === 422 && /already exists/i.test(details)) {
        const pull = await this.#newest(octokit, wanted, 'open');
        if (pull !== undefined) return { pull, isNew: false };
      }
      if (answer.status === 422 && /head invalid/.test(details) && tries < 3) {
        // A branch that was pushed just now may not be known everywhere yet.
        await sleep(tries * second, undefined, { signal });
        return this.#open(octokit, wanted, tries + 1);
      }
      if (answer.status === 422 && /no commits between/i.test(details)) {
        const message = `${this.#context.where}: there is nothing to propose: branch ${head} holds no commit that ${base} does not hold`;
        throw new GitOpsError('FORGE_REJECTED', message);
      }
      throw error;
    }
  }

  async #label(octokit: Octokit, { number, labels }: GitHubPull, wanted: readonly string[]) {
    const has = new Set(labels.map((name) => name.toLowerCase()));
    const missing = wanted.filter((name) => !has.has(name.toLowerCase()));
    const usable: string[] = [];
    const warnings: string[] = [];
    for (const name of missing) {
      try {
        const known = await orAt404(() => octokit.rest.issues.getLabel({ ...this.#names, name }));
        if (known === undefined) {
          const make = () => octokit.rest.issues.createLabel({ ...this.#names, name, color: 'ededed' });
          await make().catch((error: unknown) => {
            // Another publisher was faster.
            if (!answerOf(error).details.some((detail) => /already_exists/.test(detail))) throw error;
          });
        }
        usable.push(name);
      } catch (error) {
        if (![403, 404, 422].includes(answerOf(error).status ?? 0)) throw error;
        warnings.push(`label '${name}' could not be made: ${wordsOf(answerOf(error), this.#context.secrets)}`);
      }
    }
    if (usable.length === 0) return { labels, warnings, changed: false };
    const { data } = await octokit.rest.issues.addLabels({ ...this.#names, issue_number: number, labels: usable });
    return { labels: namesOf(data, 'name'), warnings, changed: true };
  }

  #describe(pull: GitHubPull): PullRequest {
    const { number, state, head, base, headCommit, title, body, labels } = pull;
    return { number, url: `${this.#web}/pull/${number}`, state, head, base, headCommit, title, body, labels };
  }
}

/** Forms may send line ends of their own, and GitHub drops white space at the end. */
function isSameText(one: string, other: string): boolean {
  const plain = (text: string): string => text.replaceAll('\r\n', '\n').trimEnd();
  return plain(one) === plain(other);
}

/** `https://api.github.com` → `https://github.com`, `https://api.acme.ghe.com` → `https://acme.ghe.com`, `https://host/api/v3` → `https://host`. */
function webUrlOf(apiUrl: string): string {
  return apiUrl.replace(/\/api\/v3$/, '').replace(/^https:\/\/api\.((?:[\w-]+\.)?(?:github|ghe)\.com)$/, 'https://$1');
}

function encodeRef(ref: string): string {
  return ref.split('/').map(encodeURIComponent).join('/');
}
