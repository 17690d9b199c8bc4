import { blobId } from '../model/git-objects';
import { type SectionRecord, sameRelease } from '../model/record';
import { rootsOf, type SectionOwner, sectionName } from '../model/section';
import { type DesiredSection, isFileRoot } from './desired';
import type { Node } from './git/objects';
import { notAFile, notAFolder, type Snapshot } from './git/store';
import { planIndex } from './plan-index';

export type Change = 'added' | 'changed' | 'removed' | 'unchanged';

/** What becomes of a unit. `superseded`: a later commit of its source published it already. */
export interface UnitChange {
  readonly environment: string;
  readonly application: string;
  readonly change: Change | 'superseded';
}

export interface FileChange {
  /** Path in the environment repository. */
  readonly path: string;
  readonly change: Exclude<Change, 'unchanged'>;
  /** Git id of the blob that lies there now. */
  readonly before?: string;
  /** Git id of the blob that is to lie there. */
  readonly after?: string;
}

export interface SectionChange {
  readonly owner: SectionOwner;
  /** `dev/checkout`, `environment dev`, `cluster eu-1` */
  readonly name: string;
  readonly change: Change;
  /** In path order; none when the section is unchanged. */
  readonly files: readonly FileChange[];
}

/** What publishing would do: plain data. */
export interface ChangePlan {
  readonly branch: string;
  /** Commit the plan was made for; null in an empty repository. */
  readonly base: string | null;
  /** Every section that was compared, the unchanged ones included: what is declared in its order, then what goes. */
  readonly sections: readonly SectionChange[];
  /** Changes of the files that no one owns. They never make a commit of their own. */
  readonly index: readonly FileChange[];
  /** Sections that give way: name to the later source commit, or `run 12`. They count as unchanged here. */
  readonly superseded: Readonly<Record<string, string>>;
}

export interface PlanInput {
  readonly branch: string;
  readonly base: string | null;
  readonly desired: readonly DesiredSection[];
  /** Sections on the remote that are to go. */
  readonly gone: readonly SectionOwner[];
  /** The remote's tree, with every folder loaded that the sections touch. */
  readonly snapshot: Snapshot;
  /** Records on the remote by path: those of all clusters and environments, and of the units that change. */
  readonly records: ReadonlyMap<string, SectionRecord>;
  /** Sections that give way, and to what. */
  readonly superseded: ReadonlyMap<string, string>;
}

export function hasChanges({ sections }: Pick<ChangePlan, 'sections'>): boolean {
  return sections.some(({ change }) => change !== 'unchanged');
}

/**
 * Compares the sections with what the remote holds, by git ids alone. Of a unit the content decides: what its record
 * says follows from that. The other records are compared as well, whoever published them and from which commit.
 * @throws GitOpsError REMOTE_CORRUPT when something else lies where a folder or a file has to be
 */
export function planChanges(input: PlanInput): ChangePlan {
  const { branch, base, desired, snapshot, records, superseded } = input;
  const gone = input.gone.filter((owner) => !superseded.has(sectionName(owner)));
  const left = input.gone.filter((owner) => superseded.has(sectionName(owner)));
  const sections = [
    ...desired.map((section) =>
      superseded.has(section.name)
        ? unchanged(section.owner)
        : planSection(section, snapshot, records.get(section.recordPath)),
    ),
    ...gone.map((owner) => planRemoval(owner, snapshot)),
    ...left.map(unchanged),
  ];
  const index = hasChanges({ sections }) ? planIndex({ ...input, gone }) : [];
  return { branch, base, sections, index, superseded: Object.fromEntries(superseded) };
}

function unchanged(owner: SectionOwner): SectionChange {
  return { owner, name: sectionName(owner), change: 'unchanged', files: [] };
}

/** Whether the content's roots hold exactly what they are to hold. */
export function sameContent(section: DesiredSection, snapshot: Snapshot): boolean {
  return section.contentRoots.every((root) => sameNode(section.node(root), snapshot.at(root)));
}

/**
 * Whether a section is as it is declared. Of a unit the content decides; of the others the record counts as well.
 * @param previous its record on the remote
 */
export function isPublished(section: DesiredSection, snapshot: Snapshot, previous: SectionRecord | undefined): boolean {
  return (
    snapshot.at(section.recordPath) !== undefined &&
    sameContent(section, snapshot) &&
    (previous === undefined || sameRelease(section.record, previous))
  );
}

/** Roots that a section leaves behind when it moves to another cluster. */
export function abandonedRoots(owner: SectionOwner, previous: SectionRecord | undefined): readonly string[] {
  if (previous === undefined || previous.kind === 'Folder') return [];
  if (owner.kind === 'cluster' || owner.kind === 'folder' || previous.cluster === owner.cluster) return [];
  const kept = new Set(rootsOf(owner));
  return rootsOf({ ...owner, cluster: previous.cluster }).filter((root) => !kept.has(root));
}

function sameNode(a: Node | undefined, b: Node | undefined): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}

function planSection(section: DesiredSection, snapshot: Snapshot, previous: SectionRecord | undefined): SectionChange {
  const { owner, name, recordPath } = section;
  checkKinds(owner, snapshot);
  const abandoned = abandonedRoots(owner, previous).filter((root) => snapshot.at(root) !== undefined);
  const record = snapshot.at(recordPath);
  if (abandoned.length === 0 && isPublished(section, snapshot, previous)) {
    return unchanged(owner);
  }

  const files: FileChange[] = [];
  for (const root of section.contentRoots) {
    if (sameNode(section.node(root), snapshot.at(root))) continue;
    const after = new Map(section.filesOf(root).map(([path, id]) => [path, { mode: '100644' as const, id }]));
    files.push(...fileChanges(snapshot.files(root), after));
  }
  for (const root of abandoned) files.push(...fileChanges(snapshot.files(root), new Map()));
  const stamped: Node = { mode: '100644', id: blobId(section.stamped) };
  files.push(...fileChanges(snapshot.files(recordPath), new Map([[recordPath, stamped]])));
  const isNew = record === undefined && section.contentRoots.every((root) => snapshot.at(root) === undefined);
  return { owner, name, change: isNew ? 'added' : 'changed', files: inOrder(files) };
}

function planRemoval(owner: SectionOwner, snapshot: Snapshot): SectionChange {
  checkKinds(owner, snapshot);
  const files = rootsOf(owner).flatMap((root) => fileChanges(snapshot.files(root), new Map()));
  return { owner, name: sectionName(owner), change: 'removed', files: inOrder(files) };
}

/** What lies at the roots is replaced; but a link or a submodule there is someone's doing, and for them to undo. */
function checkKinds(owner: SectionOwner, snapshot: Snapshot): void {
  for (const root of rootsOf(owner)) {
    const node = snapshot.at(root);
    if (node === undefined) continue;
    const isFile = isFileRoot(root);
    if (isFile && !node.mode.startsWith('100')) throw notAFile(root, node);
    if (!isFile && node.mode !== '40000') throw notAFolder(root, node);
  }
}

export function fileChanges(before: ReadonlyMap<string, Node>, after: ReadonlyMap<string, Node>): FileChange[] {
  const changes: FileChange[] = [];
  for (const [path, node] of after) {
    const old = before.get(path);
    if (old === undefined) changes.push({ path, change: 'added', after: node.id });
    else if (!sameNode(old, node)) changes.push({ path, change: 'changed', before: old.id, after: node.id });
  }
  for (const [path, { id }] of before) {
    if (!after.has(path)) changes.push({ path, change: 'removed', before: id });
  }
  return changes;
}

function inOrder(files: FileChange[]): FileChange[] {
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
