import { layout } from '../../model/layout';
import { apiGroup, type Manifest } from '../../model/manifest';
import { isClusterScoped } from '../../model/scopes';
import type { LiveOperator } from '../../operators/live';
import type { Repository } from '../../publish';
import { objectsIn } from '../../publish/objects-of-files';
import { isDefinition } from '../bootstrap/plan';

/** What an operator has of a platform in a cluster, as it is published. */
export interface OldOperator {
  readonly operator: LiveOperator;
  /** Its own objects: what is applied by hand comes first. */
  readonly objects: readonly OldObject[];
  /** Folders, or files, with what it applies, and the namespace for objects that name none. */
  readonly folders: readonly AppliedFolder[];
  /** It was installed from the repository, object by object. */
  readonly isInstalled: boolean;
}

export interface OldObject {
  /** As kubectl takes it, e.g. `applications.argoproj.io`. */
  readonly resource: string;
  readonly name: string;
  readonly namespace: string;
  /** It says whether a unit, or the whole, is there and well. */
  readonly isReport: boolean;
}

export interface AppliedFolder {
  readonly paths: readonly string[];
  readonly namespace?: string;
}

/** Reads what the old operator has. What cannot be read is left out: publishing told of it. */
export async function readOld(repository: Repository, cluster: string, operator: LiveOperator): Promise<OldOperator> {
  const files = await repository.readTree(layout.clusterFolder(cluster));
  const roots: OldObject[] = [];
  const objects: OldObject[] = [];
  const applied = new Map<string, string | undefined>();
  const [unitKind] = operator.reports;
  let isInstalled = false;
  for (const [path, content] of [...files].sort(bootstrapFirst(cluster))) {
    const text = content.toString('utf8');
    const inOperator = path.startsWith(`${layout.operator(cluster)}/`);
    if (isDefinition(text)) continue;
    for (const manifest of objectsIn(text) ?? []) {
      if (inOperator && manifest.kind === 'Deployment') isInstalled = true;
      const group = apiGroup(manifest.apiVersion);
      if (!operator.groups.includes(group)) continue;
      const report = operator.reports.find((each) => each.group === group && each.kind === manifest.kind);
      const { name, namespace = '' } = manifest.metadata;
      const resource = report?.resource ?? `${manifest.kind.toLowerCase()}.${group}`;
      const object = { resource, name, namespace, isReport: report === unitKind };
      if (report !== unitKind) {
        objects.push(object);
        continue;
      }
      const { path: folder, namespace: own } = operator.release.appliedBy(
        (manifest.spec ?? {}) as Record<string, unknown>,
      );
      (folder === layout.clusterFolder(cluster) ? roots : objects).push(object);
      if (folder?.startsWith('environments/')) applied.set(folder, applied.get(folder) ?? own);
    }
  }
  const folders: AppliedFolder[] = [];
  const spaces = `${layout.clusterFolder(cluster)}/namespaces`;
  if ([...files.keys()].some((path) => path.startsWith(`${spaces}/`))) folders.push({ paths: [spaces] });
  for (const [folder, namespace] of applied) folders.push(...(await foldersOf(repository, folder, namespace)));
  return { operator, objects: [...roots, ...objects], folders, isInstalled };
}

/** A unit's folder; apart from each other, the files with objects that name a namespace and those that do not. */
async function foldersOf(
  repository: Repository,
  folder: string,
  namespace: string | undefined,
): Promise<AppliedFolder[]> {
  const named: string[] = [];
  const unnamed: string[] = [];
  for (const [path, content] of await repository.readTree(folder)) {
    const objects = objectsIn(content) ?? [];
    const isNamed = (manifest: Manifest) => isClusterScoped(manifest) || manifest.metadata.namespace !== undefined;
    if (objects.length > 0) (objects.every(isNamed) ? named : unnamed).push(path);
  }
  const own = namespace === undefined ? {} : { namespace };
  if (unnamed.length === 0) return named.length === 0 ? [] : [{ paths: [folder] }];
  if (named.length === 0) return [{ paths: [folder], ...own }];
  return [{ paths: named }, { paths: unnamed, ...own }];
}

/** What is applied by hand is told to stop first: it would undo what is done to the others. */
function bootstrapFirst(cluster: string) {
  const rank = (path: string) => (path.startsWith(`${layout.bootstrap(cluster)}/`) ? 0 : 1);
  return ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => rank(a) - rank(b) || (a < b ? -1 : 1);
}
