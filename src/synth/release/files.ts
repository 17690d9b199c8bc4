import { GitOpsError, type Problem } from '../../errors';
import { blobId } from '../../model/git-objects';
import { apiGroup, type Manifest } from '../../model/manifest';
import { isClusterScoped } from '../../model/scopes';
import type { GroupKind, Installation, InstalledFolder, VendoredRelease } from '../../operators/operator';
import { type ManifestFile, manifestFiles, type WrittenObject } from '../files';
import { checkRelease, isVersion } from './check';
import { definitionText, NoRelease, type ReleaseDocument, readRelease } from './documents';
import type { PinnedRelease, PinnedReleases } from './pinned';

/** What a release manifest is made into, shared by all clusters that want the same of it. */
interface Read {
  readonly documents: readonly ReleaseDocument[];
  /** Definitions by the metadata that is added to them: their text is long. */
  readonly definitions: Map<string, readonly WrittenObject[]>;
  readonly folders: Map<string, readonly ManifestFile[]>;
}

/** By sha256. A program has one or two release manifests; more than a few are those of tests. */
const read = new Map<string, Read>();
const MOST_READ = 4;
const MOST_FOLDERS = 64;

/** The files of a cluster's operator folder. */
export interface OperatorFiles {
  readonly files: readonly ManifestFile[];
  readonly installed?: InstalledFolder;
}

/**
 * Makes the operator folder of a cluster: the objects of the installation, and those of its release manifest.
 * @param path construct path of the operator, for messages
 */
export function operatorFiles(
  folder: string,
  { objects, release }: Installation,
  releases: PinnedReleases,
  path: string,
  problems: Problem[],
): OperatorFiles {
  if (release === undefined) {
    return {
      files: manifestFiles(
        folder,
        objects.map((manifest) => ({ manifest, path })),
        problems,
      ),
    };
  }
  try {
    const pinned = releases.find(release.of, release.file);
    const known = knownRelease(pinned, release);
    const missing = missingComponents(known.documents, release);
    if (missing !== undefined) {
      problems.push({ where: path, message: `${pinned.pin.file}: ${missing}` });
      return { files: [] };
    }
    const files = filesOf(folder, objects, known, release, path, problems);
    return { files, installed: { path: folder, ...kindsOf(files) } };
  } catch (error) {
    if (!GitOpsError.is(error)) throw error;
    problems.push({ where: path, message: error.message, code: error.code });
    return { files: [] };
  }
}

/** The release manifest as objects, checked to be what it is pinned as. */
function knownRelease({ pin, text }: PinnedRelease, { of }: VendoredRelease): Read {
  const known = read.get(pin.sha256);
  if (known) return known;
  let documents: ReleaseDocument[];
  try {
    documents = readRelease(text);
  } catch (error) {
    if (!(error instanceof NoRelease)) throw error;
    throw new GitOpsError('VENDOR_INVALID', `${pin.file}: ${error.message}`);
  }
  const { version, problems } = checkRelease(documents, of);
  const wrong = [...problems];
  if (version !== undefined && !isVersion(version, pin.version)) {
    wrong.push(`it is ${of.title} ${version}, and pinned as ${pin.version}: vendor it anew`);
  }
  if (wrong.length > 0) throw new GitOpsError('VENDOR_INVALID', `${pin.file}: ${wrong.join('; ')}`);
  const fresh: Read = { documents, definitions: new Map(), folders: new Map() };
  keep(read, pin.sha256, fresh, MOST_READ);
  return fresh;
}

function missingComponents(documents: readonly ReleaseDocument[], release: VendoredRelease): string | undefined {
  if (release.components.length === 0) return undefined;
  const present = new Set<string>();
  for (const { manifest } of documents) {
    const component = release.componentOf(manifest);
    if (component !== undefined) present.add(component);
  }
  const missing = release.components.filter((component) => !present.has(component));
  if (missing.length === 0) return undefined;
  return `it has no ${missing.join(', ')}: the components that can be changed are ${[...present].sort().join(', ')}`;
}

function filesOf(
  folder: string,
  objects: readonly Manifest[],
  known: Read,
  release: VendoredRelease,
  path: string,
  problems: Problem[],
): readonly ManifestFile[] {
  const key = `${release.key}\n${JSON.stringify(release.definitions)}\n${JSON.stringify(objects)}`;
  const shared = known.folders.get(key);
  if (shared) return shared;
  const replaced = new Set(objects.map(nameOf));
  const others = known.documents
    .filter(({ around }) => !around)
    .flatMap(({ manifest }) => release.patch(manifest) ?? [])
    .filter((manifest) => !replaced.has(nameOf(manifest)));
  const own = [...objects, ...others].map((manifest) => ({ manifest, path }));
  const found: Problem[] = [];
  const files = manifestFiles(folder, [...definitionsOf(known, release, path), ...own], found);
  problems.push(...found);
  if (found.length === 0) keep(known.folders, key, files, MOST_FOLDERS);
  return files;
}

function definitionsOf({ documents, definitions }: Read, release: VendoredRelease, path: string) {
  const key = JSON.stringify(release.definitions);
  let written = definitions.get(key);
  if (!written) {
    written = documents
      .filter(({ around }) => around)
      .map((document) => {
        const { metadata } = document.manifest;
        const added = Object.fromEntries(
          Object.entries(release.definitions).map(([field, values]) => [
            field,
            { ...(metadata[field] as object | undefined), ...values },
          ]),
        );
        const content = definitionText(document, { ...metadata, ...added });
        return { manifest: document.manifest, path, content, id: blobId(content) };
      });
    keep(definitions, key, written, MOST_FOLDERS);
  }
  return written;
}

/** An object that is made here stands for one of the same kind and name in the release manifest. */
function nameOf({ apiVersion, kind, metadata }: Manifest): string {
  return [apiGroup(apiVersion), kind, metadata.name].join('/');
}

function kindsOf(files: readonly ManifestFile[]): Pick<InstalledFolder, 'clusterKinds' | 'namespacedKinds'> {
  const kinds = { cluster: new Map<string, GroupKind>(), namespaced: new Map<string, GroupKind>() };
  for (const { manifest } of files) {
    const kind = { group: apiGroup(manifest.apiVersion), kind: manifest.kind };
    kinds[isClusterScoped(manifest) ? 'cluster' : 'namespaced'].set(`${kind.group}/${kind.kind}`, kind);
  }
  const sorted = (map: Map<string, GroupKind>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
  return { clusterKinds: sorted(kinds.cluster), namespacedKinds: sorted(kinds.namespaced) };
}

function keep<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  const [oldest] = map.keys();
  if (map.size >= most && oldest !== undefined) map.delete(oldest);
  map.set(key, value);
}
