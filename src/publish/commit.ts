import { EMPTY_TREE_ID } from '../model/git-objects';
import { indexFiles } from '../model/index-files';
import { rootsOf } from '../model/section';
import { type NewObject, type Node, treeObject } from './git/objects';
import type { Snapshot } from './git/store';
import { type Edit, graft } from './graft';
import { abandonedRoots } from './plan';
import { indexAfter } from './plan-index';
import type { Planned } from './planning';
import { type Signer, signedCommit } from './signing';

export interface CommitInput {
  readonly planned: Planned;
  readonly snapshot: Snapshot;
  readonly author: string;
  /** Or what makes it of the tree's id. */
  readonly message: string | ((tree: string) => string);
  readonly signer?: Signer;
  /** What other paths are to hold: objects that the remote has. @default - nothing else changes */
  readonly edits?: ReadonlyMap<string, Edit>;
}

/**
 * The commit that carries out a plan on top of the commit it was made for, with every object that the remote does not
 * have yet. Nothing outside of the changed sections' roots and the index files differs.
 * @returns undefined when the tree would be the same
 */
export async function buildCommit(input: CommitInput): Promise<{ id: string; objects: NewObject[] } | undefined> {
  const { planned, snapshot, author, message, signer } = input;
  const { edits, objects } = collectEdits(planned, snapshot);
  for (const [path, edit] of input.edits ?? []) edits.set(path, edit);
  const { root, trees } = graft(snapshot, edits);
  if (root === snapshot.root) return undefined;
  if (root === null) objects.set(EMPTY_TREE_ID, treeObject([]));
  for (const tree of trees.values()) objects.set(tree.id, tree);
  const tree = root ?? EMPTY_TREE_ID;
  const text = typeof message === 'string' ? message : message(tree);
  const commit = await signedCommit({ tree, parent: planned.plan.base, author, message: text }, signer);
  return { id: commit.id, objects: [commit, ...objects.values()] };
}

/** What the paths of a plan are to hold, and every object in that which the remote does not have yet. */
export function collectEdits(
  { plan, scope, records }: Planned,
  snapshot: Snapshot,
): { edits: Map<string, Edit>; objects: Map<string, NewObject> } {
  const edits = new Map<string, Edit>();
  const objects = new Map<string, NewObject>();
  const desired = new Map(scope.desired.map((section) => [section.recordPath, section]));
  const addBlob = (id: string, content: string | Uint8Array) => {
    if (!objects.has(id)) objects.set(id, { id, type: 'blob', body: content });
  };

  for (const { owner, change, files } of plan.sections) {
    if (change === 'unchanged') continue;
    if (change === 'removed') {
      for (const root of rootsOf(owner)) edits.set(root, null);
      continue;
    }
    const section = desired.get(rootsOf(owner).at(-1) as string);
    if (section === undefined) continue;
    for (const root of abandonedRoots(owner, records.get(section.recordPath))) edits.set(root, null);
    for (const root of section.contentRoots) {
      edits.set(root, section.node(root) ?? null);
      for (const entries of section.trees(root).values()) {
        const tree = treeObject(entries);
        objects.set(tree.id, tree);
      }
    }
    for (const { path, after } of files) {
      if (after === undefined) continue;
      addBlob(after, section.content(path));
      if (path === section.recordPath) edits.set(path, { mode: '100644', id: after });
    }
  }
  if (plan.index.length > 0) {
    const texts = indexFiles(
      indexAfter({
        ...plan,
        desired: scope.desired,
        gone: plan.sections.filter(({ change }) => change === 'removed').map(({ owner }) => owner),
        snapshot,
        records,
        superseded: new Map(Object.entries(plan.superseded)),
      }),
    );
    for (const { path, after } of plan.index) {
      const text = texts.get(path);
      if (after === undefined || text === undefined) continue;
      addBlob(after, text);
      edits.set(path, { mode: '100644', id: after } satisfies Node);
    }
  }

  return { edits, objects };
}
