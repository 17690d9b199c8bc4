import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Install } from '../../../src';
import type { Manifest } from '../../../src/model/manifest';
import { splitYaml } from '../../../src/yaml/split';
import { temporaryFolder } from '../../helpers/git';
import { pinFile } from '../../helpers/releases';
import { FLUX_MANIFEST, missingData } from '../../helpers/shared-data';
import { BOOTSTRAP, OPERATOR, rendered, withFlux } from './platforms';
import { expectKnown } from './schemas';
import { definitionsOf, specOf, type Workload } from './upstream';

/** Flux from upstream's own release manifest. */

const missing = missingData();
const before = process.cwd();
afterAll(() => process.chdir(before));

describe.skipIf(missing)(`Flux's release manifest ${missing ?? ''}`, () => {
  beforeAll(() => {
    const folder = temporaryFolder();
    pinFile(folder, 'flux', '2.9.4', FLUX_MANIFEST);
    process.chdir(folder);
  });
  const argsOf = (all: Record<string, Manifest>, name: string) =>
    (all[`deployment-${name}-controller.yaml`] as unknown as Workload).spec.template.spec.containers[0]?.args ?? [];

  it('becomes a file for each object, definitions as they are', () => {
    const { files } = rendered(withFlux({ install: Install.vendored() }));
    expect(Object.keys(files).filter((path) => path.startsWith(`${OPERATOR}/`))).toHaveLength(
      splitYaml(readFileSync(FLUX_MANIFEST, 'utf8')).length,
    );
    const upstream = definitionsOf(FLUX_MANIFEST);
    expect(upstream.size).toBe(11);
    for (const [name, text] of upstream) {
      const file = files[`${OPERATOR}/customresourcedefinition-${name}.yaml`] ?? '';
      expect(specOf(file) === specOf(text), name).toBe(true);
      expect(file).toMatch(/^ {4}controller-gen\.kubebuilder\.io\/version: /m);
      expect(file).toMatch(/^ {4}kustomize\.toolkit\.fluxcd\.io\/prune: disabled$/m);
    }
  });

  it('keeps tenants apart unless told otherwise', () => {
    const lockdown = (props: Parameters<typeof withFlux>[0]) => {
      const all = rendered(withFlux({ install: Install.vendored(), ...props })).objects(OPERATOR);
      const flags = /^--(no-cross|no-remote|default-service)/;
      return ['source', 'kustomize', 'helm', 'notification'].map((name) =>
        argsOf(all, name).filter((arg) => flags.test(arg)),
      );
    };
    const refs = '--no-cross-namespace-refs=true';
    const account = '--default-service-account=default';
    expect(lockdown({})).toEqual([[], [refs, '--no-remote-bases=true', account], [refs, account], [refs]]);
    expect(
      lockdown({ tenancy: { crossNamespaceReferences: true, remoteBases: true, defaultServiceAccount: false } }),
    ).toEqual([[], [], [], []]);
    expect(lockdown({ tenancy: { defaultServiceAccount: 'tenant' } })[2]).toEqual([
      refs,
      '--default-service-account=tenant',
    ]);
  });

  it('does not let units that are waited for hold up others, unless told otherwise', () => {
    const all = rendered(withFlux({ install: Install.vendored() })).objects(OPERATOR);
    const flags = ['--concurrent=20', '--requeue-dependency=2s', '--feature-gates=CancelHealthCheckOnNewRevision=true'];
    for (const flag of flags) expect(argsOf(all, 'kustomize')).toContain(flag);
    const own = { 'kustomize-controller': ['--concurrent=7'] } as const;
    const args = argsOf(rendered(withFlux({ install: Install.vendored(), args: own })).objects(OPERATOR), 'kustomize');
    expect(args.filter((arg) => arg.startsWith('--concurrent'))).toEqual(['--concurrent=7']);
  });

  it('unpacks into memory where that is asked for', () => {
    const volumes = (props: Parameters<typeof withFlux>[0]) => {
      const all = rendered(withFlux({ install: Install.vendored(), ...props })).objects(OPERATOR);
      return ['kustomize', 'helm'].map((name) => {
        const deployment = all[`deployment-${name}-controller.yaml`] as
          | { readonly spec?: { template: { spec: { volumes: readonly object[] } } } }
          | undefined;
        return deployment?.spec?.template.spec.volumes;
      });
    };
    const onDisk = [{ name: 'temp', emptyDir: {} }];
    expect(volumes({})).toEqual([onDisk, onDisk]);
    expect(volumes({ inMemoryBuilds: true })).toEqual([[{ name: 'temp', emptyDir: { medium: 'Memory' } }], onDisk]);
  });

  it('takes every change that is declared', () => {
    const { objects } = rendered(
      withFlux({
        install: Install.vendored(),
        namespace: 'gitops',
        args: { 'kustomize-controller': ['--log-level=debug', '--concurrent=20'] },
        replicas: { 'helm-controller': 2 },
        registry: 'registry.acme.io',
        networkPolicies: false,
      }),
    );
    const all = objects(OPERATOR);
    const args = argsOf(all, 'kustomize');
    expect(args).toContain('--log-level=debug');
    expect(args).toContain('--concurrent=20');
    expect(args.filter((arg) => arg.startsWith('--log-level'))).toHaveLength(1);
    expect(args).toContain('--events-addr=http://notification-controller.gitops.svc.cluster.local./');
    expect(JSON.stringify(all)).toContain('"image":"registry.acme.io/fluxcd/helm-controller:v1.6.3"');
    expect(Object.keys(all).filter((name) => name.startsWith('networkpolicy'))).toEqual([]);
    expect(all['namespace-gitops.yaml']).toBeDefined();
    // Nothing names the other namespace any more, but for a label.
    const left = JSON.stringify(all).replaceAll('"app.kubernetes.io/instance":"flux-system"', '');
    expect(left).not.toContain('flux-system');
  });

  it('is applied by a Kustomization of its own, and left out by the root', () => {
    const { objects } = rendered(withFlux({ install: Install.vendored() }));
    const bootstrap = objects(BOOTSTRAP);
    const all = objects(OPERATOR);
    expect(expectKnown(Object.values({ ...bootstrap, ...all }))).toBe(3);
    expect(expectKnown(Object.values(objects('clusters/eu-1/applications')))).toBe(1);
    for (const { kind, metadata } of Object.values(all)) {
      expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({ 'cdk8s-gitops/part': 'operator' });
    }
    for (const { metadata } of Object.values(bootstrap)) expect(metadata.labels?.['cdk8s-gitops/part']).toBeUndefined();
    expect(bootstrap['kustomization-root.shop.yaml']?.spec).toMatchObject({
      patches: [
        { target: { labelSelector: 'cdk8s-gitops/part=operator' } },
        { target: { labelSelector: 'cdk8s-gitops/part=unit' } },
      ],
    });
    const own = bootstrap['kustomization-operator.shop.yaml'];
    expect(own?.spec).toMatchObject({ path: `./${OPERATOR}`, prune: true, wait: true });
    expect(own?.metadata.annotations).toEqual({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
    // The account that is taken without a name may do nothing.
    for (const object of [...Object.values(bootstrap), ...Object.values(objects('clusters/eu-1/applications'))]) {
      if (object.kind === 'Kustomization') {
        expect(object.spec).toMatchObject({ serviceAccountName: 'kustomize-controller' });
      }
    }
  });
});
