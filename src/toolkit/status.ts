import { isLabel, layout } from '../model/layout';
import { environmentsInOrder } from '../model/readme';
import type { ClusterRecord, EnvironmentRecord, RecordSource, ReleaseRecord } from '../model/record';
import { type OpenOptions, openDeclared, withRepository } from './environment-repository';

export type StatusOptions = Omit<OpenOptions, 'dir'>;

/** What is published of a unit. */
export interface UnitStatus {
  readonly environment: string;
  readonly application: string;
  readonly cluster: string;
  readonly source: RecordSource;
  readonly generator?: string;
  readonly images: readonly string[];
  /** Git id of the unit's folder, which tells its content. */
  readonly tree?: string;
  /** Git ids of all that the unit consists of. */
  readonly content: Readonly<Record<string, string>>;
}

export interface StatusResult {
  readonly repository: string;
  readonly branch?: string;
  /** Commit that was read; null when the repository is empty. */
  readonly commit: string | null;
  /** Names in the order of promotion. */
  readonly environments: readonly string[];
  /** Names, sorted. */
  readonly applications: readonly string[];
  readonly units: readonly UnitStatus[];
  readonly records: {
    readonly clusters: readonly ClusterRecord[];
    readonly environments: readonly EnvironmentRecord[];
  };
  /** Records that cannot be read. */
  readonly problems: readonly { readonly path: string; readonly message: string }[];
}

/**
 * What is published, as the records in the environment repository tell. With a remote no program is needed.
 * @throws GitOpsError as reading the remote does; where none is named, as `loadTree` does
 */
export function status(options: StatusOptions = {}): Promise<StatusResult> {
  return withRepository(openDeclared(options), async ({ repository, location, branch }) => {
    options.host?.progress?.({ phase: 'read', message: 'reading records' });
    const files = await repository.listRecords();
    const records = files.flatMap(({ record }) => record ?? []);
    const releases = records.filter((record) => record.kind === 'Release');
    const environments = records.filter((record) => record.kind === 'Environment').sort(by('environment'));
    const clusters = records.filter((record) => record.kind === 'Cluster').sort(by('cluster'));
    const units = releases
      .filter(({ environment, application }) => isLabel(environment) && isLabel(application))
      .map(unitOf)
      .sort((a, b) => by('application')(a, b) || by('environment')(a, b));
    options.host?.progress?.({ phase: 'done', message: 'read' });
    return {
      repository: location,
      ...(branch === undefined ? {} : { branch }),
      commit: repository.commit,
      environments: environmentsInOrder({ environments, units }).filter(isLabel),
      applications: [...new Set(units.map(({ application }) => application))],
      units,
      records: { clusters, environments },
      problems: files.flatMap(({ path, problem }) => (problem ? [{ path, message: problem.message }] : [])),
    };
  });
}

function unitOf({ environment, application, cluster, source, generator, images, content }: ReleaseRecord): UnitStatus {
  const tree = content[layout.unitFolder(environment, application)];
  return { environment, application, cluster, source, generator, images, ...(tree ? { tree } : {}), content };
}

function by<K extends string>(key: K): (a: Readonly<Record<K, string>>, b: Readonly<Record<K, string>>) => number {
  return (a, b) => (a[key] < b[key] ? -1 : a[key] > b[key] ? 1 : 0);
}
