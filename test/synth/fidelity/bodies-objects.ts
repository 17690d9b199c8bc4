import { ApiObject, Helm, Include, JsonPatch, Lazy } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { Body } from './harness';

/** cdk8s itself: plain objects, patches, tokens, files. */

export const objects: Readonly<Record<string, Body>> = {
  'ApiObject with every sort of value'(chart) {
    new ApiObject(chart, 'cart', {
      apiVersion: 'acme.io/v1alpha1',
      kind: 'Cart',
      metadata: { labels: { on: 'off' }, annotations: { empty: '' } },
      spec: {
        z: 1,
        a: [3, 1, 2, { y: 'n', b: null, c: undefined, d: {} }],
        zero: 0,
        no: false,
        text: '',
        big: 1e21,
        small: 1e-7,
        date: '2024-01-02',
        number: '0x1F',
        empty: {},
        none: [],
        nested: [[1, [2]], []],
        'quoted key: yes': '# no comment',
      },
      data: { script: '#!/bin/sh\n\n  echo hi  \n', trailing: 'a \nb\t\n', emoji: '🛒' },
    });
  },

  'fixed names, namespaces and generateName'(chart) {
    new ApiObject(chart, 'a', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fixed', namespace: 'one' } });
    new ApiObject(chart, 'b', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'fixed', namespace: 'two' } });
    new ApiObject(chart, 'c', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'one', generateName: 'pod-', name: 'chosen' },
      spec: { containers: [] },
    });
  },

  'objects of the generated Kubernetes API'(chart) {
    new kplus.k8s.KubeDeployment(chart, 'api', {
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'api' } },
        template: {
          metadata: { labels: { app: 'api' } },
          spec: {
            containers: [
              {
                name: 'api',
                image: 'nginx:1.27',
                ports: [{ containerPort: 80 }],
                livenessProbe: { httpGet: { path: '/', port: kplus.k8s.IntOrString.fromString('http') } },
                readinessProbe: { httpGet: { path: '/', port: kplus.k8s.IntOrString.fromNumber(80) } },
                resources: {
                  limits: {
                    cpu: kplus.k8s.Quantity.fromString('500m'),
                    memory: kplus.k8s.Quantity.fromNumber(1024),
                  },
                },
              },
            ],
          },
        },
      },
    });
    new kplus.k8s.KubePodDisruptionBudget(chart, 'pdb', {
      spec: { minAvailable: kplus.k8s.IntOrString.fromString('50%'), selector: { matchLabels: { app: 'api' } } },
    });
    new kplus.k8s.KubeNamespace(chart, 'space', {});
    new kplus.k8s.KubeCustomResourceDefinition(chart, 'crd', {
      metadata: { name: 'carts.acme.io' },
      spec: {
        group: 'acme.io',
        scope: 'Namespaced',
        names: { kind: 'Cart', plural: 'carts' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openApiv3Schema: { type: 'object' } } }],
      },
    });
    new kplus.k8s.KubeRole(chart, 'role', { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] });
  },

  'JSON patches'(chart) {
    const deployment = new kplus.Deployment(chart, 'api', { containers: [{ image: 'nginx:1.27', portNumber: 80 }] });
    ApiObject.of(deployment).addJsonPatch(
      JsonPatch.add('/spec/template/spec/enableServiceLinks', false),
      JsonPatch.replace('/spec/replicas', 5),
      JsonPatch.add('/spec/template/spec/containers/0/args', ['--a', '--b']),
      JsonPatch.copy('/spec/replicas', '/spec/revisionHistoryLimit'),
      JsonPatch.remove('/spec/template/spec/containers/0/securityContext'),
      JsonPatch.test('/kind', 'Deployment'),
      JsonPatch.add('/metadata/annotations', { patched: 'true' }),
      JsonPatch.move('/spec/minReadySeconds', '/spec/progressDeadlineSeconds'),
    );
  },

  'Lazy and implicit tokens'(chart) {
    let produced = 0;
    const token = { resolve: () => ({ from: 'an implicit token' }) };
    new ApiObject(chart, 'lazy', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: { count: Lazy.any({ produce: () => String(++produced) }) },
      list: Lazy.any({ produce: () => [Lazy.any({ produce: () => 'nested' }), 'b', 'a'] }),
      token,
    });
  },

  'a list of objects'(chart) {
    new ApiObject(chart, 'list', {
      apiVersion: 'v1',
      kind: 'List',
      items: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'first' }, data: { z: '1', a: '2' } },
        {
          apiVersion: 'v1',
          kind: 'List',
          items: [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'second' } }],
        },
      ],
    });
  },

  Include(chart) {
    const include = new Include(chart, 'included', { url: `${__dirname}/files/include.yaml` });
    const deployment = include.apiObjects.find(({ kind }) => kind === 'Deployment') as ApiObject;
    deployment.addJsonPatch(JsonPatch.replace('/spec/replicas', 7));
    deployment.metadata.addLabel('added', 'later');
  },

  Helm(chart) {
    new Helm(chart, 'redis', {
      chart: 'redis',
      version: '1.2.3',
      repo: 'https://charts.example.com',
      helmExecutable: `${__dirname}/files/helm.sh`,
      namespace: 'cache',
      values: { a: 1 },
      helmFlags: ['--skip-tests'],
    });
  },

  'dependencies between constructs'(chart) {
    const group = new Construct(chart, 'group');
    const last = new ApiObject(chart, 'last', { apiVersion: 'v1', kind: 'ConfigMap' });
    const first = new ApiObject(group, 'first', { apiVersion: 'v1', kind: 'ConfigMap' });
    const second = new ApiObject(group, 'second', { apiVersion: 'v1', kind: 'ConfigMap' });
    second.addDependency(first);
    last.node.addDependency(group);
  },

  'ids of every sort'(chart) {
    new ApiObject(chart, 'With.Dots_and/slashes', { apiVersion: 'v1', kind: 'ConfigMap' });
    new ApiObject(new Construct(chart, 'Default'), 'Resource', { apiVersion: 'v1', kind: 'ConfigMap' });
    new ApiObject(new Construct(chart, 'same'), 'same', { apiVersion: 'v1', kind: 'Secret' });
    new ApiObject(new Construct(chart, 'a-long-group-of-constructs-that-belong-together'), 'and-one-object-of-many', {
      apiVersion: 'v1',
      kind: 'Service',
    });
    new ApiObject(chart, '10', { apiVersion: 'v1', kind: 'Pod' });
    new ApiObject(chart, '9', { apiVersion: 'v1', kind: 'Pod' });
  },
};
