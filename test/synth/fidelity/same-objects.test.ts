import { describe, expect, it } from 'vitest';
import { objects } from './bodies-objects';
import { resources } from './bodies-resources';
import { workloads } from './bodies-workloads';
import { type Body, byCdk8s, expectSame, expectSameButNames, WAYS } from './harness';

/** What cdk8s renders, we render. An id of a hash changes nothing but names. */

const bodies: Readonly<Record<string, Body>> = { ...workloads, ...resources, ...objects };
const titles = Object.keys(bodies);

describe.each(WAYS)('as %s', (way) => {
  it.each(titles)('%s is what cdk8s renders', (title) => {
    expectSame(bodies[title] as Body, way);
  });

  it.each(titles)('%s differs in nothing but names by default', (title) => {
    expectSameButNames(bodies[title] as Body, way);
  });

  it.each(titles)('%s carries labels and namespace of its chart', (title) => {
    expectSame(bodies[title] as Body, way, { chart: { namespace: 'shop', labels: { team: 'checkout', on: 'yes' } } });
  });
});

it('keeps the order that CDK8S_DISABLE_SORT asks for', () => {
  process.env.CDK8S_DISABLE_SORT = '1';
  try {
    expectSame(bodies['ApiObject with every sort of value'] as Body, 'subclass');
  } finally {
    delete process.env.CDK8S_DISABLE_SORT;
  }
});

it('covers every kind that cdk8s-plus-27 has a class for', () => {
  const kinds = new Set(
    Object.values(bodies).flatMap((body) => byCdk8s(body, 'outside').objects.map(({ kind }) => kind)),
  );
  const expected = ['ClusterRole', 'ClusterRoleBinding', 'ConfigMap', 'CronJob', 'DaemonSet', 'Deployment'];
  expected.push('HorizontalPodAutoscaler', 'Ingress', 'Job', 'Namespace', 'NetworkPolicy', 'PersistentVolume');
  expected.push(
    'PersistentVolumeClaim',
    'Pod',
    'Role',
    'RoleBinding',
    'Secret',
    'Service',
    'ServiceAccount',
    'StatefulSet',
  );
  expect([...kinds]).toEqual(expect.arrayContaining(expected));
});
