import { describe, expect, it } from 'vitest';
import { schemaFamily } from '../../../src/gate/schemas';
import { MUTATION_KINDS, type MutationKind, mutate, random, type Tree } from './mutations';
import { OBJECTS } from './objects';

/** Mistakes in all; CDK8S_GITOPS_MUTATIONS asks for another number, and CDK8S_GITOPS_SEED for other ones. */
const TRIED = Number(process.env.CDK8S_GITOPS_MUTATIONS ?? 10_000);
const SEED = Number(process.env.CDK8S_GITOPS_SEED ?? 20_261_123);
/** Of all mistakes. */
const CAUGHT = 0.99;
/** Of each kind: a field that was moved may have found a place that has one of its name, and is no mistake to any schema. */
const CAUGHT_OF_EACH = 0.98;

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

it('mistakes in them are caught', () => {
  const family = schemaFamily({ undefinedKinds: 'error' });
  family.prepare?.(objects);
  const next = random(SEED);
  const missed: Record<string, string[]> = Object.fromEntries(MUTATION_KINDS.map((kind) => [kind, []]));
  for (let tried = 0; tried < TRIED; ) {
    const kind = MUTATION_KINDS[tried % MUTATION_KINDS.length] as MutationKind;
    const mutation = mutate(OBJECTS[Math.floor(next() * OBJECTS.length)] as Tree, kind, next);
    if (mutation === undefined) continue;
    tried++;
    const issues = family.check?.({ manifest: mutation.object, file: 'x.yaml' }, {}) ?? [];
    if (!issues.some(({ severity }) => severity === 'error')) missed[kind]?.push(mutation.at);
  }
  const all = Object.values(missed).flat();
  expect(1 - all.length / TRIED, all.join('\n')).toBeGreaterThanOrEqual(CAUGHT);
  for (const [kind, own] of Object.entries(missed)) {
    const share = 1 - own.length / (TRIED / MUTATION_KINDS.length);
    expect(share, [kind, ...own].join('\n')).toBeGreaterThanOrEqual(CAUGHT_OF_EACH);
  }
});
