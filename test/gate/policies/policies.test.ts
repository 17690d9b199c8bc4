import { describe, expect, it } from 'vitest';
import { containerOf, issuesOf, podOf, rulesOf, type Sound } from './unit';

type Change = (unit: Sound) => void;
const without =
  (...names: (keyof Sound)[]): Change =>
  (unit) => {
    for (const name of names) delete (unit as Partial<Sound>)[name];
  };
const container =
  (fields: Record<string, unknown>): Change =>
  (unit) =>
    void Object.assign(containerOf(unit), fields);
const pod =
  (fields: Record<string, unknown>): Change =>
  (unit) =>
    void Object.assign(podOf(unit), fields);
const clusterOf = (unit: Sound) =>
  Object.assign(unit, { cluster: { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', metadata: { name: 'db' } } });

const CASES: readonly (readonly [what: string, change: Change, expected: string, field: string])[] = [
  [
    'no tag',
    container({ image: 'registry.example.com:5000/api' }),
    'error image-tag',
    'spec.template.spec.containers[0].image',
  ],
  ['latest', container({ image: 'api:latest' }), 'error image-tag', 'spec.template.spec.containers[0].image'],
  [
    'a selector that the template does not fit',
    (unit) => (unit.deployment.spec.selector.matchLabels = { app: 'web' } as never),
    'error selector-mismatch',
    'spec.selector.matchLabels["app"]',
  ],
  [
    'a Service of nothing',
    (unit) => (unit.service.spec.selector = { app: 'web' }),
    'error dangling-service',
    'spec.selector',
  ],
  [
    'a port that no container has',
    (unit) => (unit.service.spec.ports = [{ port: 80, name: 'web', targetPort: 'grpc' }]),
    'error unknown-target-port',
    'spec.ports[0].targetPort',
  ],
  [
    'a port of a Service twice',
    (unit) => void unit.service.spec.ports.push({ name: 'other', port: 80 }),
    'error duplicate-port',
    'spec.ports[1]',
  ],
  ['no account', without('account'), 'error missing-service-account', 'spec.template.spec.serviceAccountName'],
  [
    'a ConfigMap without the key',
    (unit) => (unit.settings.data = { speed: 'fast' }),
    'error missing-config-map-key',
    'spec.template.spec.containers[0].env[0].valueFrom.configMapKeyRef',
  ],
  [
    'no ConfigMap',
    without('settings'),
    'error missing-config-map',
    'spec.template.spec.containers[0].env[0].valueFrom.configMapKeyRef',
  ],
  [
    'a Secret without the key',
    (unit) => (unit.secret.spec.data = [{ secretKey: 'pass', remoteRef: { key: 'apps/api' } }]),
    'error missing-secret-key',
    'spec.template.spec.containers[0].env[1].valueFrom.secretKeyRef',
  ],
  [
    'a variable twice',
    (unit) => void (containerOf(unit).env as object[]).push({ name: 'MODE', value: 'slow' }),
    'error duplicate-env',
    'spec.template.spec.containers[0].env[2]',
  ],
  [
    'a port of a container twice',
    (unit) => void (containerOf(unit).ports as object[]).push({ containerPort: 8080, protocol: 'TCP' }),
    'error duplicate-port',
    'spec.template.spec.containers[0].ports[1]',
  ],
  [
    'a name of ports twice',
    (unit) => void (containerOf(unit).ports as object[]).push({ name: 'http', containerPort: 8081 }),
    'error duplicate-port',
    'spec.template.spec.containers[0].ports[1].name',
  ],
  [
    'a name of a port that is too long',
    (unit) => void (containerOf(unit).ports as object[]).push({ name: 'a-very-long-name', containerPort: 8081 }),
    'error port-name',
    'spec.template.spec.containers[0].ports[1].name',
  ],
  [
    'a volume twice',
    (unit) => void (podOf(unit).volumes as object[]).push({ name: 'settings', emptyDir: {} }),
    'error duplicate-name',
    'spec.template.spec.volumes[1]',
  ],
  [
    'a mount of no volume',
    container({ volumeMounts: [{ name: 'data', mountPath: '/data' }] }),
    'error unknown-volume',
    'spec.template.spec.containers[0].volumeMounts[0].name',
  ],
  [
    'two mounts at one place',
    (unit) => void (containerOf(unit).volumeMounts as object[]).push({ name: 'settings', mountPath: '/etc/api' }),
    'error duplicate-mount',
    'spec.template.spec.containers[0].volumeMounts[1]',
  ],
  [
    'an Ingress to a port that is not there',
    (unit) =>
      Object.assign(unit.ingress.spec.rules[0]?.http.paths[0]?.backend.service as object, { port: { number: 8080 } }),
    'error ingress-backend',
    'spec.rules[0].http.paths[0].backend.service.port',
  ],
  [
    'an Ingress to no Service',
    (unit) => Object.assign(unit.ingress.spec.rules[0]?.http.paths[0]?.backend.service as object, { name: 'web' }),
    'error ingress-backend',
    'spec.rules[0].http.paths[0].backend.service.name',
  ],
  [
    'a target that is not there',
    (unit) => (unit.scaler.spec.scaleTargetRef.name = 'web'),
    'error missing-scale-target',
    'spec.scaleTargetRef',
  ],
  [
    'a budget for more pods than there are',
    (unit) => {
      without('scaler')(unit);
      unit.budget.spec = { selector: { matchLabels: { app: 'api' } }, minAvailable: 3 };
    },
    'error unsatisfiable-budget',
    'spec.minAvailable',
  ],
  [
    'a budget that stops drains',
    (unit) => {
      without('scaler')(unit);
      unit.budget.spec = { selector: { matchLabels: { app: 'api' } }, maxUnavailable: 0 };
    },
    'warning blocked-drain',
    'spec.maxUnavailable',
  ],
  [
    'replicas that share a disk',
    (unit) => {
      Object.assign(unit, {
        claim: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'disk' },
          spec: { accessModes: ['ReadWriteOnce'] },
        },
      });
      (podOf(unit).volumes as object[]).push({ name: 'disk', persistentVolumeClaim: { claimName: 'disk' } });
    },
    'warning shared-volume',
    'spec.template.spec.volumes[1].persistentVolumeClaim',
  ],
  ['no resources', container({ resources: {} }), 'warning no-resources', 'spec.template.spec.containers[0]'],
  [
    'no probe',
    container({ readinessProbe: undefined }),
    'warning no-readiness-probe',
    'spec.template.spec.containers[0]',
  ],
  ['no budget', without('budget'), 'warning no-disruption-budget', 'spec.replicas'],
  [
    'a writable root',
    (unit) => Object.assign(containerOf(unit).securityContext as object, { readOnlyRootFilesystem: false }),
    'warning writable-root',
    'spec.template.spec.containers[0]',
  ],
  [
    'the default token',
    pod({ serviceAccountName: undefined }),
    'warning mounts-token',
    'spec.template.spec.automountServiceAccountToken',
  ],
];

describe('policies', () => {
  it('have nothing to say of what is sound', () => {
    expect(rulesOf()).toEqual([]);
  });

  for (const [what, change, expected, field] of CASES) {
    it(`find ${what}`, () => {
      const found = issuesOf(change);
      expect(found.map(({ rule, severity, field }) => `${severity} ${rule.replace('policy/', '')} ${field}`)).toContain(
        `${expected} ${field}`,
      );
      expect(new Set(found.map(({ rule }) => rule)).size, 'one rule alone').toBe(1);
      for (const { message, remedy } of found) expect(Math.min(message.length, remedy.length)).toBeGreaterThan(5);
    });
  }

  it('warn of root where the level allows it', () => {
    const root = pod({ securityContext: {} });
    expect(rulesOf(root, { podSecurity: 'baseline' })).toEqual(['warning runs-as-root']);
  });

  it('leave alone what may come from elsewhere', () => {
    const lacking: Change = (unit) => {
      without('settings', 'account', 'service')(unit);
      unit.scaler.spec.scaleTargetRef.name = 'web';
      unit.budget.spec = { selector: { matchLabels: { app: 'other' } }, maxUnavailable: 0 };
    };
    expect(new Set(rulesOf(lacking))).toEqual(
      new Set([
        'error missing-service-account',
        'error missing-config-map',
        'error ingress-backend',
        'error missing-scale-target',
        'warning no-disruption-budget',
      ]),
    );
    // Others use the namespace too; or an operator makes what is missing.
    expect(rulesOf(lacking, { ownsNamespace: false })).toEqual(['warning no-disruption-budget']);
    const withCluster: Change = (unit) => {
      lacking(unit);
      clusterOf(unit);
    };
    expect(rulesOf(withCluster)).toEqual(['warning no-disruption-budget']);
    // Of a namespace that is not known, nobody can be sure.
    expect(rulesOf(without('settings'), { ownsNamespace: undefined })).toEqual(['warning missing-config-map']);
  });

  it('let references be optional, and Secrets come from elsewhere', () => {
    const optional: Change = (unit) => {
      containerOf(unit).env = [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'settings', key: 'none', optional: true } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 'by-hand', key: 'x' } } },
      ];
    };
    expect(rulesOf(optional)).toEqual([]);
    const template: Change = (unit) =>
      Object.assign(unit.secret.spec, { dataFrom: [{ extract: { key: 'x' } }], data: [] });
    expect(rulesOf(template)).toEqual([]);
    const sealed: Change = (unit) =>
      Object.assign(unit, {
        secret: {
          apiVersion: 'bitnami.com/v1alpha1',
          kind: 'SealedSecret',
          metadata: { name: 'db' },
          spec: { encryptedData: { user: 'x' } },
        },
      });
    expect(rulesOf(sealed)).toEqual(['error missing-secret-key']);
  });

  it('know claims of StatefulSets, helpers that stay, Services without pods', () => {
    const stateful: Change = (unit) => {
      without('scaler')(unit);
      Object.assign(unit.deployment, { kind: 'StatefulSet' });
      Object.assign(unit.deployment.spec, { volumeClaimTemplates: [{ metadata: { name: 'data' } }] });
      (containerOf(unit).volumeMounts as object[]).push({ name: 'data', mountPath: '/data' });
    };
    expect(rulesOf(stateful)).toEqual([]);
    const external: Change = (unit) =>
      Object.assign(unit.service, { spec: { type: 'ExternalName', externalName: 'db.example.com' } });
    expect(rulesOf(external)).toEqual([]);
    const sidecar: Change = (unit) => {
      const proxy = {
        ...containerOf(unit),
        name: 'proxy',
        restartPolicy: 'Always',
        ports: [{ name: 'grpc', containerPort: 9090 }],
      };
      Object.assign(podOf(unit), { initContainers: [proxy] });
      unit.service.spec.ports = [{ port: 80, name: 'web', targetPort: 'grpc' }];
    };
    expect(rulesOf(sidecar)).toEqual([]);
  });

  it('survive anything', () => {
    const values = [null, 1, 'x', [], {}, [null], [1], { a: null }, true];
    const keys = ['spec', 'metadata', 'containers', 'volumes', 'template', 'selector', 'ports', 'rules', 'data', 'env'];
    let seed = 7;
    const next = (n: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % n;
    };
    for (let i = 0; i < 2000; i++) {
      issuesOf((unit) => {
        const objects = Object.values(unit) as Record<string, unknown>[];
        let at = objects[next(objects.length)] as Record<string, unknown>;
        for (let depth = next(6); depth > 0; depth--) {
          const inner = Object.values(at).filter((value) => typeof value === 'object' && value !== null);
          if (inner.length > 0) at = inner[next(inner.length)] as Record<string, unknown>;
        }
        const own = Object.keys(at);
        at[next(2) === 0 && own.length > 0 ? (own[next(own.length)] as string) : (keys[next(keys.length)] as string)] =
          values[next(values.length)];
      });
    }
  });

  it('take time in proportion to the objects', () => {
    const big = (count: number) => {
      const started = process.cpuUsage();
      issuesOf((unit) => {
        for (let i = 0; i < count; i++) {
          const labels = { app: `a${i}`, team: 'x' };
          Object.assign(unit, {
            [`d${i}`]: {
              ...unit.deployment,
              metadata: { name: `a${i}` },
              spec: {
                ...unit.deployment.spec,
                selector: { matchLabels: labels },
                template: { ...unit.deployment.spec.template, metadata: { labels } },
              },
            },
            [`s${i}`]: {
              ...unit.service,
              metadata: { name: `a${i}` },
              spec: { ...unit.service.spec, selector: labels },
            },
          });
        }
      });
      return process.cpuUsage(started).user / 1000;
    };
    big(500);
    expect(big(8000)).toBeLessThan(40 * Math.max(big(500), 20));
  });
});
