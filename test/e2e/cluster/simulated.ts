import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentFolder } from '../../helpers/agents';

/** What there would be below and beside a control plane: nodes, volumes, an ingress controller. */

export const NODE = `apiVersion: v1
kind: Node
metadata:
  name: node-1
  annotations:
    kwok.x-k8s.io/node: fake
  labels:
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    kubernetes.io/hostname: node-1
`;
const CAPACITY = { cpu: '1000', memory: '4Ti', pods: '10000', 'ephemeral-storage': '1Ti' };
export const NODE_STATUS = JSON.stringify({ status: { allocatable: CAPACITY, capacity: CAPACITY } });

/** Volumes for whoever claims some: nobody makes them on demand. They hold nothing. */
export const STORAGE = [
  `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: standard, annotations: { storageclass.kubernetes.io/is-default-class: "true" } }
provisioner: kubernetes.io/no-provisioner
`,
  ...Array.from(
    { length: 20 },
    (_, index) => `apiVersion: v1
kind: PersistentVolume
metadata: { name: volume-${index + 1} }
spec:
  storageClassName: standard
  accessModes: [ReadWriteOnce, ReadOnlyMany, ReadWriteMany]
  capacity: { storage: 100Gi }
  persistentVolumeReclaimPolicy: Retain
  hostPath: { path: /nonexistent }
`,
  ),
].join('---\n');

/** The stages that come with kwok: nodes that are ready, pods that run and become ready at once. */
export function stages(): string {
  const root = join(agentFolder('kwok'), 'data', 'kustomize', 'stage');
  const folders = ['node/fast', 'node/heartbeat', 'pod/fast'];
  const own = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml')
      .map((name) => readFileSync(join(root, folder, name), 'utf8')),
  );
  return [...own, INGRESS].join('\n---\n');
}

/** What an ingress controller does: every Ingress has an address. */
const INGRESS = `apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: { name: ingress-address }
spec:
  resourceRef: { apiGroup: networking.k8s.io/v1, kind: Ingress }
  selector:
    matchExpressions:
      - { key: .status.loadBalancer.ingress, operator: DoesNotExist }
  next:
    statusTemplate: |
      loadBalancer:
        ingress:
          - ip: 192.0.2.1
`;
