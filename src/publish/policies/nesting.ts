import { GitOpsError } from '../../errors';
import { layout } from '../../model/layout';
import type { DesiredSection } from '../desired';
import type { Snapshot } from '../git/store';

/** A folder, and another one that lies in it or around it. */
export interface Nesting {
  readonly path: string;
  readonly other: string;
}

/**
 * Folders that lie in others, or around them: publishing one would replace what belongs to the other.
 * @param wanted paths that are to be published
 * @param present paths that have an owner; equal ones are not nested
 */
export function findNesting(wanted: Iterable<string>, present: Iterable<string>): Nesting[] {
  const owned = [...present].sort();
  const known = new Set(owned);
  const found: Nesting[] = [];
  for (const path of wanted) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const outer = path.slice(0, at);
      if (known.has(outer)) found.push({ path, other: outer });
    }
    for (const inner of owned) if (inner.startsWith(`${path}/`)) found.push({ path, other: inner });
  }
  return found;
}

/**
 * Only folders that are published on their own can nest: the layout keeps everything else apart. The names of their
 * records tell; the folder of records has to be loaded.
 * @throws GitOpsError NESTED_OWNERSHIP naming every pair
 */
export function checkNesting(desired: readonly DesiredSection[], snapshot: Snapshot): void {
  const wanted = desired.flatMap(({ owner }) => (owner.kind === 'folder' ? [owner.path] : []));
  if (wanted.length === 0) return;
  const present = [...snapshot.files(layout.folderRecords).keys()].map((path) =>
    path.slice(layout.folderRecords.length + 1).replace(/\.yaml$/, ''),
  );
  const nested = findNesting(wanted, present);
  if (nested.length === 0) return;
  const shown = (path: string) => path.replace(/\p{Cc}/gu, '?');
  throw GitOpsError.of(
    'NESTED_OWNERSHIP',
    'folders that are published on their own cannot lie in one another:',
    nested.map(({ path, other }) => ({
      where: shown(path),
      message: path.startsWith(`${other}/`)
        ? `lies in ${shown(other)}, which was published on its own; publish it elsewhere, or remove that one first`
        : `holds ${shown(other)}, which was published on its own; publish it elsewhere, or remove that one first`,
    })),
  );
}
