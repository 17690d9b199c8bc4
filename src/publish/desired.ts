import { GitOpsError, type Problem } from '../errors';
import type { TreeEntry } from '../model/git-objects';
import { blobId } from '../model/git-objects';
import { isLabel } from '../model/layout';
import { parseRecord, type SectionRecord, serializeRecord, stampRecord } from '../model/record';
import { type DesiredTree, recordOf, rootsOf, type Section, type SectionOwner, sectionName } from '../model/section';
import { folderProblem, pathProblem } from './git/names';
import { buildTrees, type Node } from './git/objects';

/** What only publishing knows of a release. */
export interface Stamp {
  readonly commit?: string;
  readonly sequence?: number;
  /** Whether later commits of the source are published over. */
  readonly outOfOrder?: boolean;
  readonly generator: string;
}

/** A section to be published. It is hashed when it is first compared, root by root, and only once. */
export class DesiredSection {
  readonly owner: SectionOwner;
  readonly name: string;
  readonly source: string;
  readonly recordPath: string;
  /** The roots that hold its content: all but the record. */
  readonly contentRoots: readonly string[];
  private readonly nodes = new Map<
    string,
    { node: Node | undefined; trees: ReadonlyMap<string, readonly TreeEntry[]> }
  >();
  private readonly blobs = new Map<string, string>();
  private byRoot: ReadonlyMap<string, readonly string[]> | undefined;
  private stampedText: string | undefined;
  private parsed: SectionRecord | undefined;

  constructor(
    readonly section: Section,
    private readonly stamp: Stamp,
  ) {
    this.owner = section.owner;
    this.name = sectionName(section.owner);
    this.source = section.source;
    this.recordPath = recordOf(section.owner);
    this.contentRoots = rootsOf(section.owner).filter((root) => root !== this.recordPath);
  }

  /** What has to lie at a root that holds content; undefined when nothing does. */
  node(root: string): Node | undefined {
    return this.hashed(root).node;
  }

  /** The trees of a root's content, by their ids. */
  trees(root: string): ReadonlyMap<string, readonly TreeEntry[]> {
    return this.hashed(root).trees;
  }

  /** Every file of the content below a root, with its blob id. */
  filesOf(root: string): readonly (readonly [path: string, blob: string])[] {
    return this.pathsOf(root).map((path) => [path, this.blob(path)] as const);
  }

  /** Content of a file; of the record, as it is published. */
  content(path: string): string | Uint8Array {
    return path === this.recordPath ? this.stamped : (this.section.files.get(path) as string | Uint8Array);
  }

  /** The record as synthesis left it. */
  get record(): SectionRecord {
    if (this.parsed === undefined) {
      const content = this.section.files.get(this.recordPath) as string | Uint8Array;
      this.parsed = parseRecord(
        typeof content === 'string' ? content : Buffer.from(content).toString('utf8'),
        this.recordPath,
      );
    }
    return this.parsed;
  }

  /** Text of the record with the stamp. */
  get stamped(): string {
    this.stampedText ??= serializeRecord(stampRecord(this.record, this.stamp));
    return this.stampedText;
  }

  /** How many files hold objects of an application; none for a cluster or an environment. Of other folders, every file counts. */
  get objects(): number {
    const { kind } = this.owner;
    return kind === 'unit' || kind === 'folder' ? this.pathsOf(this.contentRoots[0] as string).length : 0;
  }

  private blob(path: string): string {
    let id = this.blobs.get(path);
    if (id === undefined) {
      id = blobId(this.section.files.get(path) as string | Uint8Array);
      this.blobs.set(path, id);
    }
    return id;
  }

  private pathsOf(root: string): readonly string[] {
    if (this.byRoot === undefined) {
      const byRoot = new Map<string, string[]>(this.contentRoots.map((each) => [each, []]));
      for (const path of this.section.files.keys()) {
        if (path !== this.recordPath) byRoot.get(rootOf(path, this.contentRoots) as string)?.push(path);
      }
      this.byRoot = byRoot;
    }
    return this.byRoot.get(root) ?? [];
  }

  private hashed(root: string) {
    const known = this.nodes.get(root);
    if (known !== undefined) return known;
    const files = this.filesOf(root);
    const [first] = files;
    let result: { node: Node | undefined; trees: ReadonlyMap<string, readonly TreeEntry[]> };
    if (first === undefined) {
      result = { node: undefined, trees: new Map() };
    } else if (first[0] === root) {
      result = { node: { mode: '100644', id: first[1] }, trees: new Map() };
    } else {
      const built = buildTrees(
        files.map(([path, id]) => [path.slice(root.length + 1), { mode: '100644', id }] as const),
      );
      result = { node: { mode: '40000', id: built.id }, trees: built.trees };
    }
    this.nodes.set(root, result);
    return result;
  }
}

/** Folders of units, whose names hold a dot: an application may be called `yaml`. */
const UNIT_FOLDER = /^clusters\/[^/]+\/(?:namespaces|units)\/[^/]+$/;

/** A root is a file or a folder by its name and its place. */
export function isFileRoot(root: string): boolean {
  return root.endsWith('.yaml') && !UNIT_FOLDER.test(root);
}

function rootOf(path: string, roots: readonly string[]): string | undefined {
  return roots.find((root) => path === root || path.startsWith(`${root}/`));
}

/**
 * Checks a tree before anything is done with it. Every path ends up in a repository that others check out, so that none
 * may lead out of its section, or into git's own folder.
 * @throws GitOpsError EMPTY_TREE; MODEL_INVALID naming every problem
 */
export function readDesired(tree: DesiredTree, stamp: Stamp): readonly DesiredSection[] {
  if (tree.sections.length === 0) {
    throw new GitOpsError(
      'EMPTY_TREE',
      `platform ${tree.platform} declares nothing, and publishing that would delete everything; check what the program declares`,
    );
  }
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const sections = tree.sections.map((section) => {
    const desired = new DesiredSection(section, stamp);
    // Names are part of what is said of them, before and after they have been checked.
    const plain = (text: string) => text.replace(/\p{C}/gu, '?');
    const add = (message: string) => problems.push({ where: plain(desired.name), message: plain(message) });
    checkNames(section.owner, add);
    if (seen.has(desired.recordPath)) add('it is declared twice; rename one of them');
    seen.add(desired.recordPath);
    if (section.record !== desired.recordPath) add(`its record has to be ${desired.recordPath}, not ${section.record}`);
    if (!section.files.has(desired.recordPath)) add(`its record ${desired.recordPath} is not among its files`);
    checkPaths(desired, add);
    return desired;
  });
  if (problems.length > 0) throw GitOpsError.of('MODEL_INVALID', 'the tree cannot be published:', problems);
  return sections;
}

function checkNames({ kind, ...names }: SectionOwner, add: (message: string) => void): void {
  for (const [what, name] of Object.entries(names)) {
    if (kind === 'folder') {
      const problem = folderProblem(name);
      if (problem !== undefined) add(`${JSON.stringify(name)} cannot be published as a folder: ${problem}; rename it`);
    } else if (!isLabel(name)) add(`${what} ${JSON.stringify(name)} is not a lowercase DNS label; rename it`);
  }
}

function checkPaths({ section, recordPath, contentRoots }: DesiredSection, add: (message: string) => void): void {
  const folders = new Set<string>();
  for (const path of section.files.keys()) {
    const problem = pathProblem(path);
    if (problem !== undefined) {
      add(`${JSON.stringify(path)} cannot be a file of the repository: ${problem}; rename the file`);
      continue;
    }
    if (path === recordPath) continue;
    const root = rootOf(path, contentRoots);
    if (root === undefined || (path === root) !== isFileRoot(root)) {
      add(`${path} lies outside of what the section owns (${contentRoots.join(', ')}); move the file there`);
      continue;
    }
    for (let at = path.indexOf('/', root.length); at > 0; at = path.indexOf('/', at + 1))
      folders.add(path.slice(0, at));
  }
  for (const path of folders) {
    if (section.files.has(path)) add(`${path} is both a file and a folder; rename one of them`);
  }
}
