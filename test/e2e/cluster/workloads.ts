import type { ControlPlane } from './control-plane';

/** How workloads in the cluster want their programs to run: a kubelet would read the same. */

interface Container {
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly valueFrom?: { readonly configMapKeyRef?: { readonly name: string; readonly key: string } };
  }[];
}

async function container(plane: ControlPlane, namespace: string, kind: string, name: string): Promise<Container> {
  const workload = await plane.get(kind, name, namespace);
  const [first] = workload?.spec?.template?.spec?.containers ?? [];
  if (first === undefined) throw new Error(`${kind}/${name} in ${namespace} has no containers`);
  return first;
}

/** Flags of a workload's first container. */
export async function argsOf(plane: ControlPlane, namespace: string, kind: string, name: string): Promise<string[]> {
  const { args = [] } = await container(plane, namespace, kind, name);
  return args.filter((arg) => arg.startsWith('--')).map((arg) => arg.replaceAll('$(RUNTIME_NAMESPACE)', namespace));
}

/** Environment variables of a workload's first container that come from ConfigMaps. */
export async function configuredEnvironment(
  plane: ControlPlane,
  namespace: string,
  kind: string,
  workload: string,
): Promise<NodeJS.ProcessEnv> {
  const { env = [] } = await container(plane, namespace, kind, workload);
  const maps = new Map<string, Readonly<Record<string, string>>>();
  const found: NodeJS.ProcessEnv = {};
  for (const { name, valueFrom } of env) {
    const from = valueFrom?.configMapKeyRef;
    if (from === undefined) continue;
    if (!maps.has(from.name)) {
      const map = (await plane.get('configmap', from.name, namespace)) as { data?: Record<string, string> } | undefined;
      maps.set(from.name, map?.data ?? {});
    }
    const value = maps.get(from.name)?.[from.key];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
