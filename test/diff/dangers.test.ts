import { describe, expect, it } from 'vitest';
import { assess, type DangerRule } from '../../src/diff/dangers';
import { renderDangers } from '../../src/diff/render-dangers';
import { emitYaml } from '../../src/yaml/emit';

type Fields = Readonly<Record<string, unknown>>;

const FILE = 'environments/prod/checkout/object.yaml';

/** Rules and messages of a change of one object; null for a side where it is not. */
function dangersOf(
  apiVersion: string,
  kind: string,
  before: Fields | null,
  after: Fields | null,
): [DangerRule, string][] {
  const text = (fields: Fields | null) =>
    fields === null ? undefined : emitYaml({ apiVersion, kind, metadata: { name: 'it' }, ...fields });
  const { dangers } = assess([{ path: FILE, before: text(before), after: text(after) }]);
  return dangers.map(({ rule, message }) => [rule, message]);
}

const pod = (spec: Fields) => ({ spec: { template: { spec } } });
const image = (name: string, ref: string) => pod({ containers: [{ name, image: ref }] });
const DIGEST = `@sha256:${'a'.repeat(64)}`;
const RBAC = 'rbac.authorization.k8s.io/v1';
const role = (...rules: Fields[]) => ({ rules });
const rule = (verbs: string[], resources = ['pods'], more: Fields = {}) => ({
  apiGroups: [''],
  resources,
  verbs,
  ...more,
});
const binding = (name: string, ...subjects: Fields[]) => ({
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects,
});
const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: 'shop' });
const group = (name: string) => ({ kind: 'Group', name });
const crd = (...versions: Fields[]) => ({
  spec: { group: 'acme.io', scope: 'Namespaced', names: { kind: 'It', plural: 'its' }, versions },
});
const claim = (spec: Fields) => ({ spec });
const storage = (size: string) => ({ resources: { requests: { storage: size } } });

type Case = readonly [
  what: string,
  apiVersion: string,
  kind: string,
  before: Fields | null,
  after: Fields | null,
  expected: readonly (readonly [DangerRule, string])[],
];

const refused = (what: string) => ['immutable-field', `${what}; the object has to be made anew`] as const;

const CASES: readonly Case[] = [
  // fields that do not change
  [
    'selector',
    'apps/v1',
    'Deployment',
    { spec: { selector: { matchLabels: { a: '1' } } } },
    { spec: { selector: { matchLabels: { a: '2' } } } },
    [refused('spec.selector cannot be changed')],
  ],
  [
    'selector of a DaemonSet',
    'apps/v1',
    'DaemonSet',
    { spec: { selector: {} } },
    { spec: { selector: { matchLabels: {} } } },
    [refused('spec.selector cannot be changed')],
  ],
  [
    'claims of a StatefulSet',
    'apps/v1',
    'StatefulSet',
    { spec: { serviceName: 'a', volumeClaimTemplates: [{ metadata: { name: 'd' } }] } },
    { spec: { serviceName: 'a', volumeClaimTemplates: [] } },
    [refused('spec.volumeClaimTemplates cannot be changed')],
  ],
  [
    'what a StatefulSet may change',
    'apps/v1',
    'StatefulSet',
    { spec: { replicas: 1, template: { a: 1 } } },
    { spec: { replicas: 2, template: { a: 2 }, podManagementPolicy: 'OrderedReady' } },
    [],
  ],
  ['template of a Job', 'batch/v1', 'Job', pod({ a: 1 }), pod({ a: 2 }), [refused('spec.template cannot be changed')]],
  [
    'template of a CronJob',
    'batch/v1',
    'CronJob',
    { spec: { jobTemplate: { a: 1 } } },
    { spec: { jobTemplate: { a: 2 } } },
    [],
  ],
  [
    'address of a Service',
    'v1',
    'Service',
    { spec: { clusterIP: '10.0.0.1' } },
    { spec: { clusterIP: '10.0.0.2' } },
    [refused('spec.clusterIP cannot be changed')],
  ],
  [
    'a Service that gets a head',
    'v1',
    'Service',
    { spec: { clusterIP: 'None' } },
    { spec: {} },
    [refused('spec.clusterIP cannot be changed')],
  ],
  ['an address left to the cluster', 'v1', 'Service', { spec: { clusterIP: '10.0.0.1' } }, { spec: {} }, []],
  ['an external name', 'v1', 'Service', { spec: { clusterIP: 'None' } }, { spec: { type: 'ExternalName' } }, []],
  [
    'class of a claim',
    'v1',
    'PersistentVolumeClaim',
    claim({ storageClassName: 'fast' }),
    claim({ storageClassName: 'slow' }),
    [refused('spec.storageClassName cannot be changed')],
  ],
  ['class of a claim, left out', 'v1', 'PersistentVolumeClaim', claim({ storageClassName: 'fast' }), claim({}), []],
  [
    'a claim that shrinks',
    'v1',
    'PersistentVolumeClaim',
    claim(storage('1Ti')),
    claim(storage('900G')),
    [refused('spec.resources.requests.storage: 1Ti → 900G: a volume cannot shrink')],
  ],
  ['a claim that grows', 'v1', 'PersistentVolumeClaim', claim(storage('1000Mi')), claim(storage('1Gi')), []],
  [
    'parameters of a StorageClass',
    'storage.k8s.io/v1',
    'StorageClass',
    { parameters: { type: 'a' }, provisioner: 'x' },
    { parameters: { type: 'b' }, provisioner: 'x', reclaimPolicy: 'Delete' },
    [refused('parameters cannot be changed')],
  ],
  [
    'an immutable ConfigMap',
    'v1',
    'ConfigMap',
    { immutable: true, data: { a: '1' } },
    { immutable: true, data: { a: '2' } },
    [refused('data cannot be changed: it is marked immutable')],
  ],
  ['an ordinary ConfigMap', 'v1', 'ConfigMap', { data: { a: '1' } }, { data: { a: '2' } }, []],
  [
    'type of a Secret',
    'v1',
    'Secret',
    { type: 'Opaque' },
    { type: 'kubernetes.io/tls' },
    [refused('type cannot be changed')],
  ],
  [
    'scope of a definition',
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    { spec: { scope: 'Namespaced' } },
    { spec: { scope: 'Cluster' } },
    [refused('spec.scope cannot be changed')],
  ],
  // access
  [
    'another verb',
    RBAC,
    'Role',
    role(rule(['get'])),
    role(rule(['get', 'delete'])),
    [['access-widened', 'may now delete pods']],
  ],
  [
    'another resource',
    RBAC,
    'ClusterRole',
    role(rule(['get'])),
    role(rule(['get'], ['pods', 'secrets'])),
    [['access-widened', 'may now get secrets']],
  ],
  [
    'everything',
    RBAC,
    'ClusterRole',
    role(rule(['get'])),
    role(rule(['*'], ['*'], { apiGroups: ['*'] })),
    [['access-widened', 'may now * */*']],
  ],
  [
    'any name',
    RBAC,
    'Role',
    role(rule(['get'], ['secrets'], { resourceNames: ['db'] })),
    role(rule(['get'], ['secrets'])),
    [['access-widened', 'may now get secrets']],
  ],
  ['other words for the same', RBAC, 'Role', role(rule(['get', 'list'])), role(rule(['get']), rule(['list'])), []],
  ['less', RBAC, 'Role', role(rule(['*'], ['*'])), role(rule(['get'], ['pods', 'pods/log'])), []],
  [
    'a part of what any resource has',
    RBAC,
    'Role',
    role(rule(['get'], ['*/scale'])),
    role(rule(['get'], ['deployments/scale', 'deployments/status'])),
    [['access-widened', 'may now get deployments/status']],
  ],
  [
    'a path',
    RBAC,
    'ClusterRole',
    role({ verbs: ['get'], nonResourceURLs: ['/api/*'] }),
    role({ verbs: ['get'], nonResourceURLs: ['/api/v1', '/metrics'] }),
    [['access-widened', 'may now get /metrics']],
  ],
  ['a new role that is narrow', RBAC, 'Role', null, role(rule(['get', 'create'], ['configmaps'])), []],
  [
    'a new role that is broad',
    RBAC,
    'Role',
    null,
    role(rule(['get'], ['secrets']), rule(['escalate'], ['roles'])),
    [['access-widened', 'may now get secrets, escalate roles']],
  ],
  [
    'a role that collects others',
    RBAC,
    'ClusterRole',
    role(),
    { rules: [], aggregationRule: { clusterRoleSelectors: [] } },
    [['access-widened', 'its rules are collected from other roles']],
  ],
  [
    'many additions',
    RBAC,
    'Role',
    role(),
    role(rule(['a', 'b', 'c', 'd', 'e', 'f', 'g'])),
    [['access-widened', 'may now a pods, b pods, c pods, d pods, e pods, and 2 more']],
  ],
  [
    'another subject',
    RBAC,
    'RoleBinding',
    binding('view', account('a')),
    binding('view', account('a'), account('b')),
    [['access-widened', 'binds ServiceAccount shop/b to view']],
  ],
  [
    'a subject less',
    RBAC,
    'RoleBinding',
    binding('view', account('a'), account('b')),
    binding('view', account('a')),
    [],
  ],
  ['a new binding in a namespace', RBAC, 'RoleBinding', null, binding('view', account('a')), []],
  [
    'a new binding of nearly everybody',
    RBAC,
    'RoleBinding',
    null,
    binding('view', group('system:authenticated')),
    [['access-widened', 'binds Group system:authenticated to view']],
  ],
  [
    'a new binding in the cluster',
    RBAC,
    'ClusterRoleBinding',
    null,
    binding('view', account('a')),
    [['access-widened', 'binds ServiceAccount shop/a to view']],
  ],
  [
    'a new administrator',
    RBAC,
    'RoleBinding',
    null,
    binding('cluster-admin', account('a')),
    [['access-widened', 'binds ServiceAccount shop/a to cluster-admin']],
  ],
  [
    'another role',
    RBAC,
    'ClusterRoleBinding',
    binding('view', account('a')),
    binding('cluster-admin', account('a')),
    [refused('roleRef cannot be changed'), ['access-widened', 'binds ServiceAccount shop/a to cluster-admin']],
  ],
  // scale
  [
    'zero',
    'apps/v1',
    'Deployment',
    { spec: { replicas: 3 } },
    { spec: { replicas: 0 } },
    [['scaled-down', 'spec.replicas: 3 → 0']],
  ],
  [
    'zero from the default',
    'apps/v1',
    'StatefulSet',
    { spec: {} },
    { spec: { replicas: 0 } },
    [['scaled-down', 'spec.replicas: 1 → 0']],
  ],
  ['zero as before', 'apps/v1', 'Deployment', { spec: { replicas: 0 } }, { spec: { replicas: 0, paused: true } }, []],
  ['less, but some', 'apps/v1', 'Deployment', { spec: { replicas: 3 } }, { spec: { replicas: 1 } }, []],
  [
    'an autoscaler',
    'autoscaling/v2',
    'HorizontalPodAutoscaler',
    { spec: { minReplicas: 2, maxReplicas: 9 } },
    { spec: { minReplicas: 0, maxReplicas: 3 } },
    [
      ['scaled-down', 'spec.minReplicas may scale to zero'],
      ['scaled-down', 'spec.maxReplicas: 9 → 3'],
    ],
  ],
  // definitions
  [
    'a definition that goes',
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    crd({ name: 'v1', served: true }),
    null,
    [['definition-removed', 'removed: every resource of its kind goes with it']],
  ],
  [
    'versions that go',
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    crd({ name: 'v1', served: true }, { name: 'v2', served: true }, { name: 'v3', served: false }),
    crd({ name: 'v2', served: false }),
    [
      ['definition-removed', 'version v1 is removed'],
      ['definition-removed', 'version v2 is served no more'],
    ],
  ],
  [
    'a new version',
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    crd({ name: 'v1', served: true }),
    crd({ name: 'v1', served: true }, { name: 'v2', served: true }),
    [],
  ],
  // data
  [
    'a Namespace that goes',
    'v1',
    'Namespace',
    {},
    null,
    [['data-removed', 'removed: everything in the namespace goes with it']],
  ],
  [
    'a claim that goes',
    'v1',
    'PersistentVolumeClaim',
    {},
    null,
    [['data-removed', 'removed: its data may go with it']],
  ],
  [
    'a StatefulSet that goes',
    'apps/v1',
    'StatefulSet',
    {},
    null,
    [['data-removed', 'removed: its pods go, and the data of its volumes may follow']],
  ],
  ['a Deployment that goes', 'apps/v1', 'Deployment', {}, null, []],
  ['a Namespace that comes', 'v1', 'Namespace', null, {}, []],
  // privileges
  [
    'a privileged container',
    'apps/v1',
    'Deployment',
    image('api', 'a:1'),
    pod({ containers: [{ name: 'api', image: 'a:1', securityContext: { privileged: true } }] }),
    [['privileges-raised', 'container api is privileged']],
  ],
  [
    'a privileged container that is new',
    'apps/v1',
    'DaemonSet',
    null,
    pod({ hostNetwork: true, initContainers: [{ name: 'i', securityContext: { privileged: true } }] }),
    [
      ['privileges-raised', 'hostNetwork is on'],
      ['privileges-raised', 'container i is privileged'],
    ],
  ],
  [
    'one that was privileged before',
    'apps/v1',
    'DaemonSet',
    pod({ hostPID: true, a: 1 }),
    pod({ hostPID: true, a: 2 }),
    [],
  ],
  [
    'a folder of the node',
    'batch/v1',
    'CronJob',
    { spec: {} },
    {
      spec: { jobTemplate: { spec: { template: { spec: { volumes: [{ name: 'v', hostPath: { path: '/etc' } }] } } } } },
    },
    [['privileges-raised', "the node's /etc is mounted (hostPath)"]],
  ],
  [
    'capabilities',
    'v1',
    'Pod',
    { spec: {} },
    {
      spec: {
        containers: [{ name: 'a', securityContext: { capabilities: { add: ['NET_BIND_SERVICE', 'SYS_ADMIN'] } } }],
      },
    },
    [['privileges-raised', 'container a gets the capability SYS_ADMIN']],
  ],
  // images
  [
    'a tag for a digest',
    'apps/v1',
    'Deployment',
    image('api', `acme/api:1${DIGEST}`),
    image('api', 'acme/api:2'),
    [['image-unpinned', 'container api takes acme/api:2 by its tag']],
  ],
  [
    'another digest',
    'apps/v1',
    'Deployment',
    image('api', `acme/api${DIGEST}`),
    image('api', `acme/api@sha256:${'b'.repeat(64)}`),
    [],
  ],
  ['a digest for a tag', 'apps/v1', 'Deployment', image('api', 'acme/api:1'), image('api', `acme/api${DIGEST}`), []],
  // nothing of what is looked for
  ['labels', 'apps/v1', 'Deployment', { spec: { replicas: 1 } }, { spec: { replicas: 1 }, status: { a: 1 } }, []],
  ['odd shapes', 'apps/v1', 'Deployment', { spec: [1], x: 1 }, { spec: { template: 'x', replicas: '0' }, x: 2 }, []],
  [
    'odd access',
    RBAC,
    'Role',
    { rules: 'x' },
    { rules: [null, { verbs: 'get' }, { verbs: [1], resources: ['a'] }] },
    [],
  ],
];

describe('dangerous changes', () => {
  it.each(CASES)('%s', (_, apiVersion, kind, before, after, expected) => {
    expect(dangersOf(apiVersion, kind, before, after)).toEqual(expected);
  });

  it('say where they are', () => {
    const text = (replicas: number) =>
      emitYaml({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'api' }, spec: { replicas } });
    const { objects, dangers } = assess([{ path: FILE, before: text(1), after: text(0) }]);
    expect(dangers).toEqual([
      {
        rule: 'scaled-down',
        section: { kind: 'unit', environment: 'prod', application: 'checkout' },
        file: FILE,
        object: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
        message: 'spec.replicas: 1 → 0',
      },
    ]);
    expect(objects).toHaveLength(1);
    expect(renderDangers(dangers, false)).toBe(
      'look at these first\n! scaled-down prod/checkout Deployment api: spec.replicas: 1 → 0\n',
    );
    expect(renderDangers([], false)).toBe('');
  });

  it('never show what a Secret holds, nor act on a terminal', () => {
    const before = { type: 'Opaque', immutable: true, data: { password: 'aHVudGVyMg==' } };
    const after = { type: 'Opaque', immutable: true, data: { password: 'c2VjcmV0Mg==' }, stringData: { a: 'plain' } };
    const told = JSON.stringify(dangersOf('v1', 'Secret', before, after));
    expect(told).toContain('data, stringData cannot be changed');
    expect(told).not.toMatch(/aHVudGVyMg|c2VjcmV0Mg|plain/);
    const odd = dangersOf(RBAC, 'ClusterRoleBinding', null, binding('view', account('a\u001b[31m\n')));
    expect(odd[0]?.[1]).toContain('a\\u001b[31m\\n');
  });

  it('are bounded, for one object and for one message', () => {
    const volumes = Array.from({ length: 100 }, (_, i) => ({
      name: `v${i}`,
      hostPath: { path: `/${'x'.repeat(500)}${i}` },
    }));
    const found = dangersOf('apps/v1', 'Deployment', null, pod({ volumes }));
    expect(found).toHaveLength(20);
    expect(found[0]?.[1].length).toBeLessThanOrEqual(300);
    const names = Array.from({ length: 200 }, (_, i) => `n${i}`);
    const huge = dangersOf(RBAC, 'Role', role(), role(rule(names, names)));
    expect(huge).toEqual([['access-widened', 'its rules changed; they are too many to compare']]);
  });
});
