import type { Manifest } from '../../model/manifest';
import { apiGroup } from '../../model/manifest';
import type { SectionRecord } from '../../model/record';
import { isClusterScoped } from '../../model/scopes';
import { isBookkeeping, recordOf, type SectionOwner, sectionFlag } from '../../model/section';
import type { DesiredSection } from '../desired';
import { objectsIn } from '../objects-of-files';
import type { FileChange, SectionChange } from '../plan';
import type { Planned } from '../planning';
import type { Repository } from '../repository';
import { shown } from './names';

/** A Kubernetes object in a section's file, or the file itself where it holds none that can be read. */
export interface PlacedObject {
  readonly owner: SectionOwner;
  readonly path: string;
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  /** Where in the cluster it lives; empty when it is cluster-scoped, or nobody knows. */
  readonly namespace: string;
  /** What makes it the same object, wherever its file lies. */
  readonly key: string;
  readonly manifest?: Manifest;
}

/** What becomes of the objects of the sections that change. */
export interface ObjectChanges {
  /** Objects that no file holds any more. */
  readonly deleted: readonly PlacedObject[];
  /** Objects that another section holds from now on. */
  readonly moved: readonly { readonly object: PlacedObject; readonly to: PlacedObject }[];
  /** Objects like those that are deleted that were not there before. */
  readonly added: readonly PlacedObject[];
}

/** Where the objects of a section live. */
interface Place {
  readonly cluster: string;
  /** Namespace of objects that name none. */
  readonly namespace: string;
}

/** Starts what stands for the namespace of a unit that does not say where its objects are. */
const UNKNOWN = '?';

/** `dev/postgres/PersistentVolumeClaim/data`: an object in errors and acknowledgements. */
export function objectName({ owner, kind, name }: PlacedObject): string {
  return `${sectionFlag(owner)}/${shown(kind)}/${shown(name)}`;
}

/** Files of these kinds may lose their object by a change alone: their namespace, say. Synthesis calls files by kind. */
const WATCHED = /\/(?:namespace|customresourcedefinition|persistentvolumeclaim|statefulset)[.-][^/]*$/;

/** How many new objects of a section are compared with those that go. */
const MAX_ADDED = 200;

/**
 * Compares the objects that the changed sections hold at the tip with those that they are to hold. It reads the files
 * that go, and what has to be known of the others; nothing when no file goes.
 */
export async function findObjectChanges(
  { plan, scope, records }: Planned,
  repository: Pick<Repository, 'readBlobs'>,
): Promise<ObjectChanges> {
  const desired = new Map(scope.desired.map((section) => [section.recordPath, section]));
  const changed = plan.sections
    .filter(({ change }) => change !== 'unchanged')
    .map((change) => {
      const record = records.get(recordOf(change.owner));
      return new ChangedSection(change, desired.get(recordOf(change.owner)), record);
    });

  const ids = changed
    .flatMap((section) => section.leaving.map(({ before }) => before))
    .filter((id) => id !== undefined);
  const relocated = changed.filter(({ isRelocated }) => isRelocated);
  if (ids.length === 0 && relocated.length === 0) return { deleted: [], moved: [], added: [] };
  const blobs = await repository.readBlobs(ids);

  const going: PlacedObject[] = [];
  for (const section of changed) going.push(...section.before(blobs));
  const names = new Set(going.map(({ name }) => name));
  const kinds = new Map<SectionOwner, Set<string>>();
  for (const { owner, kind } of going) kinds.set(owner, (kinds.get(owner) ?? new Set()).add(kind));
  const coming = new Map<string, PlacedObject[]>();
  for (const section of changed) {
    for (const object of section.after(names, kinds.get(section.change.owner) ?? new Set())) {
      coming.set(object.key, [...(coming.get(object.key) ?? []), object]);
    }
  }

  const deleted: PlacedObject[] = [];
  const moved: { object: PlacedObject; to: PlacedObject }[] = [];
  const there = new Set(going.map(({ key }) => key));
  for (const object of going) {
    const holders = coming.get(object.key);
    const [first] = holders ?? [];
    if (first === undefined) deleted.push(object);
    else if (!holders?.some(({ owner }) => owner === object.owner)) moved.push({ object, to: first });
  }
  const added = [...coming.values()].flat().filter(({ key }) => !there.has(key));
  return { deleted, moved, added };
}

class ChangedSection {
  /** Files that go, and those whose object may. */
  readonly leaving: readonly FileChange[];
  /** All of a unit's objects are to live elsewhere, whether their files change or not. */
  readonly isRelocated: boolean;
  private readonly old: Place;
  private readonly place: Place;

  constructor(
    readonly change: SectionChange,
    private readonly section: DesiredSection | undefined,
    record: SectionRecord | undefined,
  ) {
    const { owner, files } = change;
    this.place = placeOf(owner, section?.record);
    this.old = record === undefined ? this.place : placeOf(ownerThen(owner, record), record, this.place);
    this.isRelocated =
      section !== undefined &&
      record !== undefined &&
      (this.old.cluster !== this.place.cluster ||
        (this.old.namespace !== this.place.namespace && !this.place.namespace.startsWith(UNKNOWN)));
    const owners = record === undefined ? [owner] : [owner, ownerThen(owner, record)];
    this.leaving = files.filter(
      ({ path, change: kind }) =>
        !owners.some((each) => isBookkeeping(each, path)) &&
        (kind === 'removed' ||
          (kind === 'changed' && (this.isRelocated || owner.kind === 'folder' || WATCHED.test(path)))),
    );
  }

  /** Objects that files hold which go, or may lose theirs. */
  before(blobs: ReadonlyMap<string, Buffer>): PlacedObject[] {
    const { owner } = this.change;
    const found = this.leaving.flatMap(({ path, before }) => {
      const body = before === undefined ? undefined : blobs.get(before);
      return placed(owner, path, body, this.old);
    });
    if (!this.isRelocated || this.section === undefined) return found;
    const changing = new Set(this.change.files.map(({ path }) => path));
    for (const [path, content] of this.contents()) {
      if (!changing.has(path)) found.push(...placed(owner, path, content, this.old));
    }
    return found;
  }

  /**
   * Objects that are new here, or in a file that changes.
   * @param names of the objects that go anywhere
   * @param kinds of the objects that go from here
   */
  after(names: ReadonlySet<string>, kinds: ReadonlySet<string>): PlacedObject[] {
    const { owner, files } = this.change;
    const changes = new Map(files.map((file) => [file.path, file.change]));
    const found: PlacedObject[] = [];
    let similar = 0;
    for (const [path, content] of this.contents()) {
      const change = changes.get(path);
      if (change === undefined && !this.isRelocated) continue;
      const text = typeof content === 'string' ? content : Buffer.from(content).toString('utf8');
      // Reading a file takes a hundred times as long as looking whether that could be of any use.
      const isNamed = mayHold(text, names);
      const isSimilar = change === 'added' && kinds.size > 0 && similar < MAX_ADDED && kindsIn(text, kinds);
      if (isSimilar) similar++;
      if (isNamed || isSimilar) found.push(...placed(owner, path, content, this.place));
    }
    return found;
  }

  private *contents(): Generator<readonly [path: string, content: string | Uint8Array]> {
    if (this.section === undefined) return;
    for (const [path, content] of this.section.section.files) {
      if (!isBookkeeping(this.change.owner, path)) yield [path, content];
    }
  }
}

function placed(
  owner: SectionOwner,
  path: string,
  content: string | Uint8Array | undefined,
  place: Place,
): PlacedObject[] {
  const manifests = content === undefined || !/\.(?:ya?ml|json)$/.test(path) ? undefined : objectsIn(content);
  if (manifests === undefined) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return [{ owner, path, group: '', kind: 'file', name, namespace: '', key: `file ${path}` }];
  }
  return manifests.map((manifest) => placeObject(owner, path, manifest, place));
}

/** An object of a section, and where it lives. */
export function placeObject(owner: SectionOwner, path: string, manifest: Manifest, place: Place): PlacedObject {
  const group = apiGroup(manifest.apiVersion);
  const { kind } = manifest;
  const { name } = manifest.metadata;
  const namespace = isClusterScoped(manifest) ? '' : (manifest.metadata.namespace ?? place.namespace);
  const key = [place.cluster, group, kind, namespace, name].join('\0');
  return { owner, path, group, kind, name, namespace, key, manifest };
}

/**
 * Where a section's objects live, by its record.
 * @param otherwise what is taken where the record of an earlier version does not say
 */
export function placeOf(owner: SectionOwner, record: SectionRecord | undefined, otherwise?: Place): Place {
  if (owner.kind === 'folder') return { cluster: '', namespace: '' };
  if (owner.kind !== 'unit') return { cluster: owner.cluster, namespace: '' };
  const { cluster, environment, application } = owner;
  const named = record?.kind === 'Release' ? record.namespace : undefined;
  // Nobody else's objects are to be taken for those of a unit that does not say where its own are.
  return { cluster, namespace: named ?? otherwise?.namespace ?? `${UNKNOWN}${environment}/${application}` };
}

/** The owner as the record has it: it may have been on another cluster. */
export function ownerThen(owner: SectionOwner, record: SectionRecord): SectionOwner {
  if (owner.kind === 'folder' || owner.kind === 'cluster' || record.kind === 'Folder') return owner;
  return { ...owner, cluster: record.cluster };
}

function mayHold(text: string, names: ReadonlySet<string>): boolean {
  let seen = false;
  for (const [, name = ''] of text.matchAll(/^[ \t-]*["']?name["']?[ \t]*:[ \t]*["']?([^"'\s#,}]*)/gm)) {
    if (names.has(name)) return true;
    seen = true;
  }
  // Whatever is not written line by line has to be read.
  return !seen || text.includes('{"') || text.includes('\\');
}

function kindsIn(text: string, kinds: ReadonlySet<string>): boolean {
  for (const kind of kinds) if (text.includes(kind)) return true;
  return false;
}
