import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, type ApiObjectProps } from 'cdk8s';
import { Construct } from 'constructs';
import { parseYaml } from '../../yaml/parse';

export interface ManifestsProps {
  /**
   * Files of YAML or JSON, and folders of them (`.yaml`, `.yml`, `.json`, at any depth), relative to the working
   * directory.
   */
  readonly files: string | readonly string[];
}

/**
 * Plain manifests, as they are: names, namespaces and fields are kept. A file is read as Kubernetes would read it, and
 * a `List` is taken apart. What cannot be read is reported at synthesis, with everything else that is wrong.
 */
export class Manifests extends Construct {
  constructor(scope: Construct, id: string, props: ManifestsProps) {
    super(scope, id);
    const problems: string[] = [];
    this.node.addValidation({ validate: () => problems });
    for (const path of [props.files].flat()) {
      let files: string[];
      try {
        files = manifestFilesAt(path);
      } catch (error) {
        problems.push(`cannot read ${path}: ${error instanceof Error ? error.message : error}`);
        continue;
      }
      if (files.length === 0) problems.push(`${path} holds no .yaml, .yml or .json files`);
      for (const file of files) this.read(file, problems);
    }
  }

  /** The objects, in the order of the files. Patch them with `addJsonPatch`. */
  get apiObjects(): ApiObject[] {
    return this.node.children.filter((child): child is ApiObject => ApiObject.isApiObject(child));
  }

  private read(file: string, problems: string[]): void {
    let documents: unknown[];
    try {
      documents = parseYaml(readFileSync(file, 'utf8')).flatMap(itemsOf);
    } catch (error) {
      problems.push(`${file}: ${error instanceof Error ? error.message : error}`);
      return;
    }
    for (const [index, document] of documents.entries()) {
      const { apiVersion, kind, metadata } = (document ?? {}) as Partial<ApiObjectProps>;
      if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string') {
        problems.push(
          `${file}: object ${index + 1} is no Kubernetes object: it needs apiVersion, kind and metadata.name`,
        );
        continue;
      }
      const group = apiVersion.split('/').slice(0, -1);
      const id = [metadata.name, kind.toLowerCase(), metadata.namespace, ...group].filter(Boolean).join('-');
      if (this.node.tryFindChild(id)) {
        problems.push(`${file}: ${kind} ${metadata.name} is there a second time: remove one of them`);
      } else new ApiObject(this, id, document as ApiObjectProps);
    }
  }
}

function itemsOf(document: unknown): unknown[] {
  const { kind, items } = (document ?? {}) as { kind?: unknown; items?: unknown };
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)
    ? items.flatMap(itemsOf)
    : [document];
}

function manifestFilesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(path, name));
}
