import type { DesiredTree } from '../model/section';
import type { SectionChange, Selection } from '../publish';

/** Which environment repository a verb works on. */
export interface TargetOptions {
  /** URL of the environment repository. @default - as the program declares it */
  readonly remote?: string;
  /** @default - as the program declares it; `main` where no program is asked */
  readonly branch?: string;
}

/** Narrows a verb to some units: names, each of which has to exist. */
export interface NarrowOptions {
  readonly environments?: readonly string[];
  readonly applications?: readonly string[];
}

export interface Target {
  readonly url: string;
  readonly branch: string;
}

export function targetOf(tree: Pick<DesiredTree, 'repository'>, { remote, branch }: TargetOptions): Target {
  return { url: remote ?? tree.repository.url, branch: branch ?? tree.repository.branch };
}

export function selectionOf({ environments, applications }: NarrowOptions): Selection | undefined {
  return environments === undefined && applications === undefined ? undefined : { environments, applications };
}

/** A section that a verb looked at, in short. */
export interface SectionSummary {
  readonly name: string;
  readonly kind: SectionChange['owner']['kind'];
  readonly change: SectionChange['change'];
  /** Files that differ. */
  readonly files: number;
}

export function summarizeSections(sections: readonly SectionChange[]): SectionSummary[] {
  return sections.map(({ name, owner, change, files }) => ({ name, kind: owner.kind, change, files: files.length }));
}
