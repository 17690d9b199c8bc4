import type { ClusterRecord, EnvironmentRecord } from './record';

/**
 * What the repository's front page is made of: the names of its units, and the records of its clusters and
 * environments. Nothing here needs a unit's files, so that it can be computed anew with each publish at no cost.
 */
export interface RepositoryIndex {
  readonly clusters: readonly ClusterRecord[];
  readonly environments: readonly EnvironmentRecord[];
  readonly units: readonly { readonly environment: string; readonly application: string }[];
}

/**
 * The files that no one owns: README.md, .gitattributes and CODEOWNERS. They are a function of the rest of the tree;
 * every publish computes them anew, and they never make a commit of their own.
 */
export function indexFiles(_index: RepositoryIndex): ReadonlyMap<string, string> {
  return new Map();
}
