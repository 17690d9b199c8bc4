import { ArgoCd, Cluster, Environment, Flux, Install, Platform } from 'cdk8s-gitops';
import { Catalog } from './apps/catalog';
import { Checkout } from './apps/checkout';
import { Messaging } from './apps/messaging';
import { Orders } from './apps/orders';
import { Storefront } from './apps/storefront';

const platform = new Platform({
  name: 'shop',
  source: 'acme/shop',
  environmentRepository: { url: 'https://git.example.com/acme/shop-environments.git' },
});

// Two clusters, each with the operator that its team likes best. Swapping them is one line.
const nonprod = new Cluster(platform, 'eu-nonprod', { kubernetesVersion: '1.33' });
new ArgoCd(nonprod, 'argocd', {
  // Argo CD upgrades itself from its chart. Flux, below, runs already.
  install: Install.helmChart({ version: '10.1.1' }),
  settings: { url: 'https://argocd.acme.example', rbac: { defaultPolicy: 'role:readonly' } },
});
const prod = new Cluster(platform, 'eu-prod', { kubernetesVersion: '1.33' });
new Flux(prod);

const development = new Environment(platform, 'dev', { cluster: nonprod });
const staging = new Environment(platform, 'staging', { cluster: nonprod, promotesFrom: development });
const production = new Environment(platform, 'prod', {
  cluster: prod,
  promotesFrom: staging,
  owners: ['acme/sre'],
});

const sizes = [
  // `npm run demo` sets the variable to try out one change.
  { environment: development, replicas: 1, domain: 'dev.acme.example', checkout: process.env.CHECKOUT_DEV_IMAGE },
  { environment: staging, replicas: 2, domain: 'staging.acme.example' },
  { environment: production, replicas: 6, domain: 'acme.example' },
];
for (const { environment, replicas, domain, checkout } of sizes) {
  new Messaging(environment);
  new Catalog(environment, { replicas });
  new Orders(environment);
  new Checkout(environment, { replicas, host: `checkout.${domain}`, image: checkout });
  new Storefront(environment, { replicas, host: `www.${domain}` });
}

platform.synth();
