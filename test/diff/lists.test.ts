import { describe, expect, test } from 'vitest';
import { brief } from './brief';

const pod = (spec: unknown) => ({ spec: { template: { spec } } });

describe('lists with merge keys', () => {
  test.each<[string, unknown, unknown, unknown[]]>([
    [
      'container image',
      pod({
        containers: [
          { name: 'a', image: 'x:1' },
          { name: 'b', image: 'y' },
        ],
      }),
      pod({
        containers: [
          { name: 'a', image: 'x:2' },
          { name: 'b', image: 'y' },
        ],
      }),
      [['~', 'spec.template.spec.containers[name=a].image', 'x:1', 'x:2']],
    ],
    [
      'inserted in front',
      { env: [{ name: 'A', value: '1' }] },
      {
        env: [
          { name: 'B', value: '2' },
          { name: 'A', value: '1' },
        ],
      },
      [['+', 'env[name=B]', { name: 'B', value: '2' }]],
    ],
    [
      'another order',
      { initContainers: [{ name: 'a', x: 1 }, { name: 'b' }, { name: 'c' }] },
      { initContainers: [{ name: 'c' }, { name: 'a', x: 2 }, { name: 'b' }] },
      [
        ['~', 'initContainers[name=a].x', 1, 2],
        ['order', 'initContainers', ['name=a', 'name=b', 'name=c'], ['name=c', 'name=a', 'name=b']],
      ],
    ],
    [
      'container ports with the default protocol',
      { ports: [{ containerPort: 53 }, { containerPort: 53, protocol: 'UDP' }] },
      {
        ports: [
          { containerPort: 53, protocol: 'TCP', name: 'dns' },
          { containerPort: 53, protocol: 'UDP' },
        ],
      },
      [
        ['+', 'ports[containerPort=53,protocol=TCP].name', 'dns'],
        ['+', 'ports[containerPort=53,protocol=TCP].protocol', 'TCP'],
      ],
    ],
    [
      'a Service port is renamed',
      { ports: [{ name: 'http', port: 80 }] },
      { ports: [{ name: 'web', port: 80 }] },
      [['~', 'ports[port=80,protocol=TCP].name', 'http', 'web']],
    ],
    [
      'a Service port gets another number',
      {
        ports: [
          { name: 'http', port: 80 },
          { name: 'https', port: 443 },
        ],
      },
      {
        ports: [
          { name: 'http', port: 8080 },
          { name: 'https', port: 8443 },
        ],
      },
      [
        ['~', 'ports[name=http].port', 80, 8080],
        ['~', 'ports[name=https].port', 443, 8443],
      ],
    ],
    [
      'mounts by path',
      {
        volumeMounts: [
          { name: 'v', mountPath: '/a' },
          { name: 'v', mountPath: '/b' },
        ],
      },
      {
        volumeMounts: [
          { name: 'v', mountPath: '/b', readOnly: true },
          { name: 'v', mountPath: '/a' },
        ],
      },
      [
        ['+', 'volumeMounts[mountPath=/b].readOnly', true],
        ['order', 'volumeMounts', ['mountPath=/a', 'mountPath=/b'], ['mountPath=/b', 'mountPath=/a']],
      ],
    ],
    [
      'tolerations without a key',
      { tolerations: [{ operator: 'Exists' }] },
      { tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }] },
      [['+', 'tolerations[key=""].effect', 'NoSchedule']],
    ],
    [
      'nested keys',
      { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { size: 1 } }] },
      { volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { size: 2 } }] },
      [['~', 'volumeClaimTemplates[metadata.name=data].spec.size', 1, 2]],
    ],
    [
      'envFrom',
      { envFrom: [{ configMapRef: { name: 'a' } }, { secretRef: { name: 'a' } }] },
      { envFrom: [{ secretRef: { name: 'a', optional: true } }] },
      [
        ['-', 'envFrom[configMapRef.name=a]', { configMapRef: { name: 'a' } }],
        ['+', 'envFrom[secretRef.name=a].secretRef.optional', true],
      ],
    ],
    [
      'a custom list with unique ids',
      {
        spec: {
          steps: [
            { id: 'x', n: 1 },
            { id: 'y', n: 1 },
          ],
        },
      },
      {
        spec: {
          steps: [
            { id: 'w', n: 1 },
            { id: 'x', n: 1 },
            { id: 'y', n: 2 },
          ],
        },
      },
      [
        ['~', 'spec.steps[id=y].n', 1, 2],
        ['+', 'spec.steps[id=w]', { id: 'w', n: 1 }],
      ],
    ],
    [
      'values that are numbers and texts',
      { things: [{ id: 1 }, { id: '1' }, { id: 'a,b]' }] },
      {
        things: [
          { id: 1, x: 1 },
          { id: '1', x: 2 },
          { id: 'a,b]', x: 3 },
        ],
      },
      [
        ['+', 'things[id=1].x', 1],
        ['+', 'things[id="1"].x', 2],
        ['+', 'things[id="a,b]"].x', 3],
      ],
    ],
    [
      'duplicate keys are aligned instead',
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
      {
        env: [
          { name: 'A', value: '0' },
          { name: 'A', value: '1' },
          { name: 'A', value: '2' },
        ],
      },
      [['+', 'env[0]', { name: 'A', value: '0' }]],
    ],
    [
      'a key that is null is none',
      {
        env: [
          { name: null, value: '1' },
          { name: 'b', value: '2' },
        ],
      },
      {
        env: [
          { name: null, value: '1' },
          { name: 'b', value: '3' },
        ],
      },
      [['~', 'env[1].value', '2', '3']],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(brief(before, after)).toEqual(expected);
  });
});

describe('lists without merge keys', () => {
  test.each<[string, unknown, unknown, unknown[]]>([
    [
      'sets',
      { verbs: ['get', 'list'] },
      { verbs: ['watch', 'get'] },
      [
        ['-', 'verbs[=list]', 'list'],
        ['+', 'verbs[=watch]', 'watch'],
      ],
    ],
    ['order of sets', { finalizers: ['a', 'b'] }, { finalizers: ['b', 'a'] }, []],
    [
      'sets in a context',
      { matchExpressions: [{ key: 'k', operator: 'In', values: ['a', 'b'] }] },
      { matchExpressions: [{ key: 'k', operator: 'In', values: ['b', 'a'] }] },
      [],
    ],
    [
      'sets of texts and numbers',
      { resources: ['1'] },
      { resources: [1] },
      [
        ['-', 'resources[="1"]', '1'],
        ['+', 'resources[=1]', 1],
      ],
    ],
    ['arguments inserted', { args: ['b', 'c'] }, { args: ['a', 'b', 'c'] }, [['+', 'args[0]', 'a']]],
    [
      'arguments changed',
      { args: ['--a=1', '--b=2', '--c=3'] },
      { args: ['--b=3', '--c=3'] },
      [
        ['-', 'args[0]', '--a=1'],
        ['~', 'args[0]', '--b=2', '--b=3'],
      ],
    ],
    [
      'arguments reordered',
      { args: ['a', 'b', 'a'] },
      { args: ['a', 'a', 'b'] },
      [['order', 'args', ['a', 'b', 'a'], ['a', 'a', 'b']]],
    ],
    ['types of items', { args: ['1'] }, { args: [1] }, [['~', 'args[0]', '1', 1]]],
    [
      'rules inserted in front',
      {
        rules: [
          { apiGroups: [''], verbs: ['get'] },
          { apiGroups: ['apps'], verbs: ['get'] },
        ],
      },
      {
        rules: [
          { apiGroups: ['batch'], verbs: ['get', 'list'] },
          { apiGroups: [''], verbs: ['get', 'list'] },
          { apiGroups: ['apps'], verbs: ['get'] },
        ],
      },
      [
        ['+', 'rules[1].verbs[=list]', 'list'],
        ['+', 'rules[0]', { apiGroups: ['batch'], verbs: ['get', 'list'] }],
      ],
    ],
    [
      'rules reordered',
      { rules: [{ a: [1] }, { a: [2] }] },
      { rules: [{ a: [2] }, { a: [1] }] },
      [['order', 'rules', [0, 1], [1, 0]]],
    ],
    [
      'unlike items',
      { x: [{ a: 1 }] },
      { x: [{ b: 1 }] },
      [
        ['-', 'x[0]', { a: 1 }],
        ['+', 'x[0]', { b: 1 }],
      ],
    ],
    [
      'lists of lists',
      { x: [[1, 2], [3]] },
      {
        x: [
          [1, 2],
          [3, 4],
        ],
      },
      [['+', 'x[1][1]', 4]],
    ],
    ['mixed', { x: [1, { a: 1 }, null] }, { x: [1, null, { a: 1 }] }, [['order', 'x', [0, 1, 2], [0, 2, 1]]]],
    ['emptied', { args: ['a'] }, { args: [] }, [['-', 'args[0]', 'a']]],
    ['from nothing', {}, { args: [] }, [['+', 'args', []]]],
  ])('%s', (_, before, after, expected) => {
    expect(brief(before, after)).toEqual(expected);
  });
});
