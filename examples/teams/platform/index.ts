import { ArgoCd, Cluster, Environment, Flux, type Platform } from 'cdk8s-gitops';

/** The platform team's repository: it alone publishes clusters and environments. */
const source = 'acme/platform';

/** The environment repository that all teams publish to. */
export const environmentRepository = { url: 'https://git.example.com/acme/environments.git' };

/** Where applications can go. */
export interface Places {
  readonly dev: Environment;
  readonly prod: Environment;
}

/**
 * What the platform team ships as an npm package: clusters and environments, which application teams declare their
 * applications in. Everything here names its source, so that it is published from one repository only.
 */
export function acmePlaces(platform: Platform): Places {
  const lab = new Cluster(platform, 'lab', { source, kubernetesVersion: '1.33' });
  new ArgoCd(lab);
  const live = new Cluster(platform, 'live', { source, kubernetesVersion: '1.33' });
  new Flux(live);
  const dev = new Environment(platform, 'dev', { cluster: lab, source });
  const prod = new Environment(platform, 'prod', { cluster: live, source, promotesFrom: dev, owners: ['acme/sre'] });
  return { dev, prod };
}
