import { expect, test } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux, Install } from '../../src';
import { synthesize } from '../../src/synth/synthesize';
import { configMap, newPlatform } from './platforms';

const sops = { age: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'] };

test('bootstrap asks for the keys that an operator decrypts with, of clusters that it operates too', () => {
  const platform = newPlatform();
  const hub = new Cluster(platform, 'hub');
  new Flux(hub, 'flux', { install: Install.helmChart({ version: '2.17.0' }) });
  const other = new Cluster(platform, 'other', { operatedBy: hub });
  const environments = [
    new Environment(platform, 'qa', { cluster: hub, sops }),
    new Environment(platform, 'dev', { cluster: other, sops }),
    new Environment(platform, 'prod', { cluster: hub, sops: { ...sops, decryptionSecret: 'prod-age' } }),
    new Environment(platform, 'plain', { cluster: hub }),
  ];
  for (const environment of environments) configMap(new Application(environment, 'api'), 'a');
  const { starts } = synthesize(platform);
  expect(starts?.hub?.secrets.filter(({ keys }) => keys.includes('age.agekey'))).toEqual([
    { name: 'sops-age', keys: ['age.agekey'], purpose: 'to decrypt Secrets of dev, qa' },
    { name: 'prod-age', keys: ['age.agekey'], purpose: 'to decrypt Secrets of prod' },
  ]);
});

test('an operator that does not decrypt is given no key', () => {
  const platform = newPlatform();
  const cluster = new Cluster(platform, 'eu-1');
  new ArgoCd(cluster, 'argocd', { install: Install.helmChart({ version: '10.1.1' }) });
  configMap(new Application(new Environment(platform, 'dev', { cluster, sops }), 'api'), 'a');
  expect(synthesize(platform).starts?.['eu-1']?.secrets).toEqual([]);
});
