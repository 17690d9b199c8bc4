import type { GroupKind } from '../operator';

/** How Flux sees that an object is healthy. */
export interface HealthExpression {
  readonly apiVersion: string;
  readonly kind: string;
  readonly current: string;
  readonly failed?: string;
}

const isTrue = (condition: string) =>
  `status.conditions.exists(each, each.type == '${condition}' && each.status == 'True')`;

/**
 * Custom resources that Flux would take for healthy although they are not. It knows of conditions called `Ready`; an
 * object without conditions counts as healthy, which these are for a moment before their controllers see them.
 */
const EXPRESSIONS: readonly HealthExpression[] = [
  { apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', current: isTrue('Synced') },
  { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', current: isTrue('Ready') },
  { apiVersion: 'external-secrets.io/v1', kind: 'ClusterSecretStore', current: isTrue('Ready') },
  { apiVersion: 'external-secrets.io/v1', kind: 'ExternalSecret', current: isTrue('Ready') },
  { apiVersion: 'external-secrets.io/v1', kind: 'SecretStore', current: isTrue('Ready') },
];

/** What Flux has to be told about the health of objects of these kinds. */
export function healthOf(kinds: readonly GroupKind[]): HealthExpression[] {
  const has = new Set(kinds.map(({ group, kind }) => `${group}/${kind}`));
  return EXPRESSIONS.filter(({ apiVersion, kind }) => has.has(`${apiVersion.split('/')[0]}/${kind}`));
}
