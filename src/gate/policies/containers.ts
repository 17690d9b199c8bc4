import { fields, list, repeated, text } from './values';
import type { Violation, Workload } from './workload';

const PORT_NAME = 15;

/** What is wrong within one pod, whatever else there is. */
export function podShape(workload: Workload): Violation[] {
  return [...images(workload), ...names(workload), ...mounts(workload), ...selector(workload)];
}

/** Images that change without anybody changing anything. */
function images({ containers }: Workload): Violation[] {
  return containers.flatMap(({ spec, field, isEphemeral }) => {
    const image = text(spec.image);
    // Injectors of sidecars replace `auto`.
    if (image === '' || image === 'auto' || image.includes('@') || isEphemeral) return [];
    const tag = /:([^/:]*)$/.exec(image)?.[1];
    if (tag !== undefined && tag !== 'latest' && tag !== '') return [];
    return [
      {
        rule: 'image-tag',
        field: `${field}.image`,
        message: tag === 'latest' ? 'the image is whatever is `latest`' : 'the image has no tag, which means `latest`',
        remedy: 'name a version, or a digest: what runs must not change by itself, nor differ from node to node',
      },
    ];
  });
}

function names({ pod, podField, containers }: Workload): Violation[] {
  const found: Violation[] = [];
  const twice = (rule: string, field: string, what: string, remedy: string) =>
    found.push({ rule, field, message: `${what} is there twice`, remedy });
  for (const { value, index } of repeated(containers.map(({ name }) => name))) {
    twice(
      'duplicate-name',
      containers[index]?.field ?? podField,
      `the container ${JSON.stringify(value)}`,
      'rename one',
    );
  }
  for (const { value, index } of repeated(list(pod.volumes).map((volume) => text(fields(volume).name)))) {
    twice('duplicate-name', `${podField}.volumes[${index}]`, `the volume ${JSON.stringify(value)}`, 'rename one');
  }
  const ports = containers.filter(({ isInit }) => !isInit);
  for (const { spec, field } of containers) {
    for (const { value, index } of repeated(list(spec.env).map((each) => text(fields(each).name)))) {
      const remedy = 'keep one: the last wins, and a server-side apply refuses both';
      twice('duplicate-env', `${field}.env[${index}]`, `the variable ${JSON.stringify(value)}`, remedy);
    }
    const mounted = list(spec.volumeMounts).map((mount) => text(fields(mount).mountPath));
    for (const { value, index } of repeated(mounted)) {
      twice('duplicate-mount', `${field}.volumeMounts[${index}]`, `a mount at ${JSON.stringify(value)}`, 'keep one');
    }
    for (const { value, index } of repeated(list(spec.ports).map(portKey))) {
      twice('duplicate-port', `${field}.ports[${index}]`, `the port ${value}`, 'keep one');
    }
    for (const [index, port] of list(spec.ports).entries()) {
      const name = text(fields(port).name);
      if (name.length <= PORT_NAME) continue;
      found.push({
        rule: 'port-name',
        field: `${field}.ports[${index}].name`,
        message: `${JSON.stringify(name)} is longer than ${PORT_NAME} characters, which names of ports must not be`,
        remedy: 'shorten it, here and where it is referred to',
      });
    }
  }
  const named = ports.flatMap(({ spec, field }) =>
    list(spec.ports).map((port, index) => ({ name: text(fields(port).name), field: `${field}.ports[${index}].name` })),
  );
  for (const { value, index } of repeated(named.map(({ name }) => name))) {
    twice('duplicate-port', named[index]?.field ?? podField, `a port called ${JSON.stringify(value)}`, 'rename one');
  }
  return found;
}

function portKey(value: unknown): string {
  const { containerPort, protocol = 'TCP' } = fields(value);
  return containerPort === undefined ? '' : `${containerPort}/${protocol}`;
}

/** Mounts of volumes that are not there. */
function mounts({ kind, spec, pod, podField, containers }: Workload): Violation[] {
  const volumes = new Set(list(pod.volumes).map((volume) => text(fields(volume).name)));
  if (kind === 'StatefulSet') {
    for (const claim of list(spec.volumeClaimTemplates)) volumes.add(text(fields(fields(claim).metadata).name));
  }
  return containers.flatMap((container) =>
    (['volumeMounts', 'volumeDevices'] as const).flatMap((key) =>
      list(container.spec[key]).flatMap((mount, index) => {
        const name = text(fields(mount).name);
        if (name === '' || volumes.has(name)) return [];
        return [
          {
            rule: 'unknown-volume',
            field: `${container.field}.${key}[${index}].name`,
            message: `there is no volume ${JSON.stringify(name)}`,
            remedy: `add it to ${podField}.volumes, or mount another one`,
          },
        ];
      }),
    ),
  );
}

/** A controller that would not know its own pods. */
function selector({ kind, spec, labels }: Workload): Violation[] {
  if (!/^(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|ReplicationController)$/.test(kind)) return [];
  const own = fields(spec.selector);
  const wanted = kind === 'ReplicationController' ? own : fields(own.matchLabels);
  const wrong = Object.entries(wanted).find(([key, value]) => labels[key] !== String(value));
  if (wrong === undefined) return [];
  const member = kind === 'ReplicationController' ? 'spec.selector' : 'spec.selector.matchLabels';
  return [
    {
      rule: 'selector-mismatch',
      field: `${member}[${JSON.stringify(wrong[0])}]`,
      message: 'the selector asks for a label that the pods of the template do not have',
      remedy: 'give the template the label, with the same value; selectors cannot be changed later',
    },
  ];
}
