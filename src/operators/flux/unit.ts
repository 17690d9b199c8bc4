import { layout } from '../../model/layout';
import type { Manifest } from '../../model/manifest';
import { type UnitObjects, type UnitRegistration, unitLabels, unitName } from '../operator';
import { healthOf } from './health';
import { kustomization, prefixed, UNIT_LABEL } from './objects';
import { account, namespaces, rights } from './tenancy';

/** How the Kustomizations of units are made. */
export interface UnitInput {
  readonly namespace: string;
  /** Account of what gives units their namespaces and rights. @default - Flux's own */
  readonly privileged?: string;
  /** Every unit is applied as an account of its own, rather than as {@link account}. */
  readonly hasOwnAccount: boolean;
  /** Account of units without one of their own. @default - Flux's own */
  readonly account?: string;
}

/** Which of Flux's controllers look after an object. */
const SHARD = 'sharding.fluxcd.io/key';

/**
 * A unit is two Kustomizations. The first, which the root applies, makes what the unit needs to be applied: its namespace,
 * its account, its rights, and then, last, the unit's own. Whatever goes wrong there goes wrong for this unit alone.
 */
export function unitObjects(unit: UnitRegistration, input: UnitInput): UnitObjects {
  return unit.connection === undefined ? inOwnCluster(unit, input) : inOtherCluster(unit, unit.connection, input);
}

function inOwnCluster(unit: UnitRegistration, input: UnitInput): UnitObjects {
  const { namespace, hasOwnAccount } = input;
  const folder = layout.surroundings(unit.cluster, unit.environment, unit.application);
  const surroundings = [
    ...namespaces(unit),
    ...(hasOwnAccount ? [account(unit, namespace), ...rights(unit, namespace)] : []),
    own(unit, input),
  ];
  return { registration: parent(unit, folder, input), surroundings };
}

/** The Kustomizations and the account lie where Flux is, namespaces and rights in the other cluster. */
function inOtherCluster(
  unit: UnitRegistration,
  connection: NonNullable<UnitRegistration['connection']>,
  input: UnitInput,
): UnitObjects {
  const { namespace, hasOwnAccount, privileged } = input;
  const names = [unit.cluster, unit.environment, unit.application] as const;
  const surroundings = [...namespaces(unit), ...(hasOwnAccount ? rights(unit, namespace) : [])];
  const name = prefixed('namespaces', unitName(unit));
  const details = [...(hasOwnAccount ? [account(unit, namespace)] : [])];
  if (surroundings.length > 0) {
    const labels = { ...unitLabels(unit), ...UNIT_LABEL, ...shardOf(unit) };
    const path = layout.surroundings(...names);
    const props = { namespace, path, labels, serviceAccount: privileged, kubeConfig: connection.secret };
    details.push(kustomization(name, props, { wait: false }));
  }
  // Once is enough: that it is up to date would have to be waited for after every commit.
  const readyExpr = 'has(dep.status) && has(dep.status.lastAppliedRevision)';
  details.push(own(unit, input, surroundings.length > 0 ? [{ name, readyExpr }] : []));
  return { registration: parent(unit, layout.registrationDetails(...names), input), details, surroundings };
}

/** What the root applies. */
function parent(unit: UnitRegistration, path: string, { namespace, privileged }: UnitInput): Manifest {
  const props = { namespace, path, labels: unitLabels(unit), serviceAccount: privileged };
  return kustomization(prefixed('unit', unitName(unit)), props, { wait: false });
}

/** The Kustomization over the unit's folder. */
function own(unit: UnitRegistration, input: UnitInput, first: readonly object[] = []): Manifest {
  const name = unitName(unit);
  const dependsOn = [...first, ...unit.dependsOn.map((on) => ({ name: unitName(on) }))];
  const healthCheckExprs = healthOf([...unit.clusterKinds, ...unit.namespacedKinds]);
  return kustomization(
    name,
    {
      namespace: input.namespace,
      path: unit.path,
      labels: { ...unitLabels(unit), ...UNIT_LABEL, ...shardOf(unit) },
      serviceAccount: input.hasOwnAccount ? name : input.account,
      kubeConfig: unit.connection?.secret,
    },
    {
      wait: true,
      // It would override the namespace of objects that have one, so it is set only when none has.
      ...(unit.defaultsNamespace ? { targetNamespace: unit.namespace } : {}),
      ...(dependsOn.length === 0 ? {} : { dependsOn }),
      ...(healthCheckExprs.length === 0 ? {} : { healthCheckExprs }),
      ...(unit.isOrphaned ? { deletionPolicy: 'Orphan' } : {}),
      ...(unit.decryption ? { decryption: { provider: 'sops', secretRef: { name: unit.decryption.secret } } } : {}),
    },
  );
}

function shardOf({ connection }: UnitRegistration): Record<string, string> {
  return connection?.shard === undefined ? {} : { [SHARD]: connection.shard };
}
