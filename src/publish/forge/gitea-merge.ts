import { setTimeout } from 'node:timers/promises';
import type { PullRequest as GiteaPullRequest, MergePullRequestOption, Repository } from 'gitea-js';
import { GitOpsError } from '../../errors';
import type { PullRequest } from './forge';
import { branchPath, type GiteaClient, GiteaRefusal } from './gitea-client';

const PAUSE = 250;
/** What the server says while it is looking for conflicts, or another push was faster. */
const PASSING = /try again|checking|out of date/i;

type Style = MergePullRequestOption['Do'];

/** Merges a pull request, or makes the server do so when its conditions are met. */
export async function mergeOrWait(client: GiteaClient, wanted: PullRequest): Promise<'merged' | 'waiting'> {
  const end = Date.now() + client.checkTime;
  let before = await look(client, wanted);
  // The server takes note of pushes after they are done.
  while (!before.merged && before.head?.sha !== wanted.headCommit) {
    if (Date.now() > end || (await tipOf(client, wanted)) !== wanted.headCommit) throw moved(wanted);
    await setTimeout(PAUSE);
    before = await look(client, wanted);
  }
  if (before.merged) return 'merged';
  const now = { Do: await styleOf(client), head_commit_id: wanted.headCommit };

  for (;;) {
    const refusal = await tryTo(client, wanted, now);
    if (refusal === undefined) return 'merged';
    // Told to wait, the server would wait for something to happen; but nothing has to, other than its own look for conflicts.
    if (PASSING.test(refusal.words) && Date.now() < end) {
      const current = await look(client, wanted);
      if (current.merged) return 'merged';
      if (current.head?.sha !== wanted.headCommit) throw moved(wanted);
      await setTimeout(PAUSE);
      continue;
    }
    const scheduling = await tryTo(client, wanted, { ...now, merge_when_checks_succeed: true });

    // Whatever the answers were: what is so now counts.
    const after = await look(client, wanted);
    if (after.merged) return 'merged';
    if (after.head?.sha !== wanted.headCommit) {
      // It may have been told to wait between two looks.
      await client.maybe('taking back the merge', (api) =>
        api.repos.repoCancelScheduledAutoMerge(client.owner, client.repository, wanted.number),
      );
      throw moved(wanted);
    }
    if (scheduling === undefined || (scheduling.status === 409 && /scheduled/i.test(scheduling.words)))
      return 'waiting';
    // Conflicts are looked for in the background. What was found of the head before is shown for a moment longer.
    const passing =
      after.mergeable !== true || scheduling.status >= 500 || PASSING.test(`${refusal.words} ${scheduling.words}`);
    if (!passing || Date.now() > end) throw client.failure(scheduling, 'merging the pull request');
    await setTimeout(PAUSE);
  }
}

async function tryTo(
  client: GiteaClient,
  { number }: PullRequest,
  option: MergePullRequestOption,
): Promise<GiteaRefusal | undefined> {
  try {
    await client.attempt('merging the pull request', (api) =>
      api.repos.repoMergePullRequest(client.owner, client.repository, number, option),
    );
    return undefined;
  } catch (error) {
    if (error instanceof GiteaRefusal) return error;
    throw error;
  }
}

/** @throws GitOpsError FORGE_REJECTED when it is closed */
async function look(client: GiteaClient, { number, url }: PullRequest): Promise<GiteaPullRequest> {
  const current = await client.ask('reading the pull request', (api) =>
    api.repos.repoGetPullRequest(client.owner, client.repository, number),
  );
  if (!current.merged && current.state !== 'open') {
    throw new GitOpsError('FORGE_REJECTED', `${url} is closed and cannot be merged`);
  }
  return current;
}

/** Commit of the head's branch, as git has it. */
async function tipOf(client: GiteaClient, { head }: PullRequest): Promise<string | undefined> {
  const refs = await client.maybe('reading the branch', (api) =>
    api.repos.repoListGitRefs(client.owner, client.repository, `heads/${branchPath(head)}`),
  );
  return Array.isArray(refs) ? refs.find(({ ref }) => ref === `refs/heads/${head}`)?.object?.sha : undefined;
}

function moved({ url, headCommit }: PullRequest): GitOpsError {
  const commit = headCommit.slice(0, 10);
  return new GitOpsError(
    'FORGE_REJECTED',
    `${url} is not merged: its head is not ${commit}, somebody else pushed to it; run publish again`,
  );
}

const STYLES: readonly (readonly [Style, keyof Repository])[] = [
  ['merge', 'allow_merge_commits'],
  ['rebase', 'allow_rebase'],
  ['rebase-merge', 'allow_rebase_explicit'],
  ['squash', 'allow_squash_merge'],
  ['fast-forward-only', 'allow_fast_forward_only_merge'],
];

/** The repository's own way to merge; else the first that it allows. */
async function styleOf(client: GiteaClient): Promise<Style> {
  const repository = await client.ask('reading the repository', (api) =>
    api.repos.repoGet(client.owner, client.repository),
  );
  const allowed = STYLES.filter(([, setting]) => repository[setting] === true).map(([style]) => style);
  return allowed.find((style) => style === repository.default_merge_style) ?? allowed[0] ?? 'merge';
}
