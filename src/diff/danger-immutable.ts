import type { Finding, ObjectVersions } from './danger-rules';
import { diffValues } from './fields';
import { isMap, type JsonMap } from './fingerprint';

/** Fields that the cluster does not let change; how, where it is not simply so. */
const IMMUTABLE: Readonly<Record<string, readonly string[]>> = {
  '/ConfigMap': [],
  '/PersistentVolume': ['spec.accessModes', 'spec.csi', 'spec.hostPath', 'spec.local', 'spec.nfs', 'spec.volumeMode'],
  '/PersistentVolumeClaim': [
    'spec.accessModes',
    'spec.dataSource',
    'spec.dataSourceRef',
    'spec.selector',
    'spec.storageClassName',
    'spec.volumeMode',
    'spec.volumeName',
  ],
  '/Secret': ['type'],
  'apiextensions.k8s.io/CustomResourceDefinition': ['spec.group', 'spec.names.kind', 'spec.names.plural', 'spec.scope'],
  'apps/DaemonSet': ['spec.selector'],
  'apps/Deployment': ['spec.selector'],
  'apps/ReplicaSet': ['spec.selector'],
  'apps/StatefulSet': ['spec.podManagementPolicy', 'spec.selector', 'spec.serviceName', 'spec.volumeClaimTemplates'],
  'batch/Job': [
    'spec.completionMode',
    'spec.manualSelector',
    'spec.podFailurePolicy',
    'spec.selector',
    'spec.template',
  ],
  'networking.k8s.io/IngressClass': ['spec.controller'],
  'node.k8s.io/RuntimeClass': ['handler'],
  'rbac.authorization.k8s.io/ClusterRoleBinding': ['roleRef'],
  'rbac.authorization.k8s.io/RoleBinding': ['roleRef'],
  'scheduling.k8s.io/PriorityClass': ['preemptionPolicy', 'value'],
  'storage.k8s.io/CSIDriver': ['spec.attachRequired', 'spec.fsGroupPolicy', 'spec.volumeLifecycleModes'],
  'storage.k8s.io/StorageClass': ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'],
};

/** What the cluster fills in where the manifest says nothing: leaving it out, or writing it down, changes nothing. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  'spec.volumeMode': 'Filesystem',
  'spec.podManagementPolicy': 'OrderedReady',
  'spec.completionMode': 'NonIndexed',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
  preemptionPolicy: 'PreemptLowerPriority',
  type: 'Opaque',
};

/** Fields that the cluster chooses where nothing is said: leaving them out keeps what it chose. */
const CHOSEN = new Set(['spec.storageClassName', 'spec.volumeName', 'spec.dataSource', 'spec.dataSourceRef']);

export function immutableDangers({ group, kind, before, after }: ObjectVersions): Finding[] {
  if (before === undefined || after === undefined) return [];
  const type = `${group}/${kind}`;
  const found = (Object.hasOwn(IMMUTABLE, type) ? (IMMUTABLE[type] ?? []) : []).filter((path) => {
    const [old, now] = [valueAt(before, path), valueAt(after, path)];
    if (CHOSEN.has(path) && (old === undefined || now === undefined)) return false;
    const fallback = type === '/Secret' || path !== 'type' ? DEFAULTS[path] : undefined;
    return diffValues(old ?? fallback, now ?? fallback).length > 0;
  });
  const findings = found.map((path): Finding => refused(`${path} cannot be changed`));
  if (type === '/Service') findings.push(...serviceDangers(before, after));
  if (type === '/PersistentVolumeClaim') findings.push(...claimDangers(before, after));
  if ((type === '/ConfigMap' || type === '/Secret') && before.immutable === true) {
    const fields = ['data', 'binaryData', 'stringData', 'immutable'];
    const changed = fields.filter((field) => diffValues(before[field], after[field]).length > 0);
    if (changed.length > 0) findings.push(refused(`${changed.join(', ')} cannot be changed: it is marked immutable`));
  }
  return findings;
}

function refused(what: string): Finding {
  return { rule: 'immutable-field', message: `${what}; the object has to be made anew` };
}

/** An address is chosen by the cluster unless one is asked for; a headless Service stays one. */
function serviceDangers(before: JsonMap, after: JsonMap): Finding[] {
  const [old, now] = [valueAt(before, 'spec.clusterIP'), valueAt(after, 'spec.clusterIP')];
  const isExternal = [before, after].some((version) => valueAt(version, 'spec.type') === 'ExternalName');
  const kept = old === now || (now === undefined && old !== 'None') || (old === undefined && now === '');
  if (isExternal || kept || (old === '' && now === undefined)) return [];
  return [refused('spec.clusterIP cannot be changed')];
}

function claimDangers(before: JsonMap, after: JsonMap): Finding[] {
  const path = 'spec.resources.requests.storage';
  const [old, now] = [valueAt(before, path), valueAt(after, path)];
  const [bytesBefore, bytesAfter] = [bytesOf(old), bytesOf(now)];
  if (bytesBefore === undefined || bytesAfter === undefined || bytesAfter >= bytesBefore) return [];
  return [refused(`${path}: ${old} → ${now}: a volume cannot shrink`)];
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity as Kubernetes writes it. */
function bytesOf(quantity: unknown): number | undefined {
  if (typeof quantity === 'number') return quantity;
  if (typeof quantity !== 'string') return undefined;
  const [, number, unit = ''] = /^([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)([a-zA-Z]{0,2})$/.exec(quantity) ?? [];
  const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  return number === undefined || factor === undefined ? undefined : Number(number) * factor;
}

function valueAt(map: JsonMap, path: string): unknown {
  let value: unknown = map;
  for (const key of path.split('.')) value = isMap(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value ?? undefined;
}
