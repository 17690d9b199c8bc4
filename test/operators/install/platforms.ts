import {
  Application,
  ArgoCd,
  type ArgoCdProps,
  Cluster,
  Environment,
  Flux,
  type FluxProps,
  type Platform,
} from '../../../src';
import type { Manifest } from '../../../src/model/manifest';
import { synthesize } from '../../../src/synth/synthesize';
import { parseYaml } from '../../../src/yaml/parse';
import { configMap, filesOf, newPlatform } from '../../synth/platforms';

/** A cluster with an operator, and an environment with one application. */
export function withArgoCd(props: ArgoCdProps, url?: string): Platform {
  return around((cluster) => new ArgoCd(cluster, 'argocd', props), url);
}

export function withFlux(props: FluxProps, url?: string): Platform {
  return around((cluster) => new Flux(cluster, 'flux', props), url);
}

function around(operator: (cluster: Cluster) => unknown, url = 'https://git.example.com/environments.git'): Platform {
  const platform = newPlatform({ environmentRepository: { url } });
  const cluster = new Cluster(platform, 'eu-1');
  operator(cluster);
  const dev = new Environment(platform, 'dev', { cluster });
  configMap(new Application(dev, 'api'), 'a');
  return platform;
}

export interface Rendered {
  readonly files: Record<string, string>;
  /** Objects below a folder, by file name. */
  objects(folder: string): Record<string, Manifest & { readonly spec?: never; readonly data?: Record<string, string> }>;
}

export function rendered(platform: Platform): Rendered {
  const files = filesOf(synthesize(platform));
  return {
    files,
    objects: (folder) =>
      Object.fromEntries(
        Object.entries(files)
          .filter(([path]) => path.startsWith(`${folder}/`) && !path.includes('customresourcedefinition-'))
          .map(([path, text]) => [path.slice(folder.length + 1), (parseYaml(text) as Manifest[])[0]]),
      ) as ReturnType<Rendered['objects']>,
  };
}

export const OPERATOR = 'clusters/eu-1/operator';
export const BOOTSTRAP = 'clusters/eu-1/bootstrap';
