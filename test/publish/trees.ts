import { blobId } from '../../src/model/git-objects';
import { layout } from '../../src/model/layout';
import { type SectionRecord, serializeRecord } from '../../src/model/record';
import { type DesiredTree, recordOf, rootsOf, type Section, type SectionOwner } from '../../src/model/section';
import { treeIdOfFiles } from '../helpers/tree-id';

/** Sections and trees, written by hand. */

export const SOURCE = 'acme/checkout';

/** Git ids of what files hold at some roots, as a record lists them. */
function contentIds(roots: readonly string[], files: ReadonlyMap<string, string | Uint8Array>): Record<string, string> {
  const content: Record<string, string> = {};
  for (const root of roots) {
    const file = files.get(root);
    const below = [...files]
      .filter(([path]) => path.startsWith(`${root}/`))
      .map(([path, bytes]) => [path.slice(root.length + 1), blobId(bytes)] as const);
    if (file !== undefined) content[root] = blobId(file);
    else if (below.length > 0) content[root] = treeIdOfFiles(below);
  }
  return content;
}

function section(
  owner: SectionOwner,
  source: string,
  files: Map<string, string | Uint8Array>,
  record: (content: Record<string, string>) => SectionRecord,
): Section {
  const path = recordOf(owner);
  const content = contentIds(
    rootsOf(owner).filter((root) => root !== path),
    files,
  );
  files.set(path, serializeRecord(record(content)));
  return { owner, source, record: path, files };
}

export interface UnitOptions {
  readonly cluster?: string;
  readonly source?: string;
  readonly images?: readonly string[];
}

/** A unit: its files by their names in its folder, and a registration. */
export function unit(
  environment: string,
  application: string,
  files: Readonly<Record<string, string | Uint8Array>> = { 'deployment-api.yaml': 'kind: Deployment\n' },
  { cluster = 'eu-1', source = SOURCE, images = [] }: UnitOptions = {},
): Section {
  const folder = layout.unitFolder(environment, application);
  const all = new Map<string, string | Uint8Array>(
    Object.entries(files).map(([name, content]) => [`${folder}/${name}`, content]),
  );
  all.set(
    layout.registration(cluster, environment, application),
    `kind: Application\nname: ${environment}.${application}\n`,
  );
  return section({ kind: 'unit', environment, application, cluster }, source, all, (content) => ({
    kind: 'Release',
    environment,
    application,
    cluster,
    images,
    source: { repository: source },
    content,
  }));
}

export function environment(
  name: string,
  { cluster = 'eu-1', source = SOURCE, stage = 'test', files = {} as Record<string, string> } = {},
): Section {
  const folder = layout.environmentRegistration(cluster, name);
  const all = new Map<string, string>(
    Object.entries({ 'project.yaml': `kind: AppProject\nname: ${name}\n`, ...files }).map(([file, content]) => [
      `${folder}/${file}`,
      content,
    ]),
  );
  return section({ kind: 'environment', environment: name, cluster }, source, all, (content) => ({
    kind: 'Environment',
    platform: 'shop',
    environment: name,
    cluster,
    stage,
    source: { repository: source },
    content,
  }));
}

export function cluster(name: string, { source = SOURCE, operator = 'argo-cd' } = {}): Section {
  const all = new Map<string, string>([
    [`${layout.bootstrap(name)}/root.yaml`, 'kind: Application\nname: root\n'],
    [`${layout.operator(name)}/deployment-server.yaml`, 'kind: Deployment\nname: server\n'],
  ]);
  return section({ kind: 'cluster', cluster: name }, source, all, (content) => ({
    kind: 'Cluster',
    platform: 'shop',
    cluster: name,
    operator,
    source: { repository: source },
    content,
  }));
}

export function tree(sections: readonly Section[], source = SOURCE): DesiredTree {
  return {
    platform: 'shop',
    source,
    repository: { url: 'https://git.example.com/acme/environments.git', branch: 'main' },
    sections,
  };
}
