import { ArgoCd, Cluster, Environment, Flux, Platform, Provider } from 'cdk8s-gitops';
import { Checkout } from './apps/checkout';
import { Reports } from './apps/reports';
import { SecretStores } from './apps/stores';

const platform = new Platform({
  name: 'shop',
  source: 'acme/shop',
  environmentRepository: { url: 'https://git.example.com/acme/shop-environments.git' },
});

// What Secret.encrypted() encrypts to is public: the certificate of a cluster's Sealed Secrets, and recipients of age.
const lab = new Cluster(platform, 'lab', {
  kubernetesVersion: '1.33',
  sealedSecrets: {
    certificate: 'secrets/lab.pem',
    fingerprint: 'sha256:df279c8598255d6dce016e364add94388bb56040ac70ae75c11cc3ddd700db63',
  },
});
new ArgoCd(lab, 'argocd');
const live = new Cluster(platform, 'live', { kubernetesVersion: '1.33' });
new Flux(live);

const dev = new Environment(platform, 'dev', { cluster: lab });
const prod = new Environment(platform, 'prod', {
  cluster: live,
  promotesFrom: dev,
  owners: ['acme/sre'],
  sops: {
    age: ['age1rn8uy6xsu8lzct05udfj8ld7mm93kzcdt8t5jcegug3fr6xcqetsc7mk3d'],
    decryptionSecret: 'sops-age',
  },
});

// Values come from Vault in the lab, and from AWS in production. Applications say no more than paths.
const labStores = new SecretStores(dev, {
  provider: Provider.vault({
    server: 'https://vault.lab.acme.example',
    path: 'secret',
    auth: { kubernetes: { role: 'external-secrets' } },
  }),
});
const liveStores = new SecretStores(prod, {
  provider: Provider.awsSecretsManager({
    region: 'eu-central-1',
    role: 'arn:aws:iam::123456789012:role/external-secrets',
  }),
});

for (const [environment, { store }] of [
  [dev, labStores],
  [prod, liveStores],
] as const) {
  new Checkout(environment, { store });
  new Reports(environment);
}

platform.synth();
