import { isLabel } from '../../model/layout';
import type { SecretKey, SecretKeySelector } from './handle';
import { isSecretKey, isSubdomain } from './names';

/** A key of a Secret that is in the cluster: `credentials.key('token')`, or its name. The value itself is never given. */
export type SecretReference = SecretKey | NamedSecretKey;

export interface NamedSecretKey {
  /** Name of the Secret. */
  readonly name: string;

  /** Key within it. */
  readonly key: string;

  /**
   * Namespace of the Secret, for the store of a cluster; that of a namespace reads its own namespace alone.
   *
   * @default - the namespace of the store; for the store of a cluster, that of each Secret read from it
   */
  readonly namespace?: string;
}

/** A service account that tokens are asked for: its name, a `ServiceAccount` of cdk8s-plus, or its name and more. */
export type ServiceAccountReference = string | NamedServiceAccount;

export interface NamedServiceAccount {
  /** Name of the service account. */
  readonly name: string;

  /**
   * Its namespace, for the store of a cluster.
   *
   * @default - the namespace of the store; for the store of a cluster, that of each Secret read from it
   */
  readonly namespace?: string;

  /**
   * Audiences of the token.
   *
   * @default - those that the provider takes
   */
  readonly audiences?: readonly string[];
}

/** Something in the cluster that a store needs in order to work. */
export interface Needed {
  readonly kind: 'Secret' | 'ServiceAccount' | 'ConfigMap';
  readonly name: string;
  /** @default - the namespace of the store; for the store of a cluster, that of each Secret read from it */
  readonly namespace?: string;
  /** Of a Secret or ConfigMap. */
  readonly key?: string;
}

/** Exactly one of the fields. */
export type OneOf<T> = {
  [K in keyof T]: { readonly [P in K]: T[P] } & { readonly [P in Exclude<keyof T, K>]?: never };
}[keyof T];

/** What a provider is made of. */
export interface ProviderParts {
  /** `spec.provider` of a store. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly needs: readonly Needed[];
  readonly problems: readonly string[];
}

/**
 * Writes the fields of a provider, and remembers what they refer to and what is wrong with them. What a field holds is
 * never repeated in a problem where it could be a credential that somebody put there by mistake.
 */
export class ProviderDraft {
  readonly needs: Needed[] = [];
  readonly problems: string[] = [];

  /** @param of the call that is to be mended, e.g. `Provider.vault()` */
  constructor(private readonly of: string) {}

  parts(spec: Readonly<Record<string, unknown>>): ProviderParts {
    return { spec, needs: this.needs, problems: this.problems };
  }

  report(message: string): void {
    this.problems.push(`${this.of}: ${message}`);
  }

  /** A field that must be there. */
  text(field: string, value: unknown): string {
    if (typeof value === 'string' && value.trim() !== '') return value;
    this.report(`\`${field}\` is missing: write it`);
    return '';
  }

  /** An address, which must hold no credentials. */
  url(field: string, value: unknown): string {
    const text = this.text(field, value);
    if (text === '') return text;
    if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
      this.report(`\`${field}\` is no address: write it like https://store.acme.example`);
    } else if (new URL(text).username !== '' || new URL(text).password !== '') {
      this.report(`\`${field}\` holds credentials: leave them out, and refer to a Secret in \`auth\``);
    }
    return text;
  }

  /** The one way to sign in that is given. */
  choice<T extends object>(
    field: string,
    given: OneOf<T> | undefined,
    known: readonly (keyof T & string)[],
  ): Partial<T> {
    const names = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
    const [name] = names.map(([key]) => key as keyof T & string);
    if (names.length === 1 && name !== undefined && known.includes(name)) return given as Partial<T>;
    this.report(`\`${field}\` has to hold one of ${known.join(', ')}, and nothing else`);
    return {};
  }

  secret(field: string, reference: SecretReference | undefined): SecretKeySelector & { namespace?: string } {
    const given = typeof reference === 'object' && reference !== null ? reference : ({} as NamedSecretKey);
    const { name, key, namespace }: NamedSecretKey = 'ref' in given ? given.ref : given;
    if (!isSubdomain(name) || !isSecretKey(key)) {
      this.report(`\`${field}\` is no reference to a Secret: write \`secret.key('…')\`, or \`{ name, key }\``);
      return { name: '', key: '' };
    }
    this.namespace(field, namespace);
    this.needs.push({ kind: 'Secret', name, namespace, key });
    return { name, key, ...(namespace === undefined ? {} : { namespace }) };
  }

  serviceAccount(field: string, reference: ServiceAccountReference | undefined): NamedServiceAccount {
    const { name, namespace, audiences }: NamedServiceAccount =
      typeof reference === 'string' ? { name: reference } : (reference ?? ({} as NamedServiceAccount));
    if (!isSubdomain(name)) {
      this.report(`\`${field}\` is no service account: write its name, or \`{ name, namespace, audiences }\``);
      return { name: '' };
    }
    this.namespace(field, namespace);
    this.needs.push({ kind: 'ServiceAccount', name, namespace });
    return {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(audiences === undefined ? {} : { audiences }),
    };
  }

  private namespace(field: string, namespace: unknown): void {
    if (namespace === undefined || (typeof namespace === 'string' && isLabel(namespace))) return;
    this.report(`the namespace in \`${field}\` is none: use lowercase letters, digits and \`-\``);
  }
}
