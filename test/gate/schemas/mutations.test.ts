import { describe, expect, it } from 'vitest';
import { schemaFamily } from '../../../src/gate/schemas';
import { MUTATION_KINDS, mutate, random, type Tree } from './mutations';
import { OBJECTS } from './objects';

/** Mistakes in all; CDK8S_GITOPS_MUTATIONS asks for another number, and CDK8S_GITOPS_SEED for other ones. */
const TRIED = Number(process.env.CDK8S_GITOPS_MUTATIONS ?? 10_000);
const SEED = Number(process.env.CDK8S_GITOPS_SEED ?? 20_261_123);
const CAUGHT = 0.99;

const objects = OBJECTS.map((manifest) => ({ manifest, file: 'x.yaml' }));

describe('objects as people write them', () => {
  for (const kubernetesVersion of [
    '1.27',
    '1.28',
    '1.29',
    '1.30',
    '1.31',
    '1.32',
    '1.33',
    '1.34',
    '1.35',
    '1.36',
    '1.37',
  ]) {
    it(`are valid in Kubernetes ${kubernetesVersion}`, () => {
      const family = schemaFamily({ kubernetesVersion, undefinedKinds: 'error' });
      family.prepare?.(objects);
      expect(objects.flatMap((object) => family.check?.(object, {}) ?? [])).toEqual([]);
    });
  }
});

describe('mistakes in them', () => {
  const family = schemaFamily({ undefinedKinds: 'error' });
  family.prepare?.(objects);
  const next = random(SEED);
  for (const kind of MUTATION_KINDS) {
    it(`are caught: ${kind}`, () => {
      let tried = 0;
      let caught = 0;
      const missed = new Set<string>();
      while (tried < TRIED / MUTATION_KINDS.length) {
        const mutation = mutate(OBJECTS[Math.floor(next() * OBJECTS.length)] as Tree, kind, next);
        if (mutation === undefined) continue;
        tried++;
        const issues = family.check?.({ manifest: mutation.object, file: 'x.yaml' }, {}) ?? [];
        if (issues.some(({ severity }) => severity === 'error')) caught++;
        else missed.add(mutation.at);
      }
      expect(caught / tried, [...missed].join('\n')).toBeGreaterThanOrEqual(CAUGHT);
    });
  }
});
