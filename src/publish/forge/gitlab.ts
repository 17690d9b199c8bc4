import { GitOpsError } from '../../errors';
import { keyOf } from './content';
import { checkToken, type ForgeContext, forgeError } from './failures';
import type { Forge, PullRequest, PullRequestContent, PullRequestQuery } from './forge';
import { deployKeyOf, describe, isClosedBranch, isClosedBy, listOf, mergeRequestOf } from './gitlab-answers';
import { addressOf, type GitLabApi, type GitLabProject, loadGitLabApi, orWhen, pagesOf, projectOf } from './gitlab-api';
import { propose } from './gitlab-content';
import { findMergeRequest, findOpen } from './gitlab-find';
import { mergeOrWait } from './gitlab-merge';
import { GitLabFailure } from './gitlab-requests';
import { GITLAB_LIMITS, gitLabComment } from './gitlab-text';
import type { ForgeFetchOptions } from './http';

export interface GitLabForgeOptions {
  /** Path of the project, with every group: `acme/platform/environments`. */
  readonly project: string;
  /**
   * A personal, project or group access token, or a token of an OAuth application: each is sent as `Authorization:
   * Bearer`. The token of a CI job (`glcbt-…`) is sent as `JOB-TOKEN`; GitLab lets it open no merge requests.
   */
  readonly token: string;
  /** Address of the installation, with the path it lies under if there is one. @default https://gitlab.com */
  readonly url?: string;
  readonly http?: ForgeFetchOptions;
}

/** GitLab.com, or a GitLab of one's own, through its REST API. Nothing is loaded or asked before the first call. */
export class GitLabForge implements Forge {
  readonly kind = 'gitlab';
  readonly limits = GITLAB_LIMITS;
  readonly #options: GitLabForgeOptions;
  readonly #baseUrl: string;
  readonly #context: ForgeContext;
  #api: Promise<GitLabApi> | undefined;

  /** @throws GitOpsError CONFIG_INVALID when the address or the path cannot be one */
  constructor(options: GitLabForgeOptions) {
    this.#options = options;
    this.#baseUrl = addressOf(options.url ?? 'https://gitlab.com');
    this.#context = { where: `${this.#baseUrl}/${projectOf(options.project)}`, secrets: [options.token] };
  }

  async findPullRequest(query: PullRequestQuery): Promise<PullRequest | undefined> {
    return await this.#do('looking for merge requests', async (project) => {
      const found = await findMergeRequest(project, query);
      return found && describe(found, project.where);
    });
  }

  async ensurePullRequest(
    wanted: PullRequestContent,
  ): Promise<{ pullRequest: PullRequest; change: 'opened' | 'updated' | 'unchanged' }> {
    return await this.#do('opening or updating a merge request', async (project) => {
      const { mergeRequest, change, warnings } = await propose(project, wanted);
      return { pullRequest: { ...describe(mergeRequest, project.where), warnings }, change };
    });
  }

  async ensureClosed(query: PullRequestQuery, comment: string): Promise<boolean> {
    return await this.#do('closing a merge request', async (project) => {
      const found = await findOpen(project, query);
      if (found === undefined) return false;
      const target = [project.project, found.iid] as const;
      await project.api.notes.create(...target, gitLabComment(comment));
      const closed = mergeRequestOf(await project.api.mergeRequests.edit(...target, { stateEvent: 'close' }));
      // Somebody may have merged it in between.
      return closed.state === 'closed';
    });
  }

  async ensureAutoMerge(pullRequest: PullRequest): Promise<'merged' | 'waiting' | 'unavailable'> {
    return await this.#do('merging a merge request', async (project) => await mergeOrWait(project, pullRequest));
  }

  async isProtected(branch: string): Promise<boolean> {
    return await this.#do(`reading the rules of branch ${branch}`, async ({ api, project }) => {
      const known = await orWhen(404, () => api.branches.show(project, branch));
      if (known !== undefined) return isClosedBranch(known);
      // Rules also hold for a branch that is not there yet.
      const protections = await orWhen(403, () => allOf((part) => api.protectedBranches.all(project, part)));
      // Who may not read the rules is not told: what is unknown counts as protected.
      return protections === undefined || isClosedBy(protections, branch);
    });
  }

  async ensureDeployKey(key: {
    readonly title: string;
    readonly publicKey: string;
    readonly readOnly: boolean;
  }): Promise<{ changed: boolean }> {
    const { title, readOnly } = key;
    const publicKey = keyOf(key.publicKey);
    if (!/^[a-z][\w@.-]* [A-Za-z0-9+/]+=*$/.test(publicKey)) {
      throw new GitOpsError('CONFIG_INVALID', `the deploy key '${title}' is no public key as OpenSSH writes them`);
    }
    return await this.#do('adding a deploy key', async ({ api, project }) => {
      const keys = (await allOf((part) => api.deployKeys.all({ projectId: project, ...part }))).map(deployKeyOf);
      const same = keys.find((one) => keyOf(one.key) === publicKey);
      const replaced = keys.filter((one) => one.title === title && one !== same);
      if (same === undefined) await api.deployKeys.create(project, title, publicKey, { canPush: !readOnly });
      else if (same.canPush === readOnly) await api.deployKeys.edit(project, same.id, { canPush: !readOnly });
      for (const { id } of replaced) await api.deployKeys.remove(project, id);
      return { changed: same === undefined || same.canPush === readOnly || replaced.length > 0 };
    });
  }

  compareUrl(base: string, head: string): string {
    return `${this.#context.where}/-/compare/${encodeRef(base)}...${encodeRef(head)}`;
  }

  commitUrl(commit: string): string {
    return `${this.#context.where}/-/commit/${encodeRef(commit)}`;
  }

  /** Does something with the API, and says what failed in words that are safe to show. */
  async #do<T>(doing: string, work: (project: GitLabProject) => Promise<T>): Promise<T> {
    const { project, token, http } = this.#options;
    checkToken(token, this.#baseUrl);
    try {
      this.#api ??= loadGitLabApi({ baseUrl: this.#baseUrl, token, http });
      const { where } = this.#context;
      return await work({
        api: await this.#api,
        project,
        where,
        minDelay: http?.minDelay ?? 500,
        signal: http?.signal,
      });
    } catch (error) {
      throw error instanceof GitLabFailure ? forgeError(error, doing, this.#context) : error;
    }
  }
}

/** Every entry of a list, whatever it is. */
async function allOf(ask: Parameters<typeof pagesOf>[0]): Promise<unknown[]> {
  const entries: unknown[] = [];
  for await (const page of pagesOf(ask)) entries.push(...listOf(page, 'entry', (entry) => entry));
  return entries;
}

function encodeRef(ref: string): string {
  return ref.split('/').map(encodeURIComponent).join('/');
}
