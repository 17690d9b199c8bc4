import { hash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serializeVendorLock, VENDOR_LOCK, type VendorPin } from '../../src/model/vendor-lock';

/** Small release manifests that look like upstream's, and folders that hold pinned ones. */

const definition = (name: string) => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/part-of: upstream
spec:
  # this comment is upstream's, and stays
  scope:   Namespaced
`;

const workload = (kind: string, name: string, image: string) => `apiVersion: apps/v1
kind: ${kind}
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
      - args: [--log-level=info]
        image: ${image}
        name: main
`;

const DEFINITIONS = {
  'argo-cd': ['applications.argoproj.io', 'applicationsets.argoproj.io', 'appprojects.argoproj.io'],
  flux: ['gitrepositories.source.toolkit.fluxcd.io', 'kustomizations.kustomize.toolkit.fluxcd.io'],
} as const;

export type Upstream = keyof typeof DEFINITIONS;

export interface ManifestOptions {
  readonly version?: string;
  /** Definitions to leave out. */
  readonly without?: readonly string[];
  /** Further documents. */
  readonly extra?: string;
}

export function smallManifest(of: Upstream, options: ManifestOptions = {}): string {
  const { without = [], extra } = options;
  const definitions = DEFINITIONS[of].filter((name) => !without.includes(name)).map(definition);
  const own =
    of === 'argo-cd'
      ? [
          'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-cm\n',
          'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-rbac-cm\n',
          'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: argocd-cmd-params-cm\n',
          workload('Deployment', 'argocd-server', `quay.io/argoproj/argocd:v${options.version ?? '3.5.1'}`),
          workload(
            'StatefulSet',
            'argocd-application-controller',
            `quay.io/argoproj/argocd:v${options.version ?? '3.5.1'}`,
          ),
          'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: argocd-server\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: argocd-server}\nsubjects:\n- kind: ServiceAccount\n  name: argocd-server\n  namespace: argocd\n',
        ]
      : [
          'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: flux-system\n',
          ...['source', 'kustomize', 'helm', 'notification'].map((name) =>
            workload('Deployment', `${name}-controller`, `ghcr.io/fluxcd/${name}-controller:v1.9.1`).replace(
              'metadata:\n',
              `metadata:\n  namespace: flux-system\n  labels:\n    app.kubernetes.io/version: v${options.version ?? '2.9.4'}\n`,
            ),
          ),
        ];
  return ['# made by a machine\n', ...definitions, ...own, ...(extra === undefined ? [] : [extra])].join('---\n');
}

/** Puts a manifest into a folder, pinned. */
export function pinManifest(
  folder: string,
  pin: Partial<VendorPin> & Pick<VendorPin, 'operator' | 'version'>,
  content: string | Buffer,
): VendorPin {
  const bytes = Buffer.from(content);
  const whole: VendorPin = {
    file: `vendor/${pin.operator}-${pin.version}.yaml`,
    sha256: hash('sha256', bytes, 'hex'),
    size: bytes.byteLength,
    origin: 'https://mirror.example.com/install.yaml',
    ...pin,
  };
  mkdirSync(dirname(join(folder, whole.file)), { recursive: true });
  writeFileSync(join(folder, whole.file), bytes);
  writeFileSync(join(folder, VENDOR_LOCK), serializeVendorLock([whole]));
  return whole;
}

export function pinFile(folder: string, operator: Upstream, version: string, file: string): VendorPin {
  return pinManifest(folder, { operator, version }, readFileSync(file));
}
