import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPlainRecord } from '../../src/model/plain-record';
import { parseRecord, type ReleaseRecord, serializeRecord } from '../../src/model/record';
import { parseYaml } from '../../src/yaml/parse';

const text = fc.oneof(
  fc.string(),
  fc.constantFrom(
    'true',
    '1',
    '1e3',
    '0x1',
    '~',
    'null',
    '',
    ' ',
    '- a',
    'a: b',
    '"a"',
    '{}',
    '[]',
    '#',
    'é',
    '\n',
    '__proto__',
  ),
);
const id = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 40, maxLength: 40 });
const record: fc.Arbitrary<ReleaseRecord> = fc.record({
  kind: fc.constant('Release' as const),
  environment: text,
  application: text,
  cluster: text,
  images: fc.array(text, { maxLength: 3 }),
  source: fc.record({ repository: text, commit: id }, { requiredKeys: ['repository'] }),
  content: fc.dictionary(fc.oneof(text, fc.constantFrom('environments/dev/a', 'x.yaml')), id, { maxKeys: 3 }),
});

test('a record is read as a YAML parser reads it, whichever way it takes', () => {
  fc.assert(
    fc.property(record, (before) => {
      const written = serializeRecord(before);
      const { apiVersion, ...value } = parseYaml(written)[0] as Record<string, unknown>;
      expect(apiVersion).toBe('cdk8s-gitops/v1');
      expect(parseRecord(written, 'x')).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

test('ordinary records need no YAML parser', () => {
  const written = serializeRecord({
    kind: 'Release',
    environment: 'dev',
    application: 'checkout',
    cluster: 'eu-1',
    images: ['ghcr.io/acme/checkout:1.2@sha256:abc'],
    source: { repository: 'acme/checkout', commit: '1e10'.repeat(10) },
    generator: 'cdk8s-gitops 0.1.0',
    content: { 'environments/dev/checkout': '12345678'.repeat(5) },
  });
  expect(readPlainRecord(written)).toEqual(parseYaml(written)[0]);
});

test('edits by hand are still understood', () => {
  const written =
    'kind: Release # by hand\napiVersion: "cdk8s-gitops/v1"\nenvironment: dev\napplication: a\ncluster: c\nimages: [x]\nsource: {repository: acme/a}\ncontent: {}\n';
  expect(parseRecord(written, 'x')).toMatchObject({
    environment: 'dev',
    images: ['x'],
    source: { repository: 'acme/a' },
  });
});
