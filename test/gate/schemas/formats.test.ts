import { describe, expect, it } from 'vitest';
import { schemaFamily } from '../../../src/gate/schemas';
import { FORMATS } from '../../../src/gate/schemas/formats';
import { found } from './check';

const GOOD_AND_BAD: Readonly<
  Record<string, readonly [good: readonly (string | number)[], bad: readonly (string | number)[]]>
> = {
  dnsLabel: [
    ['a', 'web-1', '1a', 'a'.repeat(63)],
    ['A', 'a_b', '-a', 'a-', 'a.b', 'a'.repeat(64), 'é'],
  ],
  dnsName: [
    ['a', 'a.b-c', '1.2'],
    ['A', 'a..b', '.a', 'a_b', 'a.'.repeat(127)],
  ],
  serviceName: [
    ['a', 'a-1'],
    ['1a', 'a.b', 'A'],
  ],
  pathName: [
    ['system:node', 'A_b'],
    ['a/b', '..', 'a%b'],
  ],
  hostName: [
    ['a.example.com', '*.example.com'],
    ['https://a.b', 'a.b:80', '*', 'A.b', '*a.b'],
  ],
  envName: [
    ['A_B', 'a.b-c', '1', '_'],
    ['A=B', 'ä', 'a\n'],
  ],
  configKey: [
    ['a.yaml', '.hidden', 'A_B-c'],
    ['a/b', '..', '..a', 'a b', '.'],
  ],
  labelKey: [
    ['app', 'example.com/app', 'a_B.c'],
    ['a/b/c', '/a', 'a/', '-a', 'A.b/c', 'a'.repeat(64)],
  ],
  annotationKey: [
    ['Example.com/a', 'a'],
    ['a b', 'a/b/c'],
  ],
  labelValue: [
    ['a', 'A_b.c-1'],
    ['a b', '-a', 'a/b', 'a'.repeat(64), 1],
  ],
  port: [
    [1, 80, 65_535],
    [0, 65_536, -1, '80'],
  ],
  portOrZero: [[0], [65_536]],
  portName: [
    ['http', 'a-1', 'h2c'],
    ['HTTP', '80', 'a--b', '-a', 'a'.repeat(16)],
  ],
  portReference: [
    [80, 'http'],
    [0, '80', 'HTTP'],
  ],
  quantity: [
    ['1', '0.5', '500m', '1Gi', '1e3', '1E3', '.5', '5.', '+1', '-1', '1k', 100, 0.5, '100n'],
    ['1GB', '1gi', '1 Gi', '', 'abc', '1,5', '0x10', '1KI', Number.NaN],
  ],
  countOrPercent: [
    [0, 1, '25%'],
    [-1, '25', 'a%', '%'],
  ],
  schedule: [
    ['0 4 * * 1-5', '*/15 * * * *', '@daily', '@every 1h30m', '0 0 1,15 jan-mar sun', 'TZ=UTC 0 0 * * *', '0 0 ? * *'],
    [
      '60 * * * *',
      '* * * *',
      '0 0 * * 7',
      '@dayly',
      '* * 0 * *',
      '5-1 * * * *',
      '*/0 * * * *',
      '0 0 L * *',
      '',
      '@every x',
      'a b c d e',
    ],
  ],
  'date-time': [
    ['2027-03-31T04:00:00Z', '2027-03-31T04:00:00.1+01:00'],
    ['2027-03-31', '2027-13-31T04:00:00Z', '04:00', ''],
  ],
  microTime: [['2027-03-31T04:00:00.123456Z'], ['2027-03-31T04:00:00Z']],
  duration: [
    ['1h30m', '0', '5s', '1.5h', '100ms', '3 days'],
    ['h', '5', '1h-', ''],
  ],
  ipv4: [['10.0.0.1'], ['10.0.0', '256.0.0.1', '01.2.3.4', '::1']],
  ipv6: [
    ['::', '::1', 'fd00::1:2', '1:2:3:4:5:6:7:8', '::ffff:10.0.0.1'],
    ['1:2', 'g::', '1::2::3', '1:2:3:4:5:6:7:8:9', '10.0.0.1', ':::'],
  ],
  cidr: [
    ['10.0.0.0/8', 'fd00::/8', '0.0.0.0/0'],
    ['10.0.0.0', '10.0.0.0/33', 'fd00::/129', '/8', '10.0.0.0/8/8'],
  ],
  uuid: [['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']],
  byte: [
    ['', 'aGk=', 'YWJj', 'YW\nJj', '////', '++=='],
    ['aGk', 'a-_b', 'YW=j', '=', 'YQ===', 'a b='],
  ],
};

describe('formats', () => {
  for (const [name, [good, bad]] of Object.entries(GOOD_AND_BAD)) {
    it(name, () => {
      expect(good.filter((value) => !FORMATS[name]?.isValid(value))).toEqual([]);
      expect(bad.filter((value) => FORMATS[name]?.isValid(value))).toEqual([]);
    });
  }

  it('take time in proportion to the text', () => {
    const texts = ['a', '1', '-', '.', '1a', '1h', 'a-', ',', '* ', '/', '1.', '::', '=', '%'].flatMap((part) => [
      part.repeat(900 / part.length),
      `${part.repeat(900 / part.length)}!`,
      part.repeat(1_000_000),
    ]);
    const started = process.cpuUsage();
    for (const { isValid } of Object.values(FORMATS)) for (const text of texts) isValid(text);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(2_000);
  });
});

it('names follow their kinds', () => {
  const named = (apiVersion: string, kind: string, name: string, rest = '') =>
    found(`{ apiVersion: ${apiVersion}, kind: ${kind}, metadata: { name: "${name}" }${rest} }`, {
      kubernetesVersion: '1.33',
    });
  expect(named('v1', 'ConfigMap', 'a.b')).toEqual([]);
  expect(named('v1', 'Namespace', 'a.b')).toEqual(['schema/name metadata.name']);
  expect(named('v1', 'Service', '1a')).toEqual(['schema/name metadata.name']);
  expect(named('rbac.authorization.k8s.io/v1', 'ClusterRole', 'system:Node_x')).toEqual([]);
  expect(named('rbac.authorization.k8s.io/v1', 'ClusterRole', 'a/b')).toEqual(['schema/name metadata.name']);
  const job =
    ', spec: { schedule: "@daily", jobTemplate: { spec: { template: { spec: { containers: [{ name: a }] } } } } }';
  expect(named('batch/v1', 'CronJob', 'a'.repeat(52), job)).toEqual([]);
  expect(named('batch/v1', 'CronJob', 'a'.repeat(53), job)).toEqual(['schema/name metadata.name']);
});

it('objects made to be slow are checked in time', () => {
  const names = (count: number, make: (i: number) => string) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [make(i), 'x']));
  const deployment = (spec: unknown) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec });
  const adversaries: Record<string, Record<string, unknown>> = {
    'unknown fields': deployment(names(80_000, (i) => `replicas${i}`)),
    'unknown values': deployment({ strategy: { type: 'x'.repeat(1_000_000) } }),
    'bad labels': { ...deployment({}), metadata: { name: 'x', labels: names(80_000, (i) => `a b${i}`) } },
    'null containers': deployment({ template: { spec: { containers: Array.from({ length: 200_000 }, () => null) } } }),
    'one long name': { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: '-'.repeat(1_000_000) } },
    'a long kind': { apiVersion: 'apps/v1', kind: 'Deploymen'.repeat(100_000), metadata: { name: 'x' } },
    base64: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x' }, data: { a: 'a'.repeat(1_000_001) } },
  };
  const family = schemaFamily();
  family.prepare?.([]);
  for (const [name, manifest] of Object.entries(adversaries)) {
    const started = process.cpuUsage();
    expect(family.check?.({ manifest, file: 'x.yaml' }, {}).length, name).toBeGreaterThan(0);
    // On a quiet machine it is a tenth of that.
    expect(process.cpuUsage(started).user / 1000, name).toBeLessThan(500);
  }
});
