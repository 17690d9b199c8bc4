import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Upstream's release manifests and definitions. They are not part of the project: the variable CDK8S_GITOPS_SHARED, or a
 * folder `shared` beside the repository, says where they are.
 */
export const SHARED_DATA = join(process.env.CDK8S_GITOPS_SHARED ?? resolve(__dirname, '../../../shared'), 'data');

export const ARGO_CD_MANIFEST = join(SHARED_DATA, 'argo-cd/install-v3.5.1.yaml');
export const FLUX_MANIFEST = join(SHARED_DATA, 'flux/components.yaml');
export const ARGO_CD_DEFINITIONS = join(SHARED_DATA, 'argo-cd');
export const FLUX_DEFINITIONS = join(SHARED_DATA, 'flux/crds');

/**
 * Why tests that need upstream's files are to be skipped, if they are. In CI (`CI=true`) that is a failure, so that nobody
 * takes tests that did not run for tests that passed.
 */
export function missingData(): string | undefined {
  if (existsSync(ARGO_CD_MANIFEST) && existsSync(FLUX_MANIFEST)) return undefined;
  const reason = "upstream's manifests are not there: set CDK8S_GITOPS_SHARED";
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}
