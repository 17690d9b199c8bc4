import { GitOpsError } from '../../errors';
import { type SectionOwner, sectionName } from '../../model/section';
import { deliveries, type Proposal } from '../delivery';
import type { PullRequest } from '../forge/forge';
import { sanitize } from '../git/text';
import { findSuperseded } from '../order';
import type { Planned } from '../planning';
import type { RemoteRepository } from '../remote-repository';
import type { Run } from '../run';
import { isSelected } from '../selection';
import { markerIn } from './body';
import { isProposed, type Wanted, wantedOf } from './content';
import type { Head, Heads, OurHead } from './heads';
import { changedRecords, type Kept, keep, NOTHING_KEPT } from './kept';
import { placeOfScope, proposalFolder, type ScopePlace } from './names';

/** What a run does about one proposal. */
export type Decision = DecisionBase &
  (
    | { readonly action: 'push' | 'stay' | 'declined'; readonly wanted: Wanted }
    | { readonly action: 'remove'; readonly isMerged: boolean }
    | { readonly action: 'superseded' }
  );

interface DecisionBase {
  readonly scope: string;
  readonly branch: string;
  readonly head?: Head;
  /** As it is before anything is done about it; absent where there is none, or no forge. */
  readonly pullRequest?: PullRequest;
}

export interface Decisions {
  /** By scope. */
  readonly decisions: readonly Decision[];
  readonly warnings: readonly string[];
}

/** Decides about everything that is to be proposed, and everything that is. */
export async function decide(
  repository: RemoteRepository,
  run: Run,
  { planned, proposals, heads }: { planned: Planned; proposals: readonly Proposal[]; heads: Heads },
): Promise<Decisions> {
  const base = run.options.remote.branch;
  const folder = proposalFolder(base, run.tree.source);
  const wanted = new Map(proposals.map((proposal) => [proposal.scope, proposal]));
  const decisions: Decision[] = [];
  const warnings: string[] = [];
  for (const scope of [...new Set([...wanted.keys(), ...heads.keys()])].sort()) {
    const head = heads.get(scope);
    const branch = `${folder}${scope}`;
    if (head?.foreign !== undefined) {
      warnings.push(`the branch ${sanitize(branch)} ${head.foreign}; it was left as it is`);
      continue;
    }
    const common = { scope, branch, ...(head === undefined ? {} : { head }) };
    const decision = await decideOne(repository, run, planned, wanted.get(scope), common).catch((error) => {
      throw head !== undefined && isCorrupt(error) ? unreadable(head, error) : error;
    });
    if (decision !== undefined) decisions.push(decision);
  }
  return { decisions, warnings };
}

function isCorrupt(error: unknown): error is GitOpsError {
  return GitOpsError.is(error) && error.code === 'REMOTE_CORRUPT';
}

/** What says to be ours, and holds what we never write: the base has been read by now, and is sound. */
function unreadable({ branch }: Head, { message }: GitOpsError): GitOpsError {
  return new GitOpsError(
    'PULL_REQUEST_FOREIGN',
    `the branch ${sanitize(branch)} cannot be read (${message}); delete it, and publish again`,
  );
}

/** @returns undefined when the run is none of the proposal's business */
async function decideOne(
  repository: RemoteRepository,
  run: Run,
  planned: Planned,
  proposal: Proposal | undefined,
  common: DecisionBase,
): Promise<Decision | undefined> {
  const { forge, remote, selection } = run.options;
  const { scope, branch, head } = common;
  const ours = head?.ours;
  const place = placeOfScope(scope);

  let kept = NOTHING_KEPT;
  let records: readonly string[] = [];
  if (ours !== undefined && place !== undefined) {
    records = await changedRecords(repository, ours, place);
    if (selection?.environments !== undefined || selection?.applications !== undefined) {
      const unseen = records.filter((path) => !isSeen(path, place, run));
      if (proposal === undefined && (unseen.length === records.length || place.kind === 'cluster')) return undefined;
      kept = await keep(repository, ours, unseen, run.tree.source);
    }
  }
  const complete = proposal ?? restOf(scope, kept, run, planned);
  const pullRequest = await forge?.findPullRequest({ head: branch, base: remote.branch });
  const all = { ...common, ...(pullRequest === undefined ? {} : { pullRequest }) };
  if (ours !== undefined && (await isLater(run, scope, ours))) return { ...all, action: 'superseded' };
  if (complete === undefined) {
    // What is kept belongs to a place that is delivered directly by now: a run that looks at it publishes it.
    if (ours === undefined || kept.sections.length > 0) return undefined;
    const isMerged = pullRequest === undefined ? await isIn(repository, ours, records) : pullRequest.state === 'merged';
    return { ...all, action: 'remove', isMerged };
  }

  const wanted = await wantedOf(repository, complete, kept);
  const same = ours !== undefined && (await isProposed(repository, ours, wanted));
  if (pullRequest !== undefined && isDeclined(pullRequest, wanted)) return { ...all, action: 'declined', wanted };
  return { ...all, action: same ? 'stay' : 'push', wanted };
}

/** Whether people closed what is to be proposed, as it was proposed: with a commit of others on it, it was something else. */
function isDeclined({ state, body, headCommit }: PullRequest, { digest }: Wanted): boolean {
  const marker = markerIn(body);
  if (state !== 'closed' || marker?.digest !== digest) return false;
  return headCommit === '' || headCommit === marker.commit;
}

/** Whether the open proposal is of a later commit of the source than the one that is running. */
async function isLater({ options, stamp, tree }: Run, name: string, { source }: OurHead): Promise<boolean> {
  if (options.outOfOrder) return false;
  const superseded = await findSuperseded({
    changing: [{ name, record: proposedBy(tree.source, source) }],
    commit: stamp.commit,
    sequence: options.sequence,
    history: options.sourceHistory,
  });
  return superseded.has(name);
}

/** What the order of runs is told by, in the form of a record. */
function proposedBy(repository: string, source: OurHead['source']) {
  const none = { platform: '', environment: '', cluster: '', content: {} };
  return { kind: 'Environment', ...none, source: { repository, ...source } } as const;
}

/** Whether a narrowed run looks at the section that a record belongs to. */
function isSeen(path: string, place: ScopePlace, { options }: Run): boolean {
  const [, environment = '', application] = /^releases\/([^/]+)\/([^/]+)\.yaml$/.exec(path) ?? [];
  if (application === undefined || place.kind === 'cluster') return false;
  return isSelected(options.selection, { kind: 'unit', environment, application, cluster: '' });
}

/** A proposal that only holds what is kept. */
function restOf(scope: string, kept: Kept, { tree }: Run, planned: Planned): Proposal | undefined {
  const owner: SectionOwner | undefined = kept.sections[0]?.owner;
  if (owner === undefined) return undefined;
  const delivery = deliveries(tree, planned.records)(owner);
  if (delivery.kind === 'direct') return undefined;
  const none = { ...planned, plan: { ...planned.plan, sections: [], index: [] } };
  return { scope, delivery, planned: { ...none, scope: { ...planned.scope, desired: [] } } };
}

/** Whether the base holds what is proposed: somebody merged it. */
async function isIn(repository: RemoteRepository, head: OurHead, records: readonly string[]): Promise<boolean> {
  const proposed = repository.snapshotOf(head.commit.tree);
  await Promise.all([repository.snapshot.reach(records), proposed.reach(records)]);
  return records.every((path) => repository.snapshot.at(path)?.id === proposed.at(path)?.id);
}

/** Names of the sections that a decision is about. */
export function sectionsOf(decision: Decision): string[] {
  if (!('wanted' in decision)) return [];
  return decision.wanted.planned.plan.sections.map(({ owner }) => sectionName(owner));
}
