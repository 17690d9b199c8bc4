import { hash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type ErrorCode, GitOpsError } from '../errors';
import type { VendorPin } from '../model/vendor-lock';
import { imagesIn, isBefore, type OperatorRelease } from '../operators/release';
import { OPERATOR_RELEASES } from '../operators/releases';
import { checkRelease, isVersion } from '../synth/release/check';
import { NoRelease, type ReleaseDocument, readRelease } from '../synth/release/documents';
import type { VerbOptions } from './host';
import { type DownloadOptions, download, withoutQuery } from './vendor-download';
import { VendorFolder } from './vendor-files';

export interface VendorOptions extends VerbOptions {
  /** Kind of the operator, e.g. `argo-cd`. */
  readonly operator: string;
  /** Version, e.g. `3.5.1`. */
  readonly version: string;
  /** Another manifest of the same version, e.g. `ha`. @default - the usual one */
  readonly variant?: string;
  /** URL or path of the manifest. @default - where its project publishes it */
  readonly from?: string;
  /** What the manifest has to be. @default - what the lock file says of this version, else whatever comes */
  readonly sha256?: string;
  /** Folder for the manifest, in the project. @default vendor */
  readonly output?: string;
  /** Keep other versions of the operator that are pinned. @default false */
  readonly keep?: boolean;
  /** How it is downloaded, for tests. */
  readonly http?: Pick<DownloadOptions, 'fetch' | 'timeout' | 'limit'>;
}

export interface VendorResult extends VendorPin {
  /** What happened to the pin of the operator. */
  readonly change: 'added' | 'changed' | 'unchanged';
  /** Pins that it took the place of. */
  readonly replaced: readonly { readonly file: string; readonly version: string }[];
  readonly objects: number;
  readonly images: readonly string[];
  /** Against the version that it took the place of, where that is still there: `kind/name` of objects. */
  readonly difference?: {
    readonly from: string;
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
}

/**
 * Brings an operator's release manifest into the source repository, and pins it in the lock file. Nothing is downloaded
 * when it is there already.
 * @throws GitOpsError USAGE, VENDOR_UNREACHABLE, VENDOR_MISMATCH, VENDOR_INVALID, OUTPUT_FOREIGN_FILES, OUTPUT_UNWRITABLE;
 *   nothing is changed then
 */
export async function vendor(options: VendorOptions): Promise<VendorResult> {
  const { cwd = process.cwd(), host, signal, output = 'vendor', variant, from, keep = false } = options;
  const release = releaseOf(options.operator);
  const version = versionOf(options.version, release);
  checkVariant(variant, release);
  const wanted = hashOf(options.sha256);
  const folder = new VendorFolder(resolve(cwd));
  const file = folder.pathOf(`${output}/${[release.kind, version, variant].filter(Boolean).join('-')}.yaml`);
  const pins = folder.pins();
  const known = pins.find((pin) => pin.file === file);

  const present = from === undefined && known ? folder.pinned(known) : undefined;
  if (known && present && (wanted === undefined || wanted === known.sha256)) {
    const { documents } = checked(present, known.file, release, version);
    return { ...known, change: 'unchanged', replaced: [], ...summaryOf(documents) };
  }
  const origin = from ?? release.location(version, variant);
  const isUrl = /^[a-z][a-z0-9+.-]+:\/\//i.test(origin);
  const shown = isUrl ? withoutQuery(origin) : origin;
  host?.progress?.({ phase: 'fetch', message: `${isUrl ? 'downloading' : 'reading'} ${shown}` });
  const expected = wanted ?? known?.sha256;
  const content = isUrl
    ? await download(origin, { ...options.http, signal, isPinned: expected !== undefined })
    : localFile(resolve(cwd, origin), origin);
  const sha256 = hash('sha256', content, 'hex');
  if (expected !== undefined && sha256 !== expected) {
    const remedy =
      wanted === undefined
        ? `it has changed since it was pinned: if that is right, run the command again with --sha256 ${sha256}`
        : 'take it from somewhere else with --from, or mend --sha256';
    throw fail('VENDOR_MISMATCH', `${shown} has the sha256 ${sha256}, not ${expected}; ${remedy}`);
  }
  const { documents } = checked(content, shown, release, version);
  signal?.throwIfAborted();

  const before = folder.read(file);
  if (before !== undefined && known === undefined && !before.equals(content)) {
    throw fail(
      'OUTPUT_FOREIGN_FILES',
      `${file} is there, and no vendored file: move it, or name another folder with --output`,
    );
  }
  const pin: VendorPin = {
    file,
    operator: release.kind,
    version,
    ...(variant === undefined ? {} : { variant }),
    sha256,
    size: content.byteLength,
    origin: shown,
  };
  const isOld = (other: VendorPin) =>
    other.operator === release.kind && other.variant === variant && other.file !== file;
  const old = keep ? [] : pins.filter(isOld);
  const difference = differenceFrom(old[0], folder, documents);
  const change = known || old.length > 0 ? 'changed' : 'added';
  const same = known !== undefined && JSON.stringify(known) === JSON.stringify(pin) && before?.equals(content) === true;
  // The file first: a run that is cut short leaves a file that is not pinned yet, and another run pins it.
  folder.write(file, content);
  folder.writeLock([...pins.filter((other) => other.file !== file && !old.includes(other)), pin]);
  for (const other of old) {
    // A file that was edited is somebody's work.
    if (folder.pinned(other)) folder.remove(other.file);
    else if (folder.read(other.file)) host?.warn?.(`${other.file} was edited, and is left where it is`);
  }
  host?.progress?.({ phase: 'done', message: `pinned ${file}` });
  return {
    ...pin,
    change: same && old.length === 0 ? 'unchanged' : change,
    replaced: old.map((other) => ({ file: other.file, version: other.version })),
    ...summaryOf(documents),
    ...(difference === undefined ? {} : { difference }),
  };
}

function releaseOf(kind: string): OperatorRelease {
  const release = OPERATOR_RELEASES.find((each) => each.kind === kind);
  if (release) return release;
  const kinds = OPERATOR_RELEASES.map((each) => each.kind).join(', ');
  throw fail('USAGE', `'${kind}' is no operator that can be vendored: there are ${kinds}`);
}

function versionOf(given: string, release: OperatorRelease): string {
  const version = given.replace(/^v/, '');
  if (!/^\d+\.\d+\.\d+(-[A-Za-z0-9.]+)?$/.test(version)) {
    throw fail('USAGE', `'${given}' is no version: write it like ${release.tested}`);
  }
  if (isBefore(version, release.minimum)) {
    const minimum = release.minimum.join('.');
    throw fail(
      'VENDOR_INVALID',
      `${release.title} ${version} is too old: vendor ${minimum} or later, e.g. ${release.tested}`,
    );
  }
  return version;
}

function checkVariant(variant: string | undefined, { variants, title }: OperatorRelease): void {
  if (variant === undefined || variants.includes(variant)) return;
  const known = variants.length === 0 ? 'has none' : `has ${variants.join(', ')}`;
  throw fail('USAGE', `'${variant}' is no variant of ${title}, which ${known}`);
}

function hashOf(given: string | undefined): string | undefined {
  const sha256 = given?.toLowerCase().replace(/^sha256:/, '');
  if (sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256)) return sha256;
  throw fail('USAGE', `'${given}' is no sha256: it has 64 hexadecimal digits`);
}

function localFile(path: string, shown: string): Buffer {
  try {
    if (statSync(path).size > MOST_LOCAL_BYTES) throw new Error('it is larger than 16 MB');
    return readFileSync(path);
  } catch (cause) {
    throw new GitOpsError('VENDOR_UNREACHABLE', `${shown} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
const MOST_LOCAL_BYTES = 16 * 1024 * 1024;

/** The objects of a manifest that is what it has to be. */
function checked(content: Buffer, shown: string, release: OperatorRelease, version: string) {
  let documents: ReleaseDocument[];
  try {
    documents = readRelease(content.toString('utf8'));
  } catch (error) {
    if (!(error instanceof NoRelease)) throw error;
    throw fail('VENDOR_INVALID', `${shown} is no release manifest of ${release.title}: ${error.message}`);
  }
  const { version: told, problems } = checkRelease(documents, release);
  const wrong = [...problems];
  if (told !== undefined && !isVersion(told, version)) wrong.push(`it is ${release.title} ${told}, not ${version}`);
  if (wrong.length > 0) throw fail('VENDOR_INVALID', `${shown}: ${wrong.join('; ')}`);
  return { documents };
}

function summaryOf(documents: readonly ReleaseDocument[]) {
  const images = new Set(documents.flatMap(({ manifest }) => imagesIn(manifest)));
  return { objects: documents.length, images: [...images].sort() };
}

function differenceFrom(
  old: VendorPin | undefined,
  folder: VendorFolder,
  documents: readonly ReleaseDocument[],
): VendorResult['difference'] {
  const content = old && folder.pinned(old);
  if (old === undefined || content === undefined) return undefined;
  const texts = (of: readonly ReleaseDocument[]) =>
    new Map(of.map((each) => [`${each.manifest.kind}/${each.manifest.metadata.name}`, JSON.stringify(each)]));
  let before: Map<string, string>;
  try {
    before = texts(readRelease(content.toString('utf8')));
  } catch {
    return undefined;
  }
  const after = texts(documents);
  return {
    from: old.version,
    added: [...after.keys()].filter((name) => !before.has(name)).sort(),
    removed: [...before.keys()].filter((name) => !after.has(name)).sort(),
    changed: [...after]
      .filter(([name, text]) => before.has(name) && before.get(name) !== text)
      .map(([name]) => name)
      .sort(),
  };
}

function fail(code: ErrorCode, message: string): GitOpsError {
  return new GitOpsError(code, message);
}
