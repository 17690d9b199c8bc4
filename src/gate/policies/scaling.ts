import type { Member, Unit } from './unit';
import { type Fields, fields, labels, list, text } from './values';
import type { Violation, Workload } from './workload';

const SCALABLE: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'ReplicaSet', 'ReplicationController']);

interface Found {
  readonly member: Member;
  readonly violation: Violation;
}

/** Numbers of pods that do not go together. */
export function scaling(unit: Unit): Found[] {
  const scaled = new Set<string>();
  const found: Found[] = [];
  for (const member of unit.ofKind('HorizontalPodAutoscaler')) {
    const { kind, name } = fields(fields(member.manifest.spec).scaleTargetRef);
    scaled.add(`${kind}/${member.namespace}/${name}`);
    const violation = target(member, unit);
    if (violation) found.push({ member, violation });
  }
  for (const member of unit.ofKind('ScaledObject')) {
    const { kind = 'Deployment', name } = fields(fields(member.manifest.spec).scaleTargetRef);
    scaled.add(`${kind}/${member.namespace}/${name}`);
  }
  for (const member of unit.ofKind('PodDisruptionBudget')) {
    for (const violation of budget(member, unit, scaled)) found.push({ member, violation });
  }
  return found;
}

function target({ manifest, namespace }: Member, unit: Unit): Violation | undefined {
  const { kind, name } = fields(fields(manifest.spec).scaleTargetRef);
  if (!SCALABLE.has(text(kind)) || text(name) === '' || unit.isOpen) return undefined;
  if (unit.find(text(kind), namespace, text(name)).length > 0) return undefined;
  return {
    rule: 'missing-scale-target',
    severity: unit.group.ownsNamespace === true || unit.workloads.length > 0 ? 'error' : 'warning',
    field: 'spec.scaleTargetRef',
    message: `there is no ${text(kind)} ${JSON.stringify(name)} among the objects: nothing is scaled`,
    remedy: 'name a workload that is there',
  };
}

/** Replicas that a workload keeps; undefined when something else decides on them. */
export function replicasOf({ kind, name, namespace, spec }: Workload, scaled: ReadonlySet<string>): number | undefined {
  if (!SCALABLE.has(kind) || scaled.has(`${kind}/${namespace}/${name}`)) return undefined;
  const { replicas = 1 } = spec;
  return typeof replicas === 'number' ? replicas : undefined;
}

function budget({ manifest, namespace }: Member, unit: Unit, scaled: ReadonlySet<string>): Violation[] {
  const spec = fields(manifest.spec);
  const { matchLabels, matchExpressions } = fields(spec.selector);
  if (matchExpressions !== undefined || Object.keys(fields(matchLabels)).length === 0) return [];
  const workloads = unit.selected(namespace, labels(matchLabels));
  const counts = workloads.map((workload) => replicasOf(workload, scaled));
  if (workloads.length === 0 || counts.some((count) => count === undefined)) return [];
  const replicas = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const field = spec.minAvailable === undefined ? 'spec.maxUnavailable' : 'spec.minAvailable';
  const available = typeof spec.minAvailable === 'number' ? spec.minAvailable : undefined;
  if (available !== undefined && replicas > 0 && available > replicas) {
    return [
      {
        rule: 'unsatisfiable-budget',
        field,
        message: `${available} pods are to be available, and there are never more than ${replicas}`,
        remedy: 'ask for fewer, or run more',
      },
    ];
  }
  const blocks =
    available === replicas ||
    spec.minAvailable === '100%' ||
    spec.maxUnavailable === 0 ||
    spec.maxUnavailable === '0' ||
    spec.maxUnavailable === '0%';
  if (!blocks || replicas === 0) return [];
  return [
    {
      rule: 'blocked-drain',
      severity: 'warning',
      field,
      message: 'no pod may ever be evicted: nodes cannot be drained, nor upgraded',
      remedy: 'let at least one pod be unavailable, or run one more',
    },
  ];
}

/** Several pods, which may be on several nodes, and a volume that can be on one. */
export function sharedVolume(workload: Workload, unit: Unit): Violation[] {
  const { kind, spec, pod, podField, namespace } = workload;
  if (kind !== 'Deployment' || typeof spec.replicas !== 'number' || spec.replicas < 2) return [];
  return list(pod.volumes).flatMap((volume, index) => {
    const claim = text(fields(fields(volume).persistentVolumeClaim).claimName);
    if (claim === '') return [];
    const isExclusive = unit.find('PersistentVolumeClaim', namespace, claim).some(({ manifest }) => {
      const modes = list(fields(manifest.spec as Fields).accessModes);
      return modes.length > 0 && modes.every((mode) => mode === 'ReadWriteOnce' || mode === 'ReadWriteOncePod');
    });
    if (!isExclusive) return [];
    return [
      {
        rule: 'shared-volume',
        severity: 'warning' as const,
        field: `${podField}.volumes[${index}].persistentVolumeClaim`,
        message: `${spec.replicas} replicas share the volume ${JSON.stringify(claim)}, which one node has at a time`,
        remedy: 'use a StatefulSet with a claim for each pod, a volume that many can write, or one replica',
      },
    ];
  });
}
