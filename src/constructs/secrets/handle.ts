import type { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { GitOpsError } from '../../errors';
import { type ConstructProblem, reportProblems } from '../problems';
import { isSecretKey, isSubdomain } from './names';

/** What a Secret is told apart by, and how it comes to be. */
export interface SecretHandleProps<K extends string> {
  /** Keys that the Secret has. */
  readonly keys: readonly K[];

  /**
   * Name of the Secret in the cluster, or what makes the object that brings it: the Secret is called like that object.
   *
   * @param handle scope of the object
   */
  readonly name: string | ((handle: Construct) => ApiObject);
}

/** How a key is referred to. */
export interface SecretKeyOptions {
  /**
   * The container starts also where the Secret or its key is missing.
   *
   * @default false
   */
  readonly optional?: boolean;
}

/** A `secretKeyRef`, as Kubernetes has it. */
export interface SecretKeySelector {
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** One key of a Secret as a volume, as Kubernetes has it. */
export interface SecretVolumeSource {
  readonly secretName: string;
  readonly items: { readonly key: string; readonly path: string }[];
  readonly optional?: boolean;
}

/**
 * A reference to one key of a Secret; the value itself is never in the program.
 *
 * It is an environment value of cdk8s-plus as it stands, for it has the same shape, and can be spread into a variable of
 * a raw object: `{ name: 'DB_PASSWORD', ...db.key('password') }`.
 */
export class SecretKey {
  /** Source of an environment variable. */
  readonly valueFrom: { readonly secretKeyRef: SecretKeySelector };

  constructor(ref: SecretKeySelector) {
    // The only field of its own, and so the only one that a spread copies.
    this.valueFrom = { secretKeyRef: ref };
  }

  /** Name of the key and of its Secret: what is written as `secretKeyRef` wherever a field of that name is. */
  get ref(): SecretKeySelector {
    return this.valueFrom.secretKeyRef;
  }

  /**
   * A volume that holds the key as a file and nothing else, for raw objects: `{ name: 'db', secret: key.volume() }`.
   *
   * @param path of the file within the volume. @default - the name of the key
   */
  volume(path?: string): SecretVolumeSource {
    const { name, key, optional } = this.ref;
    return {
      secretName: name,
      items: [{ key, path: path ?? key }],
      ...(optional === undefined ? {} : { optional }),
    };
  }

  /**
   * The same for cdk8s-plus: `Volume.fromSecret(this, 'volume', db, { items: db.key('tls.crt').items() })`.
   *
   * @param path of the file within the volume. @default - the name of the key
   */
  items(path?: string): Record<string, { readonly path: string }> {
    const { key } = this.ref;
    return { [key]: { path: path ?? key } };
  }

  /** A reference is no text: `${db.key('password')}` in a string is refused. */
  [Symbol.toPrimitive](): never {
    const { name, key } = this.ref;
    throw new GitOpsError(
      'MODEL_INVALID',
      `the key '${key}' of Secret '${name}' cannot be part of a text: its value is known in the cluster alone; ` +
        'give it to a variable of its own, and write $(VARIABLE) in the text of another',
    );
  }
}

const SECRET = Symbol.for('cdk8s-gitops.secret');

/**
 * A Secret in the cluster: its name and its keys, and nothing of what they hold.
 *
 * It has the shape of cdk8s-plus' `ISecret`, so it goes wherever that one does: `Volume.fromSecret`, `Env.fromSecret`,
 * permissions. Other constructs can depend on it.
 */
export class SecretHandle<K extends string = string> extends Construct {
  /** True of a handle from any copy of this package. */
  static isSecretHandle(x: unknown): x is SecretHandle {
    return typeof x === 'object' && x !== null && SECRET in x;
  }

  /** Name of the Secret. */
  readonly name: string;

  /** Its keys, sorted. */
  readonly keys: readonly K[];

  readonly apiVersion = 'v1';
  readonly apiGroup = '';
  readonly kind = 'Secret';
  readonly resourceType = 'secrets';

  constructor(scope: Construct, id: string, props: SecretHandleProps<K>) {
    super(scope, id);
    Object.defineProperty(this, SECRET, { value: true });
    const { keys, name } = props;
    this.keys = [...new Set(keys)].sort();
    this.name = typeof name === 'function' ? name(this).name : name;
    reportProblems(this, () => problemsOf(this));
  }

  /** The Secret as an API resource that permissions may name. */
  get resourceName(): string {
    return this.name;
  }

  /**
   * A reference to one of the keys.
   *
   * @throws GitOpsError SECRET_KEY_UNKNOWN when the Secret has no such key
   */
  key(key: K, options: SecretKeyOptions = {}): SecretKey {
    if (!this.keys.includes(key)) {
      throw new GitOpsError(
        'SECRET_KEY_UNKNOWN',
        `${this.node.path}: the Secret '${this.name}' has no key '${key}'; there are: ${this.keys.join(', ') || 'none'}`,
      );
    }
    const { optional } = options;
    return new SecretKey({ name: this.name, key, ...(optional === undefined ? {} : { optional }) });
  }

  /**
   * The same under the name that cdk8s-plus has for it.
   *
   * @throws GitOpsError SECRET_KEY_UNKNOWN when the Secret has no such key
   */
  envValue(key: K, options?: SecretKeyOptions): SecretKey {
    return this.key(key, options);
  }

  /** For permissions of cdk8s-plus. */
  asApiResource(): this {
    return this;
  }

  /** For permissions of cdk8s-plus: a Secret is no path of the API. */
  asNonApiResource(): undefined {
    return undefined;
  }
}

function problemsOf({ name, keys }: SecretHandle): ConstructProblem[] {
  const problems: ConstructProblem[] = [];
  if (!isSubdomain(name)) {
    const message = `'${name}' is no name of a Secret: use lowercase letters, digits, \`-\` and \`.\`, at most 253`;
    problems.push({ message });
  }
  if (keys.length === 0) {
    problems.push({ message: `the Secret '${name}' has no keys: list those that it has in \`keys\`` });
  }
  for (const key of keys) {
    if (isSecretKey(key)) continue;
    const message = `'${key}' is no key of a Secret: use letters, digits, \`-\`, \`_\` and \`.\`, at most 253`;
    problems.push({ message });
  }
  return problems;
}
