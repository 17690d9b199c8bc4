import { describe, expect, test } from 'vitest';
import { diffValues } from '../../src/diff/fields';
import { diffObjects } from '../../src/diff/objects';
import { renderDiff } from '../../src/diff/render';

const OLD = 'b2xkLXBhc3N3b3Jk';
const NEW = 'bmV3LXBhc3N3b3Jk';
const secret = (value: string, more: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's' },
  type: 'Opaque',
  data: { password: value, same: value.slice(0, 0) },
  ...more,
});

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

describe('values of Secrets are never shown', () => {
  test.each<[string, unknown, unknown, string[]]>([
    ['changed', secret(OLD), secret(NEW), ['change data.password']],
    ['unchanged', secret(OLD), secret(OLD), []],
    ['added', undefined, secret(NEW), ['add apiVersion', 'add data', 'add kind', 'add metadata', 'add type']],
    [
      'removed',
      secret(OLD),
      undefined,
      ['remove apiVersion', 'remove data', 'remove kind', 'remove metadata', 'remove type'],
    ],
    ['a key is added', { ...secret(OLD), data: {} }, secret(OLD), ['add data.password', 'add data.same']],
    [
      'in stringData',
      secret('', { stringData: { a: OLD } }),
      secret('', { stringData: { a: NEW } }),
      ['change stringData.a'],
    ],
    [
      'in a misspelt field',
      secret('', { stringdata: { a: OLD } }),
      secret('', { stringdata: { a: NEW } }),
      ['change stringdata.a'],
    ],
    ['in lists', secret('', { data: [OLD] }), secret('', { data: [NEW] }), ['change data']],
    ['in scalars', secret('', { data: OLD }), secret('', { data: NEW }), ['change data']],
    [
      'in numbers',
      secret('', { stringData: { pin: 104711 } }),
      secret('', { stringData: { pin: 104712 } }),
      ['change stringData.pin'],
    ],
    [
      'in maps within',
      secret('', { data: { a: { b: OLD } } }),
      secret('', { data: { a: { b: NEW } } }),
      ['change data.a'],
    ],
    [
      'of another kind before',
      { ...secret(OLD), kind: 'ConfigMap' },
      secret(NEW),
      ['change data.password', 'change kind'],
    ],
    [
      'in what kubectl keeps',
      secret('', { metadata: { name: 's', annotations: { [LAST_APPLIED]: OLD } } }),
      secret('', { metadata: { name: 's', annotations: { [LAST_APPLIED]: NEW } } }),
      [`change metadata.annotations["${LAST_APPLIED}"]`],
    ],
    [
      'within another object',
      { spec: { objects: [secret(OLD)] } },
      { spec: { objects: [secret(NEW)] } },
      ['change spec.objects[metadata.name=s].data.password'],
    ],
    ['within an added object', {}, { spec: { objects: [secret(NEW)] } }, ['add spec']],
    [
      'within text',
      { data: { 'a.yaml': `kind: Secret\nstringData:\n  a: ${OLD}` } },
      { data: { 'a.yaml': `kind: Secret\nstringData:\n  a: ${NEW}` } },
      ['change data["a.yaml"]'],
    ],
  ])('%s', (_, before, after, expected) => {
    const changes = diffValues(before, after);
    expect(changes.map(({ op, path }) => `${op} ${path}`)).toEqual(expected);
    const file = { file: 'f.yaml', section: { kind: 'repository' }, change: 'changed', fields: changes } as const;
    for (const text of [JSON.stringify(changes), renderDiff([file], { color: false, full: true })]) {
      expect(text).not.toMatch(/b2xkLX|bmV3LX|10471/);
    }
    if (changes.length > 0) expect(JSON.stringify(changes)).toContain('<redacted>');
  });

  test('a reference to a Secret is not one', () => {
    const before = { valuesFrom: [{ kind: 'Secret', name: 'a', valuesKey: 'x' }] };
    const after = { valuesFrom: [{ kind: 'Secret', name: 'a', valuesKey: 'y' }] };
    expect(diffValues(before, after)).toEqual([
      { path: 'valuesFrom[name=a].valuesKey', op: 'change', before: 'x', after: 'y' },
    ]);
  });

  test('keys and types are shown', () => {
    const [, data] = diffValues(undefined, secret(NEW));
    expect(data).toEqual({ path: 'data', op: 'add', after: { password: '<redacted>', same: '<redacted>' } });
  });

  test.each([
    ['broken YAML', 'x.yaml', (value: string) => `kind: Secret\ndata: {a: ${value}\n  b: ]`],
    ['text', 'x.txt', (value: string) => `{"kind": "Secret", "data": {"a": "${value}"}}`],
    [
      'a typed list',
      'x.yaml',
      (value: string) => `apiVersion: v1\nkind: SecretList\nitems: [{metadata: {name: a}, data: {a: ${value}}}]`,
    ],
    ['a list', 'x.yaml', (value: string) => `apiVersion: v1\nkind: List\nitems: [${JSON.stringify(secret(value))}]`],
    ['a Secret without a name', 'x.yaml', (value: string) => `kind: Secret\ndata: {a: ${value}}`],
  ])('in files: %s', (_, path, content) => {
    const diff = diffObjects([{ path, before: content(OLD), after: content(NEW) }]);
    expect(diff).toHaveLength(1);
    expect(JSON.stringify(diff)).not.toMatch(/b2xkLX|bmV3LX/);
  });
});
