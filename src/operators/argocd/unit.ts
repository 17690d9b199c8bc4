import { layout } from '../../model/layout';
import type { Manifest } from '../../model/manifest';
import { type UnitObjects, type UnitRegistration, unitLabels, unitName } from '../operator';
import {
  type AllowedKind,
  API_VERSION,
  CASCADE,
  type Destination,
  HERE,
  PART,
  project,
  renderedFor,
  syncPolicy,
  WAVE,
} from './objects';
import { OWN_KINDS, rootName, waitsName } from './root';

/**
 * A unit, as Argo CD is told of it. Why it is several Applications is in decision 13: nothing that waits, be it for health
 * or for a confirmation, may hold up what has nothing to do with it.
 *
 * - `unit.<unit>`: applied by the root; applies the others, in order.
 * - `<unit>.kept`: what goes only when somebody says so. Only where there is something of the kind.
 * - `<unit>.after.<dependency>`: is as healthy as the unit that has to be there first, and applies nothing.
 * - `<unit>`: the unit's objects.
 */
export interface UnitInput {
  readonly unit: UnitRegistration;
  /** Argo CD's. */
  readonly namespace: string;
  /** Fields of projects that say whose commits are trusted. */
  readonly trust: object;
}

/** Kinds that go only when somebody says so, as file names have them. */
const KEPT = ['customresourcedefinition', 'namespace', 'persistentvolumeclaim'];
const KEPT_FILES = KEPT.map((kind) => `${kind}-*.yaml`);

/**
 * Differences are asked of the API server. Argo CD's own idea of what the server fills in leaves out the claims of a
 * StatefulSet, which would be OutOfSync, and synced again, for ever.
 */
const SERVER_SIDE_DIFF = { 'argocd.argoproj.io/compare-options': 'ServerSideDiff=true' };

/** An Application that is there before its project is an error, which Argo CD looks at again only minutes later. */
const FIRST = { [WAVE]: '-1' };
/** After what has to be there, and healthy. */
const LAST = { [WAVE]: '1' };

export function unitObjects(input: UnitInput): UnitObjects {
  const { unit } = input;
  const details = [
    unitProject(input),
    ...unit.dependsOn.map((dependency) => wait(input, dependency)),
    ...(keepsSome(unit) ? [kept(input)] : []),
    own(input),
  ];
  const surroundings = unit.ownNamespace === undefined ? {} : { surroundings: [unit.ownNamespace] };
  return { registration: parent(input), details, ...surroundings };
}

/** The unit's own Application: everything that may come and go. */
function own(input: UnitInput): Manifest {
  const { unit } = input;
  return application(input, {
    name: unitName(unit),
    annotations: { ...renderedFor('.', releaseOf(unit)), ...LAST, ...SERVER_SIDE_DIFF },
    project: unitName(unit),
    sources: [source(unit, unit.path, { exclude: `{${KEPT_FILES.join(',')}}` })],
    destination: destinationOf(unit),
    sync: syncPolicy({ adopts: unit.adopts }),
    isKept: unit.isOrphaned === true,
  });
}

/** Namespaces, claims and definitions. They are there before everything else of the unit, and stay after it. */
function kept(input: UnitInput): Manifest {
  const { unit } = input;
  const { cluster, environment, application: name } = unit;
  const space = layout.surroundings(cluster, environment, name);
  const below = hasKeptFiles(unit) ? KEPT_FILES.map((file) => `/${unit.path}/${file}`) : [];
  return application(input, {
    name: `${unitName(unit)}.kept`,
    part: 'kept',
    annotations: renderedFor(
      ...(unit.ownNamespace ? [`/${space}`, registrationOf(unit)] : []),
      ...(below.length > 0 ? [...below, releaseOf(unit)] : []),
    ),
    project: unitName(unit),
    sources: [
      ...(unit.ownNamespace ? [source(unit, space)] : []),
      ...(below.length > 0 ? [source(unit, unit.path, { include: `{${KEPT_FILES.join(',')}}` })] : []),
    ],
    destination: destinationOf(unit),
    sync: syncPolicy({ adopts: unit.adopts }),
    isKept: unit.isOrphaned === true,
  });
}

/** What the root knows of the unit. */
function parent(input: UnitInput): Manifest {
  const { unit, namespace } = input;
  const { platform, cluster, environment, application: name } = unit;
  const manifest = application(input, {
    name: `unit.${unitName(unit)}`,
    part: 'unit',
    annotations: renderedFor('.', registrationOf(unit)),
    project: rootName(platform),
    sources: [source(unit, layout.registrationDetails(cluster, environment, name))],
    destination: { ...HERE, namespace },
    sync: syncPolicy({ ofOperator: true }),
  });
  // Argo CD takes this annotation away as soon as it has looked again.
  const jsonPointers = ['/metadata/annotations/argocd.argoproj.io~1refresh'];
  const ignoreDifferences = [{ group: 'argoproj.io', kind: 'Application', jsonPointers }];
  return { ...manifest, spec: { ...(manifest.spec as object), ignoreDifferences } };
}

/**
 * The health of another unit, as an object that can be waited for. The unit's own Application belongs to somebody else: it is
 * looked at, and that alone.
 */
function wait(input: UnitInput, dependency: UnitRegistration['dependsOn'][number]): Manifest {
  const { unit, namespace } = input;
  const on = unitName(dependency);
  const folder = layout.registrationDetails(unit.cluster, dependency.environment, dependency.application);
  const manifest = application(input, {
    name: `${unitName(unit)}.after.${on}`,
    part: 'wait',
    annotations: {
      ...renderedFor('.'),
      // Argo CD notices changes of what an Application owns: every attempt has to make it look at this one.
      'argocd.argoproj.io/refresh': 'normal',
      // The unit itself is not sick because another one is.
      'argocd.argoproj.io/ignore-healthcheck': 'true',
    },
    project: waitsName(unit.platform),
    sources: [source(unit, folder, { include: `application-${on}.yaml` })],
    destination: { ...HERE, namespace },
    sync: { syncOptions: ['FailOnSharedResource=true'] },
    isKept: true,
  });
  // It is no more than health that is wanted of it: otherwise it would be out of sync.
  const jsonPointers = [
    '/metadata/annotations',
    '/metadata/finalizers',
    '/metadata/labels',
    '/operation',
    '/spec',
    '/status',
  ];
  const ignoreDifferences = [{ group: 'argoproj.io', kind: 'Application', jsonPointers }];
  return { ...manifest, spec: { ...(manifest.spec as object), ignoreDifferences } };
}

/** What the unit may touch: its own namespaces, and of what is cluster-wide the kinds that it holds. */
function unitProject({ unit, namespace, trust }: UnitInput): Manifest {
  const clusterResourceWhitelist = [
    ...(unit.ownNamespace ? [{ group: '', kind: 'Namespace', name: unit.ownNamespace.metadata.name }] : []),
    ...unit.clusterKinds.flatMap(({ group, kind }): AllowedKind[] =>
      group === '' && kind === 'Namespace'
        ? (unit.broughtNamespaces ?? []).map((name) => ({ group, kind, name }))
        : [{ group, kind }],
    ),
  ];
  const own = new Set(unit.namespacedKinds.map(({ group, kind }) => `${group}/${kind}`));
  const forbidden = OWN_KINDS.filter(({ group, kind }) => !own.has(`${group}/${kind}`));
  return project(
    unitName(unit),
    {
      namespace,
      sources: [unit.repository.url],
      destinations: unit.namespaces,
      cluster: destinationOf(unit),
      labels: unitLabels(unit),
      annotations: FIRST,
      spec: trust,
    },
    {
      clusterResourceWhitelist,
      // No list of kinds: what is not allowed is not removed either, and a kind leaves the list along with its last object.
      namespaceResourceBlacklist: forbidden,
    },
  );
}

interface ApplicationProps {
  readonly name: string;
  readonly part?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly project: string;
  readonly sources: readonly object[];
  readonly destination: object;
  readonly sync: object;
  /** What it applied stays when it goes. @default false */
  readonly isKept?: boolean;
}

function application({ unit, namespace }: UnitInput, props: ApplicationProps): Manifest {
  const { name, part, annotations, sources, destination, sync, isKept = false } = props;
  return {
    apiVersion: API_VERSION,
    kind: 'Application',
    metadata: {
      name,
      namespace,
      labels: { ...unitLabels(unit), ...(part === undefined ? {} : { [PART]: part }) },
      annotations,
      ...(isKept ? {} : { finalizers: [CASCADE] }),
    },
    spec: {
      project: props.project,
      ...(sources.length === 1 ? { source: sources[0] } : { sources }),
      destination: { ...destination, ...('namespace' in destination ? {} : { namespace: unit.namespace }) },
      syncPolicy: sync,
    },
  };
}

/** Records, as paths from the root of the repository. */
const releaseOf = ({ environment, application }: UnitRegistration) => `/${layout.release(environment, application)}`;
const registrationOf = ({ cluster, environment, application }: UnitRegistration) =>
  `/${layout.registrationRecord(cluster, environment, application)}`;

function source({ repository }: UnitRegistration, path: string, directory?: object): object {
  return { repoURL: repository.url, targetRevision: repository.branch, path, ...(directory ? { directory } : {}) };
}

function destinationOf({ connection, cluster }: UnitRegistration): Destination {
  return connection ? { name: cluster } : HERE;
}

function keepsSome(unit: UnitRegistration): boolean {
  return unit.ownNamespace !== undefined || hasKeptFiles(unit);
}

function hasKeptFiles({ clusterKinds, namespacedKinds }: UnitRegistration): boolean {
  return [...clusterKinds, ...namespacedKinds].some(({ kind }) => KEPT.includes(kind.toLowerCase()));
}
