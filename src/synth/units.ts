import type { Problem } from '../errors';
import { blobId } from '../model/git-objects';
import { imagesOf } from '../model/images';
import { layout } from '../model/layout';
import type { Manifest } from '../model/manifest';
import { DEFAULT_SETTLE, type Move } from '../model/move';
import { serializeRecord } from '../model/record';
import { isClusterScoped } from '../model/scopes';
import { recordOf, type Section, type UnitOwner } from '../model/section';
import { type Operator, type UnitRegistration, unitLabels } from '../operators/operator';
import { emitYaml } from '../yaml/emit';
import { orderManifest } from '../yaml/order';
import type { UnitOrder } from './dependencies';
import { flatTreeId, manifestFiles } from './files';
import type { RenderedObject } from './render';
import type { DeclaredUnit } from './walk';

/** What a unit's section is made from. */
export interface UnitInput {
  readonly unit: DeclaredUnit;
  readonly source: string;
  readonly operator: Operator;
  readonly repository: { readonly url: string; readonly branch: string };
  readonly objects: readonly RenderedObject[];
  readonly order: UnitOrder;
  readonly depth: number;
}

/** Namespace of the unit's objects that name none. */
export function namespaceOf({ application, environment }: DeclaredUnit): string {
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
  const { unit, operator, repository, source } = input;
  const environment = unit.environment.name;
  const application = unit.application.name;
  const cluster = unit.environment.cluster.name;
  const owner = ownerOf(unit);
  const folder = layout.unitFolder(environment, application);
  const namespace = namespaceOf(unit);
  const { objects, defaultsNamespace } = placeInNamespace(input.objects, namespace);
  const manifests = manifestFiles(folder, objects, problems);

  const registration = {
    environment,
    application,
    repository,
    path: folder,
    namespace,
    defaultsNamespace,
    dependsOn: [...(input.order.get(unit) ?? [])]
      .map((on) => ({ environment: on.environment.name, application: on.application.name }))
      .sort((a, b) => compare(a.environment, b.environment) || compare(a.application, b.application)),
    depth: input.depth,
    adopts: unit.application.moves.length > 0,
  };
  const files = new Map<string, string>();
  for (const { name, content } of manifests) files.set(`${folder}/${name}`, content);
  const content: Record<string, string> = {
    [folder]: flatTreeId(manifests),
  };
  const register = (path: string, manifest: Manifest) => {
    const text = emitYaml(orderManifest(manifest));
    files.set(path, text);
    content[path] = blobId(text);
  };
  register(layout.registration(cluster, environment, application), operator.registerUnit(registration));
  const brings = manifests.some(
    ({ manifest }) => manifest.kind === 'Namespace' && manifest.metadata.name === namespace,
  );
  if ((unit.application.namespace === undefined || inheritsNamespace(unit)) && !brings) {
    register(layout.namespace(cluster, environment, application), ownNamespace(registration, operator));
  }
  const record = recordOf(owner);
  files.set(
    record,
    serializeRecord({
      kind: 'Release',
      environment,
      application,
      cluster,
      namespace,
      images: imagesOf(manifests.map(({ manifest }) => manifest)),
      source: { repository: source },
      content,
    }),
  );
  return { owner, source, record, files, ...movesOf(unit, operator) };
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

/** A namespace holds whatever the unit keeps: it does not go just because a line of code does. */
function ownNamespace(unit: UnitRegistration, { protection }: Operator): Manifest {
  const metadata = { name: unit.namespace, labels: unitLabels(unit), annotations: protection };
  return { apiVersion: 'v1', kind: 'Namespace', metadata };
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

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
