import { GitOpsError } from '../../errors';
import { imagesOf } from '../../model/images';
import { isLabel, layout } from '../../model/layout';
import { parseRegistration, type ReleaseRecord, serializeRecord, serializeRegistration } from '../../model/record';
import {
  isBookkeeping,
  recordOf,
  registrationRecordOf,
  registrationRoots,
  rootsOf,
  type Section,
  type UnitOwner,
} from '../../model/section';
import { DesiredSection, type Stamp } from '../desired';
import { pathProblem } from '../git/names';
import { notAFile } from '../git/store';
import { objectsIn } from '../objects-of-files';
import { type PlacedObject, placeObject, placeOf } from '../policies/changes';
import { reachRoots } from '../reading';
import { type Repository, readRecord } from '../repository';

/** A unit as it is published. */
export interface PublishedUnit {
  readonly owner: UnitOwner;
  readonly record: ReleaseRecord;
  /** Its files, without the record. */
  readonly files: ReadonlyMap<string, Buffer>;
  readonly objects: readonly PlacedObject[];
}

/**
 * Reads a unit with all of its files.
 * @returns undefined when nothing of that name is published
 * @throws GitOpsError RECORD_INVALID, REMOTE_CORRUPT
 */
export async function readUnit(
  repository: Pick<Repository, 'snapshot' | 'readBlobs'>,
  { environment, application }: { readonly environment: string; readonly application: string },
): Promise<PublishedUnit | undefined> {
  const { snapshot } = repository;
  const path = layout.release(environment, application);
  await snapshot.reach([path]);
  const node = snapshot.at(path);
  if (node === undefined) return undefined;
  if (!node.mode.startsWith('100')) throw notAFile(path, node);
  const body = (await repository.readBlobs([node.id])).get(node.id) as Buffer;
  const { record, problem } = readRecord(path, body);
  if (record === undefined) throw problem;
  if (
    record.kind !== 'Release' ||
    !isLabel(record.cluster) ||
    record.environment !== environment ||
    record.application !== application
  ) {
    throw new GitOpsError('RECORD_INVALID', `${path} is the record of something else; restore it from history`);
  }
  const owner: UnitOwner = { kind: 'unit', environment, application, cluster: record.cluster };
  const roots = rootsOf(owner).filter((root) => root !== path);
  await reachRoots(roots, snapshot);
  const nodes = new Map(roots.flatMap((root) => [...snapshot.files(root)]));
  for (const [file, found] of nodes) {
    if (!found.mode.startsWith('100')) throw notAFile(file, found);
    const why = pathProblem(file);
    if (why !== undefined)
      throw new GitOpsError('REMOTE_CORRUPT', `${JSON.stringify(file)}: ${why}; remove it by hand`);
  }
  const blobs = await repository.readBlobs(new Set([...nodes.values()].map(({ id }) => id)));
  const files = new Map([...nodes].map(([file, { id }]) => [file, blobs.get(id) as Buffer] as const));
  return { owner, record, files, objects: objectsOf(owner, files, record) };
}

/** The objects of a unit's files, its own namespace included and its registration left out. */
export function objectsOf(
  owner: UnitOwner,
  files: ReadonlyMap<string, string | Uint8Array>,
  record: ReleaseRecord | undefined,
): PlacedObject[] {
  const place = placeOf(owner, record);
  return [...files].flatMap(([path, content]) =>
    isBookkeeping(owner, path)
      ? []
      : (objectsIn(content) ?? []).map((manifest) => placeObject(owner, path, manifest, place)),
  );
}

/** A section with other files than it was declared with, and the record that says so. */
export function withFiles(
  section: Section,
  files: ReadonlyMap<string, string | Uint8Array>,
  stamp: Stamp,
): DesiredSection {
  const { record: path } = section;
  const plain = new DesiredSection(
    { ...section, files: new Map([...files, [path, section.files.get(path) ?? '']]) },
    stamp,
  );
  const declared = new DesiredSection(section, stamp).record;
  if (declared.kind !== 'Release' || section.owner.kind !== 'unit') {
    throw new GitOpsError('INTERNAL', `${path} is the record of no unit, and objects move between units only`);
  }
  const idsOf = (roots: readonly string[]) =>
    Object.fromEntries(
      roots.flatMap((root) => {
        const node = plain.node(root);
        return node === undefined ? [] : [[root, node.id]];
      }),
    );
  const folder = layout.unitFolder(section.owner.environment, section.owner.application);
  const manifests = [...files].flatMap(([file, text]) =>
    file.startsWith(`${folder}/`) ? (objectsIn(text) ?? []) : [],
  );
  const record = serializeRecord({ ...declared, images: imagesOf(manifests), content: idsOf([folder]) });
  const { environment, application, cluster } = section.owner;
  const registration = registrationRecordOf(section.owner);
  const { operator } = parseRegistration(String(section.files.get(registration) ?? '')) ?? { operator: '' };
  const content = idsOf(registrationRoots(section.owner));
  const registered = serializeRegistration({ environment, application, cluster, operator, content });
  const all = new Map([...files, [registration, registered], [path, record]]);
  return new DesiredSection({ ...section, files: all }, stamp);
}

/** A unit that is published, as a section that keeps it. */
export function keptSection({ owner, record, files }: PublishedUnit, source: string): Section {
  const path = recordOf(owner);
  const { source: published, ...rest } = record;
  const text = serializeRecord({ ...rest, source: { repository: published.repository } });
  return { owner, source, record: path, files: new Map<string, string | Uint8Array>([...files, [path, text]]) };
}
