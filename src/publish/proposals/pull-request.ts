import { assess } from '../../diff/dangers';
import { layout } from '../../model/layout';
import type { Forge } from '../forge/forge';
import type { RemoteRepository } from '../remote-repository';
import type { Run } from '../run';
import { bodyText, titleText, withdrawnText } from './body';
import { filePairsOf } from './contents';
import { type Decision, sectionsOf } from './decide';
import type { ProposalResult } from './result';

type Presentable = Extract<Decision, { readonly action: 'push' | 'stay' | 'declined' }> & { readonly commit: string };

/** Larger changes are told of by section. */
const MAX_FILES = 2_000;

/** Makes a pull request look as it should, and the forge merge it where it is to. */
export async function presentPullRequest(
  repository: RemoteRepository,
  run: Run,
  decision: Presentable,
): Promise<{ result: ProposalResult; warnings: readonly string[] }> {
  const { scope, branch, wanted, commit } = decision;
  const forge = run.options.forge as Forge;
  const base = run.options.remote.branch;
  const { labels, reviewers, autoMerge } = wanted.delivery;
  const { sections } = wanted.planned.plan;
  const files = sections.reduce((sum, section) => sum + section.files.length, 0);
  run.report('push', `pull request of ${scope}`);
  const { pullRequest, change } = await forge.ensurePullRequest({
    head: branch,
    base,
    title: titleText({ scope, sections }),
    body: bodyText({
      scope,
      source: run.tree.source,
      base,
      sections,
      ...(files > MAX_FILES ? {} : { diff: assess(await filePairsOf(repository, wanted)) }),
      missing: missingPlaces(repository, wanted),
      digest: wanted.digest,
      commit,
      compareUrl: forge.compareUrl(base, branch),
      limit: forge.limits.body,
    }),
    labels,
    reviewers,
  });
  const warnings = (pullRequest.warnings ?? []).map((warning) => `pull request of ${scope}: ${warning}`);
  const merging = autoMerge ? await forge.ensureAutoMerge({ ...pullRequest, headCommit: commit }) : undefined;
  if (merging === 'unavailable') {
    warnings.push(
      `pull request of ${scope}: the forge does not merge it by itself; merge it, or let the repository's settings allow that`,
    );
  }
  const { number, url } = pullRequest;
  const isUpdated = change === 'unchanged' && decision.action === 'push';
  return {
    result: {
      scope,
      branch,
      change: merging === 'merged' ? 'merged' : isUpdated ? 'updated' : change,
      commit,
      number,
      url,
      sections: sectionsOf(decision),
    },
    warnings,
  };
}

/** Environments and clusters that sections here belong to, and that are neither on the base nor in the same proposal. */
function missingPlaces({ snapshot }: RemoteRepository, { planned }: Presentable['wanted']): string[] {
  const missing = new Map<string, string>();
  for (const { owner, change } of planned.plan.sections) {
    if (change === 'removed' || owner.kind === 'folder' || owner.kind === 'cluster') continue;
    if (owner.kind === 'unit')
      missing.set(layout.environmentRecord(owner.environment), `environment ${owner.environment}`);
    missing.set(layout.clusterRecord(owner.cluster), `cluster ${owner.cluster}`);
  }
  for (const { owner } of planned.plan.sections) {
    if (owner.kind === 'environment') missing.delete(layout.environmentRecord(owner.environment));
  }
  return [...missing]
    .filter(([path]) => snapshot.at(path) === undefined)
    .map(([, name]) => name)
    .sort();
}

/**
 * Closes the pull request of a branch that is about to go. Its body says that nobody declined it: the same changes may be
 * proposed again.
 */
export async function removePullRequest(
  { options, tree }: Run,
  { branch, pullRequest }: Pick<Decision, 'branch' | 'pullRequest'>,
): Promise<void> {
  const { forge, remote } = options;
  if (forge === undefined || pullRequest?.state !== 'open') return;
  const query = { head: branch, base: remote.branch };
  const { title, body } = pullRequest;
  await forge.ensurePullRequest({ ...query, title, body: withdrawnText(body), labels: [], reviewers: [] });
  await forge.ensureClosed(
    query,
    `Nothing is left to change: \`${remote.branch}\` holds what \`${tree.source.replaceAll('`', '')}\` declares.`,
  );
}
