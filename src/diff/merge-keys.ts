import { isMap } from './fingerprint';
import { type Scalar, scalarText } from './path';

/**
 * What identifies the items of a list, by the list's field. Several keys are alternatives: of those that every item has
 * and no two share, the one that finds most items again is taken, the earlier on ties. Thus a Service port is known by
 * its number as to Kubernetes, but by its name when the number is what changed.
 *
 * `a,b` is a compound key, `a.b` a nested field, `a=x` a field whose absence means x.
 */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  // pods
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  envFrom: ['configMapRef.name=,secretRef.name=,prefix='],
  volumes: ['name'],
  imagePullSecrets: ['name'],
  volumeMounts: ['mountPath', 'name,subPath=', 'name'],
  volumeDevices: ['devicePath', 'name'],
  hostAliases: ['ip'],
  tolerations: ['key=,effect=', 'key=,operator=,value=,effect=', 'key='],
  topologySpreadConstraints: ['topologyKey,whenUnsatisfiable', 'topologyKey'],
  matchExpressions: ['key,operator', 'key'],
  matchFields: ['key,operator', 'key'],
  items: ['key', 'path'],
  // container ports, then those of Services and NetworkPolicies
  ports: ['containerPort,protocol=TCP', 'port,protocol=TCP', 'name'],
  // network
  paths: ['path,pathType=', 'path'],
  tls: ['secretName'],
  parentRefs: ['namespace=,name', 'group=,kind=,namespace=,name,sectionName=,port='],
  backendRefs: ['namespace=,name', 'group=,kind=,namespace=,name,port='],
  // access
  subjects: ['kind,namespace=,name'],
  ownerReferences: ['uid', 'kind,name'],
  // the rest
  conditions: ['type'],
  metrics: ['type,resource.name=,containerResource.name=,pods.metric.name=,object.metric.name=,external.metric.name='],
  volumeClaimTemplates: ['metadata.name'],
  dependsOn: ['namespace=,name'],
  destinations: ['server=,name=,namespace='],
};

/** Tried on lists of any field, after its own. */
const GENERIC_KEYS = [
  'name',
  'kind,name',
  'namespace=,name',
  'kind,namespace=,name',
  'metadata.name',
  'kind,metadata.namespace=,metadata.name',
  'id',
  'key',
  'secretKey',
  'host',
  'group,kind',
  'type',
];

/**
 * Lists of scalars in which order means nothing, by field; where the field's name alone could mean something else, by
 * the field it stands in. Other lists keep their order: `args`, `command`, `valueFiles`.
 */
const SETS = new Set([
  'accessModes',
  'apiGroups',
  'apiVersions',
  'categories',
  'externalIPs',
  'finalizers',
  'hostnames',
  'loadBalancerSourceRanges',
  'matchExpressions.values',
  'matchFields.values',
  'namespaceSelector.matchNames',
  'nonResourceURLs',
  'operations',
  'policyTypes',
  'resourceNames',
  'resources',
  'shortNames',
  'sourceRepos',
  'tls.hosts',
  'verbs',
]);

/** Longer texts make no address of an item. */
const MAX_LABEL = 300;

interface KeyField {
  readonly text: string;
  readonly path: readonly string[];
  readonly absent?: string;
}

const parsedKeys = new Map<string, readonly KeyField[]>();

/** Texts that identify the items of both versions of a list, e.g. `name=api`. */
export interface Labels {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * The best labels for the items of a list of maps, or `undefined` when no key fits all of them.
 * @param field name of the field that holds the list
 */
export function keyLabels(field: string, before: readonly unknown[], after: readonly unknown[]): Labels | undefined {
  let best: Labels | undefined;
  let bestFound = -1;
  for (const key of [...(Object.hasOwn(KEYS, field) ? (KEYS[field] ?? []) : []), ...GENERIC_KEYS]) {
    const fields = parseKey(key);
    const labels = labelsBy((item) => keyLabel(item, fields), before, after);
    if (!labels) continue;
    const known = new Set(labels.before);
    const found = labels.after.filter((label) => known.has(label)).length;
    if (found > bestFound) [best, bestFound] = [labels, found];
    if (found === Math.min(before.length, after.length)) break;
  }
  return best;
}

/** Labels for the items of a set of scalars, or `undefined` when the list is none. */
export function setLabels(
  field: string,
  parent: string,
  before: readonly unknown[],
  after: readonly unknown[],
): Labels | undefined {
  if (!SETS.has(field) && !SETS.has(`${parent}.${field}`)) return undefined;
  return labelsBy((item) => (isScalar(item) ? `=${scalarText(item)}` : undefined), before, after);
}

function labelsBy(
  label: (item: unknown) => string | undefined,
  before: readonly unknown[],
  after: readonly unknown[],
): Labels | undefined {
  const labelsBefore = uniqueLabels(label, before);
  const labelsAfter = labelsBefore && uniqueLabels(label, after);
  return labelsBefore && labelsAfter && { before: labelsBefore, after: labelsAfter };
}

function uniqueLabels(label: (item: unknown) => string | undefined, items: readonly unknown[]): string[] | undefined {
  const seen = new Set<string>();
  for (const item of items) {
    const text = label(item);
    if (text === undefined || text.length > MAX_LABEL || seen.has(text)) return undefined;
    seen.add(text);
  }
  return [...seen];
}

function keyLabel(item: unknown, fields: readonly KeyField[]): string | undefined {
  const parts: string[] = [];
  for (const { text, path, absent } of fields) {
    const value = memberAt(item, path) ?? absent;
    if (!isScalar(value)) return undefined;
    if (value !== '' || absent !== '') parts.push(`${text}=${scalarText(value)}`);
  }
  // An item that leaves out every optional field is told by the first: `[key=""]`.
  return parts.length > 0 ? parts.join(',') : `${fields[0]?.text}=""`;
}

function memberAt(item: unknown, path: readonly string[]): unknown {
  let value = item;
  for (const key of path) {
    if (!isMap(value) || !Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value;
}

function parseKey(key: string): readonly KeyField[] {
  let fields = parsedKeys.get(key);
  if (!fields) {
    fields = key.split(',').map((part) => {
      const [text = '', absent] = part.split('=');
      return { text, path: text.split('.'), absent };
    });
    parsedKeys.set(key, fields);
  }
  return fields;
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
