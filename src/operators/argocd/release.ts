import { imagesIn, imageVersion, type OperatorRelease } from '../release';

const FILES: Readonly<Record<string, string>> = { core: 'core-install.yaml', ha: 'ha/install.yaml' };

/** Argo CD's release manifests. */
export const argoCdRelease: OperatorRelease = {
  kind: 'argo-cd',
  title: 'Argo CD',
  minimum: [3, 0],
  tested: '3.5.1',
  definitions: ['applications.argoproj.io', 'applicationsets.argoproj.io', 'appprojects.argoproj.io'],
  variants: Object.keys(FILES),
  location: (version, variant) =>
    `https://raw.githubusercontent.com/argoproj/argo-cd/v${version}/manifests/${variant ? FILES[variant] : 'install.yaml'}`,
  versionOf(objects) {
    const version = imageVersion(objects.flatMap(imagesIn), 'argocd');
    return version === undefined ? undefined : { version };
  },
};
