import { ApiObject, type ApiObjectMetadata } from 'cdk8s';
import { Construct } from 'constructs';
import { GitOpsError } from '../../errors';
import { referToSecrets } from '../../model/needed-secrets';
import { type ConstructProblem, reportProblems } from '../problems';
import { type StoreCondition, StoreConditions } from './conditions';
import { isSubdomain } from './names';
import { placeOf } from './place';
import type { Provider } from './provider';
import type { Needed, ProviderParts } from './references';
import { lazyStoreWave, storeWave, WAVE } from './waves';

export const EXTERNAL_SECRETS_API = 'external-secrets.io/v1';

/** The store of a namespace, or that of a cluster. */
export type StoreKind = 'SecretStore' | 'ClusterSecretStore';

/** What a Secret can be read from: a `SecretStore`, a `ClusterSecretStore`, or a `StoreRef`. */
export interface Store {
  /** Kind and name, as an ExternalSecret refers to it. */
  readonly ref: { readonly kind: StoreKind; readonly name: string };
}

export interface SecretStoreProps {
  /** Where the secrets are, and how the operator signs in there. */
  readonly provider: Provider;

  /**
   * Name, labels and annotations of the store.
   *
   * @default - the name is made from the construct's path
   */
  readonly metadata?: ApiObjectMetadata;

  /**
   * Class of the controller, where a cluster has more than one External Secrets.
   *
   * @default - any
   */
  readonly controller?: string;

  /**
   * How often the operator tries again, and how long it waits in between, e.g. `10s`.
   *
   * @default - as the operator does by itself
   */
  readonly retry?: { readonly maxRetries?: number; readonly interval?: string };
}

export interface ClusterSecretStoreProps extends SecretStoreProps {
  /** Namespaces that may read from the store. Without conditions all of them could, which is refused. */
  readonly conditions: readonly StoreCondition[];
}

const STORE = Symbol.for('cdk8s-gitops.store');

/** What {@link Secret.external} asks of a store that is a construct. */
interface StoreFacts {
  readonly needs: readonly Needed[];
  serves(namespace: string): boolean | undefined;
}

/** What is known of a store beyond its name, from any copy of this package; undefined of one that is merely named. */
export function storeFactsOf(store: unknown): (StoreFacts & { readonly construct: Construct }) | undefined {
  const facts = typeof store === 'object' && store !== null ? (store as { [STORE]?: StoreFacts })[STORE] : undefined;
  return facts && { ...facts, serves: (namespace) => facts.serves(namespace), construct: store as Construct };
}

/** The wave of a store that is a construct. */
export function waveOfStore(store: Construct): number {
  return storeWave(store, storeFactsOf(store)?.needs ?? []);
}

abstract class StoreConstruct extends Construct implements Store {
  readonly ref: Store['ref'];
  private readonly extra: () => readonly ConstructProblem[];

  protected constructor(
    scope: Construct,
    id: string,
    kind: StoreKind,
    props: SecretStoreProps,
    conditions?: StoreConditions,
  ) {
    super(scope, id);
    const { provider, metadata, controller, retry } = props ?? {};
    const { spec, needs = [], problems = [] }: Partial<ProviderParts> = provider?.parts ?? {};
    const object = new ApiObject(this, 'Default', {
      apiVersion: EXTERNAL_SECRETS_API,
      kind,
      metadata: { ...metadata, annotations: { [WAVE]: lazyStoreWave(this, needs), ...metadata?.annotations } },
      spec: {
        provider: spec,
        controller,
        conditions: conditions?.rendered,
        retrySettings: retry && { maxRetries: retry.maxRetries, retryInterval: retry.interval },
      },
    });
    this.ref = { kind, name: object.name };
    const namespace = () => metadata?.namespace ?? placeOf(this)?.namespace;
    const serves = (other: string) => (conditions ? conditions.serves(other) : other === namespace());
    Object.defineProperty(this, STORE, { value: { needs, serves } satisfies StoreFacts });
    const unit = placeOf(this)?.unit;
    // The store of a cluster looks in the namespace of whoever reads from it, unless it is told another one.
    const secrets = needs.filter((need) => need.kind === 'Secret' && (need.namespace !== undefined || !conditions));
    const referrals = secrets.map(({ name, key, namespace: its }) => ({
      name,
      namespace: its,
      keys: key ? [key] : [],
    }));
    if (unit) {
      referToSecrets(unit, () =>
        referrals.map((each) => ({ ...each, namespace: each.namespace ?? namespace(), path: this.node.path })),
      );
    }
    this.extra = () => [
      ...(spec ? [] : [{ message: 'the store has no provider: pass one, like `Provider.vault({ … })`' }]),
      ...problems.map((message) => ({ message })),
      ...(conditions?.problems ?? []),
      ...(conditions ? [] : foreign(needs, namespace())),
    ];
    reportProblems(this, () => this.extra());
  }
}

/** The store of a namespace never looks into another one. */
function foreign(needs: readonly Needed[], own: string | undefined): ConstructProblem[] {
  return needs
    .filter(({ namespace }) => namespace !== undefined && namespace !== own)
    .map(({ kind, name, namespace }) => ({
      message:
        `the provider refers to ${kind} '${name}' in namespace '${namespace}', and a SecretStore reads its own alone: ` +
        'leave the namespace out, or make it a ClusterSecretStore',
    }));
}

/** A store for Secrets of its own namespace: those of the application it is in. */
export class SecretStore extends StoreConstruct {
  constructor(scope: Construct, id: string, props: SecretStoreProps) {
    super(scope, id, 'SecretStore', props);
  }
}

/**
 * A store for Secrets of several namespaces. It belongs into an application of its own that waits for the one that
 * installs External Secrets; applications that read from it wait for it in turn.
 */
export class ClusterSecretStore extends StoreConstruct {
  constructor(scope: Construct, id: string, props: ClusterSecretStoreProps) {
    super(scope, id, 'ClusterSecretStore', props, new StoreConditions(props?.conditions));
  }
}

/** A store that something else brings: another source repository, or an object of a kind that has no construct. */
export class StoreRef implements Store {
  /**
   * @param name of the store
   * @throws GitOpsError MODEL_INVALID when that is no name, or there is no such kind
   */
  static named(name: string, { kind = 'ClusterSecretStore' }: { readonly kind?: StoreKind } = {}): StoreRef {
    if (!isSubdomain(name)) {
      throw new GitOpsError('MODEL_INVALID', `StoreRef.named(): '${name}' is no name of a store`);
    }
    if (kind !== 'ClusterSecretStore' && kind !== 'SecretStore') {
      throw new GitOpsError(
        'MODEL_INVALID',
        `StoreRef.named(): '${kind}' is neither ClusterSecretStore nor SecretStore`,
      );
    }
    return new StoreRef({ kind, name });
  }

  private constructor(readonly ref: Store['ref']) {}
}
