import { Platform } from 'cdk8s-gitops';
import { acmePlaces, environmentRepository } from './index';

/** The program of the platform team's own repository. */
const platform = new Platform({ name: 'acme', source: 'acme/platform', environmentRepository });
acmePlaces(platform);

export default platform;
