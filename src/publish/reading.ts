import { encodeTree, objectId, type TreeEntry } from '../model/git-objects';
import { layout } from '../model/layout';
import { rootsOf, type SectionOwner } from '../model/section';
import type { DesiredSection } from './desired';
import type { Snapshot } from './git/store';

/** What of the remote has to be read to plan a publish: as little as will do, in as few requests. */

/** Path of each object that is needed, by its id. */
export interface Needs {
  readonly trees: Map<string, string>;
  readonly blobs: Map<string, string>;
}

/** The folders that the first fetch brought, and the records of clusters and environments. */
export async function loadTop(snapshot: Snapshot): Promise<void> {
  const tops = ['clusters', 'environments', 'registrations', 'releases'];
  await snapshot.reach(tops.map((top) => `${top}/`));
  const trees = new Map<string, string>();
  const blobs = new Map<string, string>();
  for (const top of tops) {
    for (const { name, mode, id } of snapshot.folder(top).values()) {
      if (mode === '40000') trees.set(id, `${top}/${name}`);
      else if (top !== 'releases' && mode.startsWith('100') && name.endsWith('.yaml')) blobs.set(id, `${top}/${name}`);
    }
  }
  await snapshot.store.load({ trees, blobs });
}

const REGISTRATIONS = /^(?:clusters\/[^/]+|registrations)\/[^/]+$/;

/**
 * Computes the folders of registrations as they are when no other source registers anything: where the remote has just
 * these, they need not be read.
 */
export function learnRegistrations(sections: readonly DesiredSection[], { store }: Snapshot): void {
  const folders = new Map<string, TreeEntry[]>();
  for (const section of sections) {
    for (const root of section.contentRoots) {
      const slash = root.lastIndexOf('/');
      const folder = root.slice(0, slash);
      if (!REGISTRATIONS.test(folder)) continue;
      const node = section.node(root);
      const entries = folders.get(folder) ?? [];
      folders.set(folder, entries);
      if (node !== undefined) entries.push({ ...node, name: root.slice(slash + 1) });
      for (const [id, tree] of section.trees(root)) store.learn(id, tree);
    }
  }
  for (const entries of folders.values()) store.learn(objectId('tree', encodeTree(entries)), entries);
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The folders on the way to other folders and their records, which may lie at any depth. */
export function reachFolders(owners: Iterable<SectionOwner>, snapshot: Snapshot): Promise<void> {
  const paths = [...owners].flatMap((owner) => (owner.kind === 'folder' ? rootsOf(owner) : []));
  return paths.length === 0 ? Promise.resolve() : snapshot.reach(paths);
}

/** All records of folders. */
export async function reachFolderRecords(snapshot: Snapshot): Promise<void> {
  const node = snapshot.at(layout.folderRecords);
  if (node?.mode !== '40000') return;
  await snapshot.store.load({ trees: new Map([[node.id, layout.folderRecords]]), deep: true });
}

/** What has to be read to compare a section, and, where it differs, to say how. */
export function needContent(section: DesiredSection, snapshot: Snapshot, needs: Needs): void {
  let differs = snapshot.at(section.recordPath) === undefined;
  for (const root of section.contentRoots) {
    const parent = parentOf(root);
    const folder = snapshot.at(parent);
    if (folder?.mode === '40000' && !snapshot.store.has(folder.id)) {
      needs.trees.set(folder.id, parent);
      continue;
    }
    const old = snapshot.at(root);
    const node = section.node(root);
    if (old?.id === node?.id && old?.mode === node?.mode) continue;
    differs = true;
    if (old?.mode === '40000' && !snapshot.store.has(old.id)) needs.trees.set(old.id, root);
  }
  const record = snapshot.at(section.recordPath);
  if (differs && record?.mode.startsWith('100') && !snapshot.store.has(record.id)) {
    needs.blobs.set(record.id, section.recordPath);
  }
}

export function needRoots(roots: readonly string[], snapshot: Snapshot, needs: Needs): void {
  for (const root of roots) {
    const parent = parentOf(root);
    const folder = snapshot.at(parent);
    if (folder?.mode !== '40000') continue;
    if (!snapshot.store.has(folder.id)) needs.trees.set(folder.id, parent);
    else {
      const node = snapshot.at(root);
      if (node?.mode === '40000') needs.trees.set(node.id, root);
    }
  }
}

/** Loads everything below some roots. */
export async function reachRoots(roots: readonly string[], snapshot: Snapshot): Promise<void> {
  const parents: Needs = { trees: new Map(), blobs: new Map() };
  needRoots(roots, snapshot, parents);
  await snapshot.store.load({ ...parents, deep: true, unasked: true });
  const below: Needs = { trees: new Map(), blobs: new Map() };
  needRoots(roots, snapshot, below);
  await snapshot.store.load({ ...below, deep: true, unasked: true });
}
