import type { Manifest } from './manifest';

/** Images of every container in the unit's workloads. */
export function imagesOf(manifests: readonly Manifest[]): string[] {
  const images = new Set<string>();
  for (const manifest of manifests) {
    for (const pod of podSpecs(manifest)) {
      for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
        for (const container of asList(pod[list])) {
          if (typeof container.image === 'string') images.add(container.image);
        }
      }
    }
  }
  return [...images].sort();
}

type Fields = Readonly<Record<string, unknown>>;

function podSpecs({ kind, spec }: Manifest): Fields[] {
  const at = (value: unknown, ...path: string[]): unknown =>
    path.reduce<unknown>((inner, key) => (inner as Fields | undefined)?.[key], value);
  const found =
    kind === 'Pod' ? spec : (at(spec, 'template', 'spec') ?? at(spec, 'jobTemplate', 'spec', 'template', 'spec'));
  return typeof found === 'object' && found !== null ? [found as Fields] : [];
}

function asList(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
}
