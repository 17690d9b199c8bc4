import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ArgoCd, Cluster, Flux, Install } from '../../../src';
import { synthesize } from '../../../src/synth/synthesize';
import { temporaryFolder } from '../../helpers/git';
import { pinFile, pinManifest, smallManifest } from '../../helpers/releases';
import { ARGO_CD_MANIFEST, missingData } from '../../helpers/shared-data';
import { newPlatform } from '../../synth/platforms';
import { BOOTSTRAP, OPERATOR, rendered, withArgoCd, withFlux } from './platforms';
import { expectKnown } from './schemas';
import { definitionsOf, specOf, type Workload } from './upstream';

/** Operators from upstream's own release manifests. */

const missing = missingData();
const before = process.cwd();
afterAll(() => process.chdir(before));

describe.skipIf(missing)(`Argo CD's release manifest ${missing ?? ''}`, () => {
  beforeAll(() => {
    const folder = temporaryFolder();
    pinFile(folder, 'argo-cd', '3.5.1', ARGO_CD_MANIFEST);
    process.chdir(folder);
  });

  it('becomes a file for each object, definitions as they are', () => {
    const { files } = rendered(withArgoCd({ install: Install.vendored() }));
    const own = Object.keys(files).filter((path) => path.startsWith(`${OPERATOR}/`));
    // What upstream has, the namespace, and the project that is emptied.
    expect(own).toHaveLength(59 + 2);
    const upstream = definitionsOf(ARGO_CD_MANIFEST);
    expect(upstream.size).toBe(3);
    for (const [name, text] of upstream) {
      const file = files[`${OPERATOR}/customresourcedefinition-${name}.yaml`] ?? '';
      expect(specOf(file) === specOf(text), name).toBe(true);
      expect(file).toContain('argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm');
    }
  });

  it('leaves every object that no prop touches as upstream has it, but for the namespace', () => {
    const { objects } = rendered(withArgoCd({ install: Install.vendored(), namespace: 'gitops' }));
    const all = objects(OPERATOR);
    for (const { kind, metadata } of Object.values(all)) {
      const isClusterScoped = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'].includes(kind);
      expect(metadata.namespace, `${kind} ${metadata.name}`).toBe(isClusterScoped ? undefined : 'gitops');
    }
    expect(all['clusterrolebinding-argocd-server.yaml']).toMatchObject({ subjects: [{ namespace: 'gitops' }] });
    expect(all['namespace-gitops.yaml']).toBeDefined();
    expect(Object.keys(all).filter((name) => name.startsWith('networkpolicy-'))).toHaveLength(7);
    const template = JSON.stringify(all['deployment-argocd-repo-server.yaml']);
    expect(template).toContain('quay.io/argoproj/argocd:v3.5.1');
  });

  it('has what is insecure turned off, and waves that wait', () => {
    const { objects } = rendered(withArgoCd({ install: Install.vendored() }));
    const all = objects(OPERATOR);
    const { data } = all['configmap-argocd-cm.yaml'] ?? {};
    expect(data).toMatchObject({
      'admin.enabled': 'false',
      'exec.enabled': 'false',
      'application.resourceTrackingMethod': 'annotation',
    });
    expect(data?.['resource.customizations.health.argoproj.io_Application']).toContain('cdk8s-gitops/part');
    // Upstream's own keys stay.
    expect(data?.['resource.exclusions']).toContain('EndpointSlice');
    expect(all['appproject-default.yaml']?.spec).toEqual({
      sourceRepos: [],
      destinations: [],
      clusterResourceWhitelist: [],
      namespaceResourceWhitelist: [],
    });
  });

  it('takes every change that is declared', () => {
    const { objects } = rendered(
      withArgoCd({
        install: Install.vendored(),
        replicas: { server: 3, 'application-controller': 2 },
        resources: { 'repo-server': { requests: { memory: '1Gi' } } },
        args: { server: ['--insecure'] },
        registry: 'registry.acme.io/mirror',
        nodeSelector: { pool: 'system' },
        tolerations: [{ key: 'system', operator: 'Exists' }],
        settings: {
          url: 'https://argocd.acme.io',
          adminEnabled: true,
          oidc: {
            name: 'Okta',
            issuer: 'https://acme.okta.com',
            clientId: 'argocd',
            clientSecret: { secret: 'okta', key: 'client-secret' },
          },
          rbac: { policy: ['g, sre, role:admin'], defaultPolicy: 'role:readonly', scopes: ['groups'] },
          reconciliation: '60s',
          customizations: { 'acme.io/Cart': { health: 'return {}' } },
          params: { 'controller.diff.server.side': 'true' },
          openDefaultProject: true,
        },
      }),
    );
    const all = objects(OPERATOR);
    const server = all['deployment-argocd-server.yaml'] as unknown as Workload;
    expect(server.spec.replicas).toBe(3);
    expect(server.spec.template.spec.containers[0]?.args).toEqual(['/usr/local/bin/argocd-server', '--insecure']);
    expect(server.spec.template.spec.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux', pool: 'system' });
    expect(server.spec.template.spec.tolerations).toEqual([{ key: 'system', operator: 'Exists' }]);
    const repo = all['deployment-argocd-repo-server.yaml'] as unknown as Workload;
    expect(repo.spec.template.spec.containers[0]?.resources).toEqual({ requests: { memory: '1Gi' } });
    const controller = all['statefulset-argocd-application-controller.yaml'] as unknown as Workload;
    expect(controller.spec.replicas).toBe(2);
    const shards = controller.spec.template.spec.containers[0]?.env?.filter(({ name }) => name.endsWith('_REPLICAS'));
    expect(shards).toEqual([{ name: 'ARGOCD_CONTROLLER_REPLICAS', value: '2' }]);
    const images = Object.values(all).flatMap((object) => JSON.stringify(object).match(/"image":"[^"]+"/g) ?? []);
    expect(new Set(images)).toEqual(
      new Set([
        '"image":"registry.acme.io/mirror/argoproj/argocd:v3.5.1"',
        '"image":"registry.acme.io/mirror/dexidp/dex:v2.45.0"',
        '"image":"registry.acme.io/mirror/docker/library/redis:8.2.3-alpine"',
      ]),
    );
    expect(all['configmap-argocd-cm.yaml']?.data).toMatchObject({
      url: 'https://argocd.acme.io',
      'admin.enabled': 'true',
      'timeout.reconciliation': '60s',
      'resource.customizations.health.acme.io_Cart': 'return {}',
      'oidc.config': expect.stringContaining('clientSecret: "$okta:client-secret"'),
    });
    expect(all['configmap-argocd-rbac-cm.yaml']?.data).toEqual({
      'policy.csv': 'g, sre, role:admin\n',
      'policy.default': 'role:readonly',
      scopes: '["groups"]',
    });
    expect(all['configmap-argocd-cmd-params-cm.yaml']?.data).toEqual({ 'controller.diff.server.side': 'true' });
    expect(all['appproject-default.yaml']).toBeUndefined();
  });

  it('is applied by an Application that may do what the files need, and no other one', () => {
    const { objects } = rendered(withArgoCd({ install: Install.vendored() }));
    const bootstrap = objects(BOOTSTRAP);
    expect(expectKnown(Object.values({ ...bootstrap, ...objects(OPERATOR) }))).toBe(6);
    expect(bootstrap['application-root.shop.yaml']?.spec).toMatchObject({
      source: { directory: { recurse: true, exclude: '{operator/**,namespaces/**,units/**}' } },
    });
    const application = bootstrap['application-operator.shop.yaml'];
    expect(application?.spec).toMatchObject({
      project: 'operator.shop',
      source: { path: OPERATOR },
      syncPolicy: { syncOptions: expect.arrayContaining(['ServerSideApply=true']) },
    });
    // When the Application goes, Argo CD stays.
    expect(application?.metadata.finalizers).toBeUndefined();
    // The root waits for nothing: see decision 13.
    expect(application?.metadata.annotations).not.toHaveProperty(['argocd.argoproj.io/sync-wave']);
    const allowed = (bootstrap['appproject-operator.shop.yaml']?.spec ?? {}) as unknown as Record<
      string,
      { kind: string }[]
    >;
    const kinds = new Set(
      [...(allowed.clusterResourceWhitelist ?? []), ...(allowed.namespaceResourceWhitelist ?? [])].map(
        ({ kind }) => kind,
      ),
    );
    const present = new Set(Object.values(objects(OPERATOR)).map(({ kind }) => kind));
    expect(kinds).toEqual(new Set([...present, 'CustomResourceDefinition']));
  });

  it('is shared by clusters: a hundred take little longer than one', () => {
    const run = (count: number, differ: boolean) => {
      const platform = newPlatform();
      for (let n = 0; n < count; n++) {
        const replicas = differ ? { server: n + 1 } : {};
        new ArgoCd(new Cluster(platform, `c${n}`), 'argocd', { install: Install.vendored(), replicas });
      }
      const start = performance.now();
      const { sections } = synthesize(platform);
      expect(sections).toHaveLength(count);
      return (performance.now() - start) / count;
    };
    run(1, false);
    // The bound is 20 ms on a quiet machine; this one may be busy with other tests.
    expect(run(100, false)).toBeLessThan(40);
    expect(run(100, true)).toBeLessThan(40);
  });
});

describe('a small manifest', () => {
  beforeAll(() => {
    const folder = temporaryFolder();
    pinManifest(folder, { operator: 'argo-cd', version: '3.5.1' }, smallManifest('argo-cd'));
    process.chdir(folder);
  });

  it('keeps the text of definitions, comments included', () => {
    const { files } = rendered(withArgoCd({ install: Install.vendored('vendor/argo-cd-3.5.1.yaml') }));
    expect(files[`${OPERATOR}/customresourcedefinition-appprojects.argoproj.io.yaml`]).toMatchInlineSnapshot(`
      "apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: appprojects.argoproj.io
        labels:
          app.kubernetes.io/part-of: upstream
        annotations:
          argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm
      spec:
        # this comment is upstream's, and stays
        scope:   Namespaced
      "
    `);
  });

  it('renders the same whatever was rendered before', () => {
    const one = () => rendered(withArgoCd({ install: Install.vendored(), replicas: { server: 2 } })).files;
    const first = one();
    rendered(withArgoCd({ install: Install.vendored(), replicas: { server: 5 }, registry: 'r.acme.io' }));
    expect(one()).toEqual(first);
  });

  it('says how the operator is started', () => {
    const { starts } = synthesize(withArgoCd({ install: Install.vendored(), repositorySecret: 'environments' }));
    expect(starts).toEqual({
      'eu-1': {
        operator: 'argo-cd',
        namespace: 'argocd',
        secrets: [
          {
            name: 'environments',
            labels: { 'argocd.argoproj.io/secret-type': 'repository' },
            keys: ['url', 'username', 'password'],
            purpose: 'to read https://git.example.com/environments.git',
            opens: 'https://git.example.com/environments.git',
          },
        ],
        steps: [
          { kind: 'apply', path: OPERATOR, fieldManager: 'argocd-controller' },
          { kind: 'apply', path: BOOTSTRAP, fieldManager: 'argocd-controller' },
        ],
      },
    });
    expect(synthesize(withFlux({})).starts).toBeUndefined();
  });
});

it('two operators with vendored manifests live in one program', () => {
  const folder = temporaryFolder();
  pinManifest(folder, { operator: 'argo-cd', version: '3.5.1' }, smallManifest('argo-cd'));
  process.chdir(folder);
  const platform = newPlatform();
  new ArgoCd(new Cluster(platform, 'a'), 'argocd', { install: Install.vendored() });
  new Flux(new Cluster(platform, 'b'), 'flux', { install: Install.fluxInstance({ version: '2.9.x' }) });
  expect(Object.keys(synthesize(platform).starts ?? {})).toEqual(['a', 'b']);
});
