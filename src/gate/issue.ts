import type { IssueObject } from '../model/issue';
import type { Manifest } from '../model/manifest';

export type { Issue, IssueObject, Severity } from '../model/issue';

/** An object to be checked, and where it comes from. */
export interface GateObject {
  /** A manifest; or, of files that hold none, whatever data they hold. */
  readonly manifest: Manifest | { readonly [field: string]: unknown };
  readonly file: string;
  /** Construct path. @default - it comes from no construct */
  readonly path?: string;
}

/** The object as an issue names it. */
export function issueObject(manifest: GateObject['manifest']): IssueObject | undefined {
  const { apiVersion, kind, metadata } = manifest as Record<string, unknown>;
  if (typeof kind !== 'string' || kind === '') return undefined;
  const { name, namespace } = (typeof metadata === 'object' && metadata !== null ? metadata : {}) as Record<
    string,
    unknown
  >;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { apiVersion: text(apiVersion), kind, namespace: text(namespace), name: text(name) };
}
