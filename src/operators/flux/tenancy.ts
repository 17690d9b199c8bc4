import type { Manifest } from '../../model/manifest';
import { type GroupKind, type UnitRegistration, unitLabels, unitName } from '../operator';
import { PROTECTED, UNIT_LABEL } from './objects';

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const RBAC_API = `${RBAC_GROUP}/v1`;
const VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** Kustomize-controller creates the object where it is missing, and leaves it alone where it is there. */
const IF_NOT_PRESENT = { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' } as const;

/**
 * The account that a unit is applied as. It lies where its Kustomization does, in the cluster that Flux runs in, and stays
 * when the unit goes: without it, Flux could not delete what the unit has applied.
 */
export function account(unit: UnitRegistration, namespace: string): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: unitName(unit), namespace, ...own(unit) },
    // Flux acts as the account without a token of it.
    automountServiceAccountToken: false,
  };
}

/**
 * What a unit's account may do: everything in the namespaces of the unit's objects, and of cluster-wide objects those of
 * the kinds that the unit has. Rights stay when the unit needs them no longer, for it needs them once more to delete
 * what it does not have any more; people remove them by their labels.
 *
 * @param operatorNamespace where the account lies
 */
export function rights(unit: UnitRegistration, operatorNamespace: string): Manifest[] {
  const name = unitName(unit);
  const subjects = [{ kind: 'ServiceAccount', name, namespace: operatorNamespace }];
  const inNamespaces = namespacesOf(unit).map(
    (namespace): Manifest => ({
      apiVersion: RBAC_API,
      kind: 'RoleBinding',
      metadata: { name, namespace, ...own(unit) },
      roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects,
    }),
  );
  // Who may do everything in a namespace may change the Namespace itself: no right to Namespaces is needed.
  const kinds = unit.clusterKinds.filter(({ group, kind }) => group !== '' || kind !== 'Namespace');
  const clusterWide = kinds.flatMap((each): Manifest[] => {
    const resource = pluralOf(each.kind);
    const metadata = { name: [name, resource, each.group].filter((part) => part !== '').join('.'), ...own(unit) };
    const rules = rulesOf(each, resource);
    return [
      { apiVersion: RBAC_API, kind: 'ClusterRole', metadata, rules },
      {
        apiVersion: RBAC_API,
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: metadata.name },
        subjects,
      },
    ];
  });
  return [...inNamespaces, ...clusterWide];
}

/**
 * The namespaces that have to be there before the unit is applied: its own one, and those that it brings along. The latter
 * are the unit's to look after: here they are made, bare, so that there can be rights in them, and then left alone.
 */
export function namespaces(unit: UnitRegistration): Manifest[] {
  const { ownNamespace } = unit;
  const brought = (unit.broughtNamespaces ?? []).filter((name) => name !== ownNamespace?.metadata.name);
  const made = brought.map((name): Manifest => {
    const metadata = { name, labels: UNIT_LABEL, annotations: { ...PROTECTED, ...IF_NOT_PRESENT } };
    return { apiVersion: 'v1', kind: 'Namespace', metadata };
  });
  if (ownNamespace === undefined) return made;
  const { metadata } = ownNamespace;
  return [{ ...ownNamespace, metadata: { ...metadata, labels: { ...metadata.labels, ...UNIT_LABEL } } }, ...made];
}

function namespacesOf({ namespaces, broughtNamespaces = [] }: UnitRegistration): string[] {
  return [...new Set([...namespaces, ...broughtNamespaces])].sort();
}

function own(unit: UnitRegistration) {
  return { labels: { ...unitLabels(unit), ...UNIT_LABEL }, annotations: PROTECTED };
}

/** Roles and bindings grant what their author may not have: that is what a unit that brings some is trusted with. */
function rulesOf({ group, kind }: GroupKind, resource: string): object[] {
  const rule = (name: string, verbs: readonly string[]) => ({ apiGroups: [group], resources: [name], verbs });
  if (group !== RBAC_GROUP) return [rule(resource, VERBS)];
  return kind === 'ClusterRole'
    ? [rule(resource, [...VERBS, 'escalate'])]
    : [rule(resource, VERBS), rule('clusterroles', ['bind'])];
}

/** The name that an API has for objects of a kind, by the rule that kinds are named by. */
export function pluralOf(kind: string): string {
  const single = kind.toLowerCase();
  if (/(s|x|z|ch|sh)$/.test(single)) return `${single}es`;
  if (/[^aeiou]y$/.test(single)) return `${single.slice(0, -1)}ies`;
  return `${single}s`;
}
