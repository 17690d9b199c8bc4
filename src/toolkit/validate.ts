import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { extname, join, relative, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { GitOpsError } from '../errors';
import { FAMILIES, type GateObject, type Issue, type RuleFamily } from '../gate';
import { readDefinitions, schemaFamily } from '../gate/schemas';
import { POD_SECURITY, type PodSecurity } from '../model/pod-security';
import { type AppOptions, loadIssues } from './app';
import { objectsOf } from './validate-documents';
import { groupsOf } from './validate-groups';

export interface ValidateOptions extends AppOptions {
  /** Folder with YAML and JSON files, at any depth. @default - what the program declares is checked */
  readonly dir?: string;
  /** Families of rules to check: `secret`, `schema`, `policy`. @default - all of them */
  readonly only?: readonly string[];
  /** Version of Kubernetes, such as `1.33`. For a folder. @default - the newest that is known */
  readonly kubernetesVersion?: string;
  /** Files of CustomResourceDefinitions. For a folder. @default - those in it, and those that are built in */
  readonly crds?: readonly string[];
  /** Level of the Pod Security Standards: `privileged`, `baseline` or `restricted`. For a folder. @default - not known */
  readonly podSecurity?: string;
}

export interface ValidateResult {
  /** By file, in the order of what is in each. */
  readonly issues: readonly Issue[];
  /** Kubernetes objects that were checked. */
  readonly objects: number;
  /** Files that were read, or would be written. */
  readonly files: number;
}

const EXTENSIONS: ReadonlySet<string> = new Set(['.yaml', '.yml', '.json']);
const SKIPPED: ReadonlySet<string> = new Set(['.git', 'node_modules']);
/** Larger files are no manifests, and would take all memory. */
const LARGEST_FILE = 64 * 1024 * 1024;
/** Files after which progress is told, and signals are heard. */
const BATCH = 100;

/**
 * Checks the manifests in a folder, or what the program declares, which is then neither written nor published. For a
 * folder no program is needed; files in it that hold no Kubernetes objects are checked for secrets as the data they are,
 * and what cannot be read is an issue.
 * @throws GitOpsError USAGE when there is no such folder, level or family of rules; DEFINITION_INVALID and
 *   KUBERNETES_VERSION_UNKNOWN for the options of schemas; of a program, as `loadTree` does
 */
export async function validate(options: ValidateOptions = {}): Promise<ValidateResult> {
  const { dir, host, only } = options;
  checkFamilies(only);
  const result = dir === undefined ? await ofProgram(options) : await ofFolder({ ...options, dir });
  host?.progress?.({ phase: 'done', message: 'checked' });
  return result;
}

async function ofProgram(options: ValidateOptions): Promise<ValidateResult> {
  const { only, kubernetesVersion, crds, podSecurity } = options;
  if (kubernetesVersion !== undefined || crds !== undefined || podSecurity !== undefined) {
    throw new GitOpsError(
      'USAGE',
      'versions, definitions and levels are for folders: a program says them of its clusters and environments',
    );
  }
  const { issues, objects, files } = await loadIssues(options);
  const isWanted = ({ rule }: Issue) => only === undefined || only.some((name) => rule.startsWith(`${name}/`));
  const order = issues.filter(isWanted).map((issue, index) => ({ issue, index }));
  order.sort((a, b) => (a.issue.file < b.issue.file ? -1 : a.issue.file > b.issue.file ? 1 : a.index - b.index));
  return { issues: order.map(({ issue }) => issue), objects, files };
}

async function ofFolder(options: ValidateOptions & { readonly dir: string }): Promise<ValidateResult> {
  const { cwd = process.cwd(), dir, host, signal } = options;
  const families = familiesOf(options);
  const podSecurity = levelOf(options.podSecurity);
  const root = folderAt(resolve(cwd, dir), dir);
  const unreadable: Issue[] = [];
  const paths = findFiles(root, unreadable);
  const found: GateObject[] = [];
  for (const [index, path] of paths.entries()) {
    if (index > 0 && index % BATCH === 0) {
      host?.progress?.({ phase: 'compare', message: `checking files: ${index} of ${paths.length}` });
      await setImmediate();
      signal?.throwIfAborted();
    }
    const file = shown(root, path);
    const text = read(path, file, unreadable);
    if (text === undefined) continue;
    const documents = objectsOf(text, file);
    if (documents.problem !== undefined) unreadable.push(documents.problem);
    for (const object of documents.found) found.push(object);
  }
  const issues = [...unreadable, ...(await checkGroups(found, families, podSecurity, signal))];
  const order = new Map(paths.map((path, index) => [shown(root, path), index]));
  const sorted = issues
    .map((issue, index) => ({ issue, index, file: order.get(issue.file) ?? -1 }))
    .sort((a, b) => a.file - b.file || a.index - b.index);
  return { issues: sorted.map(({ issue }) => issue), objects: found.filter(isObject).length, files: paths.length };
}

/** Issues of all objects. Those of a unit of an environment repository are looked at together, and the rest is. */
async function checkGroups(
  objects: readonly GateObject[],
  families: readonly RuleFamily[],
  podSecurity: PodSecurity | undefined,
  signal: AbortSignal | undefined,
): Promise<Issue[]> {
  const issues: Issue[] = [];
  for (const family of families) family.prepare?.(objects);
  for (const [index, object] of objects.entries()) {
    if (index % (BATCH * 10) === 0) {
      await setImmediate();
      signal?.throwIfAborted();
    }
    for (const family of families) issues.push(...(family.check?.(object, {}) ?? []));
  }
  for (const group of groupsOf(objects)) {
    for (const family of families) {
      for (const issue of family.checkGroup?.({ ...group, podSecurity }) ?? []) issues.push(issue);
    }
  }
  return issues;
}

function familiesOf({ only, kubernetesVersion, crds, cwd = process.cwd() }: ValidateOptions): readonly RuleFamily[] {
  const definitions = crds?.flatMap((file) => {
    try {
      return readDefinitions(readFileSync(resolve(cwd, file), 'utf8'), file);
    } catch (error) {
      if (GitOpsError.is(error)) throw error;
      throw new GitOpsError('DEFINITION_INVALID', `${file} cannot be read: ${codeOf(error)}`);
    }
  });
  const isDefault = kubernetesVersion === undefined && definitions === undefined;
  const families = isDefault
    ? FAMILIES
    : FAMILIES.map((family) =>
        family.name === 'schema' ? schemaFamily({ kubernetesVersion, definitions: definitions ?? [] }) : family,
      );
  return only === undefined ? families : families.filter(({ name }) => only.includes(name));
}

function checkFamilies(only: readonly string[] | undefined): void {
  const unknown = only?.find((name) => !FAMILIES.some((family) => family.name === name));
  if (unknown === undefined) return;
  const known = FAMILIES.map(({ name }) => name).join(', ');
  throw new GitOpsError('USAGE', `there are no rules ${JSON.stringify(unknown)}: use ${known}`);
}

function levelOf(level: string | undefined): PodSecurity | undefined {
  const known = POD_SECURITY.find((each) => each === level);
  if (known !== undefined || level === undefined) return known;
  throw new GitOpsError('USAGE', `there is no level ${JSON.stringify(level)}: use ${POD_SECURITY.join(', ')}`);
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
