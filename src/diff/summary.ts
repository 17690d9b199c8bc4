import type { DiffSection, ObjectDiff } from './types';

/** A diff in numbers. */
export interface DiffSummary {
  /** Kubernetes objects that are added, removed, changed or moved. */
  readonly objects: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Objects that only lie in another file. */
  readonly moved: number;
  /** Files (or documents in them) that are no Kubernetes objects. */
  readonly otherFiles: number;
  /** Applications that are touched, each counted once per environment. */
  readonly applications: number;
}

/** What changes in one section. */
export interface SectionDiff {
  readonly section: DiffSection;
  readonly objects: readonly ObjectDiff[];
}

/** The diff, cut into its sections: environments, each followed by its applications, then clusters, then the rest. */
export function groupDiff(diff: readonly ObjectDiff[]): SectionDiff[] {
  const groups = new Map<string, { section: DiffSection; objects: ObjectDiff[] }>();
  for (const object of diff) {
    const key = JSON.stringify(object.section);
    const group = groups.get(key);
    if (group) group.objects.push(object);
    else groups.set(key, { section: object.section, objects: [object] });
  }
  return [...groups.values()];
}

/** Counts what changes. */
export function summarizeDiff(diff: readonly ObjectDiff[]): DiffSummary {
  const objects = diff.filter(({ object }) => object !== undefined);
  const count = (change: ObjectDiff['change']) => objects.filter((object) => object.change === change).length;
  return {
    objects: objects.length,
    added: count('added'),
    changed: count('changed'),
    removed: count('removed'),
    moved: count('moved'),
    otherFiles: diff.length - objects.length,
    applications: groupDiff(diff).filter(({ section }) => section.kind === 'unit').length,
  };
}

/** The summary as a line: `3 objects changed in 2 applications: +1 ~2 −0`. */
export function summaryLine(diff: readonly ObjectDiff[]): string {
  const { objects, added, changed, removed, moved, otherFiles, applications } = summarizeDiff(diff);
  const files = plural(otherFiles, 'other file');
  if (objects === 0) return otherFiles === 0 ? 'no changes' : `${files} changed`;
  const where = applications === 0 ? '' : ` in ${plural(applications, 'application')}`;
  const counts = `+${added} ~${changed} −${removed}${moved > 0 ? ` →${moved}` : ''}`;
  return `${plural(objects, 'object')} changed${where}: ${counts}${otherFiles > 0 ? `, and ${files}` : ''}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
