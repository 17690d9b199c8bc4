import { isLabel, layout } from './layout';
import { readmeText } from './readme';
import { type ClusterRecord, type EnvironmentRecord, parseRecord } from './record';
import type { DesiredTree } from './section';

/**
 * What the repository's front page is made of: the names of its units, and the records of its clusters and
 * environments. Nothing here needs a unit's files, so that it can be computed anew with each publish at no cost.
 */
export interface RepositoryIndex {
  readonly clusters: readonly ClusterRecord[];
  readonly environments: readonly EnvironmentRecord[];
  readonly units: readonly { readonly environment: string; readonly application: string }[];
}

/**
 * The files that no one owns: README.md, .gitattributes and CODEOWNERS. They are a function of the rest of the tree;
 * every publish computes them anew, and they never make a commit of their own.
 *
 * Names that are no labels are left out: they come from somebody else's records, and the files here are read by forges.
 */
export function indexFiles(index: RepositoryIndex): ReadonlyMap<string, string> {
  const sound: RepositoryIndex = {
    clusters: index.clusters.filter(({ cluster }) => isLabel(cluster)).sort(by('cluster')),
    environments: index.environments
      .filter(({ environment, cluster }) => isLabel(environment) && isLabel(cluster))
      .sort(by('environment')),
    units: index.units.filter(({ environment, application }) => isLabel(environment) && isLabel(application)),
  };
  return new Map([
    [layout.readme, readmeText(sound)],
    [layout.gitattributes, GITATTRIBUTES],
    [layout.codeowners, codeownersText(sound)],
  ]);
}

/** The same files for a tree that stands alone, as in an output folder. */
export function indexFilesOf(tree: DesiredTree): ReadonlyMap<string, string> {
  const clusters: ClusterRecord[] = [];
  const environments: EnvironmentRecord[] = [];
  const units: { environment: string; application: string }[] = [];
  for (const { owner, record, files } of tree.sections) {
    if (owner.kind === 'unit') {
      units.push(owner);
      continue;
    }
    const content = files.get(record) ?? '';
    const parsed = parseRecord(typeof content === 'string' ? content : Buffer.from(content).toString('utf8'), record);
    if (parsed.kind === 'Cluster') clusters.push(parsed);
    else if (parsed.kind === 'Environment') environments.push(parsed);
  }
  return indexFiles({ clusters, environments, units });
}

/** Bytes as they were rendered, whatever a clone's settings say; collapsed in reviews. */
const GITATTRIBUTES = '# Generated. Edits are lost with the next publish.\n* -text linguist-generated\n';

/** `user`, `org/team` or an e-mail address: what CODEOWNERS takes, and nothing that could add a line to it. */
const OWNER = /^(?:[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)*|[^\s@#\p{Cc}]+@[A-Za-z0-9.-]+)$/u;

/** True of what `owners` of an environment may hold. */
export function isOwner(owner: string): boolean {
  return OWNER.test(owner);
}

function codeownersText({ environments }: RepositoryIndex): string {
  const lines = ['# Generated. Edits are lost with the next publish.'];
  for (const { environment, cluster, owners = [] } of environments) {
    const names = owners.filter(isOwner).map((owner) => (owner.includes('@') ? owner : `@${owner}`));
    if (names.length === 0) continue;
    const paths = [
      `/environments/${environment}/`,
      `/${layout.environmentRecord(environment)}`,
      `/${layout.releases(environment)}/`,
      `/${layout.environmentRegistration(cluster, environment)}/`,
      `/${layout.registrations(cluster)}/${environment}.*`,
      `/${layout.clusterFolder(cluster)}/units/${environment}.*/`,
      `/${layout.clusterFolder(cluster)}/namespaces/${environment}.*/`,
      `/${layout.registrationRecords(cluster)}/${environment}.*`,
    ];
    for (const path of paths) lines.push(`${path} ${names.join(' ')}`);
  }
  return `${lines.join('\n')}\n`;
}

function by<K extends string>(key: K): (a: Readonly<Record<K, string>>, b: Readonly<Record<K, string>>) => number {
  return (a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0);
}
