import { checkObjects, type GateGroup, type GateObject, type Issue } from '../../../src/gate';
import { policyFamily } from '../../../src/gate/policies';

/** Objects of a unit that no policy has anything to say of. */
export function soundUnit() {
  const labels = { app: 'api' };
  return {
    deployment: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'api' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations: {} as Record<string, string> },
          spec: {
            serviceAccountName: 'api',
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } } as Record<
              string,
              unknown
            >,
            initContainers: [] as Record<string, unknown>[],
            containers: [
              {
                name: 'api',
                image: 'registry.example.com:5000/shop/api:1.4.2',
                ports: [{ name: 'http', containerPort: 8080 }] as Record<string, unknown>[],
                env: [
                  { name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'mode' } } },
                  { name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } },
                ] as Record<string, unknown>[],
                envFrom: [{ configMapRef: { name: 'settings' } }] as Record<string, unknown>[],
                readinessProbe: { httpGet: { path: '/', port: 'http' } },
                resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
                securityContext: {
                  readOnlyRootFilesystem: true,
                  allowPrivilegeEscalation: false,
                  capabilities: { drop: ['ALL'] },
                } as Record<string, unknown>,
                volumeMounts: [{ name: 'settings', mountPath: '/etc/api' }] as Record<string, unknown>[],
              } as Record<string, unknown>,
            ],
            volumes: [
              { name: 'settings', configMap: { name: 'settings', items: [{ key: 'mode', path: 'mode' }] } },
            ] as Record<string, unknown>[],
          } as Record<string, unknown>,
        },
      },
    },
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'api' },
      spec: {
        selector: { ...labels } as Record<string, string>,
        ports: [{ name: 'web', port: 80, targetPort: 'http' }] as object[],
      },
    },
    ingress: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name: 'api' },
      spec: {
        rules: [
          {
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'api', port: { name: 'web' } as object } },
                },
              ],
            },
          },
        ],
      },
    },
    budget: {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'api' },
      spec: { selector: { matchLabels: { ...labels } }, maxUnavailable: 1 } as Record<string, unknown>,
    },
    scaler: {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'api' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
        minReplicas: 2,
        maxReplicas: 9,
      },
    },
    settings: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { mode: 'fast' } as object },
    account: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'api' } },
    secret: {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata: { name: 'db-from-vault' },
      spec: { target: { name: 'db' }, data: [{ secretKey: 'password', remoteRef: { key: 'apps/api' } }] } as Record<
        string,
        unknown
      >,
    },
  };
}

export type Sound = ReturnType<typeof soundUnit>;

export const podOf = (unit: Sound) => unit.deployment.spec.template.spec as Record<string, unknown>;
export const containerOf = (unit: Sound): Record<string, unknown> => (podOf(unit).containers as never[])[0] as never;

/** What the policies say of the unit after a change to it. */
export function issuesOf(change: (unit: Sound) => void = () => {}, group: Omit<GateGroup, 'objects'> = {}): Issue[] {
  const unit = soundUnit();
  change(unit);
  const objects = Object.values(unit)
    .filter((object) => object !== undefined)
    .map((manifest) => ({ manifest: manifest as GateObject['manifest'], file: 'x.yaml' }));
  const place = { namespace: 'dev-shop', ownsNamespace: true, podSecurity: 'restricted', ...group } as const;
  return checkObjects(objects, { families: [policyFamily], group: place });
}

/** Rule and severity, without the family's name. */
export function rulesOf(change?: (unit: Sound) => void, group?: Omit<GateGroup, 'objects'>): string[] {
  return issuesOf(change, group).map(({ rule, severity }) => `${severity} ${rule.replace('policy/', '')}`);
}
