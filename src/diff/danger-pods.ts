import { type Finding, listAt, mapAt, type ObjectVersions } from './danger-rules';
import { isMap, type JsonMap } from './fingerprint';
import { redact } from './redact';

/** Where the kinds of Kubernetes keep their pods. */
const POD_SPECS: Readonly<Record<string, readonly string[]>> = {
  '/Pod': ['spec'],
  '/PodTemplate': ['template', 'spec'],
  '/ReplicationController': ['spec', 'template', 'spec'],
  'apps/DaemonSet': ['spec', 'template', 'spec'],
  'apps/Deployment': ['spec', 'template', 'spec'],
  'apps/ReplicaSet': ['spec', 'template', 'spec'],
  'apps/StatefulSet': ['spec', 'template', 'spec'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  'batch/Job': ['spec', 'template', 'spec'],
  'argoproj.io/Rollout': ['spec', 'template', 'spec'],
};

const HOST_FIELDS = ['hostNetwork', 'hostPID', 'hostIPC'] as const;
/** What a container may be given without being told of. */
const HARMLESS = new Set(['NET_BIND_SERVICE']);

/** What pods get to do to their nodes, and how their images are told. */
export function podDangers({ group, kind, before, after }: ObjectVersions): Finding[] {
  const path = POD_SPECS[`${group}/${kind}`];
  if (path === undefined || after === undefined) return [];
  const [old, now] = [before === undefined ? {} : mapAt(before, ...path), mapAt(after, ...path)];
  const known = new Set(privilegesOf(old));
  const raised = privilegesOf(now).filter((privilege) => !known.has(privilege));
  return [
    ...raised.map((message): Finding => ({ rule: 'privileges-raised', message })),
    ...unpinned(old, now).map((message): Finding => ({ rule: 'image-unpinned', message })),
  ];
}

function privilegesOf(pod: JsonMap): string[] {
  const found: string[] = HOST_FIELDS.filter((field) => pod[field] === true).map((field) => `${field} is on`);
  for (const volume of listAt(pod, 'volumes').filter(isMap)) {
    if (isMap(volume.hostPath)) found.push(`the node's ${String(volume.hostPath.path)} is mounted (hostPath)`);
  }
  for (const container of containersOf(pod)) {
    const context = mapAt(container, 'securityContext');
    const name = `container ${String(container.name)}`;
    if (context.privileged === true) found.push(`${name} is privileged`);
    for (const capability of listAt(mapAt(context, 'capabilities'), 'add')) {
      if (!HARMLESS.has(String(capability))) found.push(`${name} gets the capability ${String(capability)}`);
    }
  }
  return found;
}

function unpinned(before: JsonMap, after: JsonMap): string[] {
  const images = new Map(containersOf(before).map(({ name, image }) => [name, image]));
  return containersOf(after).flatMap(({ name, image }) => {
    const old = images.get(name);
    if (typeof old !== 'string' || typeof image !== 'string' || !old.includes('@sha256:')) return [];
    return image.includes('@') ? [] : [`container ${String(name)} takes ${String(redact(image, 'open'))} by its tag`];
  });
}

function containersOf(pod: JsonMap): JsonMap[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((field) => listAt(pod, field)).filter(isMap);
}
