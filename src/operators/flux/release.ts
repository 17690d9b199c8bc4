import { imagesIn, imageVersion, type OperatorRelease } from '../release';

const VERSION_LABEL = 'app.kubernetes.io/version';

/** Flux's release manifests. */
export const fluxRelease: OperatorRelease = {
  kind: 'flux',
  title: 'Flux',
  minimum: [2, 7],
  tested: '2.9.4',
  definitions: ['gitrepositories.source.toolkit.fluxcd.io', 'kustomizations.kustomize.toolkit.fluxcd.io'],
  variants: [],
  location: (version) => `https://github.com/fluxcd/flux2/releases/download/v${version}/install.yaml`,
  versionOf(objects) {
    const controller = imageVersion(objects.flatMap(imagesIn), 'source-controller');
    if (controller === undefined) return undefined;
    const label = objects.map(({ metadata }) => metadata.labels?.[VERSION_LABEL]).find((text) => text !== undefined);
    if (label !== undefined) return { version: label.replace(/^v/, '') };
    // Built without the label, it still tells: controllers 1.N belong to Flux 2.N.
    const minor = /^1\.(\d+)\./.exec(controller)?.[1];
    return minor === undefined ? undefined : { version: `2.${minor}` };
  },
};
