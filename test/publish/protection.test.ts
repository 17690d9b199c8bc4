import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Manifest } from '../../src/model/manifest';
import { protect, protectionOf } from '../../src/publish/moves/protection';
import { objectsIn } from '../../src/publish/objects-of-files';

const OPTIONS = 'argocd.argoproj.io/sync-options';
const argo = { [OPTIONS]: 'Prune=false,Delete=false' };
const flux = { 'kustomize.toolkit.fluxcd.io/prune': 'disabled' };
const NOW = Date.UTC(2026, 0, 1);

const claim = (annotations?: Record<string, string>): Manifest => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', ...(annotations === undefined ? {} : { annotations }) },
  spec: { resources: { requests: { storage: '1Gi' } } },
});
const protectedClaim = (annotations: Record<string, string> | undefined, keep: Record<string, string>, now = NOW) =>
  (objectsIn(protect(claim(annotations), keep, now)) ?? [])[0] as Manifest;

test.each([argo, flux])('what is protected settles with time', (keep) => {
  expect(protectionOf(claim(), keep, 10, NOW)).toBe('none');
  const object = protectedClaim(undefined, keep);
  expect(protectionOf(object, keep, 10, NOW)).toBe('fresh');
  expect(protectionOf(object, keep, 10, NOW + 10 * 60_000 - 1)).toBe('fresh');
  expect(protectionOf(object, keep, 10, NOW + 10 * 60_000)).toBe('settled');
  expect(protectionOf(object, keep, 0, NOW)).toBe('settled');
  expect({ ...object, metadata: claim().metadata }).toEqual(claim());
});

test('options that say otherwise are replaced, others kept', () => {
  const options = (old: string) => protectedClaim({ [OPTIONS]: old }, argo).metadata.annotations?.[OPTIONS];
  expect(options('Prune=confirm,Delete=confirm')).toBe('Prune=false,Delete=false');
  expect(options('Replace=true, Prune=true')).toBe('Replace=true,Prune=false,Delete=false');
  expect(options('Delete=false,Replace=true,Prune=false')).toBe('Delete=false,Replace=true,Prune=false');
  expect(options('Prune=false,Prune=true,Delete=false')).toBe('Prune=false,Delete=false');
  expect(options('')).toBe('Prune=false,Delete=false');
  expect(protectedClaim({ 'kustomize.toolkit.fluxcd.io/prune': 'enabled' }, flux).metadata.annotations).toMatchObject(
    flux,
  );
});

test('half of a protection is none, and one that was always there is settled', () => {
  expect(protectionOf(claim({ [OPTIONS]: 'Prune=false' }), argo, 10, NOW)).toBe('none');
  expect(protectionOf(claim({ [OPTIONS]: 'Prune=confirm,Delete=confirm' }), argo, 10, NOW)).toBe('none');
  expect(protectionOf(claim({ [OPTIONS]: 'Delete=false,Prune=false' }), argo, 10, NOW)).toBe('settled');
  const odd = claim({ ...argo, 'cdk8s-gitops/moving-since': 'tomorrow' });
  expect(protectionOf(odd, argo, 0, NOW)).toBe('none');
});

test('whatever an object says already, it is protected afterwards', () => {
  const item = fc.constantFrom('Prune=true', 'Prune=false', 'Delete=confirm', 'Replace=true', '', ' ', 'x', 'Prune');
  fc.assert(
    fc.property(fc.array(item), (items) => {
      const object = protectedClaim({ [OPTIONS]: items.join(',') }, argo);
      expect(protectionOf(object, argo, 0, NOW)).toBe('settled');
      const options = object.metadata.annotations?.[OPTIONS]?.split(',') ?? [];
      expect(options.filter((option) => /^(Prune|Delete)=/.test(option)).sort()).toEqual([
        'Delete=false',
        'Prune=false',
      ]);
    }),
  );
});
