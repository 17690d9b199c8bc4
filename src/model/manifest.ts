/** A JSON value, as Kubernetes understands it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A Kubernetes object, rendered: plain JSON with no tokens left in it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ManifestMetadata;
  readonly [field: string]: unknown;
}

export interface ManifestMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** What makes an object the same object: two manifests of one identity describe one thing in the cluster. */
export interface ObjectIdentity {
  /** API group without the version; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Empty when the object is cluster-scoped or leaves its namespace to the operator. */
  readonly namespace: string;
  readonly name: string;
}

/** API group of an `apiVersion`: `apps` for `apps/v1`, empty for `v1`. */
export function apiGroup(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

export function identityOf(manifest: Manifest): ObjectIdentity {
  return {
    group: apiGroup(manifest.apiVersion),
    kind: manifest.kind,
    namespace: manifest.metadata.namespace ?? '',
    name: manifest.metadata.name,
  };
}
