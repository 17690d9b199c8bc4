import { layout } from '../model/layout';
import { recordOf, rootsOf, type SectionOwner } from '../model/section';

export interface Orphans {
  /** Where sections lie, and nobody's: files, or folders that hold nothing else. */
  readonly sections: readonly string[];
  /** Beside everything that this tool writes. */
  readonly others: readonly string[];
}

const TOPS = new Set(['clusters', 'environments', 'registrations', 'releases']);
const INDEX: ReadonlySet<string> = new Set([layout.readme, layout.gitattributes, layout.codeowners]);

/**
 * What of a repository belongs to no section, each as the topmost path that holds nothing of any.
 * @param known files that belong to nobody, and are at home all the same
 */
export function findOrphans(
  paths: Iterable<string>,
  owners: readonly SectionOwner[],
  known: ReadonlySet<string> = new Set(),
): Orphans {
  const roots = new Set(owners.flatMap((owner) => [...rootsOf(owner), recordOf(owner)]));
  // The registration of a unit whose record cannot be read lies in some cluster.
  const unplaced = new Set(
    owners.flatMap((owner) =>
      owner.kind === 'unit' && owner.cluster === '' ? [`${owner.environment}.${owner.application}.yaml`] : [],
    ),
  );
  const unplacedEnvironments = new Set(
    owners.flatMap((owner) => (owner.kind === 'environment' && owner.cluster === '' ? [owner.environment] : [])),
  );
  const isOwned = (path: string): boolean => {
    const parts = path.split('/');
    for (let length = parts.length; length > 0; length--) {
      if (roots.has(parts.slice(0, length).join('/'))) return true;
    }
    const [top, , what = '', name = ''] = parts;
    if (top === 'registrations') return unplaced.has(what);
    if (top !== 'clusters') return false;
    if (what === 'environments') return unplacedEnvironments.has(name);
    return unplaced.has(what === 'applications' ? name : `${name}.yaml`);
  };

  const holding = new Set<string>();
  const orphaned: string[] = [];
  for (const path of paths) {
    if (!INDEX.has(path) && !known.has(path) && !isOwned(path)) {
      orphaned.push(path);
      continue;
    }
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) holding.add(path.slice(0, at));
  }
  const sections = new Set<string>();
  const others = new Set<string>();
  for (const path of orphaned) {
    const parts = path.split('/');
    let length = 1;
    while (length < parts.length && (holding.has(parts.slice(0, length).join('/')) || isShelf(parts, length))) length++;
    (TOPS.has(parts[0] as string) ? sections : others).add(parts.slice(0, length).join('/'));
  }
  return { sections: [...sections], others: [...others] };
}

const SHELVES: ReadonlySet<string> = new Set(['applications', 'environments', 'namespaces', 'units']);

/** Folders that hold nothing but sections: what lies in them is told of one by one. */
function isShelf([top = '', , third]: readonly string[], length: number): boolean {
  if (!TOPS.has(top)) return false;
  if (length === 1) return true;
  if (top !== 'clusters') return length === 2;
  return length === 3 && SHELVES.has(third ?? '');
}
