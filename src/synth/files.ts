import type { Problem } from '../errors';
import { blobId, treeId } from '../model/git-objects';
import { apiGroup, type Manifest } from '../model/manifest';
import { emitYaml } from '../yaml/emit';
import { orderManifest } from '../yaml/order';
import type { RenderedObject } from './render';

/** The longest file name that common file systems take, in bytes. */
const MAX_FILE_NAME = 255;

/** A manifest as a file of a folder. */
export interface ManifestFile {
  readonly name: string;
  readonly content: string;
  readonly manifest: Manifest;
  /** Construct path. */
  readonly path: string;
  /** Git id of the content. */
  readonly id: string;
}

/** An object whose text is there already. */
export interface WrittenObject extends RenderedObject {
  readonly content?: string;
  readonly id?: string;
}

/**
 * One file for each object, named `<kind>-<name>.yaml`. Where several objects share kind and name, group or namespace
 * is added to all of them, whichever tells them apart; names never depend on the order of the objects.
 *
 * @param folder path in the repository, for messages
 * @param problems receives objects that still meet on one path, and values that YAML cannot say
 */
export function manifestFiles(folder: string, objects: readonly WrittenObject[], problems: Problem[]): ManifestFile[] {
  const groups = new Map<string, WrittenObject[]>();
  for (const object of objects) {
    const key = fileName(object.manifest, {});
    const same = groups.get(key);
    if (same) same.push(object);
    else groups.set(key, [object]);
  }
  const files: ManifestFile[] = [];
  const writers = new Map<string, string>();
  for (const same of groups.values()) {
    const distinct = {
      group: differ(same, ({ apiVersion }) => apiGroup(apiVersion)),
      namespace: differ(same, ({ metadata }) => metadata.namespace ?? ''),
    };
    for (const { manifest, path, content: written, id } of same) {
      const name = fileName(manifest, distinct);
      const earlier = writers.get(name);
      if (earlier !== undefined) {
        const both = earlier === path ? 'the construct renders it twice' : `${earlier} renders it too`;
        const message = `${manifest.kind} ${manifest.metadata.name} would be written to ${folder}/${name}, and ${both}: rename one of them`;
        problems.push({ where: path, message, code: 'PATH_COLLISION' });
        continue;
      }
      writers.set(name, path);
      const content = written ?? emit(manifest, path, problems);
      if (content !== undefined) files.push({ name, content, manifest, path, id: id ?? blobId(content) });
    }
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Git id of the folder that holds the files. */
export function flatTreeId(files: readonly ManifestFile[]): string {
  return treeId(files.map(({ name, id }) => ({ mode: '100644', name, id })));
}

function emit(manifest: Manifest, path: string, problems: Problem[]): string | undefined {
  try {
    return emitYaml(orderManifest(manifest));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    problems.push({ where: path, message, code: 'YAML_UNREPRESENTABLE' });
    return undefined;
  }
}

function differ(objects: readonly RenderedObject[], by: (manifest: Manifest) => string): boolean {
  return objects.length > 1 && new Set(objects.map(({ manifest }) => by(manifest))).size > 1;
}

function fileName(manifest: Manifest, distinct: { group?: boolean; namespace?: boolean }): string {
  const { apiVersion, kind, metadata } = manifest;
  const group = distinct.group ? apiGroup(apiVersion) : '';
  const namespace = distinct.namespace ? (metadata.namespace ?? '') : '';
  const parts = [group ? `${kind}.${group}` : kind, ...(namespace ? [namespace] : []), metadata.name];
  // Names of RBAC objects hold colons and capitals, which some file systems cannot tell apart or do not take.
  const name = parts
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, '_');
  return `${name.slice(0, MAX_FILE_NAME - '.yaml'.length)}.yaml`;
}
