import { setTimeout } from 'node:timers/promises';
import type { PullRequest as GiteaPullRequest } from 'gitea-js';
import { GitOpsError } from '../../errors';
import { bodyOf, bytesOf, keyOf, titleOf } from './content';
import type { Forge, PullRequest, PullRequestContent, PullRequestQuery } from './forge';
import { branchPath, GiteaClient, type GiteaOptions, GiteaRefusal } from './gitea-client';
import { addLabels } from './gitea-labels';
import { mergeOrWait } from './gitea-merge';
import { askReviewers } from './gitea-reviewers';

/** Longest name of a label. */
const LABEL_LENGTH = 50;
/** Milliseconds between looks at what the server is about to do. */
const PAUSE = 100;
/** How often a server that denies what should be there is asked again. */
const DENIALS = 10;

/** Gitea, and Forgejo, whose API is the same in all that is used here. */
export class GiteaForge implements Forge {
  readonly kind = 'gitea';
  /** It cuts titles beyond 255 bytes. Bodies may be longer than this, but nobody reads them. */
  readonly limits = { title: 255, body: 262_144 };

  private readonly client: GiteaClient;
  private readonly repository: readonly [owner: string, name: string];

  constructor(options: GiteaOptions) {
    this.client = new GiteaClient(options);
    this.repository = [this.client.owner, this.client.repository];
  }

  async findPullRequest(query: PullRequestQuery): Promise<PullRequest | undefined> {
    const open = await this.findOpen(query);
    if (open !== undefined) return this.read(open);
    const doing = 'looking for the pull request';
    // One of them, but not always the newest; whether there is one at all is what saves reading every page.
    const any = await this.client.maybe(doing, (api) =>
      api.repos.repoGetPullRequestByBaseHead(
        ...this.repository,
        encodeURIComponent(query.base),
        encodeURIComponent(query.head),
      ),
    );
    if (any === undefined) return undefined;
    for await (const pullRequest of this.matching('closed', query)) return this.read(pullRequest);
    return undefined;
  }

  async ensurePullRequest(wanted: PullRequestContent) {
    const content = {
      ...wanted,
      title: titleOf(wanted.title, this.limits.title, bytesOf),
      body: bodyOf(wanted.body, this.limits.body),
      labels: [...new Set(wanted.labels.map((label) => titleOf(label, LABEL_LENGTH, bytesOf)))].filter(Boolean),
    };
    let current = await this.findOpen(wanted);
    let change: 'opened' | 'updated' | 'unchanged' = 'unchanged';
    if (current === undefined) {
      const opened = await this.open(content);
      current = opened.pullRequest;
      if (opened.byUs) change = 'opened';
    }
    const number = numberOf(current);

    const { title, body } = content;
    if (current.title !== title || textOf(current.body) !== body) {
      await this.client.ask('changing the pull request', (api) =>
        api.repos.repoEditPullRequest(...this.repository, number, { title, body }),
      );
      if (change === 'unchanged') change = 'updated';
    }
    const labelled = await addLabels(this.client, current, content.labels);
    const asked = await askReviewers(this.client, current, wanted.reviewers);
    if (change === 'unchanged' && (labelled || asked.changed)) change = 'updated';

    const after =
      change === 'unchanged'
        ? current
        : await this.client.ask('reading the pull request', (api) =>
            api.repos.repoGetPullRequest(...this.repository, number),
          );
    const { warnings } = asked;
    return { pullRequest: { ...this.read(after), ...(warnings.length > 0 ? { warnings } : {}) }, change };
  }

  async ensureClosed(query: PullRequestQuery, comment: string): Promise<boolean> {
    const open = await this.allOpen(query);
    for (const pullRequest of open) await this.close(pullRequest, comment);
    return open.length > 0;
  }

  async ensureAutoMerge(pullRequest: PullRequest): Promise<'merged' | 'waiting'> {
    return await mergeOrWait(this.client, pullRequest);
  }

  async isProtected(branch: string): Promise<boolean> {
    const found = await this.client.maybe('reading the branch', (api) =>
      api.repos.repoGetBranch(...this.repository, branchPath(branch)),
    );
    return found?.protected === true;
  }

  async ensureDeployKey(key: { readonly title: string; readonly publicKey: string; readonly readOnly: boolean }) {
    const title = titleOf(key.title, LABEL_LENGTH, bytesOf);
    const wanted = keyOf(key.publicKey);
    const obsolete: number[] = [];
    let there = false;
    const keys = this.client.list('reading the deploy keys', (api, page) =>
      api.repos.repoListKeys(...this.repository, page),
    );
    for await (const { id, key: content = '', title: name, read_only } of keys) {
      const same = keyOf(content) === wanted;
      if (same && read_only === key.readOnly) there = true;
      else if ((same || name === title) && id !== undefined) obsolete.push(id);
    }
    // First, as neither a key nor a title may be there twice.
    for (const id of obsolete) {
      await this.client.ask('removing a deploy key', (api) => api.repos.repoDeleteKey(...this.repository, id));
    }
    if (!there) {
      await this.client.ask('adding a deploy key', (api) =>
        api.repos.repoCreateKey(...this.repository, { title, key: wanted, read_only: key.readOnly }),
      );
    }
    return { changed: !there || obsolete.length > 0 };
  }

  compareUrl(base: string, head: string): string {
    return `${this.page}/compare/${branchPath(base)}...${branchPath(head)}`;
  }

  commitUrl(commit: string): string {
    return `${this.page}/commit/${encodeURIComponent(commit)}`;
  }

  private get page(): string {
    return `${this.client.url}/${this.client.owner}/${this.client.repository}`;
  }

  /** The oldest, should there be several. */
  private async findOpen(query: PullRequestQuery): Promise<GiteaPullRequest | undefined> {
    return (await this.allOpen(query)).at(0);
  }

  /** Open ones, the oldest first. */
  private async allOpen(query: PullRequestQuery): Promise<GiteaPullRequest[]> {
    const found: GiteaPullRequest[] = [];
    for await (const pullRequest of this.matching('open', query)) found.push(pullRequest);
    return found.sort((a, b) => numberOf(a) - numberOf(b));
  }

  /** The newest first. */
  private async *matching(state: 'open' | 'closed', query: PullRequestQuery): AsyncGenerator<GiteaPullRequest> {
    // Servers that do not know the filter give the others too.
    const filter = { state, base_branch: query.base };
    for (let denials = 0; ; ) {
      const found = this.client.list('looking for the pull request', (api, page) =>
        api.repos.repoListPullRequests(...this.repository, { ...filter, ...page }),
      );
      try {
        for await (const pullRequest of found) if (isFor(pullRequest, query)) yield pullRequest;
        return;
      } catch (error) {
        // A repository without commits has no pull requests, and says so by denying that there is such a thing.
        if (await this.isEmpty(error)) return;
        if (!isDenial(error) || ++denials > DENIALS) throw error;
      }
      await setTimeout(PAUSE);
    }
  }

  /** Whether the server takes the repository for empty, which it does for a moment after the first push. */
  private async isEmpty(error: unknown): Promise<boolean> {
    if (!isDenial(error)) return false;
    const repository = await this.client.maybe('reading the repository', (api) =>
      api.repos.repoGet(...this.repository),
    );
    return repository?.empty === true;
  }

  /** Asks again while the server takes the repository for empty; it may have learnt better before we look. */
  private async whenNotEmpty<T>(ask: () => Promise<T>): Promise<T> {
    const end = Date.now() + this.client.checkTime;
    for (let denials = 0; ; ) {
      try {
        return await ask();
      } catch (error) {
        if (!isDenial(error) || Date.now() > end) throw error;
        if (!(await this.isEmpty(error)) && ++denials > DENIALS) throw error;
      }
      await setTimeout(PAUSE);
    }
  }

  /** Opens one, or takes the one that somebody opened meanwhile. */
  private async open({ head, base, title, body }: PullRequestContent) {
    const doing = `opening a pull request from ${head} into ${base}`;
    const create = () =>
      this.client.attempt(doing, (api) =>
        api.repos.repoCreatePullRequest(...this.repository, { head, base, title, body }),
      );
    try {
      const pullRequest = await this.whenNotEmpty(create);
      // Two that ask at the same moment may both be given one: the older one stays.
      const first = await this.findOpen({ head, base });
      if (first === undefined || numberOf(first) >= numberOf(pullRequest)) return { pullRequest, byUs: true };
      await this.close(pullRequest, `#${numberOf(first)} was opened at the same time.`);
      return { pullRequest: first, byUs: false };
    } catch (error) {
      if (!(error instanceof GiteaRefusal)) throw error;
      const theirs = error.status === 409 ? await this.findOpen({ head, base }) : undefined;
      if (theirs === undefined) throw this.client.failure(error, doing);
      return { pullRequest: theirs, byUs: false };
    }
  }

  private async close(pullRequest: GiteaPullRequest, comment: string): Promise<void> {
    const number = numberOf(pullRequest);
    const body = bodyOf(comment, this.limits.body);
    await this.client.ask('commenting on the pull request', (api) =>
      api.repos.issueCreateComment(...this.repository, number, { body }),
    );
    await this.client.ask('closing the pull request', (api) =>
      api.repos.repoEditPullRequest(...this.repository, number, { state: 'closed' }),
    );
  }

  /** Reads an answer: it is untrusted, and its parts may be missing. */
  private read(pullRequest: GiteaPullRequest): PullRequest {
    const { base, head, html_url = '' } = pullRequest;
    const number = numberOf(pullRequest);
    if (base?.ref === undefined || head?.ref === undefined || !Number.isSafeInteger(number) || number < 1) {
      throw this.client.unexpected('reading the pull request');
    }
    return {
      number,
      url: /^https?:\/\/[^\s]+$/.test(html_url) ? html_url : `${this.page}/pulls/${number}`,
      state: pullRequest.merged ? 'merged' : pullRequest.state === 'open' ? 'open' : 'closed',
      head: branchOf(pullRequest),
      base: base.ref,
      headCommit: /^[0-9a-f]{40,64}$/.test(head.sha ?? '') ? (head.sha ?? '') : '',
      title: pullRequest.title ?? '',
      body: textOf(pullRequest.body),
      labels: (pullRequest.labels ?? []).flatMap(({ name }) => name ?? []),
    };
  }
}

/** "Not found": the repository, what is asked of it, or for a moment everything in it. */
function isDenial(error: unknown): boolean {
  return error instanceof GiteaRefusal
    ? error.status === 404
    : GitOpsError.is(error) && error.code === 'FORGE_REJECTED';
}

function isFor(pullRequest: GiteaPullRequest, { head, base }: PullRequestQuery): boolean {
  const sameRepository =
    pullRequest.head?.repo_id !== undefined && pullRequest.head.repo_id === pullRequest.base?.repo_id;
  return sameRepository && branchOf(pullRequest) === head && pullRequest.base?.ref === base;
}

/** The head's branch. Of a branch that is gone, `ref` names the forge's own ref and the label the branch. */
function branchOf({ head }: GiteaPullRequest): string {
  const ref = head?.ref ?? '';
  return ref.startsWith('refs/pull/') ? (head?.label ?? ref) : ref;
}

function numberOf({ number }: GiteaPullRequest): number {
  return number ?? 0;
}

/** People's browsers send other line ends. */
function textOf(body: string | undefined): string {
  return (body ?? '').replace(/\r\n?/g, '\n');
}
