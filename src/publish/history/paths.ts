import { layout } from '../../model/layout';
import type { Change } from '../plan';
import { shown } from './commit';
import { isUnit } from './message';

/** A file that differs between two commits. */
export interface PathChange {
  readonly path: string;
  readonly change: Exclude<Change, 'unchanged'>;
}

/** What changed files belong to. */
export interface Touched {
  readonly units: ReadonlyMap<string, Exclude<Change, 'unchanged'>>;
  /** Clusters, environments and folders. */
  readonly others: ReadonlyMap<string, Exclude<Change, 'unchanged'>>;
  /** Files that no section owns, the derived ones left out. */
  readonly files: readonly string[];
  /** Sections whose files changed, and whose records did not: nobody published that. */
  readonly unrecorded: readonly string[];
}

const INDEX: ReadonlySet<string> = new Set([layout.readme, layout.gitattributes, layout.codeowners]);

/** Finds out by their paths what changed files belong to. A section's own change is that of its record. */
export function touchedBy(changes: readonly PathChange[]): Touched {
  const units = new Map<string, Exclude<Change, 'unchanged'>>();
  const others = new Map<string, Exclude<Change, 'unchanged'>>();
  const recorded = new Set<string>();
  const files: string[] = [];
  for (const { path, change } of changes) {
    const owner = ownerOf(path);
    if (owner === undefined) {
      if (!INDEX.has(path)) files.push(shown(path));
      continue;
    }
    const { name, isRecord } = owner;
    const found = isUnit(name) ? units : others;
    if (isRecord) recorded.add(name);
    if (isRecord || !found.has(name)) found.set(name, isRecord ? change : 'changed');
  }
  const unrecorded = [...units.keys(), ...others.keys()].filter((name) => !recorded.has(name));
  return { units, others, files, unrecorded };
}

function ownerOf(path: string): { name: string; isRecord: boolean } | undefined {
  const parts = path.split('/');
  const [top = '', second = '', third = '', fourth = ''] = parts;
  const bare = (file: string) => (file.endsWith('.yaml') ? file.slice(0, -'.yaml'.length) : undefined);
  const section = (name: string | undefined, isRecord = false) =>
    name === undefined ? undefined : { name: shown(name), isRecord };
  const unit = (environment: string, application: string | undefined, isRecord = false) => {
    const name = `${environment}/${application}`;
    return isUnit(name) ? { name, isRecord } : undefined;
  };
  if (path.startsWith(`${layout.folderRecords}/`)) {
    return section(bare(`folder ${path.slice(layout.folderRecords.length + 1)}`), true);
  }
  if (top === 'releases') return parts.length === 3 ? unit(second, bare(third), true) : undefined;
  if (top === 'environments') {
    if (parts.length > 2) return unit(second, third);
    return section(bare(`environment ${second}`), true);
  }
  // Names of environments hold no dots.
  const dotted = (name = '') => {
    const [environment = '', ...rest] = name.split('.');
    return unit(environment, rest.join('.'));
  };
  if (top === 'registrations') return parts.length === 3 ? dotted(bare(third)) : undefined;
  if (top !== 'clusters') return undefined;
  if (parts.length === 2) return section(bare(`cluster ${second}`), true);
  if (third === 'environments') return section(`environment ${fourth}`);
  if (third === 'applications' && parts.length === 4) return dotted(bare(fourth));
  if ((third === 'units' || third === 'namespaces') && parts.length === 5) return dotted(fourth);
  return section(`cluster ${second}`);
}
