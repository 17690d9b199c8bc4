import { GitOpsError, type Problem } from '../errors';
import { blobId } from '../model/git-objects';
import { type FolderRecord, serializeRecord } from '../model/record';
import { type DesiredTree, type FolderOwner, recordOf, type Section } from '../model/section';
import { folderProblem, pathProblem } from './git/names';
import { buildTrees } from './git/objects';

export interface FoldersInput {
  /** Id of the source that publishes, e.g. `acme/checkout`. What it published before and does not name now is removed. */
  readonly source: string;
  /** Folders of the repository that belong to the source, e.g. `apps/checkout`. None of them lies in another. */
  readonly folders: Iterable<string>;
  /** Everything that these folders are to hold: path in the repository to content. */
  readonly files: ReadonlyMap<string, string | Uint8Array> | Readonly<Record<string, string | Uint8Array>>;
}

/**
 * A tree to publish that no construct had a part in: whatever rendered the files, the commit stage treats the folders
 * like the sections of a platform, each with one owner.
 * @throws GitOpsError EMPTY_TREE for a folder without files; NESTED_OWNERSHIP; MODEL_INVALID naming every problem
 */
export function treeOfFolders({ source, folders, files }: FoldersInput): DesiredTree {
  const paths = [...new Set(folders)];
  const problems: Problem[] = [];
  for (const path of paths) {
    const problem = folderProblem(path);
    if (problem !== undefined) {
      problems.push({ where: JSON.stringify(path), message: `cannot be published as a folder: ${problem}` });
    }
    const outer = paths.find((other) => path.startsWith(`${other}/`));
    if (outer !== undefined) {
      const message = `lies in ${outer}, which is published on its own; name one of them`;
      problems.push({ where: path, message, code: 'NESTED_OWNERSHIP' });
    }
  }
  const content = new Map(paths.map((path) => [path, new Map<string, string | Uint8Array>()]));
  for (const [path, text] of files instanceof Map ? files : Object.entries(files)) {
    const problem = pathProblem(path);
    const folder = paths.find((each) => path.startsWith(`${each}/`));
    if (problem !== undefined) {
      problems.push({ where: JSON.stringify(path), message: `cannot be a file of the repository: ${problem}` });
    } else if (folder === undefined) {
      problems.push({ where: path, message: 'lies in none of the folders; name the one it belongs to' });
    } else content.get(folder)?.set(path, text);
  }
  if (problems.length > 0) throw GitOpsError.ofModel('the folders cannot be published:', problems);
  const empty = paths.filter((path) => content.get(path)?.size === 0);
  if (empty.length > 0 || paths.length === 0) {
    throw new GitOpsError(
      'EMPTY_TREE',
      paths.length === 0
        ? 'no folder is named, and publishing that would delete everything; name the folders that belong to the source'
        : `there are no files for ${empty.join(', ')}; to remove a folder, leave it out of \`folders\``,
    );
  }
  return {
    platform: source,
    source,
    repository: { url: '', branch: 'main' },
    sections: [...content].map(([path, below]) => sectionOf(path, source, below)),
  };
}

function sectionOf(path: string, source: string, below: ReadonlyMap<string, string | Uint8Array>): Section {
  const owner: FolderOwner = { kind: 'folder', path };
  const { id } = buildTrees(
    [...below].map(([file, text]) => [file.slice(path.length + 1), { mode: '100644', id: blobId(text) }] as const),
  );
  const record: FolderRecord = { kind: 'Folder', path, source: { repository: source }, content: { [path]: id } };
  const file = recordOf(owner);
  return { owner, source, record: file, files: new Map([...below, [file, serializeRecord(record)]]) };
}
