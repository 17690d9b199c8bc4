import { ApiObject, type ApiObjectProps } from 'cdk8s';
import type { Construct } from 'constructs';
import { ArgoCd, Cluster, Environment, type GitOpsError, Platform, type PlatformProps } from '../../src';
import { GitOpsError as AnyGitOpsError } from '../../src/errors';
import type { DesiredTree } from '../../src/model/section';
import { synthesize } from '../../src/synth/synthesize';

/** Small platforms for tests of synthesis. */

export const URL = 'https://git.example.com/environments.git';

export function newPlatform(props: Partial<PlatformProps> = {}): Platform {
  return new Platform({ name: 'shop', environmentRepository: { url: URL }, source: 'acme/shop', ...props });
}

/** A platform with a cluster `eu-1`, Argo CD on it, and an environment `dev`. */
export function oneEnvironment(props: Partial<PlatformProps> = {}) {
  const platform = newPlatform(props);
  const cluster = new Cluster(platform, 'eu-1');
  new ArgoCd(cluster);
  return { platform, cluster, dev: new Environment(platform, 'dev', { cluster }) };
}

/** A ConfigMap, whose name is made from its id unless metadata says otherwise. */
export function configMap(scope: Construct, id: string, props: Partial<ApiObjectProps> = {}): ApiObject {
  return new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', ...props });
}

/** Every file of a tree, by path, in the order of paths. */
export function filesOf(tree: DesiredTree): Record<string, string> {
  const files = tree.sections.flatMap((section) =>
    [...section.files].map(([path, text]) => [path, String(text)] as const),
  );
  return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function pathsOf(platform: Platform): string[] {
  return Object.keys(filesOf(synthesize(platform, { reportIssues: true })));
}

/** The error that synthesis ends with. */
export function errorOf(platform: Construct): GitOpsError {
  try {
    synthesize(platform);
  } catch (error) {
    if (AnyGitOpsError.is(error)) return error;
    throw error;
  }
  throw new Error('synthesis was expected to fail');
}

/** Where the problems are, and what they say. */
export function problemsOf(platform: Construct): (readonly [where: string, message: string])[] {
  return errorOf(platform).problems.map(({ where, message }) => [where, message]);
}
