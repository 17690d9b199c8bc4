import { isFileRoot } from '../desired';
import { pathProblem } from '../git/names';
import type { ObjectStore } from '../git/store';
import { Malformed, type ParsedEntry } from './entry';

/** More folders than any section has: somebody wants us to be busy. */
const MOST_TREES = 50_000;
const DEEPEST = 64;

/** Trees that an entry replaces folders with, each with its path. */
export function treeRoots({ roots }: Pick<ParsedEntry, 'roots'>): Map<string, string> {
  return new Map(roots.flatMap(({ path, wanted }) => (wanted === null || isFileRoot(path) ? [] : [[wanted, path]])));
}

/**
 * Looks at everything below an entry's roots. Only plain files and folders may lie there, with names that are safe to
 * check out.
 * @throws Malformed, and what loading trees throws
 */
export async function checkContent(entry: Pick<ParsedEntry, 'roots'>, store: ObjectStore): Promise<void> {
  let level = treeRoots(entry);
  const seen = new Set<string>();
  for (let depth = 0; level.size > 0; depth++) {
    if (depth > DEEPEST || seen.size > MOST_TREES) throw new Malformed('its folders are too many, or too deep');
    await store.load({ trees: level });
    const below = new Map<string, string>();
    for (const [id, path] of level) {
      seen.add(id);
      for (const { mode, name, id: child } of store.tree(id).values()) {
        if (mode !== '100644' && mode !== '40000') throw new Malformed(`it holds something of mode ${mode}`);
        if (pathProblem(name) !== undefined) throw new Malformed('it holds a file with a name that cannot be');
        if (mode === '40000' && !seen.has(child)) below.set(child, `${path}/${name}`);
      }
    }
    level = below;
  }
}
