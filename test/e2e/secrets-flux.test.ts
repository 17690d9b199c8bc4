import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { ApiObject } from 'cdk8s';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Application, Cluster, Environment, Flux, Platform, Secret } from '../../src';
import { serializeSecretFile } from '../../src/model/secret-files';
import { openLocal, publish } from '../../src/publish';
import { encryptSops } from '../../src/secrets/sops';
import { synthesize } from '../../src/synth/synthesize';
import { bareRepository, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';
import { startFlux } from './cluster/flux';
import { until } from './cluster/processes';

/** Values encrypted by SOPS, published, and decrypted by a real Flux that has the key. */

const data = resolve(__dirname, '../../../shared/data/flux/crds');

describe('Flux', () => {
  const before = process.cwd();
  let plane: ControlPlane;
  let agent: { stop(): Promise<void> };
  let bare: string;
  let url: string;
  let identity: string;

  beforeAll(async () => {
    plane = await startControlPlane(temporaryFolder());
    await plane.kubectl('create', 'namespace', 'flux-system');
    for (const file of readdirSync(data)) await plane.apply(readFileSync(join(data, file), 'utf8'));
    await until('the definitions', async () => {
      await plane.kubectl('wait', '--for=condition=Established', 'crd', '--all', '--timeout=30s');
      return true;
    });
    agent = await startFlux(plane);
    bare = bareRepository();
    ({ url } = await serveGit(bare));
    identity = await generateX25519Identity();
    process.chdir(temporaryFolder());
  });
  afterAll(async () => {
    process.chdir(before);
    await agent?.stop();
    await plane?.stop();
  });

  // Keys that sort differently as numbers, as text, and by case.
  const values = new Map(
    Object.entries({ password: 'p4ss wörd\n', '10': 'ten', '9': 'nine', Zone: 'yes', 'tls.crt': '-----BEGIN\n' }).map(
      ([key, value]) => [key, Buffer.from(value)],
    ),
  );

  async function release(): Promise<void> {
    const age = [await identityToRecipient(identity)];
    const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url } });
    const cluster = new Cluster(platform, 'eu-1');
    new Flux(cluster);
    const dev = new Environment(platform, 'dev', { cluster, sops: { age, decryptionSecret: 'keys-of-dev' } });
    const application = new Application(dev, 'checkout');
    Secret.encrypted(application, 'db', { keys: [...values.keys()], labels: { team: 'a' } });
    new ApiObject(application, 'settings', { apiVersion: 'v1', kind: 'ConfigMap', data: { level: 'info' } });
    const { data: encrypted, sops } = await encryptSops(values, age);
    const place = {
      kind: 'sops',
      name: 'checkout-db',
      namespace: 'dev-checkout',
      type: 'Opaque',
      scope: 'strict',
    } as const;
    mkdirSync('secrets/dev/checkout', { recursive: true });
    const file = { ...place, values: encrypted, sops, certificates: {}, commitments: {} };
    writeFileSync('secrets/dev/checkout/db.yaml', serializeSecretFile(file));
    await publish(synthesize(platform), { remote: { url, branch: 'main' }, generator: 'test', env: process.env });
  }

  const secret = () => plane.get('secret', 'checkout-db', 'dev-checkout');

  test('decrypts what it has the key of, and applies nothing without it', async () => {
    await release();
    const repository = await openLocal(bare, {});
    const bootstrap = [...(await repository.readTree('clusters/eu-1/bootstrap')).values()].map(String).join('---\n');
    await repository.close();
    await plane.apply(bootstrap);
    await until('Flux to say that the key is missing', async () => {
      const unit = await plane.get('kustomizations.kustomize.toolkit.fluxcd.io', 'dev.checkout', 'flux-system');
      return JSON.stringify(unit?.status?.conditions ?? []).includes('keys-of-dev');
    });
    expect(await secret()).toBeUndefined();
    const key = Buffer.from(identity).toString('base64');
    await plane.apply(
      `apiVersion: v1\nkind: Secret\nmetadata:\n  name: keys-of-dev\n  namespace: flux-system\ndata:\n  age.agekey: ${key}\n`,
    );
    await plane.kubectl(
      ...['annotate', '--overwrite', '-n', 'flux-system', 'kustomization/dev.checkout'],
      `reconcile.fluxcd.io/requestedAt=${Date.now()}`,
    );
    const applied: { metadata: { labels?: object }; data?: object } | undefined = await until('the Secret', secret);
    expect(applied?.data).toEqual(
      Object.fromEntries([...values].map(([name, value]) => [name, value.toString('base64')])),
    );
    expect(applied?.metadata.labels).toMatchObject({ team: 'a' });
    expect(applied).not.toHaveProperty('sops');
  });
});
