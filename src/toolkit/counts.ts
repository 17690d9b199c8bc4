import { layout } from '../model/layout';
import type { DesiredTree, Section } from '../model/section';

export interface TreeCounts {
  readonly clusters: number;
  readonly environments: number;
  readonly units: number;
  /** Kubernetes objects of all units. */
  readonly objects: number;
  readonly files: number;
}

/** What a tree holds, in numbers. */
export function countTree({ sections }: DesiredTree): TreeCounts {
  const count = (kind: Section['owner']['kind']) => sections.filter(({ owner }) => owner.kind === kind).length;
  return {
    clusters: count('cluster'),
    environments: count('environment'),
    units: count('unit'),
    objects: sections.reduce((sum, section) => sum + countObjects(section), 0),
    files: sections.reduce((sum, { files }) => sum + files.size, 0),
  };
}

/** Objects of a unit, of which there is one in each file of its folder. */
export function countObjects({ owner, files }: Pick<Section, 'owner' | 'files'>): number {
  if (owner.kind !== 'unit') return 0;
  const folder = `${layout.unitFolder(owner.environment, owner.application)}/`;
  let count = 0;
  for (const path of files.keys()) if (path.startsWith(folder)) count++;
  return count;
}
