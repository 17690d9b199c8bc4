import type { Problem } from '../errors';
import { imagesOf } from '../model/images';
import { layout } from '../model/layout';
import { DEFAULT_SETTLE, type Move } from '../model/move';
import { DEFAULT_POD_SECURITY, type PodSecurity } from '../model/pod-security';
import { serializeRecord } from '../model/record';
import { isClusterScoped } from '../model/scopes';
import { recordOf, type Section, type UnitOwner } from '../model/section';
import type { Operator } from '../operators/operator';
import { protect } from '../operators/protection';
import type { UnitOrder } from './dependencies';
import { flatTreeId, manifestFiles } from './files';
import type { GatedUnit, SynthesisGate } from './gate';
import { registrationFiles } from './registration';
import type { RenderedObject } from './render';
import type { DeclaredUnit } from './walk';

/** What a unit's section is made from. */
export interface UnitInput {
  readonly platform: string;
  readonly unit: DeclaredUnit;
  readonly source: string;
  readonly operator: Operator;
  readonly repository: { readonly url: string; readonly branch: string };
  readonly objects: readonly RenderedObject[];
  readonly order: UnitOrder;
  readonly depth: number;
  readonly gate: SynthesisGate;
  /** Nobody else puts anything into the namespace of the unit. */
  readonly ownsNamespace: boolean;
}

/** Namespace of the unit's objects that name none. */
export function namespaceOf({ application, environment }: Pick<DeclaredUnit, 'application' | 'environment'>): string {
  return application.namespace ?? `${environment.name}-${application.name}`;
}

export function ownerOf({ application, environment }: DeclaredUnit): UnitOwner {
  return {
    kind: 'unit',
    environment: environment.name,
    application: application.name,
    cluster: environment.cluster.name,
  };
}

/** Renders a unit: its objects, its registration with the operator, its release record. */
export function unitSection(input: UnitInput, problems: Problem[]): Section {
  const { unit, operator, source } = input;
  const environment = unit.environment.name;
  const application = unit.application.name;
  const owner = ownerOf(unit);
  const folder = layout.unitFolder(environment, application);
  const namespace = namespaceOf(unit);
  const kept = input.objects.map((object) => {
    const manifest = protect(object.manifest);
    return manifest === object.manifest ? object : { ...object, manifest };
  });
  const { objects, defaultsNamespace } = placeInNamespace(kept, namespace);
  const manifests = manifestFiles(folder, objects, problems);
  input.gate.unit(gatedUnit(input, folder, manifests));

  const files = new Map<string, string>();
  for (const { name, content } of manifests) files.set(`${folder}/${name}`, content);
  const written = manifests.map(({ manifest }) => manifest);
  const brings = written.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === namespace);
  const registration = registrationFiles(
    {
      ...input,
      owner,
      namespace,
      defaultsNamespace,
      hasOwnNamespace: (unit.application.namespace === undefined || inheritsNamespace(unit)) && !brings,
      manifests: written,
    },
    problems,
  );
  for (const [path, text] of registration) files.set(path, text);
  const record = recordOf(owner);
  files.set(
    record,
    serializeRecord({
      kind: 'Release',
      environment,
      application,
      cluster: owner.cluster,
      namespace,
      images: imagesOf(written),
      source: { repository: source },
      // What the operator is told has a record of its own: this one is the same whichever operator it is.
      content: { [folder]: flatTreeId(manifests) },
    }),
  );
  return { owner, source, record, files, ...movesOf(unit, operator) };
}

/** The level of the namespace that the unit has by default is known; that of another one only if it is declared. */
function podSecurityOf({ application, environment }: DeclaredUnit): PodSecurity | undefined {
  return environment.podSecurity ?? (application.namespace === undefined ? DEFAULT_POD_SECURITY : undefined);
}

function gatedUnit({ unit, ownsNamespace }: UnitInput, folder: string, files: GatedUnit['files']): GatedUnit {
  const { application, environment } = unit;
  return {
    folder,
    files,
    environment: environment.name,
    application: application.name,
    cluster: environment.cluster.name,
    stage: environment.stage,
    namespace: namespaceOf(unit),
    kubernetesVersion: environment.cluster.kubernetesVersion,
    group: { ownsNamespace, podSecurity: podSecurityOf(unit) },
  };
}

/** A whole application that came under another name keeps the namespace that was its own under the old one. */
export function inheritsNamespace({ application, environment }: DeclaredUnit): boolean {
  return application.moves.some(
    ({ from, kind, name }) =>
      kind === undefined &&
      name === undefined &&
      application.namespace === `${from.environment ?? environment.name}-${from.application}`,
  );
}

function movesOf({ application, environment }: DeclaredUnit, { keep }: Operator): { moves?: readonly Move[] } {
  if (application.moves.length === 0) return {};
  const moves = application.moves.map(({ from, kind, name, settle }) => ({
    from: { environment: from.environment ?? environment.name, application: from.application },
    ...(kind === undefined ? {} : { kind }),
    ...(name === undefined ? {} : { name }),
    settle: settle ?? DEFAULT_SETTLE,
    keep,
  }));
  return { moves };
}

/**
 * Objects that name no namespace get theirs from the operator, so that manifests are the same in each environment.
 * Flux can only give all of a unit's objects a namespace or none; where some have one, the others get it here.
 */
function placeInNamespace(objects: readonly RenderedObject[], namespace: string) {
  const without = ({ manifest }: RenderedObject) =>
    manifest.metadata.namespace === undefined && !isClusterScoped(manifest);
  const some = objects.some(({ manifest }) => manifest.metadata.namespace !== undefined);
  if (!some) return { objects, defaultsNamespace: objects.some(without) };
  const placed = objects.map((object) =>
    without(object)
      ? { ...object, manifest: { ...object.manifest, metadata: { ...object.manifest.metadata, namespace } } }
      : object,
  );
  return { objects: placed, defaultsNamespace: false };
}
