import { readFileSync } from 'node:fs';
import type { Manifest } from '../../../src/model/manifest';
import { splitYaml } from '../../../src/yaml/split';

/** What tests look at in upstream's release manifests. */

export interface Workload extends Manifest {
  readonly spec: {
    readonly replicas?: number;
    readonly template: {
      readonly spec: {
        readonly nodeSelector?: Record<string, string>;
        readonly tolerations?: readonly object[];
        readonly initContainers?: readonly { readonly image: string }[];
        readonly containers: readonly {
          readonly image: string;
          readonly args?: readonly string[];
          readonly resources?: object;
          readonly env?: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

/** A definition's text from its spec on. */
export const specOf = (text: string) => text.slice(text.indexOf('\nspec:\n'));

/** Definitions of a manifest, as text, by name. */
export function definitionsOf(file: string): Map<string, string> {
  const texts = splitYaml(readFileSync(file, 'utf8')).map(({ text }) => text);
  const definitions = texts.filter((text) => text.includes('\nkind: CustomResourceDefinition\n'));
  return new Map(definitions.map((text) => [/\n {2}name: (\S+)\nspec:/.exec(text)?.[1] ?? '', text]));
}
