import type { Problem } from '../errors';
import { blobId } from '../model/git-objects';
import { layout } from '../model/layout';
import { apiGroup, type Manifest } from '../model/manifest';
import { DEFAULT_POD_SECURITY } from '../model/pod-security';
import { serializeRegistration } from '../model/record';
import { isClusterScoped } from '../model/scopes';
import { DECRYPTION_SECRET } from '../model/secret-declaration';
import type { UnitOwner } from '../model/section';
import { type GroupKind, type Operator, type UnitRegistration, unitLabels } from '../operators/operator';
import { emitYaml } from '../yaml/emit';
import { orderManifest } from '../yaml/order';
import type { UnitOrder } from './dependencies';
import { flatTreeId, manifestFiles } from './files';
import type { SynthesisGate } from './gate';
import type { DeclaredUnit } from './walk';

/** What a unit's operator is told of it, made from what is known of the unit. */
export interface RegistrationInput {
  readonly platform: string;
  readonly unit: DeclaredUnit;
  readonly owner: UnitOwner;
  readonly operator: Operator;
  readonly repository: { readonly url: string; readonly branch: string };
  readonly order: UnitOrder;
  readonly depth: number;
  readonly gate: SynthesisGate;
  readonly namespace: string;
  readonly defaultsNamespace: boolean;
  /** The unit gets a namespace of its own. */
  readonly hasOwnNamespace: boolean;
  /** The unit's objects as they are written. */
  readonly manifests: readonly Manifest[];
}

/** Files that register a unit, their record included. */
export function registrationFiles(input: RegistrationInput, problems: Problem[]): ReadonlyMap<string, string> {
  const { unit, owner, operator, gate } = input;
  const { cluster, environment, application } = owner;
  const { path } = unit.construct.node;
  const files = new Map<string, string>();
  const content: Record<string, string> = {};
  const { registration, details = [], surroundings = [] } = operator.registerUnit(registrationOf(input));

  const file = layout.registration(cluster, environment, application);
  const text = emitYaml(orderManifest(registration));
  gate.object(file, registration, path);
  files.set(file, text);
  content[file] = blobId(text);
  const folders = [
    [layout.registrationDetails(cluster, environment, application), details],
    [layout.surroundings(cluster, environment, application), surroundings],
  ] as const;
  for (const [folder, manifests] of folders) {
    if (manifests.length === 0) continue;
    const written = manifestFiles(
      folder,
      manifests.map((manifest) => ({ manifest, path })),
      problems,
    );
    gate.place(folder, written);
    for (const { name, content: each } of written) files.set(`${folder}/${name}`, each);
    content[folder] = flatTreeId(written);
  }
  const record = serializeRegistration({ environment, application, cluster, operator: operator.kind, content });
  return files.set(layout.registrationRecord(cluster, environment, application), record);
}

function registrationOf(input: RegistrationInput): UnitRegistration {
  const { platform, unit, owner, operator, repository, manifests, namespace, defaultsNamespace, depth } = input;
  const { application, environment } = unit;
  const { cluster } = environment;
  const names = { environment: owner.environment, application: owner.application };
  const scoped = manifests.filter(isClusterScoped);
  const brought = manifests
    .filter(({ apiVersion, kind }) => apiVersion === 'v1' && kind === 'Namespace')
    .map(({ metadata }) => metadata.name)
    .sort();
  const isEncrypted = manifests.some((manifest) => 'sops' in manifest);
  return {
    platform,
    cluster: cluster.name,
    ...(cluster.operatedBy && cluster.connection ? { connection: cluster.connection } : {}),
    ...names,
    repository,
    path: layout.unitFolder(names.environment, names.application),
    namespace,
    defaultsNamespace,
    ...(input.hasOwnNamespace ? { ownNamespace: ownNamespace(input, names, operator) } : {}),
    namespaces: namespacesOf(manifests, namespace),
    ...(brought.length > 0 ? { broughtNamespaces: brought } : {}),
    clusterKinds: kindsOf(scoped),
    namespacedKinds: kindsOf(manifests.filter((manifest) => !isClusterScoped(manifest))),
    ...(isEncrypted ? { decryption: { secret: environment.sops?.decryptionSecret ?? DECRYPTION_SECRET } } : {}),
    ...(application.onRemoval === 'orphan' ? { isOrphaned: true } : {}),
    dependsOn: [...(input.order.get(unit) ?? [])]
      .map((on) => ({ environment: on.environment.name, application: on.application.name }))
      .sort((a, b) => compare(a.environment, b.environment) || compare(a.application, b.application)),
    depth,
    adopts: application.moves.length > 0,
  };
}

/** A namespace holds whatever the unit keeps: it does not go just because a line of code does. */
function ownNamespace(
  { namespace: name, unit }: RegistrationInput,
  names: { readonly environment: string; readonly application: string },
  { protection: annotations }: Operator,
): Manifest {
  const level = unit.environment.podSecurity ?? DEFAULT_POD_SECURITY;
  const labels = { ...unitLabels(names), 'pod-security.kubernetes.io/enforce': level };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels, annotations } };
}

function namespacesOf(manifests: readonly Manifest[], own: string): string[] {
  const named = manifests.flatMap((manifest) =>
    isClusterScoped(manifest) || manifest.metadata.namespace === undefined ? [] : [manifest.metadata.namespace],
  );
  return [...new Set([own, ...named])].sort();
}

function kindsOf(manifests: readonly Manifest[]): GroupKind[] {
  const kinds = new Map<string, GroupKind>();
  for (const { apiVersion, kind } of manifests) {
    const group = apiGroup(apiVersion);
    kinds.set(`${group}/${kind}`, { group, kind });
  }
  return [...kinds].sort(([a], [b]) => compare(a, b)).map(([, kind]) => kind);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
