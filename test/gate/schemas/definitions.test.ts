import { describe, expect, it } from 'vitest';
import { readDefinitions, schemaFamily } from '../../../src/gate/schemas';
import { check, found } from './check';

const definition = (spec: string, version = 'v1', more = '') => `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: carts.acme.io }
spec:
  group: acme.io
  scope: Namespaced
  names: { plural: carts, kind: Cart }
  versions:
    - name: ${version}
      served: true
      storage: true
      ${more}
      schema:
        openAPIV3Schema: { type: object, properties: { spec: ${spec}, status: { type: object } } }
`;
const cart = (spec: string, version = 'v1') =>
  `{ apiVersion: acme.io/${version}, kind: Cart, metadata: { name: x }, spec: ${spec} }`;
const object = (properties: string, rest = '') => `{ type: object, properties: { ${properties} }${rest} }`;

/** Issues of a Cart whose spec is said to be so. */
const issues = (schema: string, spec: string) => found(`${definition(schema)}---\n${cart(spec)}`);

describe('definitions', () => {
  it('among the objects are used', () => {
    expect(issues(object('size: { type: integer }'), '{ size: 3 }')).toEqual([]);
    expect(issues(object('size: { type: integer }'), '{ sise: 3 }')).toEqual(['schema/unknown-field spec.sise']);
    expect(issues(object('size: { type: integer }'), '{ size: "3" }')).toEqual(['schema/wrong-type spec.size']);
  });

  it('of an earlier run are forgotten', () => {
    const family = schemaFamily();
    const [own] = readDefinitions(definition(object('')), 'crd.yaml');
    const manifest = { apiVersion: 'acme.io/v1', kind: 'Cart', metadata: { name: 'x' }, spec: { size: 3 } };
    family.prepare?.([{ manifest: own ?? {}, file: 'crd.yaml' }]);
    expect(family.check?.({ manifest, file: 'x.yaml' }, {})).toMatchObject([{ rule: 'schema/unknown-field' }]);
    const before = family.key;
    family.prepare?.([]);
    expect(family.check?.({ manifest, file: 'x.yaml' }, {})).toMatchObject([{ rule: 'schema/unknown-kind' }]);
    expect(family.key).not.toBe(before);
  });

  it('are read from files', () => {
    const text = `${definition(object('size: { type: integer }'))}---\n{ apiVersion: v1, kind: ConfigMap, metadata: { name: x } }`;
    const definitions = readDefinitions(text, 'crds.yaml');
    expect(definitions).toHaveLength(1);
    expect(found(cart('{ sise: 1 }'), { definitions })).toEqual(['schema/unknown-field spec.sise']);
    expect(
      readDefinitions(JSON.stringify({ kind: 'List', apiVersion: 'v1', items: definitions }), 'x.json'),
    ).toHaveLength(1);
  });

  it('that are none are refused', () => {
    const refused = (text: string) =>
      expect(() => readDefinitions(text, 'crds.yaml')).toThrow(
        expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringContaining('crds.yaml') }),
      );
    refused('{ apiVersion: v1, kind: ConfigMap, metadata: { name: x } }');
    refused('a: b: c');
    refused('{ apiVersion: apiextensions.k8s.io/v1beta1, kind: CustomResourceDefinition }');
    refused('{ apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: 7 }');
    expect(() => schemaFamily({ definitions: [{ kind: 'ConfigMap', metadata: { name: 'x' } }] })).toThrow(
      expect.objectContaining({ code: 'DEFINITION_INVALID', message: expect.stringContaining('ConfigMap x') }),
    );
  });

  it('that differ between clusters are each good enough', () => {
    const both = `${definition(object('a: { type: string }'))}---${definition(object('b: { type: string }'))}---\n`;
    expect(found(`${both}${cart('{ a: x }')}`)).toEqual([]);
    expect(found(`${both}${cart('{ b: x }')}`)).toEqual([]);
    expect(found(`${both}${cart('{ a: x, c: x }')}`)).toEqual(['schema/unknown-field spec.c']);
  });

  it('that are given take the place of those built in', () => {
    const own = definition(object('anything: { type: string }'), 'v1')
      .replaceAll('acme.io', 'external-secrets.io')
      .replaceAll('Cart', 'ExternalSecret');
    const yaml =
      '{ apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: { name: x }, spec: { anything: x } }';
    expect(found(yaml)).toEqual(['schema/unknown-field spec.anything']);
    expect(found(yaml, { definitions: readDefinitions(own, 'x') })).toEqual([]);
    const other = own.replace('name: v1\n', 'name: v2\n');
    expect(check(yaml, { definitions: readDefinitions(other, 'x') })).toMatchObject([
      { rule: 'schema/unknown-kind', severity: 'warning', remedy: expect.stringContaining('external-secrets.io/v2') },
    ]);
  });

  it('say what is deprecated, and what is not served', () => {
    expect(check(`${definition(object(''), 'v1', 'deprecated: true')}---\n${cart('{}')}`)).toMatchObject([
      { rule: 'schema/deprecated-api', severity: 'warning' },
    ]);
    const unserved = definition(object('')).replace('served: true', 'served: false');
    expect(check(`${unserved}---\n${cart('{}')}`)).toMatchObject([{ rule: 'schema/removed-api', severity: 'error' }]);
    expect(
      check('{ apiVersion: external-secrets.io/v1beta1, kind: SecretStore, metadata: { name: x } }'),
    ).toMatchObject([{ rule: 'schema/removed-api', remedy: 'use external-secrets.io/v1' }]);
  });
});

describe('what definitions demand', () => {
  for (const [what, property, good, bad, rule] of [
    ['values', '{ type: string, enum: [red, green] }', 'red', 'blue', 'unknown-value'],
    ['numbers of a set', '{ type: integer, enum: [1, 2] }', '2', '3', 'unknown-value'],
    ['a minimum', '{ type: integer, minimum: 1 }', '1', '0', 'range'],
    ['more than a minimum', '{ type: number, minimum: 1, exclusiveMinimum: true }', '1.5', '1', 'range'],
    ['a maximum', '{ type: integer, maximum: 3 }', '3', '4', 'range'],
    ['a multiple', '{ type: integer, multipleOf: 5 }', '15', '16', 'range'],
    ['32 bits', '{ type: integer, format: int32 }', '2147483647', '2147483648', 'range'],
    ['a length', '{ type: string, maxLength: 2 }', '😀😀', '😀😀😀', 'length'],
    ['a least length', '{ type: string, minLength: 1 }', 'a', '""', 'length'],
    ['items', '{ type: array, minItems: 1, items: { type: string } }', '[a]', '[]', 'length'],
    ['different items', '{ type: array, uniqueItems: true, items: { type: string } }', '[a, b]', '[a, a]', 'duplicate'],
    [
      'fields',
      '{ type: object, maxProperties: 1, additionalProperties: { type: string } }',
      '{ a: a }',
      '{ a: a, b: b }',
      'length',
    ],
    ['a pattern', '{ type: string, pattern: "^[a-z]+$" }', 'abc', 'aBc', 'pattern'],
    ['a pattern anywhere', '{ type: string, pattern: "b" }', 'abc', 'ac', 'pattern'],
    ['a time', '{ type: string, format: date-time }', '"2027-03-31T04:00:00Z"', '"2027-03-31"', 'time'],
    ['base64', '{ type: string, format: byte }', 'aGk=', 'aGk', 'base64'],
    [
      'one of two',
      `${object('a: { type: string }, b: { type: string }', ', oneOf: [{ required: [a] }, { required: [b] }]')}`,
      '{ a: x }',
      '{ a: x, b: x }',
      'alternatives',
    ],
    [
      'any of two',
      `${object('a: { type: string }, b: { type: string }', ', anyOf: [{ required: [a] }, { required: [b] }]')}`,
      '{ b: x }',
      '{}',
      'alternatives',
    ],
    ['not that', `${object('a: { type: string }', ', not: { required: [a] }')}`, '{}', '{ a: x }', 'alternatives'],
    ['all of them', '{ type: integer, allOf: [{ minimum: 2 }, { maximum: 3 }] }', '3', '1', 'range'],
    [
      'an integer or a string',
      '{ x-kubernetes-int-or-string: true, anyOf: [{ type: integer }, { type: string }] }',
      '80',
      '{}',
      'wrong-type',
    ],
  ] as const) {
    it(`${what}`, () => {
      expect(issues(object(`x: ${property}`), `{ x: ${good} }`)).toEqual([]);
      expect(issues(object(`x: ${property}`), `{ x: ${bad} }`)).toContain(`schema/${rule} spec.x`);
    });
  }

  it('fields that are required, unless they have a default', () => {
    const schema = object('a: { type: string }, b: { type: string, default: x }', ', required: [a, b]');
    expect(issues(schema, '{}')).toEqual(['schema/missing-field spec.a']);
    expect(issues(schema, '{ a: null }')).toEqual(['schema/missing-field spec.a']);
    expect(issues(schema, '{ a: "" }')).toEqual([]);
  });

  it('no nulls in lists, unless they may be', () => {
    const list = (item: string) => object(`x: { type: array, items: ${item} }, y: { type: string }`);
    expect(issues(list('{ type: string }'), '{ x: [null] }')).toEqual(['schema/wrong-type spec.x[0]']);
    expect(issues(list('{ type: string, nullable: true }'), '{ x: [null], y: null }')).toEqual([]);
  });

  it('anything where unknown fields are kept', () => {
    const schema = object(
      'x: { type: object, x-kubernetes-preserve-unknown-fields: true, properties: { a: { type: string } } }',
    );
    expect(issues(schema, '{ x: { b: [1] } }')).toEqual([]);
    expect(issues(schema, '{ x: { a: 1 } }')).toEqual(['schema/wrong-type spec.x.a']);
    const embedded = object(
      'x: { type: object, x-kubernetes-embedded-resource: true, properties: { spec: { type: object } } }',
    );
    expect(issues(embedded, '{ x: { apiVersion: v1, kind: Pod, metadata: { lables: {} }, spce: {} } }')).toEqual([
      'schema/unknown-field spec.x.metadata.lables',
      'schema/unknown-field spec.x.spce',
    ]);
  });
});

it('definitions that make no sense harm nobody', () => {
  for (const spec of [
    '7',
    '{ group: 7 }',
    '{ group: acme.io, names: { kind: Cart }, versions: [7, { name: v1, schema: 7 }] }',
  ]) {
    const yaml = `{ apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: { name: x }, spec: ${spec} }`;
    expect(found(`${yaml}\n---\n${cart('{ a: 1 }')}`).length).toBeGreaterThan(0);
  }
  const odd =
    '{ type: 7, properties: [1], required: { a: b }, enum: x, pattern: 7, items: 7, additionalProperties: 3, oneOf: 7, not: 7 }';
  expect(() => issues(odd, '{ a: [1, { b: c }] }')).not.toThrow();
});
