import type { Manifest } from '../model/manifest';

/**
 * What there is to know of an operator's release manifests: where its project publishes them, and how to tell that a file
 * is one. Pure data, for synthesis and for `vendor`.
 */
export interface OperatorRelease {
  /** The operator's kind, e.g. `argo-cd`. */
  readonly kind: string;
  /** As people call it. */
  readonly title: string;
  /** The oldest version that can be installed: major and minor. */
  readonly minimum: readonly [major: number, minor: number];
  /** A version that is known to work, for examples in messages. */
  readonly tested: string;
  /** Definitions without which it is no release manifest. */
  readonly definitions: readonly string[];
  /** Manifests of one version beside the usual one, by name. */
  readonly variants: readonly string[];
  /** Where its project publishes a version. */
  location(version: string, variant?: string): string;
  /** Version of the manifest, as its objects tell; undefined when they are of something else. */
  versionOf(objects: readonly Manifest[]): ReleaseVersion | undefined;
}

export interface ReleaseVersion {
  /** E.g. `3.5.1`, or `2.9` where only that much can be told. */
  readonly version: string;
}

interface Container {
  readonly image?: unknown;
}

/** Container images of a workload, init containers included. */
export function imagesIn(manifest: Manifest): string[] {
  const { template } = (manifest.spec ?? {}) as { template?: { spec?: Record<string, unknown> } };
  const lists = [template?.spec?.initContainers, template?.spec?.containers];
  return lists
    .flatMap((list) => (Array.isArray(list) ? (list as Container[]) : []))
    .map(({ image }) => image)
    .filter((image) => typeof image === 'string');
}

/** Version in the tag of an image, whatever registry it comes from; its repository ends in `name`. */
export function imageVersion(images: readonly string[], name: string): string | undefined {
  for (const image of images) {
    const [, repository = '', version] = /^([^@]+):v?(\d+\.\d+\.\d+[\w.+-]*)(?:@.*)?$/.exec(image) ?? [];
    if (repository === name || repository.endsWith(`/${name}`)) return version;
  }
  return undefined;
}

/** True of versions before `minimum`. Anything that does not start with two numbers counts as new enough. */
export function isBefore(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, ownMajor, ownMinor] = /^v?(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  if (ownMajor === undefined) return false;
  if (Number(ownMajor) !== major) return Number(ownMajor) < major;
  return ownMinor !== undefined && Number(ownMinor) < minor;
}
