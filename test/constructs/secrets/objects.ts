import type { Construct } from 'constructs';
import { synthesize } from '../../../src/synth/synthesize';
import { parseYaml } from '../../../src/yaml/parse';
import { filesOf } from '../../synth/platforms';

/** An object of a unit, as tests look into it. */
export interface AnyObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations?: object };
  // biome-ignore lint/suspicious/noExplicitAny: whatever the kind has
  readonly spec?: any;
}

/** Objects of all units, as they are read from the files. */
export function objectsOf(platform: Construct, kind?: string): AnyObject[] {
  const objects = Object.entries(filesOf(synthesize(platform)))
    .filter(([path]) => /^environments\/.+\/.+\//.test(path))
    .flatMap(([, text]) => parseYaml(text) as AnyObject[]);
  return kind === undefined ? objects : objects.filter((object) => object.kind === kind);
}
