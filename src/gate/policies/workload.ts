import { apiGroup } from '../../model/manifest';
import { type GateObject, type Issue, issueObject, type Severity } from '../issue';
import { type Fields, fields, labels, list, text } from './values';

/** A container of a pod, and where it is. */
export interface Container {
  readonly spec: Fields;
  readonly name: string;
  /** Such as `spec.template.spec.containers[0]`. */
  readonly field: string;
  readonly isInit: boolean;
  /** Debuggers that are put into a running pod. */
  readonly isEphemeral: boolean;
}

/** A pod, or what makes pods. */
export interface Workload {
  readonly object: GateObject;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  /** Of the object itself: replicas, selector. */
  readonly spec: Fields;
  readonly pod: Fields;
  /** Such as `spec.template.spec`. */
  readonly podField: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Fields;
  readonly containers: readonly Container[];
}

/** Where kinds keep the pods that they make, by API group and kind. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  '/Pod': [],
  '/ReplicationController': ['spec', 'template'],
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
  'argoproj.io/Rollout': ['spec', 'template'],
};

/** The object as what makes pods; undefined when it makes none that it spells out. */
export function workloadOf(object: GateObject, namespace: string): Workload | undefined {
  const { apiVersion, kind, metadata, spec } = object.manifest as Fields;
  const path = TEMPLATES[`${apiGroup(text(apiVersion))}/${text(kind)}`];
  if (path === undefined) return undefined;
  let template = object.manifest as Fields;
  for (const key of path) template = fields(template[key]);
  const pod = fields(template.spec);
  if (!Array.isArray(pod.containers)) return undefined;
  const podField = [...path, 'spec'].join('.');
  const own = fields(template.metadata);
  return {
    object,
    kind: text(kind),
    name: text(fields(metadata).name),
    namespace,
    spec: fields(spec),
    pod,
    podField,
    labels: labels(own.labels),
    annotations: fields(own.annotations),
    containers: [
      ...containersOf(pod, 'initContainers', podField),
      ...containersOf(pod, 'containers', podField),
      ...containersOf(pod, 'ephemeralContainers', podField),
    ],
  };
}

function containersOf(pod: Fields, key: string, podField: string): Container[] {
  return list(pod[key]).map((value, index) => {
    const spec = fields(value);
    return {
      spec,
      name: text(spec.name),
      field: `${podField}.${key}[${index}]`,
      isInit: key === 'initContainers',
      isEphemeral: key === 'ephemeralContainers',
    };
  });
}

/** What a rule says of an object. */
export interface Violation {
  /** Name of the rule in the family. */
  readonly rule: string;
  /** @default error */
  readonly severity?: Severity;
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
}

export function issueOf({ manifest, file, path }: GateObject, violation: Violation): Issue {
  const { rule, severity = 'error', field, message, remedy } = violation;
  const object = issueObject(manifest);
  return {
    rule: `policy/${rule}`,
    severity,
    file,
    ...(object === undefined ? {} : { object }),
    ...(path === undefined ? {} : { path }),
    field,
    message,
    remedy,
  };
}
