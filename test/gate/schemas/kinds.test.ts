import { describe, expect, it } from 'vitest';
import { check, found } from './check';

const object = (apiVersion: string, kind: string, rest = '') =>
  `{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { name: x }${rest} }`;

describe('API versions', () => {
  it('that are gone are errors that name what takes their place', () => {
    for (const [apiVersion, kind, since, successor] of [
      ['extensions/v1beta1', 'Ingress', 22, 'networking.k8s.io/v1 Ingress'],
      ['apps/v1beta2', 'Deployment', 16, 'apps/v1 Deployment'],
      ['policy/v1beta1', 'PodDisruptionBudget', 25, 'policy/v1 PodDisruptionBudget'],
      ['batch/v1beta1', 'CronJob', 25, 'batch/v1 CronJob'],
      ['autoscaling/v2beta2', 'HorizontalPodAutoscaler', 26, 'autoscaling/v2 HorizontalPodAutoscaler'],
      ['flowcontrol.apiserver.k8s.io/v1beta1', 'FlowSchema', 26, 'flowcontrol.apiserver.k8s.io/v1 FlowSchema'],
      [
        'apiextensions.k8s.io/v1beta1',
        'CustomResourceDefinition',
        22,
        'apiextensions.k8s.io/v1 CustomResourceDefinition',
      ],
    ] as const) {
      const [issue] = check(object(apiVersion, kind));
      expect(issue).toMatchObject({ rule: 'schema/removed-api', severity: 'error', field: 'apiVersion' });
      expect(issue?.message).toContain(`gone since Kubernetes 1.${since}`);
      expect(issue?.remedy).toContain(`use ${successor};`);
    }
    expect(check(object('policy/v1beta1', 'PodSecurityPolicy'))[0]?.remedy).toContain('nothing takes its place');
  });

  it('that will go are warnings', () => {
    const yaml = object('flowcontrol.apiserver.k8s.io/v1beta3', 'FlowSchema');
    expect(check(yaml, { kubernetesVersion: '1.31' })).toMatchObject([
      { rule: 'schema/deprecated-api', severity: 'warning', remedy: expect.stringContaining('v1 FlowSchema') },
    ]);
    expect(found(yaml, { kubernetesVersion: '1.28' })).toEqual([]);
    expect(check(yaml, { kubernetesVersion: '1.32' })).toMatchObject([
      { rule: 'schema/removed-api', severity: 'error' },
    ]);
    expect(check(object('v1', 'Endpoints'), { kubernetesVersion: '1.33' })[0]).toMatchObject({ severity: 'warning' });
  });

  it('that are not there yet are errors', () => {
    const yaml = object('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy');
    expect(found(yaml)).toEqual([]);
    const [issue] = check(yaml, { kubernetesVersion: 'v1.29.4-eks-1' });
    expect(issue).toMatchObject({ rule: 'schema/unknown-kind', severity: 'error' });
    expect(issue?.message).toContain('since 1.30');
  });

  it('that are wrong are told of the right one', () => {
    expect(check(object('v1', 'Deployment'))[0]?.remedy).toBe('Deployment is in apps/v1');
    expect(check(object('apps/v1', 'Deploymnet'))[0]?.remedy).toBe('did you mean `Deployment`?');
  });
});

describe('versions of Kubernetes', () => {
  it('that are too old, or none, are refused', () => {
    for (const kubernetesVersion of ['1.26', 'latest', '2.0', '']) {
      expect(() => check('', { kubernetesVersion })).toThrow(
        expect.objectContaining({
          code: 'KUBERNETES_VERSION_UNKNOWN',
          message: expect.stringContaining('1.27 to 1.37'),
        }),
      );
    }
  });

  it('that are too new count as the newest', () => {
    expect(found(object('v1', 'ConfigMap'), { kubernetesVersion: '1.99' })).toEqual([]);
    expect(found(object('policy/v1', 'PodDisruptionBudgt'), { kubernetesVersion: '1.99' })).toEqual([
      'schema/unknown-kind kind',
    ]);
  });
});

describe('kinds that nothing defines', () => {
  const yaml = [object('acme.io/v1', 'Cart'), object('acme.io/v1', 'Cart'), object('acme.io/v1', 'Shelf')].join(
    '\n---\n',
  );

  it('are warnings, once for each', () => {
    expect(check(yaml).map(({ severity, message }) => `${severity} ${message}`)).toEqual([
      'warning no definition of acme.io/v1 Cart is known: it was not checked',
      'warning no definition of acme.io/v1 Shelf is known: it was not checked',
    ]);
  });

  it('are errors, or pass, as is asked for', () => {
    expect(check(yaml, { undefinedKinds: 'error' }).map(({ severity }) => severity)).toEqual([
      'error',
      'error',
      'error',
    ]);
    expect(check(yaml, { undefinedKinds: 'ignore' })).toEqual([]);
  });

  it('have metadata all the same', () => {
    const bad = '{ apiVersion: acme.io/v1, kind: Cart, metadata: { name: x, lables: {}, labels: { a: 1 } } }';
    expect(found(bad, { undefinedKinds: 'ignore' })).toEqual([
      'schema/unknown-field metadata.lables',
      'schema/wrong-type metadata.labels.a',
    ]);
  });
});

it('files of programs are left alone', () => {
  for (const yaml of [
    '{ apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, resources: [a.yaml] }',
    '{ apiVersion: v1, kind: Config, clusters: [] }',
    '{ replicas: 3, image: { tag: 1 } }',
    '{ kind: whatever }',
    '[1, 2]',
  ]) {
    expect(
      found(yaml.startsWith('[') ? `{ value: ${yaml} }` : yaml).filter((line) => !line.includes('metadata')),
    ).toEqual([]);
  }
});

it('lists are looked into', () => {
  const yaml = `{ apiVersion: v1, kind: List, items: [${object('v1', 'ConfigMap', ', dta: {}')}] }`;
  expect(found(yaml)).toEqual(['schema/unknown-field items[0].dta']);
});
