import { describe, expect, it } from 'vitest';
import { schemaFamily } from '../../../src/gate/schemas';
import { check, found } from './check';

const deployment = (spec: string, containers = '[{ name: web, image: nginx }]') => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  selector: { matchLabels: { app: web } }
  ${spec}
  template:
    metadata: { labels: { app: web } }
    spec: { containers: ${containers} }
`;
const container = (fields: string) => deployment('', `[{ name: web, image: nginx, ${fields} }]`);
const AT = 'spec.template.spec.containers[0]';

describe('fields', () => {
  it('that are not known are errors, with the name that was meant', () => {
    const [issue] = check(deployment('replcias: 3'));
    expect(issue).toMatchObject({
      rule: 'schema/unknown-field',
      severity: 'error',
      file: 'x.yaml',
      object: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      field: 'spec.replcias',
      remedy: 'did you mean `replicas`?',
    });
    expect(found(deployment('Replicas: 3'))).toEqual(['schema/unknown-field spec.Replicas']);
  });

  it('that are in the wrong place are told of the right one', () => {
    const [issue] = check(deployment('containers: []'));
    expect(issue?.remedy).toBe('there is one in `template.spec`: move it there, or remove it');
  });

  it('that a version does not have are told apart', () => {
    const yaml = container('restartPolicyRules: []');
    expect(found(yaml, { kubernetesVersion: '1.34' })).toEqual([]);
    const [issue] = check(yaml, { kubernetesVersion: '1.33' });
    expect(issue).toMatchObject({ rule: 'schema/unknown-field', field: `${AT}.restartPolicyRules` });
    expect(issue?.message).toContain('Kubernetes has it since 1.34');
  });

  it('that have to be there are missing without', () => {
    expect(found(deployment('', '[{ image: nginx }, null]'))).toEqual([
      `schema/missing-field ${AT}.name`,
      'schema/missing-field spec.template.spec.containers[1].name',
    ]);
    expect(found(deployment('', '[{ name: "" }]'))).toEqual([`schema/missing-field ${AT}.name`]);
    expect(found('{ apiVersion: v1, kind: ConfigMap }')).toEqual(['schema/missing-field metadata.name']);
    expect(found('{ apiVersion: v1, kind: ConfigMap, metadata: { generateName: a- } }')).toEqual([]);
    expect(found('{ kind: ConfigMap, metadata: { name: a } }')).toEqual(['schema/missing-field apiVersion']);
    expect(found('{ apiVersion: v1, metadata: { name: a } }')).toEqual(['schema/missing-field kind']);
  });

  it('that are given as nothing are as good as left out', () => {
    expect(found(deployment('replicas: null\n  strategy: null\n  minReadySeconds: ~'))).toEqual([]);
    expect(found(`${deployment('')}\nstatus: {}`)).toEqual([]);
    expect(found(`${deployment('')}\nstatus: { conditions: [{ type: Available }] }`)).toEqual([]);
    expect(found(`${deployment('')}\nstatus: { replcias: 1 }`)).toEqual(['schema/unknown-field status.replcias']);
    expect(found(container("imagePullPolicy: ''"))).toEqual([]);
  });
});

describe('types', () => {
  for (const [what, yaml, field, remedy] of [
    ['a number for a string', 'env: [{ name: A, value: 8080 }]', 'env[0].value', 'put it in quotes'],
    ['a boolean for a string', 'env: [{ name: A, value: true }]', 'env[0].value', 'put it in quotes'],
    [
      'a string for an integer',
      "ports: [{ containerPort: '80' }]",
      'ports[0].containerPort',
      'write it without quotes',
    ],
    ['a string for a boolean', "tty: 'true'", 'tty', 'write it without quotes'],
    ['a string for a list', 'command: sh', 'command', 'write a list, each item after `- `, even if there is but one'],
    ['a list for an object', 'securityContext: []', 'securityContext', 'write its fields below it'],
    [
      'a fraction for an integer',
      'livenessProbe: { periodSeconds: 1.5 }',
      'livenessProbe.periodSeconds',
      'write a number',
    ],
    ['a boolean for a quantity', 'resources: { limits: { cpu: true } }', 'resources.limits.cpu', 'put it in quotes'],
  ] as const) {
    it(`${what} is an error`, () => {
      expect(check(container(yaml))).toMatchObject([
        { rule: 'schema/wrong-type', field: `${AT}.${field}`, remedy, severity: 'error' },
      ]);
    });
  }

  it('take numbers as quantities, and numbers or names as ports', () => {
    expect(found(container('resources: { limits: { cpu: 0.5, memory: 1000 } }'))).toEqual([]);
    expect(found(container('livenessProbe: { httpGet: { port: 80 } }'))).toEqual([]);
    expect(found(container('livenessProbe: { httpGet: { port: http } }'))).toEqual([]);
  });

  it('are checked at any depth of a definition', () => {
    const definition = (schema: string) => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: xs.acme.io }
spec:
  group: acme.io
  scope: Namespaced
  names: { plural: xs, kind: X }
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: ${schema} } }]
`;
    const at = 'spec.versions[0].schema.openAPIV3Schema';
    expect(
      found(definition('{ type: object, properties: { default: { type: array, items: { type: string } } } }')),
    ).toEqual([]);
    expect(found(definition('{ type: object, properties: { a: { items: { propertis: {} } } } }'))).toEqual([
      `schema/unknown-field ${at}.properties.a.items.propertis`,
    ]);
    expect(found(definition('{ type: object, additionalProperties: true }'))).toEqual([]);
    expect(found(definition('{ type: object, additionalProperties: { tpe: string } }'))).toEqual([
      `schema/unknown-field ${at}.additionalProperties.tpe`,
    ]);
  });

  it('nested endlessly are refused', () => {
    let schema: Record<string, unknown> = { type: 'object' };
    for (let i = 0; i < 20_000; i++) schema = { type: 'object', properties: { a: schema } };
    const manifest = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'xs.acme.io' },
      spec: {
        group: 'acme.io',
        scope: 'Cluster',
        names: { plural: 'xs', kind: 'X' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    };
    const family = schemaFamily();
    const objects = [
      { manifest, file: 'x.yaml' },
      { manifest: { apiVersion: 'acme.io/v1', kind: 'X', metadata: { name: 'x' } }, file: 'x.yaml' },
    ];
    family.prepare?.(objects);
    expect(typeof family.key).toBe('string');
    expect(objects.flatMap((object) => family.check?.(object, {}) ?? []).map(({ rule }) => rule)).toEqual([
      'schema/too-deep',
    ]);
  });
});

describe('values', () => {
  it('of a closed set are known', () => {
    const [issue] = check(container('imagePullPolicy: IfNotPresnt'));
    expect(issue).toMatchObject({ rule: 'schema/unknown-value', field: `${AT}.imagePullPolicy` });
    expect(issue?.remedy).toBe('did you mean `IfNotPresent`? there are: Always, IfNotPresent, Never');
    expect(found(deployment('strategy: { type: Rolling }'))).toEqual(['schema/unknown-value spec.strategy.type']);
  });

  it('are not told', () => {
    const secret = 'hunter2-and-more';
    const issues = check(`
apiVersion: v1
kind: Secret
metadata: { name: ${secret}_ }
type: Opaque
data: { a: ${secret}, b: [${secret}] }
stringData: { c: { d: ${secret} } }
immutable: ${secret}
`);
    expect(issues.map(({ rule, field }) => `${rule} ${field}`)).toEqual([
      'schema/name metadata.name',
      'schema/base64 data.a',
      'schema/wrong-type data.b',
      'schema/wrong-type stringData.c',
      'schema/wrong-type immutable',
    ]);
    const told = issues.map(({ field, message, remedy }) => field + message + remedy).join();
    expect(told).not.toContain('hunter2');
  });

  it('that SOPS encrypted are left alone', () => {
    const secret = (sops: string) => `
apiVersion: v1
kind: Secret
metadata: { name: db }
data: { password: "ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]" }
${sops}`;
    expect(found(secret('sops: { mac: x, age: [] }'))).toEqual([]);
    expect(found(secret(''))).toEqual(['schema/base64 data.password']);
    expect(found(secret('sops: {}'))).toEqual(['schema/base64 data.password', 'schema/unknown-field sops']);
  });
});
