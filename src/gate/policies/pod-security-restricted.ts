import { isUnmasked, unmasked } from './proc-mount';
import { fields, list, text } from './values';
import type { Violation, Workload } from './workload';

/** Kinds of volumes that pods may have at the level `restricted`. */
const VOLUMES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);
const PROFILES: ReadonlySet<unknown> = new Set(['RuntimeDefault', 'Localhost']);

/** What the level `restricted` demands beyond `baseline`. */
export function restricted(workload: Workload): Violation[] {
  const isWindows = fields(workload.pod.os).name === 'windows';
  const found = [...volumes(workload), ...users(workload)];
  return isWindows ? found : [...found, ...seccomp(workload), ...privileges(workload)];
}

function volumes({ pod, podField }: Workload): Violation[] {
  return list(pod.volumes).flatMap((value, index) => {
    const kinds = Object.entries(fields(value)).filter(([key, each]) => key !== 'name' && each !== null);
    // That of `hostPath` is said by `baseline`. A volume of no kind is an emptyDir.
    const wrong = kinds.find(([kind]) => !VOLUMES.has(kind) && kind !== 'hostPath');
    if (wrong === undefined) return [];
    return [
      {
        rule: 'pod-security-volume-types',
        field: `${podField}.volumes[${index}].${wrong[0]}`,
        message: `volumes of the kind ${wrong[0]} are not allowed`,
        remedy: 'use a volume claim, or another kind that the level `restricted` has',
      },
    ];
  });
}

function users({ pod, podField, containers }: Workload): Violation[] {
  // Users of its own are nobody on the node.
  if (pod.hostUsers === false) return [];
  const found: Violation[] = [];
  const own = fields(pod.securityContext);
  if (own.runAsUser === 0) found.push(root(`${podField}.securityContext.runAsUser`));
  for (const { spec, field } of containers) {
    const context = fields(spec.securityContext);
    if (context.runAsUser === 0) found.push(root(`${field}.securityContext.runAsUser`));
    const runAsNonRoot = context.runAsNonRoot ?? own.runAsNonRoot;
    if (runAsNonRoot === true) continue;
    found.push({
      rule: 'pod-security-non-root',
      field: `${field}.securityContext.runAsNonRoot`,
      message: 'the container may run as root',
      remedy: 'set `runAsNonRoot: true` for the container or the pod',
    });
  }
  return found;
}

function root(field: string): Violation {
  return {
    rule: 'pod-security-non-root',
    field,
    message: 'the user is root',
    remedy: 'leave it out, or name another user',
  };
}

function seccomp({ pod, containers }: Workload): Violation[] {
  const own = fields(fields(pod.securityContext).seccompProfile).type;
  return containers.flatMap(({ spec, field }) => {
    const type = fields(fields(spec.securityContext).seccompProfile).type ?? own;
    // `Unconfined` is said by `baseline`.
    if (PROFILES.has(type) || type === 'Unconfined') return [];
    return [
      {
        rule: 'pod-security-seccomp',
        field: `${field}.securityContext.seccompProfile`,
        message: 'system calls are not confined',
        remedy: 'set `seccompProfile: { type: RuntimeDefault }` for the container or the pod',
      },
    ];
  });
}

function privileges({ containers }: Workload): Violation[] {
  return containers.flatMap(({ spec, field }) => {
    const context = fields(spec.securityContext);
    const { add, drop } = fields(context.capabilities);
    const found: Violation[] = isUnmasked(context) ? [unmasked(field)] : [];
    if (context.allowPrivilegeEscalation !== false) {
      found.push({
        rule: 'pod-security-privilege-escalation',
        field: `${field}.securityContext.allowPrivilegeEscalation`,
        message: 'a process may gain more privileges than the container has',
        remedy: 'set `allowPrivilegeEscalation: false`',
      });
    }
    if (!list(drop).includes('ALL')) {
      found.push({
        rule: 'pod-security-capabilities',
        field: `${field}.securityContext.capabilities.drop`,
        message: 'the container keeps capabilities that it does not need',
        remedy: 'set `drop: [ALL]`',
      });
    }
    const added = list(add).findIndex((name) => text(name) !== 'NET_BIND_SERVICE');
    if (added >= 0) {
      found.push({
        rule: 'pod-security-capabilities',
        field: `${field}.securityContext.capabilities.add[${added}]`,
        message: 'a capability is added that is not NET_BIND_SERVICE',
        remedy: 'leave it out',
      });
    }
    return found;
  });
}
