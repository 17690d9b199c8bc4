/**
 * What starts an operator on a cluster that has none, in order: done once, by hand or by `bootstrap`. Pure data, so that
 * it survives being written to a file. Nothing in it is secret.
 */
export interface OperatorStart {
  /** Kind of the operator, e.g. `argo-cd`. */
  readonly operator: string;
  /** Namespace that the operator runs in. It has to be there before everything else. */
  readonly namespace: string;
  /** Secrets that people have to create in the namespace, for they are never in a repository. */
  readonly secrets: readonly SecretNeed[];
  readonly steps: readonly StartStep[];
}

/** A Secret that is referred to by name. */
export interface SecretNeed {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Keys that it has to have; of several sets that would do, the operator's documentation tells. */
  readonly keys: readonly string[];
  /** What it is for, as part of a sentence. */
  readonly purpose: string;
  /** URL of the repository that it opens, where it is the operator's key to the environment repository. @default - none */
  readonly opens?: string;
}

export type StartStep =
  /**
   * Applies a folder of the environment repository server-side, conflicts forced; definitions and namespaces first, then
   * waits for them.
   */
  | {
      readonly kind: 'apply';
      readonly path: string;
      /**
       * The operator's own manager of fields. Under another one, fields would stay in the cluster when they leave the
       * repository: whoever applied them first would own them still.
       */
      readonly fieldManager: string;
    }
  /** Installs a chart; the operator upgrades it from then on. */
  | {
      readonly kind: 'helm';
      readonly release: string;
      readonly repository: string;
      readonly chart: string;
      readonly version: string;
      readonly values: object;
      /**
       * The operator does no more than render charts: what the chart renders is to be applied as with `apply`, rather than
       * to be installed as a release.
       *
       * @default - it is installed as a release, which the operator takes over
       */
      readonly fieldManager?: string;
    }
  /** Applies what kustomize builds of a URL, e.g. `https://host/repository//path?ref=v1`. */
  | { readonly kind: 'kustomize'; readonly url: string; readonly fieldManager: string };
