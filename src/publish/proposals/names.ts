import { hash } from 'node:crypto';
import type { PullRequestDelivery } from '../../model/delivery';
import { isLabel } from '../../model/layout';
import type { SectionOwner } from '../../model/section';

/** How proposals and their branches are called. */

/** Longest part of a branch that is made from a name. */
const MAX_SLUG = 80;

/**
 * A name as one part of a branch, so that no branch is a folder of another: `acme/checkout` is `acme--checkout`. Names
 * that another one could be mistaken for end in a checksum.
 */
export function slugOf(name: string): string {
  const slug = name
    .replaceAll('/', '--')
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, MAX_SLUG);
  const isPlain = slug.replaceAll('--', '/') === name && !/^-|-$|---/.test(slug);
  return isPlain ? slug : `${slug.replace(/^-+|-+$/g, '') || 'x'}-${hash('sha1', name, 'hex').slice(0, 8)}`;
}

/** Folder of the branches that a source proposes changes of a branch from, with a slash at its end. */
export function proposalFolder(base: string, source: string): string {
  return `cdk8s-gitops/${slugOf(base)}/${slugOf(source)}/`;
}

/** The proposal that a section's changes belong to: `prod`, `prod.checkout`, `cluster.eu-1`. */
export function scopeOf(owner: SectionOwner, batch: PullRequestDelivery['batch']): string {
  switch (owner.kind) {
    case 'cluster':
      return `cluster.${owner.cluster}`;
    case 'environment':
      return owner.environment;
    case 'unit': {
      if (batch === 'environment') return owner.environment;
      const { environment, application } = owner;
      // An environment may be called `cluster`.
      return environment === 'cluster' ? `environment.cluster.${application}` : `${environment}.${application}`;
    }
    case 'folder':
      return `folder.${slugOf(owner.path)}`;
  }
}

/** What a proposal is about, as its scope says. */
export type ScopePlace =
  | { readonly kind: 'cluster'; readonly cluster: string }
  | { readonly kind: 'environment'; readonly environment: string }
  | { readonly kind: 'unit'; readonly environment: string; readonly application: string };

/**
 * Reads a scope, which may be anything that somebody called a branch.
 * @returns undefined when it is none
 */
export function placeOfScope(scope: string): ScopePlace | undefined {
  const [, inCluster] = /^environment\.cluster\.([^.]+)$/.exec(scope) ?? [];
  const parts = inCluster === undefined ? scope.split('.') : ['cluster', inCluster];
  const [first = '', second] = parts;
  if (parts.length > 2 || !parts.every(isLabel)) return undefined;
  if (second === undefined) return { kind: 'environment', environment: first };
  if (first === 'cluster' && inCluster === undefined) return { kind: 'cluster', cluster: second };
  return { kind: 'unit', environment: first, application: second };
}
