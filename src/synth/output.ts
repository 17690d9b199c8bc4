import {
  type Dirent,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { App } from 'cdk8s';
import { GitOpsError } from '../errors';
import { DEFAULT_MAX_DELETIONS, type EnvironmentRules } from '../model/delivery';
import { indexFilesOf } from '../model/index-files';
import type { DesiredTree, Section } from '../model/section';
import { activeCapture } from './capture';
import { handOverIssues, isCheckOnly } from './issues-file';
import { constructMetadata } from './metadata';
import { synthesize } from './synthesize';

/** Lists what synthesis wrote into an output folder, so that the next run knows which files are its own. */
export const TREE_FILE = '.cdk8s-gitops.json';

/** What desktop systems drop into any folder they show. */
const DROPPINGS = new Set(['.DS_Store', 'Thumbs.db', 'desktop.ini']);

interface TreeFile {
  readonly platform: string;
  readonly source: string;
  readonly repository: DesiredTree['repository'];
  /** Of environments and clusters, those whose rules are not the default. */
  readonly environments?: DesiredTree['environments'];
  readonly clusters?: DesiredTree['clusters'];
  readonly empty?: DesiredTree['empty'];
  readonly starts?: DesiredTree['starts'];
  readonly neededSecrets?: DesiredTree['neededSecrets'];
  readonly sections: readonly (Omit<Section, 'files'> & { readonly files: readonly string[] })[];
  /** Files of no section. */
  readonly others: readonly string[];
}

/** Renders the platform and writes the tree to its output folder, or hands it to the command that is loading it. */
export function synthesizeToOutput(platform: App, options: { readonly recordConstructMetadata: boolean }): void {
  const capture = activeCapture();
  const isCheck = capture === undefined ? isCheckOnly() : capture.reportsIssues === true;
  const tree = synthesize(platform, { reportIssues: isCheck });
  if (capture) {
    capture(tree, platform);
    return;
  }
  handOverIssues(tree);
  // Nothing that the gate refuses is ever written, whoever has set the variable.
  if (isCheck) return;
  const extra = options.recordConstructMetadata
    ? [['construct-metadata.json', constructMetadata(platform)] as const]
    : [];
  writeTree(tree, platform.outdir, new Map(extra));
}

/** What writing a tree did. Paths are relative to the folder, sorted. */
export interface WrittenTree {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: number;
}

/**
 * Makes the folder hold the tree: writes what differs, removes what an earlier run wrote and this one does not.
 *
 * @throws GitOpsError OUTPUT_FOREIGN_FILES, with nothing written, when the folder holds anything else
 */
export function writeTree(
  tree: DesiredTree,
  folder: string,
  extra: ReadonlyMap<string, string> = new Map(),
): WrittenTree {
  const root = resolve(folder);
  const contents = new Map<string, string | Uint8Array>();
  for (const section of tree.sections) for (const [path, content] of section.files) contents.set(path, content);
  const others = new Map([...indexFilesOf(tree), ...extra]);
  for (const [path, content] of others) contents.set(path, content);
  const listing: TreeFile = {
    platform: tree.platform,
    source: tree.source,
    repository: tree.repository,
    environments: unusual(tree.environments, isUsual),
    clusters: unusual(tree.clusters, ({ delivery }) => delivery.kind === 'direct'),
    empty: tree.empty,
    starts: tree.starts,
    neededSecrets: tree.neededSecrets,
    sections: tree.sections.map((section) => ({ ...section, files: [...section.files.keys()] })),
    others: [...others.keys()],
  };
  contents.set(TREE_FILE, listingText(listing));

  const { files: present, links } = filesIn(root);
  // Nothing is read or written through a link, wherever it leads: synthesis makes none.
  const own = present.has(TREE_FILE) && !links.has(TREE_FILE) ? listedFiles(join(root, TREE_FILE)) : new Set<string>();
  refuseForeignFiles(folder, present, new Set([...own].filter((path) => !links.has(path))));
  const stale = [...present].filter((path) => own.has(path) && !contents.has(path));

  const differs = ([path, content]: readonly [string, string | Uint8Array]) =>
    !present.has(path) || !Buffer.from(content).equals(readFileSync(join(root, path)));
  const written = [...contents].filter(differs).map(([path]) => path);
  if (written.length + stale.length > 0) {
    // Ahead of everything else, so that a run that is cut short leaves nothing behind that the next one takes for foreign.
    mkdirSync(root, { recursive: true });
    writeFileSync(join(root, TREE_FILE), listingText({ ...listing, others: [...listing.others, ...stale] }));
    for (const path of stale) rmSync(join(root, path));
    removeEmptyFolders(root, stale);
    const folders = new Set(written.map((path) => dirname(join(root, path))));
    for (const parent of folders) mkdirSync(parent, { recursive: true });
    for (const path of written) writeFileSync(join(root, path), contents.get(path) as string | Uint8Array);
    if (stale.length > 0) writeFileSync(join(root, TREE_FILE), contents.get(TREE_FILE) as string);
  }
  return { written: written.sort(), removed: stale.sort(), unchanged: contents.size - written.length };
}

/** Entries that have to be told; undefined when there are none. */
function unusual<T>(
  entries: Readonly<Record<string, T>> | undefined,
  isUsual: (entry: T) => boolean,
): Readonly<Record<string, T>> | undefined {
  const told = Object.entries(entries ?? {}).filter(([, entry]) => !isUsual(entry));
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

function isUsual({ delivery, maxDeletions }: EnvironmentRules): boolean {
  const { count, share } = DEFAULT_MAX_DELETIONS;
  return delivery.kind === 'direct' && maxDeletions.count === count && maxDeletions.share === share;
}

function listingText(listing: TreeFile): string {
  return `${JSON.stringify(listing, null, 1)}\n`;
}

/**
 * Reads a tree that synthesis wrote: what a program that runs as a process of its own leaves behind.
 *
 * @throws GitOpsError APP_NO_PLATFORM when the folder holds none
 */
export function readTree(folder: string): DesiredTree {
  const file = join(folder, TREE_FILE);
  try {
    const listed: TreeFile = JSON.parse(readFileSync(file, 'utf8'));
    const { platform, source, repository, environments, clusters, empty, starts, neededSecrets, sections } = listed;
    const read = (path: string) => [path, readFileSync(join(folder, path))] as const;
    return {
      platform,
      source,
      repository,
      ...(environments === undefined ? {} : { environments }),
      ...(clusters === undefined ? {} : { clusters }),
      ...(empty === undefined ? {} : { empty }),
      ...(starts === undefined ? {} : { starts }),
      ...(neededSecrets === undefined ? {} : { neededSecrets }),
      sections: sections.map(({ files, ...section }) => ({ ...section, files: new Map(files.map(read)) })),
    };
  } catch (cause) {
    const message = `the program wrote no tree to ${folder}: let it create a Platform and call platform.synth()`;
    throw new GitOpsError('APP_NO_PLATFORM', message, { cause });
  }
}

/** Every file below the folder, links not followed: paths with `/`, relative to it. Links are files too. */
function filesIn(root: string): { readonly files: Set<string>; readonly links: Set<string> } {
  const files = new Set<string>();
  const links = new Set<string>();
  const visit = (folder: string, prefix: string): void => {
    let entries: Dirent[];
    try {
      if (prefix === '' && !lstatSync(folder).isDirectory()) throw notAFolder(root);
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? notAFolder(root) : error;
    }
    for (const entry of entries) {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory()) visit(join(folder, entry.name), `${path}/`);
      else if (!DROPPINGS.has(entry.name)) files.add(path);
      if (entry.isSymbolicLink()) links.add(path);
    }
  };
  visit(root, '');
  return { files, links };
}

function notAFolder(root: string): GitOpsError {
  const shown = relative(process.cwd(), root) || root;
  return new GitOpsError(
    'OUTPUT_FOREIGN_FILES',
    `the output folder ${shown} is a file or a link: choose another folder`,
  );
}

function listedFiles(file: string): Set<string> {
  try {
    const { sections, others } = JSON.parse(readFileSync(file, 'utf8')) as TreeFile;
    return new Set([TREE_FILE, ...others, ...sections.flatMap(({ files }) => files)]);
  } catch {
    // Damaged, it says nothing: whatever is there counts as somebody else's.
    return new Set([TREE_FILE]);
  }
}

function refuseForeignFiles(folder: string, present: ReadonlySet<string>, own: ReadonlySet<string>): void {
  const foreign = [...present].filter((path) => !own.has(path)).sort();
  if (foreign.length === 0) return;
  const shown = foreign.slice(0, 10).map((path) => ({ where: path, message: 'was not written by synthesis' }));
  const more = foreign.length > 10 ? [{ where: '', message: `and ${foreign.length - 10} more` }] : [];
  const summary = `the output folder ${folder} holds files that synthesis did not write, and nothing was changed: move them, or choose another folder`;
  throw GitOpsError.of('OUTPUT_FOREIGN_FILES', summary, [...shown, ...more]);
}

function removeEmptyFolders(root: string, removed: readonly string[]): void {
  const gone = new Set<string>();
  for (const path of removed) {
    for (let folder = dirname(join(root, path)); folder.startsWith(root + sep); folder = dirname(folder)) {
      if (gone.has(folder)) continue;
      if (readdirSync(folder).length > 0) break;
      rmdirSync(folder);
      gone.add(folder);
    }
  }
}
