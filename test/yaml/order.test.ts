import { describe, expect, it } from 'vitest';
import { orderManifest } from '../../src/yaml/order';

/** Paths of all members, in the order they have. */
const order = (value: object): string[] =>
  Object.entries(value).flatMap(([key, member]) =>
    typeof member === 'object' && member !== null ? [key, ...order(member).map((path) => `${key}.${path}`)] : [key],
  );

describe('orderManifest', () => {
  it('puts first what an object is and is called, and its status last', () => {
    const manifest = {
      status: {},
      spec: { b: 1, a: 2 },
      metadata: { labels: { z: '1', b: '2' }, annotations: {}, name: 'x', finalizers: [], namespace: 'ns' },
      kind: 'Deployment',
      apiVersion: 'apps/v1',
    };
    expect(order(orderManifest(manifest))).toEqual([
      'apiVersion',
      'kind',
      'metadata',
      'metadata.name',
      'metadata.namespace',
      'metadata.labels',
      'metadata.labels.z',
      'metadata.labels.b',
      'metadata.annotations',
      'metadata.finalizers',
      'spec',
      'spec.b',
      'spec.a',
      'status',
    ]);
    expect(orderManifest(manifest)).toEqual(manifest);
  });

  it('puts the type of an object before its data, and keeps the rest as it is', () => {
    const secret = {
      kind: 'Secret',
      apiVersion: 'v1',
      data: {},
      immutable: true,
      type: 'Opaque',
      metadata: { name: 'x' },
    };
    expect(order(orderManifest(secret))).toEqual([
      'apiVersion',
      'kind',
      'metadata',
      'metadata.name',
      'type',
      'immutable',
      'data',
    ]);
    const role = { apiVersion: 'v1', kind: 'RoleBinding', metadata: { generateName: 'x-' }, roleRef: {}, subjects: [] };
    expect(order(orderManifest(role)).slice(-2)).toEqual(['roleRef', 'subjects']);
  });

  it('changes nothing that it was given, and copies nothing that it need not', () => {
    const manifest = Object.freeze({
      spec: { a: 1 },
      metadata: Object.freeze({ name: 'x' }),
      kind: 'K',
      apiVersion: 'v1',
    });
    expect(orderManifest(manifest).spec).toBe(manifest.spec);
    expect(Object.keys(manifest)).toEqual(['spec', 'metadata', 'kind', 'apiVersion']);
  });

  it('takes what is no proper object as it is', () => {
    expect(orderManifest({ a: 1, metadata: null })).toEqual({ a: 1, metadata: null });
    expect(orderManifest({ metadata: ['x'] })).toEqual({ metadata: ['x'] });
  });
});
