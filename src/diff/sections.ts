import { type FolderOwner, rootsOf, type SectionOwner } from '../model/section';
import type { DiffSection } from './types';

/** Owners whose paths tell them; other folders are the repository's. */
type LaidOut = Exclude<SectionOwner, FolderOwner>;

/**
 * The section a path belongs to. Names are guessed from the parts of the path, and the model says whether they fit, so
 * that the layout of the repository is known in one place.
 */
export function sectionOf(path: string): DiffSection {
  const [, first = '', second = '', third = ''] = path.split('/');
  const [registered = '', ...application] = bare(third).split('.');
  const owners: readonly LaidOut[] = [
    { kind: 'unit', cluster: '', environment: first, application: bare(second) },
    { kind: 'unit', cluster: first, environment: registered, application: application.join('.') },
    { kind: 'environment', cluster: first, environment: third },
    { kind: 'environment', cluster: '', environment: bare(first) },
    { kind: 'cluster', cluster: bare(first) },
  ];
  const owner = owners.find((candidate) => isComplete(candidate) && owns(candidate, path));
  switch (owner?.kind) {
    case undefined:
      return { kind: 'repository' };
    case 'unit':
      return { kind: 'unit', environment: owner.environment, application: owner.application };
    case 'environment':
      return { kind: 'environment', environment: owner.environment };
    case 'cluster':
      return { kind: 'cluster', cluster: owner.cluster };
  }
}

/** Orders sections as they are shown: environments with their applications, clusters, the rest. */
export function compareSections(a: DiffSection, b: DiffSection): number {
  return compareText(sectionRank(a), sectionRank(b));
}

/** Order that is the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sectionRank(section: DiffSection): string {
  switch (section.kind) {
    case 'environment':
      return `0 ${section.environment}\0`;
    case 'unit':
      return `0 ${section.environment}\0${section.application}`;
    case 'cluster':
      return `1 ${section.cluster}`;
    case 'repository':
      return '2';
  }
}

function owns(owner: SectionOwner, path: string): boolean {
  return rootsOf(owner).some((root) => path === root || path.startsWith(`${root}/`));
}

function isComplete(owner: LaidOut): boolean {
  if (owner.kind === 'unit') return owner.environment !== '' && owner.application !== '';
  return owner.kind === 'cluster' ? owner.cluster !== '' : owner.environment !== '';
}

function bare(name: string): string {
  return name.replace(/\.yaml$/, '');
}
