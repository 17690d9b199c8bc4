import { expect, it } from 'vitest';
import { isClusterScoped } from '../../src/model/scopes';

const is = (apiVersion: string, kind: string) => isClusterScoped({ apiVersion, kind, metadata: { name: 'a' } });

it.each([
  ['v1', 'Namespace'],
  ['v1', 'PersistentVolume'],
  ['rbac.authorization.k8s.io/v1', 'ClusterRoleBinding'],
  ['storage.k8s.io/v1', 'StorageClass'],
  ['apiextensions.k8s.io/v1', 'CustomResourceDefinition'],
  ['cert-manager.io/v1', 'ClusterIssuer'],
  ['external-secrets.io/v1', 'ClusterSecretStore'],
])('%s %s belongs to no namespace', (apiVersion, kind) => {
  expect(is(apiVersion, kind)).toBe(true);
});

it.each([
  ['v1', 'ConfigMap'],
  ['apps/v1', 'Namespace'],
  ['cert-manager.io/v1', 'Issuer'],
  ['constructor/v1', 'Node'],
  ['acme.io/v1', 'Cluster'],
])('%s %s belongs to one', (apiVersion, kind) => {
  expect(is(apiVersion, kind)).toBe(false);
});
