import { apiGroup } from '../../model/manifest';
import type { GateGroup } from '../family';
import type { GateObject } from '../issue';
import { type Fields, fields, labels, text } from './values';
import { type Workload, workloadOf } from './workload';

/** API groups besides those of Kubernetes itself whose objects make no pods, Services, ConfigMaps or accounts of their own. */
const INERT_GROUPS: ReadonlySet<string> = new Set([
  'cilium.io',
  'configuration.konghq.com',
  'gateway.networking.k8s.io',
  'keda.sh',
  'kyverno.io',
  'metallb.io',
  'networking.istio.io',
  'security.istio.io',
  'source.toolkit.fluxcd.io',
  'traefik.io',
  'velero.io',
]);
/** Groups whose objects make Secrets and nothing else that rules look for. */
const INERT_KINDS: ReadonlySet<string> = new Set([
  'bitnami.com/SealedSecret',
  'cert-manager.io/Certificate',
  'cert-manager.io/ClusterIssuer',
  'cert-manager.io/Issuer',
  'external-secrets.io/ClusterSecretStore',
  'external-secrets.io/ExternalSecret',
  'external-secrets.io/PushSecret',
  'external-secrets.io/SecretStore',
  'monitoring.coreos.com/PodMonitor',
  'monitoring.coreos.com/Probe',
  'monitoring.coreos.com/PrometheusRule',
  'monitoring.coreos.com/ServiceMonitor',
]);

/** An object of a unit, and how to find it. */
export interface Member {
  readonly object: GateObject;
  readonly manifest: Fields;
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  /** Where it will be; empty when that is not known. */
  readonly namespace: string;
}

/** The objects of a group, by what they are. */
export class Unit {
  readonly members: readonly Member[];
  readonly workloads: readonly Workload[];
  private readonly byName = new Map<string, Member[]>();
  private readonly byKind = new Map<string, Member[]>();
  private readonly byLabel = new Map<string, Workload[]>();
  private readonly bySecret = new Map<string, Member[]>();
  private budgeted?: ReadonlySet<Workload>;
  /** Things that are referred to may come from elsewhere: made by custom resources, or there already. */
  readonly isOpen: boolean;

  constructor(readonly group: GateGroup) {
    this.members = group.objects.flatMap((object) => {
      const manifest = object.manifest as Fields;
      const { apiVersion, kind, metadata } = manifest;
      if (typeof kind !== 'string' || typeof apiVersion !== 'string') return [];
      const { name, namespace } = fields(metadata);
      const place = text(namespace) === '' ? (group.namespace ?? '') : text(namespace);
      return [{ object, manifest, group: apiGroup(apiVersion), kind, name: text(name), namespace: place }];
    });
    for (const member of this.members) {
      add(this.byName, `${member.kind}/${member.namespace}/${member.name}`, member);
      add(this.byKind, member.kind, member);
    }
    this.workloads = this.members.flatMap(({ object, namespace }) => workloadOf(object, namespace) ?? []);
    for (const workload of this.workloads) {
      for (const [key, value] of Object.entries(workload.labels)) {
        add(this.byLabel, `${workload.namespace}/${key}=${value}`, workload);
      }
    }
    for (const member of this.ofKind('ExternalSecret')) {
      const target = text(fields(fields(member.manifest.spec).target).name);
      add(this.bySecret, `${member.namespace}/${target === '' ? member.name : target}`, member);
    }
    this.isOpen = group.ownsNamespace === false || this.members.some(mayCreate);
  }

  /** Objects of one kind and name in a namespace: several, when a folder holds variants. */
  find(kind: string, namespace: string, name: string): readonly Member[] {
    return this.byName.get(`${kind}/${namespace}/${name}`) ?? [];
  }

  ofKind(kind: string): readonly Member[] {
    return this.byKind.get(kind) ?? [];
  }

  /** Workloads whose pods have all the labels. */
  selected(namespace: string, wanted: Readonly<Record<string, string>>): readonly Workload[] {
    const entries = Object.entries(wanted);
    // Any of the labels leads to all that may have them: the one that fewest have.
    const candidates = entries.map(([key, value]) => this.byLabel.get(`${namespace}/${key}=${value}`) ?? []);
    const [fewest = []] = candidates.sort((a, b) => a.length - b.length);
    return fewest.filter((workload) => entries.every(([key, value]) => workload.labels[key] === value));
  }

  /** What makes a Secret of the name: the Secret itself, encrypted, or what a controller makes it from. */
  secrets(namespace: string, name: string): readonly Member[] {
    const external = this.bySecret.get(`${namespace}/${name}`) ?? [];
    return [...this.find('Secret', namespace, name), ...this.find('SealedSecret', namespace, name), ...external];
  }

  /** Workloads that a PodDisruptionBudget is for, as far as its selector tells. */
  isBudgeted(workload: Workload): boolean {
    this.budgeted ??= new Set(
      this.ofKind('PodDisruptionBudget').flatMap(({ manifest, namespace }) => {
        const { matchLabels, matchExpressions } = fields(fields(manifest.spec).selector);
        if (matchExpressions !== undefined) return this.workloads.filter((each) => each.namespace === namespace);
        return this.selected(namespace, labels(matchLabels));
      }),
    );
    return this.budgeted.has(workload);
  }
}

function mayCreate({ group, kind }: Member): boolean {
  if (group === '' || !group.includes('.') || (group.endsWith('.k8s.io') && !group.endsWith('.x-k8s.io'))) return false;
  return !INERT_GROUPS.has(group) && !INERT_KINDS.has(`${group}/${kind}`);
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const same = map.get(key);
  if (same) same.push(value);
  else map.set(key, [value]);
}
