import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GitOpsError } from '../errors';
import { checkObjects, FAMILIES, type GateObject, type Issue } from '../gate';
import type { VerbOptions } from './host';
import { objectsOf } from './validate-documents';

export interface ValidateOptions extends VerbOptions {
  /** Folder with YAML and JSON files, at any depth. */
  readonly dir: string;
  /** Families of rules to check, such as `secret`. @default - all of them */
  readonly only?: readonly string[];
}

export interface ValidateResult {
  /** By file, in the order of what is in each. */
  readonly issues: readonly Issue[];
  /** Kubernetes objects that were checked. */
  readonly objects: number;
  /** Files that were read. */
  readonly files: number;
}

const EXTENSIONS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json']);
const SKIPPED: ReadonlySet<string> = new Set(['.git', 'node_modules']);
/** Larger files are no manifests, and would take all memory. */
const LARGEST_FILE = 64 * 1024 * 1024;
/** Files after which progress is told, and signals are heard. */
const BATCH = 100;

/**
 * Checks the manifests in a folder. No program is needed. Files that hold no Kubernetes objects are checked for secrets as
 * the data they are; what cannot be read is an issue.
 * @throws GitOpsError USAGE when there is no such folder, or no such family of rules
 */
export async function validate(options: ValidateOptions): Promise<ValidateResult> {
  const { cwd = process.cwd(), dir, host, signal } = options;
  const families = familiesOf(options.only);
  const root = folderAt(resolve(cwd, dir), dir);
  const issues: Issue[] = [];
  const paths = findFiles(root, issues);
  let objects = 0;
  for (const [index, path] of paths.entries()) {
    if (index > 0 && index % BATCH === 0) {
      host?.progress?.({ phase: 'compare', message: `checking files: ${index} of ${paths.length}` });
      await setImmediate();
      signal?.throwIfAborted();
    }
    const file = shown(root, path);
    const text = read(path, file, issues);
    if (text === undefined) continue;
    const { found, problem } = objectsOf(text, file);
    if (problem !== undefined) issues.push(problem);
    objects += found.filter(isObject).length;
    issues.push(...checkObjects(found, { families }));
  }
  host?.progress?.({ phase: 'done', message: 'checked' });
  return { issues, objects, files: paths.length };
}

function familiesOf(only: readonly string[] | undefined) {
  if (only === undefined) return FAMILIES;
  const unknown = only.find((name) => !FAMILIES.some((family) => family.name === name));
  if (unknown === undefined) return FAMILIES.filter(({ name }) => only.includes(name));
  const known = FAMILIES.map(({ name }) => name).join(', ');
  throw new GitOpsError('USAGE', `there are no rules ${JSON.stringify(unknown)}: use ${known}`);
}

function folderAt(path: string, dir: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Said below.
  }
  throw new GitOpsError('USAGE', `${JSON.stringify(dir)} is not a folder that can be read`);
}

/** Files to check, sorted. Links lead to what is in the folder; what is outside is left alone. */
function findFiles(root: string, issues: Issue[]): string[] {
  const files: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of entriesOf(folder, root, issues)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) folders.push(path);
      } else if (EXTENSIONS.has(extname(entry.name).toLowerCase())) {
        if (entry.isFile() || (entry.isSymbolicLink() && isWithin(path, root, issues))) files.push(path);
      }
    }
  }
  return files.sort();
}

function entriesOf(folder: string, root: string, issues: Issue[]): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    issues.push(unreadable(shown(root, folder), codeOf(error)));
    return [];
  }
}

/** Whether a link leads to a file in the folder. One that does not is told of, for nothing behind it was checked. */
function isWithin(link: string, root: string, issues: Issue[]): boolean {
  try {
    const target = realpathSync(link);
    if (target.startsWith(root + sep)) return statSync(target).isFile();
  } catch {
    // It leads nowhere.
  }
  issues.push({
    rule: 'schema/link',
    severity: 'warning',
    file: shown(root, link),
    field: '',
    message: 'a link that leads to nothing in the folder: it was not followed',
    remedy: 'put the file in its place, or remove the link',
  });
  return false;
}

function read(path: string, file: string, issues: Issue[]): string | undefined {
  try {
    if (statSync(path).size > LARGEST_FILE) {
      issues.push(unreadable(file, 'the file is larger than 64 MiB'));
      return undefined;
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    issues.push(unreadable(file, error instanceof TypeError ? 'the file is not UTF-8' : codeOf(error)));
    return undefined;
  }
}

function unreadable(file: string, why: string): Issue {
  const remedy = 'mend it, or move it out of the folder';
  return { rule: 'schema/unreadable', severity: 'error', file, field: '', message: `cannot be read: ${why}`, remedy };
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code ?? 'unknown error');
}

function shown(root: string, path: string): string {
  return relative(root, path).split(sep).join('/') || '.';
}

function isObject({ manifest }: GateObject): boolean {
  return typeof manifest.kind === 'string' && manifest.kind !== '';
}
