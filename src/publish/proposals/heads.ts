import { GitOpsError, type Problem } from '../../errors';
import { type Commit, trailersOf } from '../git/commits';
import { sanitize } from '../git/text';
import type { Planned } from '../planning';
import type { RemoteRepository } from '../remote-repository';
import type { Run } from '../run';
import { proposalFolder } from './names';

/** The branch of a proposal, as it is on the remote. */
export interface Head {
  readonly scope: string;
  readonly branch: string;
  /** Id of its commit. */
  readonly id: string;
  /** What holds nothing but a commit of ours. */
  readonly ours?: OurHead;
  /** Why it is not ours, and whose it is. */
  readonly foreign?: string;
}

export interface OurHead {
  readonly commit: Commit;
  /** The commit of the base that it was made for. */
  readonly parent: Commit;
  /** Of the source, that it proposes. */
  readonly source: { readonly commit?: string; readonly sequence?: number };
}

/** By scope. */
export type Heads = ReadonlyMap<string, Head>;

/** Trailers of a proposal's commit: they, its tree and its parent tell whether it is still as it was made. */
export function proposalTrailers(scope: string, base: string, parent: string, tree: string): string[] {
  return [`Proposal-Scope: ${scope}`, `Proposal-Base: ${base}`, `Proposal-Parent: ${parent}`, `Proposal-Tree: ${tree}`];
}

/** Whether there may be proposals at all: nobody else pays for looking. */
export function mayPropose({ tree }: Pick<Run, 'tree'>, records: Planned['records']): boolean {
  const isProposed = ({ delivery }: { readonly delivery: { readonly kind: string } }) =>
    delivery.kind === 'pullRequest';
  return (
    Object.values(tree.environments ?? {}).some(isProposed) ||
    Object.values(tree.clusters ?? {}).some(isProposed) ||
    [...records.values()].some((record) => 'delivery' in record && record.delivery === 'pull-request')
  );
}

/** Fetches the branches of every proposal of the source. */
export async function fetchHeads(repository: RemoteRepository, { tree, options }: Run): Promise<Heads> {
  const base = options.remote.branch;
  const folder = proposalFolder(base, tree.source);
  const branches = await repository.fetchBranches(folder);
  const parents = [...branches.values()].flatMap(({ commit }) => commit?.parents[0] ?? []);
  const known = parents.length === 0 ? new Map<string, Commit>() : await repository.readCommits(parents);
  const heads = new Map<string, Head>();
  for (const [branch, { id, commit }] of branches) {
    const scope = branch.slice(folder.length);
    const parent = known.get(commit?.parents[0] ?? '');
    heads.set(scope, { scope, branch, id, ...judge(commit, parent, { scope, base, source: tree.source }) });
  }
  return heads;
}

/** @throws GitOpsError PULL_REQUEST_FOREIGN when a branch that is to change holds what is not ours */
export function checkHeads(scopes: Iterable<string>, heads: Heads): void {
  const problems: Problem[] = [];
  for (const scope of scopes) {
    const head = heads.get(scope);
    if (head?.foreign === undefined) continue;
    problems.push({
      where: scope,
      message: `the branch ${head.branch} ${head.foreign}; keep that on another branch, delete this one, and publish again`,
    });
  }
  if (problems.length > 0) {
    throw GitOpsError.of('PULL_REQUEST_FOREIGN', 'branches of pull requests hold commits of others:', problems);
  }
}

function judge(
  commit: Commit | undefined,
  parent: Commit | undefined,
  wanted: { readonly scope: string; readonly base: string; readonly source: string },
): Pick<Head, 'ours' | 'foreign'> {
  if (commit === undefined) return { foreign: 'leads to something that is no commit' };
  const trailers = trailersOf(commit.message);
  const one = (name: string): string | undefined => {
    const values = trailers.get(name) ?? [];
    return values.length === 1 ? values[0] : undefined;
  };
  const shown = `the commit ${commit.id.slice(0, 10)} of ${sanitize(commit.author.replace(/ \d+ [+-]\d+$/, '')) || 'somebody'}`;
  const isOurs = one('Source-Repository') === wanted.source && one('Proposal-Scope') === wanted.scope;
  if (!isOurs) return { foreign: `holds ${shown}, which ${wanted.source} did not propose` };
  const isWhole =
    one('Proposal-Base') === wanted.base &&
    one('Proposal-Tree') === commit.tree &&
    commit.parents.length === 1 &&
    one('Proposal-Parent') === commit.parents[0] &&
    parent !== undefined;
  if (!isWhole) return { foreign: `holds ${shown}, which was changed after ${wanted.source} had proposed it` };
  const sourceCommit = one('Source-Commit');
  const sequence = one('Source-Sequence');
  return {
    ours: {
      commit,
      parent,
      source: {
        ...(sourceCommit !== undefined && /^[0-9a-f]{40,64}$/.test(sourceCommit) ? { commit: sourceCommit } : {}),
        ...(sequence !== undefined && /^\d{1,15}$/.test(sequence) ? { sequence: Number(sequence) } : {}),
      },
    },
  };
}
