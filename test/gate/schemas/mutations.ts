/** Mistakes as people make them, put into valid objects. What they hit is chosen by their own idea of Kubernetes, not by the schemas. */

export type Tree = { [field: string]: unknown };

export interface Mutation {
  readonly kind: MutationKind;
  readonly object: Tree;
  /** Where, for people. */
  readonly at: string;
}

export const MUTATION_KINDS = ['typo', 'wrong type', 'missing', 'unknown value', 'moved'] as const;
export type MutationKind = (typeof MUTATION_KINDS)[number];

/** Fields whose own fields anybody may name. */
const FREE = new Set([
  ...[
    'labels',
    'annotations',
    'matchLabels',
    'nodeSelector',
    'data',
    'stringData',
    'limits',
    'requests',
    'hard',
    'parameters',
  ],
  ...['values', 'encryptedData', 'default', 'defaultRequest', 'extra', 'properties', 'capacity'],
]);
/** Fields that may be left out wherever they are; all others of an entry in the second list are required there. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  ports: ['containerPort', 'port'],
  volumeMounts: ['name', 'mountPath'],
  secretKeyRef: ['key'],
  fieldRef: ['fieldPath'],
  resourceFieldRef: ['resource'],
  matchExpressions: ['key', 'operator', 'scopeName'],
  podAffinityTerm: ['topologyKey'],
  topologySpreadConstraints: ['maxSkew', 'topologyKey', 'whenUnsatisfiable'],
  httpGet: ['port'],
  tcpSocket: ['port'],
  roleRef: ['kind', 'name'],
  subjects: ['kind', 'name'],
  rules: ['verbs', 'action'],
  paths: ['pathType', 'backend'],
  ipBlock: ['cidr'],
  scaleTargetRef: ['kind', 'name'],
  metrics: ['type'],
  policies: ['type', 'value', 'periodSeconds'],
  items: ['key', 'path', 'sku'],
  serviceAccountToken: ['path'],
  hostPath: ['path'],
  webhooks: ['name', 'admissionReviewVersions', 'sideEffects'],
  versions: ['name'],
  names: ['plural', 'kind'],
  sourceRef: ['kind', 'name'],
  remoteRef: ['key'],
  onExitCodes: ['operator', 'values'],
  nodeAffinity: [],
  requiredDuringSchedulingIgnoredDuringExecution: ['nodeSelectorTerms'],
  metadata: ['name'],
};
const REQUIRED_IN_SPEC: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['selector', 'template'],
  StatefulSet: ['selector', 'template'],
  DaemonSet: ['selector', 'template'],
  Job: ['template'],
  CronJob: ['schedule', 'jobTemplate'],
  HorizontalPodAutoscaler: ['maxReplicas', 'scaleTargetRef'],
  CustomResourceDefinition: ['group', 'names', 'scope', 'versions'],
  Cart: ['size'],
  Application: ['project', 'destination'],
  Kustomization: ['interval', 'prune', 'sourceRef'],
  GitRepository: ['interval', 'url'],
  HelmRelease: ['interval'],
  ClusterSecretStore: ['provider'],
  SealedSecret: [],
};
/** Fields with a closed set of values. */
const CLOSED = new Set([
  ...[
    'imagePullPolicy',
    'restartPolicy',
    'protocol',
    'pathType',
    'concurrencyPolicy',
    'whenUnsatisfiable',
    'effect',
    'scheme',
  ],
  ...[
    'dnsPolicy',
    'sessionAffinity',
    'ipFamilyPolicy',
    'internalTrafficPolicy',
    'podManagementPolicy',
    'whenDeleted',
    'whenScaled',
  ],
  ...[
    'accessModes',
    'volumeMode',
    'policyTypes',
    'unhealthyPodEvictionPolicy',
    'terminationMessagePolicy',
    'mountPropagation',
  ],
  ...[
    'completionMode',
    'reclaimPolicy',
    'volumeBindingMode',
    'preemptionPolicy',
    'sideEffects',
    'failurePolicy',
    'matchPolicy',
  ],
  ...[
    'operations',
    'creationPolicy',
    'deletionPolicy',
    'conversionStrategy',
    'decodingStrategy',
    'crds',
    'color',
    'scope',
    'operator',
  ],
  ...['action', 'procMount', 'provider'],
]);
/** Objects whose `type` is one of a closed set. */
const TYPED = new Set(['strategy', 'updateStrategy', 'seccompProfile', 'metrics', 'target', 'policies', 'hostPath']);

/** A sequence of numbers that is the same every time. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A place in an object: what holds it, and its name or index there. */
interface Place {
  readonly holder: Tree | unknown[];
  readonly key: string | number;
  /** Names from the top, without indexes. */
  readonly names: readonly string[];
  readonly isFree: boolean;
}

function* placesOf(value: unknown, names: readonly string[] = [], isFree = false): Generator<Place> {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const [key, item] of value.entries()) {
      yield { holder: value, key, names, isFree };
      yield* placesOf(item, names, isFree);
    }
    return;
  }
  const holder = value as Tree;
  for (const key of Object.keys(holder)) {
    yield { holder, key, names: [...names, key], isFree };
    yield* placesOf(holder[key], [...names, key], isFree || isFreeName(key, names));
  }
}

function isFreeName(key: string, names: readonly string[]): boolean {
  // A ConfigMap's data is free, an ExternalSecret's is a list of fields. A Service's selector is a map.
  if (key === 'data') return names.length === 0;
  if (key === 'selector') return false;
  return FREE.has(key);
}

/** Puts one mistake into a copy of the object, or returns undefined when there is no place for it. */
export function mutate(source: Tree, kind: MutationKind, next: () => number): Mutation | undefined {
  const object = structuredClone(source);
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(next() * items.length)];
  const places = [...placesOf(object)].filter(({ names }) => !['apiVersion', 'kind'].includes(names.join('.')));
  const named = places.filter(
    ({ key, isFree, holder }) => typeof key === 'string' && !isFree && !isMap(holder, object),
  );
  const done = (place: Place): Mutation => ({
    kind,
    object,
    at: `${source.kind} ${place.names.join('.')} ${place.key}`,
  });
  switch (kind) {
    case 'typo': {
      const place = pick(named);
      return place && rename(place, misspelt(String(place.key), next)) ? done(place) : undefined;
    }
    case 'wrong type': {
      const place = pick(
        places.filter(({ holder, key }) => read(holder, key) !== null && !isAnything(places, holder, key)),
      );
      if (place === undefined) return undefined;
      write(place, wrong(read(place.holder, place.key), pick));
      return done(place);
    }
    case 'missing': {
      const place = pick(named.filter((own) => isRequired(own, source)));
      if (place === undefined) return undefined;
      delete (place.holder as Tree)[String(place.key)];
      return done(place);
    }
    case 'unknown value': {
      const place = pick(places.filter((own) => !own.isFree && isClosed(own)));
      if (place === undefined) return undefined;
      write(place, misspelt(String(read(place.holder, place.key)), next));
      return done(place);
    }
    case 'moved': {
      const place = pick(named.filter(({ names }) => names.length > 1));
      const target = pick(named.filter(({ holder, key }) => isTree(read(holder, key))));
      if (place === undefined || target === undefined) return undefined;
      const value = read(place.holder, place.key);
      const home = read(target.holder, target.key) as Tree;
      if (home === place.holder || String(place.key) in home || contains(value, home)) return undefined;
      if (FREE.has(String(target.key)) || isMap(home, object)) return undefined;
      delete (place.holder as Tree)[String(place.key)];
      home[String(place.key)] = value;
      return { ...done(place), at: `${done(place).at} to ${target.names.join('.')}` };
    }
  }
}

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);
const read = (holder: Tree | unknown[], key: string | number) => (holder as Tree)[key as string];

function write({ holder, key }: Place, value: unknown): void {
  (holder as Tree)[key as string] = value;
}

/** A Service's selector, and the top of a kind that is all data. */
function isMap(holder: unknown, object: Tree): boolean {
  return object.kind === 'Service' && holder === (object.spec as Tree).selector;
}

/** Below what may hold anything, no type is wrong. */
function isAnything(places: readonly Place[], holder: unknown, key: string | number): boolean {
  const place = places.find((own) => own.holder === holder && own.key === key);
  const names = place?.names ?? [];
  return (
    ['values', 'extra', 'enum', 'default'].some((name) => names.includes(name) && name !== names.at(0)) &&
    !names.includes('limits') &&
    !isSchemaless(names)
  );
}

/** `values` of a requirement is a list of strings, those of a HelmRelease are free. */
function isSchemaless(names: readonly string[]): boolean {
  return names.includes('matchExpressions') || names.includes('onExitCodes');
}

function isRequired({ names, key }: Place, { kind }: Tree): boolean {
  if (names.length === 2 && names[0] === 'spec') return (REQUIRED_IN_SPEC[String(kind)] ?? []).includes(String(key));
  const above = names.at(-2) ?? '';
  if (above === 'metadata') return names.length === 2 && key === 'name';
  if (above === 'ports' && key === 'port') return !names.includes('ingress') && !names.includes('egress');
  if (above === 'rules' && key === 'verbs') return names.length === 2;
  if (above === 'items' && names.includes('schema')) return false;
  return (REQUIRED[above] ?? []).includes(String(key)) && !(above === 'ports' && names.includes('service'));
}

function isClosed({ names, holder, key }: Place): boolean {
  if (typeof read(holder, key) !== 'string') return false;
  const name = names.at(-1) ?? '';
  if (name === 'type' && typeof key === 'string')
    return TYPED.has(names.at(-2) ?? '') || names.join('.') === 'spec.type';
  if (name === 'provider') return names.includes('decryption');
  if (name === 'scope') return true;
  if (name === 'kind') return ['sourceRef', 'roleRef', 'subjects'].includes(names.at(-2) ?? '');
  return CLOSED.has(name);
}

function contains(value: unknown, wanted: unknown): boolean {
  if (value === wanted) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some((item) => contains(item, wanted));
}

function rename({ holder, key }: Place, name: string): boolean {
  const own = holder as Tree;
  if (name in own) return false;
  const entries = Object.entries(own).map(([field, value]) => [field === key ? name : field, value] as const);
  for (const field of Object.keys(own)) delete own[field];
  Object.assign(own, Object.fromEntries(entries));
  return true;
}

/** A letter too many, too few, doubled, another, in the wrong place or case. */
function misspelt(name: string, next: () => number): string {
  const at = Math.floor(next() * name.length);
  const letter = 'abcdefghijklmnopqrstuvwxyz'[Math.floor(next() * 26)];
  const other = name[at + 1] ?? '';
  const made = [
    name.slice(0, at) + name.slice(at + 1),
    name.slice(0, at) + letter + name.slice(at),
    name.slice(0, at) + letter + name.slice(at + 1),
    name.slice(0, at) + other + name[at] + name.slice(at + 2),
    name.slice(0, 1).toUpperCase() + name.slice(1),
    `${name}s`,
  ][Math.floor(next() * 6)] as string;
  return made === name || made === '' ? `${name}x` : made;
}

function wrong(value: unknown, pick: <T>(items: readonly T[]) => T | undefined): unknown {
  if (Array.isArray(value)) return pick([{ a: value }, 'list', 7, true]);
  switch (typeof value) {
    case 'string':
      return pick([{ name: value }, [value], true]);
    case 'number':
      return pick(['not a number', true, [value], { value }]);
    case 'boolean':
      return pick([String(value), 1, [value], {}]);
    default:
      return pick(['text', 7, true, [value]]);
  }
}
