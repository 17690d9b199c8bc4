import type { ObjectDiff } from './types';

/** Changes that are the same but for where they are: told once. */
export interface FoldedChange {
  /** In the order of the diff: two at least of a fold, else one. */
  readonly objects: readonly [ObjectDiff, ...ObjectDiff[]];
}

/** Fewer equal changes are told one by one. */
const FEWEST = 3;

/**
 * Finds the same change in many places: objects of one kind of which the same fields change in the same way, e.g. a label,
 * or the tag of an image that all of them share.
 * @returns what is folded, by the place of its first object; and the rest
 */
export function foldDiff(diff: readonly ObjectDiff[]): { folds: readonly FoldedChange[]; rest: readonly ObjectDiff[] } {
  const groups = new Map<string, [ObjectDiff, ...ObjectDiff[]]>();
  for (const change of diff) {
    if (change.change !== 'changed' || change.object === undefined) continue;
    const { apiVersion, kind } = change.object;
    const key = JSON.stringify([apiVersion, kind, change.fields]);
    const group = groups.get(key);
    if (group) group.push(change);
    else groups.set(key, [change]);
  }
  const folds = [...groups.values()].filter(({ length }) => length >= FEWEST).map((objects) => ({ objects }));
  const folded = new Set(folds.flatMap(({ objects }) => objects));
  return { folds, rest: diff.filter((change) => !folded.has(change)) };
}

/** The places of a fold in a few words: `12 environments`, `5 applications`, `4 objects`. */
export function placesOf({ objects }: FoldedChange): string {
  const environments = new Set(objects.map(({ section }) => ('environment' in section ? section.environment : '')));
  const sections = new Set(objects.map(({ section }) => JSON.stringify(section)));
  if (environments.size > 1) return `${environments.size} environments`;
  return sections.size > 1 ? `${sections.size} applications` : `${objects.length} objects`;
}
