import { ApiObject, type ApiObjectMetadata, Lazy } from 'cdk8s';
import type { Construct } from 'constructs';
import { type ConstructProblem, reportProblems } from '../problems';
import { SecretHandle } from './handle';
import { isSecretKey, isSubdomain } from './names';
import { placeOf } from './place';
import { EXTERNAL_SECRETS_API, type Store, storeFactsOf, waveOfStore } from './store';
import { WAVE, waveOf } from './waves';

/** Where a value is in the store. */
export interface ExternalKey {
  /** Name or path of the secret in the store, e.g. `apps/checkout/db`. */
  readonly path: string;

  /**
   * Field of it, where it has some. In Vault it always has.
   *
   * @default - the whole
   */
  readonly property?: string;

  /**
   * Version of it.
   *
   * @default - the latest
   */
  readonly version?: string;

  /**
   * How the value is encoded in the store.
   *
   * @default None
   */
  readonly decode?: 'None' | 'Auto' | 'Base64' | 'Base64URL';
}

/** What the Secret is made into, with what was read. */
export interface ExternalTemplate<T extends string = never> {
  /**
   * Type of the Secret, e.g. `kubernetes.io/dockerconfigjson`.
   *
   * @default Opaque
   */
  readonly type?: string;

  /** @default - none */
  readonly labels?: Readonly<Record<string, string>>;

  /** @default - none */
  readonly annotations?: Readonly<Record<string, string>>;

  /**
   * Further keys, made from those that are read by Go templates: `postgres://app:{{ .password }}@db/checkout`.
   *
   * @default - none
   */
  readonly data?: Readonly<Record<T, string>>;
}

export interface ExternalSecretProps<K extends string, T extends string = never> {
  /** Where the values are: a `SecretStore`, a `ClusterSecretStore`, or `StoreRef.named('…')`. */
  readonly store: Store;

  /** Keys of the Secret, and where their values are. */
  readonly keys: Readonly<Record<K, ExternalKey>>;

  /**
   * How often the values are read anew, as Go writes a duration: `15m`, `1h0m0s`; `0` for once only.
   *
   * @default 1h0m0s
   */
  readonly refreshInterval?: string;

  /**
   * What the Secret looks like beyond its keys.
   *
   * @default - nothing more
   */
  readonly template?: ExternalTemplate<T>;

  /**
   * Name, labels and annotations of the ExternalSecret. The Secret has the same name.
   *
   * @default - the name is made from the construct's path
   */
  readonly metadata?: ApiObjectMetadata;
}

const DURATION = /^(0|([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+)$/;
const HOOKS = ['argocd.argoproj.io/hook', 'helm.sh/hook'];

/** Renders the ExternalSecret, checks it against its store, and waits for the store where that is in another unit. */
export function externalSecret<K extends string, T extends string = never>(
  scope: Construct,
  id: string,
  props: ExternalSecretProps<K, T>,
): SecretHandle<K | T> {
  const { keys, template, store } = props ?? {};
  const names = [...Object.keys(keys ?? {}), ...Object.keys(template?.data ?? {})] as (K | T)[];
  let object: ApiObject | undefined;
  const handle = new SecretHandle<K | T>(scope, id, {
    keys: names,
    name: (within) => {
      object = externalObject(within, props ?? {});
      return object;
    },
  });
  const [own, facts] = [placeOf(handle), storeFactsOf(store)];
  const its = facts && placeOf(facts.construct);
  // An operator cannot wait for another cluster: then the problem below is all there is to say.
  if (facts && its && own && its.unit !== own.unit && its.cluster === own.cluster) {
    handle.node.addDependency(facts.construct);
  }
  reportProblems(handle, () => [...problemsOf(props ?? {}, names), ...problemsWithStore(handle, store, object)]);
  return handle;
}

/** Defaults of the definition are written out: an agent would see a difference for ever. */
function externalObject(scope: Construct, props: Partial<ExternalSecretProps<string, string>>): ApiObject {
  const { store, keys = {}, refreshInterval = '1h0m0s', template, metadata } = props;
  const data = Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1));
  const object: ApiObject = new ApiObject(scope, 'Default', {
    apiVersion: EXTERNAL_SECRETS_API,
    kind: 'ExternalSecret',
    metadata,
    spec: {
      refreshInterval,
      secretStoreRef: store?.ref && { name: store.ref.name, kind: store.ref.kind },
      target: {
        name: Lazy.any({ produce: () => object.name }),
        creationPolicy: 'Owner',
        deletionPolicy: 'Retain',
        template: template && templateOf(template),
      },
      data: data.map(([secretKey, key]) => ({ secretKey, remoteRef: remoteOf(key ?? {}) })),
    },
  });
  return object;
}

function remoteOf({ path, property, version, decode = 'None' }: Partial<ExternalKey>) {
  return {
    key: path,
    property,
    version,
    conversionStrategy: 'Default',
    decodingStrategy: decode,
    metadataPolicy: 'None',
  };
}

/** Keys that templates make join those that are read, which stay. */
function templateOf({ type, labels, annotations, data }: ExternalTemplate<string>) {
  return {
    engineVersion: 'v2',
    mergePolicy: data ? 'Merge' : 'Replace',
    type,
    metadata: labels || annotations ? { labels, annotations } : undefined,
    data,
  };
}

function problemsOf(props: Partial<ExternalSecretProps<string, string>>, names: readonly string[]): ConstructProblem[] {
  const { store, keys = {}, refreshInterval, template } = props;
  const problems: ConstructProblem[] = [];
  const { kind, name } = store?.ref ?? {};
  if (!isSubdomain(name) || (kind !== 'SecretStore' && kind !== 'ClusterSecretStore')) {
    problems.push({
      message: "the Secret has no store: pass a SecretStore, a ClusterSecretStore, or StoreRef.named('…')",
    });
  }
  for (const [key, at] of Object.entries(keys)) {
    if (typeof at?.path !== 'string' || at.path === '') {
      problems.push({ message: `the key '${key}' has no \`path\`: write where its value is in the store` });
    }
  }
  if (refreshInterval !== undefined && !DURATION.test(refreshInterval)) {
    problems.push({ message: `'${refreshInterval}' is no duration: write \`refreshInterval\` like 15m or 1h0m0s` });
  }
  const twice = names.filter((key, index) => names.indexOf(key) !== index && isSecretKey(key));
  for (const key of twice) {
    problems.push({ message: `the key '${key}' is both read and made by the template: give one another name` });
  }
  for (const [key, text] of Object.entries(template?.data ?? {})) {
    if (typeof text === 'string' && text.includes('{{')) continue;
    problems.push({
      message: `the key '${key}' of the template holds nothing that was read: put it into a ConfigMap, or read it`,
    });
  }
  return problems;
}

function problemsWithStore(handle: Construct, store: Store | undefined, object?: ApiObject): ConstructProblem[] {
  const problems: ConstructProblem[] = [];
  const metadata = object?.metadata.toJson();
  const hook = HOOKS.find((annotation) => metadata?.annotations?.[annotation] !== undefined);
  if (hook !== undefined) {
    const message = `an ExternalSecret cannot be a hook: the Secret would come and go with it; remove ${hook}`;
    problems.push({ message, code: 'SECRET_ORDER' });
  }
  const own = placeOf(handle);
  const facts = storeFactsOf(store);
  if (!own || !facts || !store) return problems;
  const its = placeOf(facts.construct);
  const { kind, name } = store.ref;
  const at = facts.construct.node.path;
  const wave = object ? waveOf(object) : 0;
  if (!its)
    problems.push({ message: `its store ${at} belongs to no application: move it into one`, code: 'SECRET_ORDER' });
  else if (its.cluster !== own.cluster) {
    const message =
      `its store ${at} is in cluster '${its.cluster?.name}', and the Secret in '${own.cluster?.name}': ` +
      'declare a store in the same cluster';
    problems.push({ message, code: 'SECRET_ORDER' });
  } else if (its.unit === own.unit && wave < 0 && wave < waveOfStore(facts.construct)) {
    const message = `it is to be applied ahead of its store ${at}: leave out the annotation ${WAVE}, or raise it above the store's`;
    problems.push({ message, code: 'SECRET_ORDER' });
  }
  const namespace = metadata?.namespace ?? own.namespace;
  if (its && its.cluster === own.cluster && facts.serves(namespace) === false) {
    problems.push({
      message:
        kind === 'SecretStore'
          ? `its store ${at} serves its own namespace '${its.namespace}', not '${namespace}': use a ClusterSecretStore`
          : `its store '${name}' (${at}) does not serve namespace '${namespace}': add it to its \`conditions\``,
    });
  }
  return problems;
}
