import type { Manifest } from '../model/manifest';

/** CPU and memory of a container, as Kubernetes takes them. */
export interface ContainerResources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: 'Equal' | 'Exists';
  readonly value?: string;
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  readonly tolerationSeconds?: number;
}

/** Changes of an operator's own workloads. They take effect where the operator is installed from here. */
export interface WorkloadProps<Component extends string> {
  /**
   * Replicas of components.
   *
   * @default - upstream's
   */
  readonly replicas?: Readonly<Partial<Record<Component, number>>>;

  /**
   * Resources of components' main containers, in place of upstream's.
   *
   * @default - upstream's
   */
  readonly resources?: Readonly<Partial<Record<Component, ContainerResources>>>;

  /**
   * Further arguments of components. One that sets a flag of upstream's (`--log-level=debug`) replaces it.
   *
   * @default - none
   */
  readonly args?: Readonly<Partial<Record<Component, readonly string[]>>>;

  /**
   * Registry that all images come from, and a folder in it: `registry.acme.io/mirror`. Repositories and tags stay.
   *
   * @default - upstream's registries
   */
  readonly registry?: string;

  /**
   * Labels of the nodes that all components run on, beside upstream's.
   *
   * @default - upstream's
   */
  readonly nodeSelector?: Readonly<Record<string, string>>;

  /**
   * Taints that all components tolerate, beside upstream's.
   *
   * @default - upstream's
   */
  readonly tolerations?: readonly Toleration[];
}

const PER_COMPONENT = ['replicas', 'resources', 'args'] as const;

/** Components that the props speak of, sorted. */
export function componentsIn<C extends string>(props: WorkloadProps<C>): C[] {
  const names = PER_COMPONENT.flatMap((field) => Object.keys(props[field] ?? {}) as C[]);
  return [...new Set(names)].sort();
}

/** Names of the props that are given. */
export function workloadFields(props: WorkloadProps<string>): string[] {
  const fields = [...PER_COMPONENT, 'registry', 'nodeSelector', 'tolerations'] as const;
  return fields.filter((field) => props[field] !== undefined);
}

/** What is wrong with the props. */
export function workloadProblems(props: WorkloadProps<string>, components: readonly string[]): string[] {
  const unknown = componentsIn(props).filter((component) => !components.includes(component));
  const problems = unknown.map((name) => `it has no component '${name}': there are ${components.join(', ')}`);
  for (const [component, count] of Object.entries(props.replicas ?? {})) {
    if (!Number.isInteger(count) || Number(count) < 0) {
      problems.push(`'${count}' are no replicas of ${component}: write a whole number from 0`);
    }
  }
  for (const [component, args] of Object.entries(props.args ?? {})) {
    if (!Array.isArray(args) || !args.every((arg) => typeof arg === 'string')) {
      problems.push(`the arguments of ${component} are a list of texts`);
    }
  }
  if (props.registry !== undefined && !/^[\w.-]+(:\d+)?(\/[\w.-]+)*$/.test(String(props.registry))) {
    problems.push(`'registry' is no registry: write it like 'registry.acme.io/mirror', without scheme and credentials`);
  }
  return problems;
}

interface Container {
  readonly image?: string;
  readonly args?: readonly string[];
  readonly [field: string]: unknown;
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
  readonly [field: string]: unknown;
}

/** True of objects that run pods for as long as they are there. */
export function isWorkload({ apiVersion, kind }: Manifest): boolean {
  return apiVersion === 'apps/v1' && (kind === 'Deployment' || kind === 'StatefulSet' || kind === 'DaemonSet');
}

/** A workload of a release manifest with the changes. */
export function patchWorkload<C extends string>(
  manifest: Manifest,
  component: C | undefined,
  props: WorkloadProps<C>,
): Manifest {
  const { registry, nodeSelector, tolerations } = props;
  const own = component === undefined ? {} : ownProps(component, props);
  if (!registry && !nodeSelector && !tolerations && Object.keys(own).length === 0) return manifest;
  const spec = manifest.spec as { readonly template: { readonly spec: PodSpec } };
  const pod = spec.template.spec;
  const place = (container: Container): Container =>
    registry === undefined || container.image === undefined
      ? container
      : { ...container, image: inRegistry(container.image, registry) };
  const [main, ...others] = (pod.containers ?? []).map(place);
  const patched: PodSpec = {
    ...pod,
    ...(main === undefined ? {} : { containers: [patchMain(main, own), ...others] }),
    ...(pod.initContainers === undefined ? {} : { initContainers: pod.initContainers.map(place) }),
    ...(nodeSelector === undefined ? {} : { nodeSelector: { ...pod.nodeSelector, ...nodeSelector } }),
    ...(tolerations === undefined ? {} : { tolerations: [...(pod.tolerations ?? []), ...tolerations] }),
  };
  return {
    ...manifest,
    spec: {
      ...spec,
      ...(own.replicas === undefined ? {} : { replicas: own.replicas }),
      template: { ...spec.template, spec: patched },
    },
  };
}

interface OwnProps {
  readonly replicas?: number;
  readonly resources?: ContainerResources;
  readonly args?: readonly string[];
}

function ownProps<C extends string>(component: C, props: WorkloadProps<C>): OwnProps {
  const entries = PER_COMPONENT.map((field) => [field, props[field]?.[component]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function patchMain(container: Container, { resources, args }: OwnProps): Container {
  return {
    ...container,
    ...(args === undefined ? {} : { args: mergeArgs(container.args ?? [], args) }),
    ...(resources === undefined ? {} : { resources }),
  };
}

/** Flags that are given replace those of the same name, where they stand. */
export function mergeArgs(upstream: readonly string[], given: readonly string[]): string[] {
  const flag = (arg: string) => /^(--[^=]+)/.exec(arg)?.[1];
  const merged = [...upstream];
  for (const arg of given) {
    const at = flag(arg) === undefined ? -1 : merged.findIndex((each) => flag(each) === flag(arg));
    if (at < 0) merged.push(arg);
    else merged[at] = arg;
  }
  return merged;
}

/** An image in another registry: `quay.io/argoproj/argocd:v3` is `registry.acme.io/mirror/argoproj/argocd:v3`. */
export function inRegistry(image: string, registry: string): string {
  const [host = '', ...path] = image.split('/');
  const isHost = path.length > 0 && (/[.:]/.test(host) || host === 'localhost');
  return `${registry}/${isHost ? path.join('/') : image}`;
}

/** A patch as kustomize takes it. */
export interface KustomizePatch {
  readonly target: { readonly kind?: string; readonly name?: string; readonly labelSelector?: string };
  readonly patch: string;
}

/** The changes as patches of kustomize, for installations that are built elsewhere. */
export function kustomizePatches<C extends string>(
  props: WorkloadProps<C>,
  workloadOf: (component: C) => { readonly kind: string; readonly name: string },
  extraArgs?: Readonly<Partial<Record<C, readonly string[]>>>,
): KustomizePatch[] {
  const components = [...new Set([...componentsIn(props), ...(Object.keys(extraArgs ?? {}) as C[])])].sort();
  const patches = components.map((component): KustomizePatch => {
    const { replicas, resources, args = [] } = ownProps(component, props);
    const container = '/spec/template/spec/containers/0';
    const operations = [
      ...(replicas === undefined ? [] : [{ op: 'add', path: '/spec/replicas', value: replicas }]),
      ...(resources === undefined ? [] : [{ op: 'add', path: `${container}/resources`, value: resources }]),
      ...mergeArgs(extraArgs?.[component] ?? [], args).map((value) => ({
        op: 'add',
        path: `${container}/args/-`,
        value,
      })),
    ];
    return { target: workloadOf(component), patch: json(operations) };
  });
  const { nodeSelector, tolerations } = props;
  if (nodeSelector !== undefined || tolerations !== undefined) {
    const spec = { ...(nodeSelector ? { nodeSelector } : {}), ...(tolerations ? { tolerations } : {}) };
    for (const kind of new Set(ALL_KINDS)) {
      const patch = { apiVersion: 'apps/v1', kind, metadata: { name: 'any' }, spec: { template: { spec } } };
      patches.push({ target: { kind }, patch: json(patch) });
    }
  }
  return patches.filter(({ patch }) => patch !== '[]\n');
}

const ALL_KINDS = ['Deployment', 'StatefulSet'];

/** JSON is YAML. */
function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
