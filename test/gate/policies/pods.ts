/** Specs of pods, and the strictest level of the Pod Security Standards that takes each. */
export type Level = 'privileged' | 'baseline' | 'restricted';

export interface PodSample {
  readonly title: string;
  readonly level: Level;
  readonly spec: Record<string, unknown>;
  readonly annotations?: Record<string, string>;
}

const CONTEXT = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
const POD_CONTEXT = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
const container = (fields: object = {}, context: object = {}) => ({
  name: 'a',
  image: 'a:1',
  securityContext: { ...CONTEXT, ...context },
  ...fields,
});
const sample = (level: Level, title: string, spec: object, annotations?: Record<string, string>): PodSample => ({
  title,
  level,
  spec: { securityContext: POD_CONTEXT, containers: [container()], ...spec },
  ...(annotations === undefined ? {} : { annotations }),
});
const context = (level: Level, title: string, fields: object) =>
  sample(level, title, { containers: [container({}, fields)] });
const pod = (level: Level, title: string, fields: object) =>
  sample(level, title, { securityContext: { ...POD_CONTEXT, ...fields } });
const volume = (level: Level, kind: string, source: object) =>
  sample(level, `volume ${kind}`, { volumes: [{ name: 'v', [kind]: source }] });

export const PODS: readonly PodSample[] = [
  sample('restricted', 'nothing out of the way', {}),
  sample('privileged', 'hostNetwork', { hostNetwork: true }),
  sample('privileged', 'hostPID', { hostPID: true }),
  sample('privileged', 'hostIPC', { hostIPC: true }),
  sample('restricted', 'hostNetwork: false', { hostNetwork: false }),
  context('privileged', 'privileged', { privileged: true, allowPrivilegeEscalation: true }),
  sample('privileged', 'privileged init container', {
    initContainers: [{ ...container({}, { privileged: true, allowPrivilegeEscalation: true }), name: 'i' }],
  }),
  context('baseline', 'a capability that baseline has', { capabilities: { drop: ['ALL'], add: ['CHOWN'] } }),
  context('restricted', 'NET_BIND_SERVICE', { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
  context('privileged', 'NET_ADMIN', { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } }),
  context('privileged', 'SYS_ADMIN', { capabilities: { add: ['SYS_ADMIN'] } }),
  context('privileged', 'NET_RAW', { capabilities: { drop: ['ALL'], add: ['NET_RAW'] } }),
  context('baseline', 'capabilities kept', { capabilities: {} }),
  context('baseline', 'some capabilities dropped', { capabilities: { drop: ['NET_RAW'] } }),
  volume('privileged', 'hostPath', { path: '/var/log' }),
  volume('restricted', 'emptyDir', {}),
  volume('restricted', 'configMap', { name: 'x' }),
  volume('restricted', 'secret', { secretName: 'x' }),
  volume('restricted', 'persistentVolumeClaim', { claimName: 'x' }),
  volume('restricted', 'projected', { sources: [{ configMap: { name: 'x' } }] }),
  volume('restricted', 'downwardAPI', { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] }),
  volume('restricted', 'csi', { driver: 'secrets-store.csi.k8s.io' }),
  volume('restricted', 'ephemeral', {
    volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  }),
  volume('baseline', 'nfs', { server: 'nfs.example.com', path: '/' }),
  volume('baseline', 'iscsi', { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:x', lun: 0 }),
  sample('privileged', 'a port of the node', {
    containers: [container({ ports: [{ containerPort: 80, hostPort: 80 }] })],
  }),
  sample('restricted', 'a port', { containers: [container({ ports: [{ containerPort: 80 }] })] }),
  sample('privileged', 'a probe of another host', {
    containers: [container({ livenessProbe: { httpGet: { path: '/', port: 80, host: '10.0.0.1' } } })],
  }),
  sample('privileged', 'a hook to another host', {
    containers: [container({ lifecycle: { preStop: { httpGet: { path: '/', port: 80, host: '10.0.0.1' } } } })],
  }),
  sample('restricted', 'a probe of the pod', {
    containers: [container({ livenessProbe: { httpGet: { path: '/', port: 80 } } })],
  }),
  context('privileged', 'AppArmor off', { appArmorProfile: { type: 'Unconfined' } }),
  context('restricted', 'AppArmor of the runtime', { appArmorProfile: { type: 'RuntimeDefault' } }),
  pod('privileged', 'AppArmor off for the pod', { appArmorProfile: { type: 'Unconfined' } }),
  sample(
    'privileged',
    'AppArmor off by annotation',
    {},
    { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' },
  ),
  sample(
    'restricted',
    'AppArmor by annotation',
    {},
    { 'container.apparmor.security.beta.kubernetes.io/a': 'runtime/default' },
  ),
  context('privileged', 'SELinux of the node', { seLinuxOptions: { type: 'spc_t' } }),
  context('restricted', 'SELinux of containers', { seLinuxOptions: { type: 'container_t', level: 's0:c1,c2' } }),
  pod('restricted', 'SELinux of the engine', { seLinuxOptions: { type: 'container_engine_t' } }),
  pod('privileged', 'a user of SELinux', { seLinuxOptions: { user: 'sysadm_u' } }),
  pod('privileged', 'a role of SELinux', { seLinuxOptions: { role: 'sysadm_r' } }),
  sample('baseline', '/proc unmasked among users of its own', {
    hostUsers: false,
    containers: [container({}, { procMount: 'Unmasked' })],
  }),
  sample('restricted', 'root among users of its own', {
    hostUsers: false,
    securityContext: { seccompProfile: { type: 'RuntimeDefault' }, runAsUser: 0 },
  }),
  context('privileged', 'seccomp off', { seccompProfile: { type: 'Unconfined' } }),
  pod('privileged', 'seccomp off for the pod', { seccompProfile: { type: 'Unconfined' } }),
  pod('baseline', 'no seccomp', { seccompProfile: undefined }),
  sample('restricted', 'seccomp by container', {
    securityContext: { runAsNonRoot: true },
    containers: [container({}, { seccompProfile: { type: 'RuntimeDefault' } })],
  }),
  context('restricted', 'seccomp of the node', { seccompProfile: { type: 'Localhost', localhostProfile: 'a.json' } }),
  pod('privileged', 'a sysctl', { sysctls: [{ name: 'kernel.msgmax', value: '1' }] }),
  pod('restricted', 'a safe sysctl', { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] }),
  pod('restricted', 'a newer safe sysctl', { sysctls: [{ name: 'net.ipv4.tcp_keepalive_time', value: '60' }] }),
  pod('restricted', 'the newest safe sysctl', {
    sysctls: [{ name: 'net.ipv4.tcp_rmem', value: '4096 87380 16777216' }],
  }),
  context('baseline', 'privileges may be gained', { allowPrivilegeEscalation: true }),
  context('baseline', 'gaining privileges is left open', { allowPrivilegeEscalation: undefined }),
  pod('baseline', 'root is not ruled out', { runAsNonRoot: undefined }),
  pod('baseline', 'root is allowed', { runAsNonRoot: false }),
  context('baseline', 'root is allowed in a container', { runAsNonRoot: false }),
  sample('restricted', 'root is ruled out by container', {
    securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container({}, { runAsNonRoot: true })],
  }),
  pod('baseline', 'root by number', { runAsUser: 0 }),
  context('baseline', 'root by number in a container', { runAsUser: 0 }),
  pod('restricted', 'a user', { runAsUser: 1000 }),
  sample('privileged', 'a process of a Windows node', {
    os: { name: 'windows' },
    hostNetwork: true,
    securityContext: { windowsOptions: { hostProcess: true, runAsUserName: 'x' }, runAsNonRoot: true },
    containers: [{ name: 'a', image: 'a:1' }],
  }),
  sample('restricted', 'Windows, which has no capabilities', {
    os: { name: 'windows' },
    securityContext: { runAsNonRoot: true },
    containers: [{ name: 'a', image: 'a:1' }],
  }),
];
