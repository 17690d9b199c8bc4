import { GitOpsError } from '../errors';
import { indexFiles } from '../model/index-files';
import { isLabel, layout } from '../model/layout';
import { parseRegistration, type RegistrationRecord, type SectionRecord } from '../model/record';
import { recordOf, registrationRecordOf, rootsOf, type SectionOwner } from '../model/section';
import type { RecordFile, Repository } from '../publish';
import { isFileRoot } from '../publish/desired';
import { locate, type OpenOptions, openPlace, type Place, withRepository } from './environment-repository';
import { checkerOf, withLog } from './log';
import { findOrphans } from './orphans';
import { type DifferingFolder, differingFiles } from './verify-files';
import { checkSignatures } from './verify-signatures';
import { isWorkflow, WORKFLOWS } from './verify-workflow';

export interface VerifyOptions extends OpenOptions {
  /**
   * File of allowed signers, as `ssh-keygen` reads it: the newest commit has to be signed by one of them.
   *
   * @default - signatures are not checked
   */
  readonly allowedSigners?: string;
  /** With `allowedSigners`: every commit that this one does not have, has to be signed. @default - the newest one alone */
  readonly since?: string;
}

/** Something in the environment repository that is not as its records say. */
export interface Finding {
  /** Path in the environment repository, or `commit <id>`. */
  readonly path: string;
  /** What is wrong, and what to do about it. */
  readonly message: string;
}

export interface VerifyResult {
  readonly repository: string;
  readonly branch?: string;
  readonly commit: string | null;
  /** Whether there are no problems; warnings do not count. */
  readonly ok: boolean;
  /** Records that were checked. */
  readonly checked: {
    readonly clusters: number;
    readonly environments: number;
    readonly units: number;
    /** Commits whose signatures were checked. @default - they were not */
    readonly commits?: number;
  };
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/**
 * Checks an environment repository against its records: everything in it has to be what was published, and to belong to
 * somebody. In a clone it is the commit that counts, not the work tree.
 * @throws GitOpsError when it cannot be read; what is wrong in it is returned
 */
export async function verify(options: VerifyOptions = {}): Promise<VerifyResult> {
  if (options.since !== undefined && options.allowedSigners === undefined) {
    throw new GitOpsError('USAGE', 'since is about signatures: name the file of allowed signers as well');
  }
  const place = await locate(options);
  const signatures = await signaturesOf(place, options);
  return withRepository(openPlace(place, options), async ({ repository, location, branch }) => {
    options.host?.progress?.({ phase: 'read', message: 'reading records' });
    const files = await repository.listRecords();
    const present = await repository.listTree('');
    options.host?.progress?.({ phase: 'compare', message: `comparing ${files.length} records` });
    const owners = files.flatMap((file) => ownersOf(file));
    const records = files.flatMap(({ record }) => record ?? []);
    const orphans = findOrphans(present.keys(), owners, await ownWorkflows(repository));
    const indexWarnings = await checkIndex(records, repository);
    const registrations = await readRegistrations(owners, repository);
    const found = files.flatMap((file) => checkRecord(file, repository, registrations));
    const problems = [
      ...(signatures?.problems ?? []),
      ...(await withFiles(found, repository)),
      ...orphans.sections.map((path) => ({
        path,
        message: 'belongs to no record: remove it, or publish what it belongs to',
      })),
    ];
    const warnings = [
      ...indexWarnings,
      ...orphans.others.map((path) => ({ path, message: 'was not written by this tool, which will leave it alone' })),
    ];
    const count = (kind: SectionRecord['kind']) => records.filter((record) => record.kind === kind).length;
    options.host?.progress?.({ phase: 'done', message: 'compared' });
    return {
      repository: location,
      ...(branch === undefined ? {} : { branch }),
      commit: repository.commit,
      ok: problems.length === 0,
      checked: {
        clusters: count('Cluster'),
        environments: count('Environment'),
        units: count('Release'),
        ...(signatures === undefined ? {} : { commits: signatures.checked }),
      },
      problems: sorted(problems),
      warnings: sorted(warnings),
    };
  });
}

async function signaturesOf(place: Place, options: VerifyOptions) {
  const { allowedSigners, since } = options;
  if (allowedSigners === undefined) return undefined;
  const checker = checkerOf(allowedSigners, options);
  return withLog(place, since === undefined ? 1 : 100, options, (log) => checkSignatures(log, checker, since));
}

/** Workflows that were written here: they are nobody's section, and at home all the same. */
async function ownWorkflows(repository: Repository): Promise<ReadonlySet<string>> {
  const present = await repository.readFiles(Object.values(WORKFLOWS));
  return new Set([...present].filter(([, content]) => isWorkflow(content)).map(([path]) => path));
}

/** A finding, and what would tell more of it. */
interface RootFinding extends Finding {
  readonly folder?: DifferingFolder & { readonly record: string };
}

/** Folders of which single files are told at most, and files of each. */
const MOST = { folders: 20, files: 50 };

/** Names the files that differ in place of their folders, where the history has what was published. */
async function withFiles(findings: readonly RootFinding[], repository: Repository): Promise<Finding[]> {
  const named: Finding[] = [];
  let folders = 0;
  for (const { folder, ...finding } of findings) {
    const files =
      folder === undefined || ++folders > MOST.folders ? undefined : await differingFiles(repository, folder);
    if (folder === undefined || files === undefined || files.length === 0) {
      named.push(finding);
      continue;
    }
    for (const { path, change } of files.slice(0, MOST.files)) {
      named.push({ path, message: `${WHAT[change](folder.record)}: ${REMEDY}` });
    }
    const more = files.length - MOST.files;
    if (more > 0) named.push({ ...finding, message: `${finding.message} (${more} more files differ)` });
  }
  return named;
}

const WHAT = {
  added: (record: string) => `is not in its record ${record}`,
  changed: (record: string) => `differs from its record ${record}`,
  removed: (record: string) => `is gone, and its record ${record} lists it`,
};

/** Whom a record belongs to: as it says, and, so that what lies there is not orphaned by a broken one, as it is called. */
function ownersOf({ path, record }: RecordFile): SectionOwner[] {
  const named = path.replace(/\.yaml$/, '').split('/');
  const [, first = '', second = ''] = named;
  if (path.startsWith(`${layout.folderRecords}/`)) return [{ kind: 'folder', path: named.slice(2).join('/') }];
  const cluster = record === undefined || record.kind === 'Folder' ? '' : record.cluster;
  if (named[0] === 'clusters') return [{ kind: 'cluster', cluster: first }];
  if (named[0] === 'environments') return [{ kind: 'environment', environment: first, cluster }];
  return [{ kind: 'unit', environment: first, application: second, cluster }];
}

/** Records of what operators are told of units, by their paths. */
async function readRegistrations(
  owners: readonly SectionOwner[],
  repository: Repository,
): Promise<ReadonlyMap<string, RegistrationRecord | undefined>> {
  const paths = owners.flatMap((owner) =>
    owner.kind === 'unit' && isLabel(owner.cluster) ? [registrationRecordOf(owner)] : [],
  );
  const files = await repository.readFiles(paths);
  return new Map([...files].map(([path, body]) => [path, parseRegistration(body.toString('utf8'))]));
}

function checkRecord(
  file: RecordFile,
  { snapshot }: Repository,
  registrations: ReadonlyMap<string, RegistrationRecord | undefined>,
): RootFinding[] {
  const { path, record, problem } = file;
  if (record === undefined) return [{ path, message: withoutPath(problem?.message ?? 'is not a valid record', path) }];
  const owner = ownerOf(record);
  if (recordOf(owner) !== path || (owner.kind !== 'folder' && !namesOf(owner).every(isLabel))) {
    return [{ path, message: `names something else (${JSON.stringify(recordOf(owner))}): restore it from history` }];
  }
  const findings: RootFinding[] = [];
  const aside = owner.kind === 'unit' ? registrationRecordOf(owner) : undefined;
  const roots = rootsOf(owner).filter((root) => root !== path && root !== aside);
  const registered = aside === undefined ? undefined : registrations.get(aside)?.content;
  if (aside !== undefined && registered === undefined) {
    const what = registrations.has(aside) ? 'is not a valid record' : 'is gone';
    findings.push({ path: aside, message: `${what}: ${REMEDY}` });
  }
  const published = { ...registered, ...record.content };
  for (const root of roots) {
    const expected = Object.hasOwn(published, root) ? published[root] : undefined;
    // Without its record, nobody can tell what a registration was.
    if (expected === undefined && aside !== undefined && registered === undefined && root.startsWith('clusters/')) {
      continue;
    }
    const node = snapshot.at(root);
    const mode = isFileRoot(root) ? '100644' : '40000';
    if (expected === undefined && node !== undefined) {
      findings.push({ path: root, message: `${WHAT.added(path)}: ${REMEDY}` });
    } else if (expected !== undefined && node === undefined) {
      findings.push({ path: root, message: `${WHAT.removed(path)}: ${REMEDY}` });
    } else if (expected !== undefined && (node?.id !== expected || node.mode !== mode)) {
      const ids =
        node?.id === expected ? `mode ${node.mode}` : `${node?.id.slice(0, 10)}, not ${expected.slice(0, 10)}`;
      const isFolder = mode === '40000' && node?.mode === mode;
      findings.push({
        path: root,
        message: `${WHAT.changed(path)} (${ids}): ${REMEDY}`,
        ...(isFolder ? { folder: { path: root, recorded: expected, record: path } } : {}),
      });
    }
  }
  for (const root of Object.keys(published)) {
    if (!roots.includes(root)) findings.push({ path, message: `lists ${JSON.stringify(root)}, which is not its own` });
  }
  return findings;
}

const REMEDY = 'it was changed by hand; revert that, or publish over it with --overwrite';

function ownerOf(record: SectionRecord): SectionOwner {
  switch (record.kind) {
    case 'Cluster':
      return { kind: 'cluster', cluster: record.cluster };
    case 'Environment':
      return { kind: 'environment', environment: record.environment, cluster: record.cluster };
    case 'Release':
      return {
        kind: 'unit',
        environment: record.environment,
        application: record.application,
        cluster: record.cluster,
      };
    case 'Folder':
      return { kind: 'folder', path: record.path };
  }
}

function namesOf({ kind: _, ...names }: SectionOwner): string[] {
  return Object.values(names);
}

/** The derived files. An older or newer version may have written them otherwise, so that a difference is no failure. */
async function checkIndex(records: readonly SectionRecord[], repository: Repository): Promise<Finding[]> {
  const paths = [layout.readme, layout.gitattributes, layout.codeowners];
  const present = await repository.readFiles(paths);
  if (records.length === 0) return [];
  const expected = indexFiles({
    clusters: records.filter((record) => record.kind === 'Cluster'),
    environments: records.filter((record) => record.kind === 'Environment'),
    units: records.filter((record) => record.kind === 'Release'),
  });
  return paths.flatMap((path) => {
    const content = present.get(path);
    if (content === undefined) return [{ path, message: 'is gone; the next publish writes it again' }];
    if (content.toString('utf8') === expected.get(path)) return [];
    const message = 'is not what the records give: edited by hand, or of another version; the next publish rewrites it';
    return [{ path, message }];
  });
}

function withoutPath(message: string, path: string): string {
  return message.startsWith(`${path} `) ? message.slice(path.length + 1) : message;
}

function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}
