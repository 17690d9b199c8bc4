/** How an operator gets into its cluster. */
export type Install = ExistingInstall | VendoredInstall | HelmChartInstall | KustomizeInstall | FluxInstanceInstall;

/** It runs already: units are registered with it, and nothing else. */
export interface ExistingInstall {
  readonly kind: 'existing';
  readonly namespace?: string;
}

/** From the upstream release manifest, which `cdk8s-gitops vendor` put into the source repository. */
export interface VendoredInstall {
  readonly kind: 'vendored';
  readonly file?: string;
}

/** From a chart, which the operator resolves by itself. */
export interface HelmChartInstall {
  readonly kind: 'helmChart';
  readonly version: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly repository?: string;
  readonly chart?: string;
}

/** From a folder of a git repository, which the operator builds with kustomize. */
export interface KustomizeInstall {
  readonly kind: 'kustomize';
  readonly url: string;
}

/** From a `FluxInstance`, which flux-operator acts on. */
export interface FluxInstanceInstall {
  readonly kind: 'fluxInstance';
  readonly version: string;
  readonly registry?: string;
  readonly artifact?: string;
  readonly components?: readonly string[];
}

export interface HelmChartProps {
  /** Version of the chart, e.g. `10.1.1`. */
  readonly version: string;

  /**
   * Values of the chart. They win over those that the operator's props make.
   *
   * @default - none
   */
  readonly values?: Readonly<Record<string, unknown>>;

  /**
   * Repository of the chart, `https://` or `oci://`.
   *
   * @default - the project's own
   */
  readonly repository?: string;

  /**
   * Name of the chart.
   *
   * @default - the project's own
   */
  readonly chart?: string;
}

export interface FluxInstanceProps {
  /** Version of Flux, or a range of versions: `2.9.4`, `2.9.x`. */
  readonly version: string;

  /**
   * Registry of the images, and the folder in it.
   *
   * @default - `registry` of the operator, else ghcr.io/fluxcd
   */
  readonly registry?: string;

  /**
   * OCI artifact with Flux's manifests.
   *
   * @default - the one in flux-operator's image
   */
  readonly artifact?: string;

  /** @default - source, kustomize, helm and notification controller */
  readonly components?: readonly string[];
}

export const Install = {
  /**
   * The operator runs already, and somebody else looks after it.
   *
   * @param props `namespace`: where it runs. @default - the operator's usual namespace
   */
  existing(props: { readonly namespace?: string } = {}): ExistingInstall {
    return { kind: 'existing', ...(props.namespace === undefined ? {} : { namespace: props.namespace }) };
  },

  /**
   * The upstream release manifest, pinned by its hash and rendered into the repository.
   *
   * @param file relative to the working folder. @default - the one that `cdk8s-gitops.lock.yaml` pins for the operator
   */
  vendored(file?: string): VendoredInstall {
    return { kind: 'vendored', ...(file === undefined ? {} : { file }) };
  },

  /** A chart that the operator installs and upgrades itself from. */
  helmChart({ values = {}, ...props }: HelmChartProps): HelmChartInstall {
    return { kind: 'helmChart', ...props, values };
  },

  /**
   * A folder of a git repository that the operator builds with kustomize, at a tag, a branch or a commit.
   *
   * @param url e.g. `https://github.com/argoproj/argo-cd//manifests/cluster-install?ref=v3.5.1`
   */
  kustomize(url: string): KustomizeInstall {
    return { kind: 'kustomize', url };
  },

  /** A `FluxInstance` for flux-operator, which has to be in the cluster. Of Flux only. */
  fluxInstance(props: FluxInstanceProps): FluxInstanceInstall {
    return { kind: 'fluxInstance', ...props };
  },
};

/** A folder of a git repository. */
export interface RemoteBase {
  readonly repository: string;
  readonly path: string;
  readonly ref: string;
}

/** Reads `https://host/repository//path?ref=v1`; undefined when it is nothing of the kind. */
export function remoteBase(url: string): RemoteBase | undefined {
  const [, repository, path = '.', ref] =
    /^(https:\/\/[^\s?#@]+?|ssh:\/\/[^\s?#:]+?)(?:\/\/([^\s?#]+))?\?ref=([\w./-]+)$/.exec(url) ?? [];
  return repository === undefined || ref === undefined ? undefined : { repository, path, ref };
}

/** What is wrong with a way of installing, whatever a program without types may have passed. */
export function installProblems(install: Install, kinds: readonly Install['kind'][]): string[] {
  if (typeof install !== 'object' || install === null || !kinds.includes(install.kind)) {
    return [
      `its \`install\` is none that it can do: write one of ${kinds.map((kind) => `Install.${kind}(…)`).join(', ')}`,
    ];
  }
  switch (install.kind) {
    case 'existing':
      return [];
    case 'vendored':
      return install.file === undefined || (typeof install.file === 'string' && install.file !== '')
        ? []
        : ['Install.vendored() takes the name of a file'];
    case 'kustomize':
      return typeof install.url === 'string' && remoteBase(install.url)
        ? []
        : [
            `'${withoutUser(install.url)}' is no folder of a git repository: write 'https://host/repository//path?ref=v1.2.3'`,
          ];
    case 'fluxInstance':
      return versionProblems(install.version, /^\d+\.(\d+|x)(\.(\d+|x))?$/, "'2.9.4' or '2.9.x'");
    case 'helmChart':
      return [
        ...versionProblems(install.version, /^v?\d+\.\d+\.\d+[\w.+-]*$/, "'10.1.1'"),
        ...(install.repository === undefined ||
        /^(https|oci):\/\/[^\s@]+$|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])[:/]/.test(install.repository)
          ? []
          : [
              `'${withoutUser(install.repository)}' is no chart repository: write 'https://…' or 'oci://…', without credentials`,
            ]),
      ];
  }
}

function versionProblems(version: unknown, shape: RegExp, example: string): string[] {
  if (typeof version === 'string' && shape.test(version)) return [];
  return [`'${version}' is no version to install: pin one, like ${example}`];
}

/** A URL without what may be a credential. */
function withoutUser(url: unknown): string {
  return String(url).replace(/\/\/[^/@]*@/, '//');
}
