import type { Agent } from './agents';
import type { ControlPlane, KubernetesObject } from './control-plane';

const KINDS = [
  ...['namespaces', 'customresourcedefinitions', 'clusterroles', 'clusterrolebindings', 'deployments', 'statefulsets'],
  ...['services', 'configmaps', 'networkpolicies', 'serviceaccounts', 'roles', 'rolebindings', 'cronjobs'],
  ...['persistentvolumeclaims', 'horizontalpodautoscalers', 'ingresses'],
];

/**
 * Everything that people declared, and the agent's own objects, each as text without what the API server or a controller
 * adds to it: equal in two clusters that are in the same state.
 */
export async function lastingObjects(plane: ControlPlane, agent: Agent): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const objects = await plane.list(KINDS.join());
  const isInstalled = objects.some(({ metadata }) => metadata.name === agent.resource);
  const units = isInstalled ? await plane.list(agent.resource, agent.namespace) : [];
  const present = new Set(units.map(({ metadata }) => metadata.name));
  for (const object of objects) {
    const { name, namespace, labels = {} } = object.metadata;
    // The cluster's own.
    if (namespace?.startsWith('kube-') || name.startsWith('system:') || OWN.has(name)) continue;
    // Flux leaves accounts and rights of units that are gone (decision 14): nothing makes them anew.
    const unit = `${labels['cdk8s-gitops/environment']}.${labels['cdk8s-gitops/application']}`;
    if (labels['cdk8s-gitops/part'] === 'unit' && !present.has(unit)) continue;
    found.set([object.kind, ...(namespace === undefined ? [] : [namespace]), name].join(' '), textOf(object));
  }
  for (const unit of units) found.set(`unit ${unit.metadata.name}`, textOf(unit));
  return found;
}

/** The API server's own, wherever they are. */
const OWN = new Set(['kube-root-ca.crt', 'kubernetes']);

const VOLATILE = /^(clusterIPs?|volumeName|nodePort|caBundle|healthCheckNodePort|ca\.crt|operation|storedVersions)$/;
const ADDED =
  /^(deployment\.kubernetes\.io|pv\.kubernetes\.io|volume\.(beta\.)?kubernetes\.io|autoscaling\.alpha|reconcile\.fluxcd\.io|argocd\.argoproj\.io\/(refresh|deletion-approved))/;

function textOf({ status: _, metadata, ...rest }: KubernetesObject): string {
  const { name, namespace, labels, annotations = {} } = metadata;
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !ADDED.test(key)));
  return JSON.stringify({ ...rest, metadata: { name, namespace, labels, annotations: kept } }, sorted);
}

/** Keys in order, and what differs from cluster to cluster left out. */
function sorted(key: string, value: unknown): unknown {
  if (VOLATILE.test(key)) return undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
