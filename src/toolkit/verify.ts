import { indexFiles } from '../model/index-files';
import { isLabel, layout } from '../model/layout';
import type { SectionRecord } from '../model/record';
import { recordOf, rootsOf, type SectionOwner } from '../model/section';
import type { RecordFile, Repository } from '../publish';
import { type OpenOptions, openAny, withRepository } from './environment-repository';
import { findOrphans } from './orphans';

export type VerifyOptions = OpenOptions;

/** Something in the environment repository that is not as its records say. */
export interface Finding {
  /** Path in the environment repository. */
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
  readonly checked: { readonly clusters: number; readonly environments: number; readonly units: number };
  readonly problems: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/**
 * Checks an environment repository against its records: everything in it has to be what was published, and to belong to
 * somebody. In a clone it is the commit that counts, not the work tree.
 * @throws GitOpsError when it cannot be read; what is wrong in it is returned
 */
export function verify(options: VerifyOptions = {}): Promise<VerifyResult> {
  return withRepository(openAny(options), async ({ repository, location, branch }) => {
    options.host?.progress?.({ phase: 'read', message: 'reading records' });
    const files = await repository.listRecords();
    const present = await repository.listTree('');
    options.host?.progress?.({ phase: 'compare', message: `comparing ${files.length} records` });
    const owners = files.flatMap((file) => ownersOf(file));
    const records = files.flatMap(({ record }) => record ?? []);
    const orphans = findOrphans(present.keys(), owners);
    const problems = [
      ...files.flatMap((file) => checkRecord(file, repository)),
      ...orphans.sections.map((path) => ({
        path,
        message: 'belongs to no record: remove it, or publish what it belongs to',
      })),
    ];
    const warnings = [
      ...(await checkIndex(records, repository)),
      ...orphans.others.map((path) => ({ path, message: 'was not written by this tool, which will leave it alone' })),
    ];
    const count = (kind: SectionRecord['kind']) => records.filter((record) => record.kind === kind).length;
    options.host?.progress?.({ phase: 'done', message: 'compared' });
    return {
      repository: location,
      ...(branch === undefined ? {} : { branch }),
      commit: repository.commit,
      ok: problems.length === 0,
      checked: { clusters: count('Cluster'), environments: count('Environment'), units: count('Release') },
      problems: sorted(problems),
      warnings: sorted(warnings),
    };
  });
}

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

function checkRecord(file: RecordFile, { snapshot }: Repository): Finding[] {
  const { path, record, problem } = file;
  if (record === undefined) return [{ path, message: withoutPath(problem?.message ?? 'is not a valid record', path) }];
  const owner = ownerOf(record);
  if (recordOf(owner) !== path || (owner.kind !== 'folder' && !namesOf(owner).every(isLabel))) {
    return [{ path, message: `names something else (${JSON.stringify(recordOf(owner))}): restore it from history` }];
  }
  const findings: Finding[] = [];
  const roots = rootsOf(owner).filter((root) => root !== path);
  for (const root of roots) {
    const expected = record.content[root];
    const node = snapshot.at(root);
    const mode = root.endsWith('.yaml') ? '100644' : '40000';
    if (expected === undefined && node !== undefined) {
      findings.push({ path: root, message: `is not in its record ${path}: ${REMEDY}` });
    } else if (expected !== undefined && node === undefined) {
      findings.push({ path: root, message: `is gone, and its record ${path} lists it: ${REMEDY}` });
    } else if (expected !== undefined && (node?.id !== expected || node.mode !== mode)) {
      const ids =
        node?.id === expected ? `mode ${node.mode}` : `${node?.id.slice(0, 10)}, not ${expected.slice(0, 10)}`;
      findings.push({ path: root, message: `differs from its record ${path} (${ids}): ${REMEDY}` });
    }
  }
  for (const root of Object.keys(record.content)) {
    if (!roots.includes(root)) findings.push({ path, message: `lists ${JSON.stringify(root)}, which is not its own` });
  }
  return findings;
}

const REMEDY = 'it was changed by hand; revert that, or publish again';

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
