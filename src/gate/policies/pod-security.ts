import type { PodSecurity } from '../../model/pod-security';
import { restricted } from './pod-security-restricted';
import { isUnmasked, unmasked } from './proc-mount';
import { fields, list, text } from './values';
import type { Violation, Workload } from './workload';

/** Capabilities that containers may add at the level `baseline`. */
const CAPABILITIES: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
const SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);
const SELINUX_TYPES: ReadonlySet<string> = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);
const APPARMOR_ANNOTATION = 'container.apparmor.security.beta.kubernetes.io/';
/** What is wrong in any place whose level is not known: pods that own their node. */
const ANYWHERE: ReadonlySet<string> = new Set([
  'pod-security-privileged',
  'pod-security-host-namespaces',
  'pod-security-host-path',
]);
const LEVEL = 'or run it in an environment of its own with a lower `podSecurity`';

/** A security context, of the pod or of a container, and where it is. */
export interface SecurityContext {
  readonly context: Readonly<Record<string, unknown>>;
  readonly field: string;
}

export function contextsOf({ pod, podField, containers }: Workload): SecurityContext[] {
  return [
    { context: fields(pod.securityContext), field: `${podField}.securityContext` },
    ...containers.map(({ spec, field }) => ({
      context: fields(spec.securityContext),
      field: `${field}.securityContext`,
    })),
  ];
}

/**
 * What a pod has that a level of the Pod Security Standards does not allow: control by control, as Kubernetes' admission
 * judges the pods of a namespace.
 * @param level @default - only what is wrong in any place
 */
export function podSecurity(workload: Workload, level: PodSecurity | undefined): Violation[] {
  if (level === 'privileged') return [];
  const found = baseline(workload);
  if (level === undefined) return found.filter(({ rule }) => ANYWHERE.has(rule));
  return level === 'baseline' ? found : [...found, ...restricted(workload)];
}

function baseline(workload: Workload): Violation[] {
  return [...ofPod(workload), ...contextsOf(workload).flatMap(ofContext), ...ofContainers(workload)];
}

function ofPod({ pod, podField, annotations }: Workload): Violation[] {
  const found: Violation[] = [];
  for (const key of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (pod[key] !== true) continue;
    found.push({
      rule: 'pod-security-host-namespaces',
      field: `${podField}.${key}`,
      message: `${key}: the pod shares a namespace with its node`,
      remedy: `leave it out, ${LEVEL}`,
    });
  }
  for (const [index, value] of list(pod.volumes).entries()) {
    const volume = fields(value);
    if (volume.hostPath === undefined || volume.hostPath === null) continue;
    found.push({
      rule: 'pod-security-host-path',
      field: `${podField}.volumes[${index}].hostPath`,
      message: 'the pod mounts a folder of its node',
      remedy: `use a volume claim, an emptyDir or a projected volume, ${LEVEL}`,
    });
  }
  for (const [index, value] of list(fields(pod.securityContext).sysctls).entries()) {
    const name = text(fields(value).name);
    if (SYSCTLS.has(name)) continue;
    found.push({
      rule: 'pod-security-sysctls',
      field: `${podField}.securityContext.sysctls[${index}]`,
      message: `${JSON.stringify(name)} is not one of the safe kernel settings`,
      remedy: `leave it out, ${LEVEL}`,
    });
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith(APPARMOR_ANNOTATION) || value === '' || value === 'runtime/default') continue;
    if (text(value).startsWith('localhost/')) continue;
    found.push({
      rule: 'pod-security-apparmor',
      field: podField.replace(/spec$/, `metadata.annotations[${JSON.stringify(key)}]`),
      message: 'AppArmor is switched off',
      remedy: 'use runtime/default, or a profile of the node',
    });
  }
  return found;
}

function ofContext({ context, field }: SecurityContext): Violation[] {
  const found: Violation[] = [];
  const report = (control: string, member: string, message: string, remedy: string) =>
    found.push({ rule: `pod-security-${control}`, field: `${field}.${member}`, message, remedy });
  if (fields(context.windowsOptions).hostProcess === true) {
    report('host-process', 'windowsOptions.hostProcess', 'a process of the Windows node', `leave it out, ${LEVEL}`);
  }
  const armor = fields(context.appArmorProfile).type;
  if (armor !== undefined && armor !== null && armor !== 'RuntimeDefault' && armor !== 'Localhost') {
    report('apparmor', 'appArmorProfile.type', 'AppArmor is switched off', 'use RuntimeDefault or Localhost');
  }
  const { type, user, role } = fields(context.seLinuxOptions);
  if (!SELINUX_TYPES.has(text(type))) {
    report(
      'selinux',
      'seLinuxOptions.type',
      'a type of SELinux that is no container’s',
      'leave it out, or use container_t',
    );
  }
  for (const [member, value] of Object.entries({ user, role })) {
    if (text(value) !== '') {
      report('selinux', `seLinuxOptions.${member}`, `a ${member} of SELinux is set`, 'leave it out');
    }
  }
  if (fields(context.seccompProfile).type === 'Unconfined') {
    report('seccomp', 'seccompProfile.type', 'system calls are not confined', 'use RuntimeDefault or Localhost');
  }
  return found;
}

function ofContainers({ pod, containers }: Workload): Violation[] {
  return containers.flatMap(({ spec, field }) => {
    const context = fields(spec.securityContext);
    const found: Violation[] = [];
    if (context.privileged === true) {
      found.push({
        rule: 'pod-security-privileged',
        field: `${field}.securityContext.privileged`,
        message: 'a privileged container: it is root on its node',
        remedy: `leave it out, and add the capabilities that it needs, ${LEVEL}`,
      });
    }
    for (const [index, name] of list(fields(context.capabilities).add).entries()) {
      if (CAPABILITIES.has(text(name))) continue;
      found.push({
        rule: 'pod-security-capabilities',
        field: `${field}.securityContext.capabilities.add[${index}]`,
        message: `the capability ${JSON.stringify(name)} reaches beyond the container`,
        remedy: `leave it out, ${LEVEL}`,
      });
    }
    // Users of its own are nobody on the node.
    if (pod.hostUsers !== false && isUnmasked(context)) found.push(unmasked(field));
    for (const [index, port] of list(spec.ports).entries()) {
      const { hostPort } = fields(port);
      if (hostPort === undefined || hostPort === null || hostPort === 0) continue;
      found.push({
        rule: 'pod-security-host-ports',
        field: `${field}.ports[${index}].hostPort`,
        message: 'the pod takes a port of its node',
        remedy: `use a Service, ${LEVEL}`,
      });
    }
    for (const handler of hostHandlers(spec)) {
      found.push({
        rule: 'pod-security-host-probes',
        field: `${field}.${handler}.host`,
        message: 'the node calls a host that is not the pod',
        remedy: 'leave it out: probes and hooks go to the pod by default',
      });
    }
    return found;
  });
}

function hostHandlers(spec: Readonly<Record<string, unknown>>): string[] {
  const { preStop, postStart } = fields(spec.lifecycle);
  const handlers: Readonly<Record<string, unknown>> = {
    livenessProbe: spec.livenessProbe,
    readinessProbe: spec.readinessProbe,
    startupProbe: spec.startupProbe,
    'lifecycle.preStop': preStop,
    'lifecycle.postStart': postStart,
  };
  return Object.entries(handlers).flatMap(([name, handler]) =>
    ['httpGet', 'tcpSocket']
      .filter((way) => text(fields(fields(handler)[way]).host) !== '')
      .map((way) => `${name}.${way}`),
  );
}
