import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { ApiObject, JsonPatch } from 'cdk8s';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux, GitOpsError, Platform, Secret } from '../../../src';
import type { EncryptedSecretProps } from '../../../src/constructs/secrets/encrypted';
import { parseSecretFile, type SecretFile, serializeSecretFile } from '../../../src/model/secret-files';
import { seal, sealingLabel } from '../../../src/secrets/sealed';
import { encryptSops, type SopsContent } from '../../../src/secrets/sops';
import { synthesize } from '../../../src/synth/synthesize';
import { parseYaml } from '../../../src/yaml/parse';
import { temporaryFolder } from '../../helpers/git';
import { makeCertificate, type TestCertificate } from '../../secrets/certificate';

let certificate: TestCertificate;
let recipient = '';
const before = process.cwd();
beforeAll(async () => {
  certificate = makeCertificate();
  recipient = await identityToRecipient(await generateX25519Identity());
});
beforeEach(() => {
  process.chdir(temporaryFolder());
  put('eu-1.pem', certificate.pem);
});
afterAll(() => process.chdir(before));

interface Given {
  readonly operator?: 'argo' | 'flux';
  readonly props?: Partial<EncryptedSecretProps<string>>;
  readonly namespace?: string;
  readonly fingerprint?: string | null;
  readonly age?: readonly string[];
  readonly source?: string;
  readonly name?: string;
  readonly patch?: (object: ApiObject) => void;
}

interface Rendered {
  readonly metadata: object;
  readonly spec: object;
}

/** The Secret, as the tree has it. */
function render(given: Given = {}) {
  const { operator = 'argo', props, namespace, age = [recipient], source, name = 'db', patch } = given;
  const fingerprint = given.fingerprint === undefined ? certificate.fingerprint : given.fingerprint;
  const platform = new Platform({
    name: 'shop',
    source: 'acme/shop',
    environmentRepository: { url: 'https://x/y.git' },
  });
  const sealedSecrets = fingerprint === null ? undefined : { certificate: 'eu-1.pem', fingerprint };
  const cluster = new Cluster(platform, 'eu-1', { sealedSecrets });
  const environment = new Environment(platform, 'dev', { cluster, sops: { age } });
  const application = new Application(environment, 'checkout', { namespace, source });
  const db = Secret.encrypted(application, name, { keys: ['password', 'user'], ...props });
  // The operator comes last: what encrypts is known only then.
  if (operator === 'argo') new ArgoCd(cluster);
  else new Flux(cluster);
  const object = db.node.findAll().find(ApiObject.isApiObject) as ApiObject;
  patch?.(object);
  const tree = synthesize(platform);
  const unit = tree.sections.find(({ owner }) => owner.kind === 'unit');
  const [path, text] =
    [...(unit?.files ?? [])].find(([file]) => /^environments\/dev\/checkout\/(sealed)?secret-/.test(file)) ?? [];
  return { path, text: String(text), object: parseYaml(String(text))[0] as Rendered, db };
}

function problems(given: Given = {}): string[] {
  try {
    render(given);
  } catch (error) {
    if (!GitOpsError.is(error)) throw error;
    expect(error.message).not.toContain('hunter2');
    for (const { where } of error.problems) expect(where).toBe('dev/checkout/db');
    return error.problems.map(({ code, message }) => `${code} ${message}`);
  }
  return [];
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path) || '.', { recursive: true });
  writeFileSync(join(process.cwd(), path), text);
}

const FILE = 'secrets/dev/checkout/db.yaml';
const values = { password: 'hunter2', user: 'bob' };

function sealedFile(change: Partial<SecretFile> = {}, keys: readonly string[] = Object.keys(values)): SecretFile {
  const file = { namespace: 'dev-checkout', name: 'checkout-db', scope: 'strict', type: 'Opaque', ...change } as const;
  const label = sealingLabel(file.namespace, file.name, file.scope);
  return {
    kind: 'sealed-secret',
    values: Object.fromEntries(keys.map((key) => [key, seal(Buffer.from('hunter2'), certificate.publicKey, label)])),
    certificates: Object.fromEntries(keys.map((key) => [key, certificate.fingerprint])),
    commitments: {},
    ...file,
  };
}

async function sopsFile(change: Partial<SecretFile> = {}, recipients = [recipient]): Promise<SecretFile> {
  const plaintexts = new Map(Object.entries(values).map(([key, value]) => [key, Buffer.from(value)]));
  const { data, sops } = await encryptSops(plaintexts, recipients);
  return {
    kind: 'sops',
    namespace: 'dev-checkout',
    name: 'checkout-db',
    type: 'Opaque',
    scope: 'strict',
    values: data,
    sops,
    certificates: {},
    commitments: { user: 'AAAA' },
    ...change,
  };
}

const write = (file: SecretFile) => put(FILE, serializeSecretFile(file));

describe('Secret.encrypted', () => {
  it('is a SealedSecret for Argo CD, ahead of what uses it', () => {
    const file = sealedFile();
    write(file);
    const { object, path, db, text } = render();
    expect(path).toBe('environments/dev/checkout/sealedsecret-checkout-db.yaml');
    expect(object).toEqual({
      apiVersion: 'bitnami.com/v1alpha1',
      kind: 'SealedSecret',
      metadata: { name: 'checkout-db', annotations: { 'argocd.argoproj.io/sync-wave': '-1' } },
      spec: { encryptedData: file.values, template: { type: 'Opaque' } },
    });
    expect(db.name).toBe('checkout-db');
    expect(text).not.toContain(certificate.fingerprint);
  });

  it('is a Secret encrypted by SOPS for Flux', async () => {
    const file = await sopsFile();
    write(file);
    const { object, path } = render({ operator: 'flux' });
    expect(path).toBe('environments/dev/checkout/secret-checkout-db.yaml');
    expect(object).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'checkout-db' },
      type: 'Opaque',
      data: file.values,
      sops: file.sops,
    });
  });

  it('can be sealed for Flux too, and is what its props say', () => {
    write(sealedFile({ name: 'own', scope: 'namespace-wide' }));
    const props = {
      backend: 'sealed-secret',
      scope: 'namespace-wide',
      name: 'own',
      type: 'kubernetes.io/basic-auth',
      labels: { team: 'a' },
      annotations: { note: 'b', 'argocd.argoproj.io/sync-wave': '3' },
      immutable: true,
    } as const;
    const wide = { 'sealedsecrets.bitnami.com/namespace-wide': 'true' };
    const { object } = render({
      operator: 'flux',
      props,
      patch: (it) => it.addJsonPatch(JsonPatch.add('/spec/template/metadata/labels/x', 'y')),
    });
    expect(object.metadata).toEqual({
      name: 'own',
      labels: { team: 'a' },
      annotations: { ...props.annotations, ...wide },
    });
    expect(object.spec).toMatchObject({
      template: {
        type: 'kubernetes.io/basic-auth',
        immutable: true,
        metadata: { labels: { team: 'a', x: 'y' }, annotations: { ...props.annotations, ...wide } },
      },
    });
  });

  it('renders the same bytes a hundred times, and never other ciphertext than the file has', async () => {
    write(sealedFile());
    const sealed = render().text;
    for (let n = 0; n < 50; n++) expect(render().text).toBe(sealed);
    write(await sopsFile());
    const encrypted = render({ operator: 'flux' }).text;
    for (let n = 0; n < 50; n++) expect(render({ operator: 'flux' }).text).toBe(encrypted);
    const { data, sops } = parseYaml(encrypted)[0] as SopsContent;
    const { values: own, sops: its } = parseSecretFile(serializeSecretFile(await sopsFile({ values: data, sops })), '');
    expect([own, its]).toEqual([data, sops]);
  });

  it('is not ahead of a namespace that the application brings', () => {
    write(sealedFile({ namespace: 'own' }));
    const namespace = (wave?: string) => (object: ApiObject) =>
      new ApiObject(object.chart, 'ns', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'own', annotations: wave === undefined ? {} : { 'argocd.argoproj.io/sync-wave': wave } },
      });
    const waves = ['-5', undefined, '-1'].map((wave) => {
      const { object } = render({ namespace: 'own', patch: namespace(wave) });
      return (object.metadata as { annotations?: Record<string, string> }).annotations?.[
        'argocd.argoproj.io/sync-wave'
      ];
    });
    expect(waves).toEqual(['-1', undefined, undefined]);
  });

  it('needs no file where another source owns the application', () => {
    expect(problems({ source: 'acme/other' })).toEqual([]);
  });

  it('reads certificates that are not the newest, when they are in the pinned file', () => {
    const newer = makeCertificate();
    write(sealedFile());
    put('eu-1.pem', newer.pem + certificate.pem);
    expect(problems({ fingerprint: newer.fingerprint })).toEqual([]);
    put('eu-1.pem', newer.pem);
    expect(problems({ fingerprint: newer.fingerprint })).toEqual([
      expect.stringMatching(/^SEALED_CERT_MISMATCH .*'password'.*`cdk8s-gitops secret set dev\/checkout db password`/),
      expect.stringMatching(/^SEALED_CERT_MISMATCH .*'user'/),
    ]);
  });

  it.each<[string, Given, () => SecretFile | Promise<SecretFile> | string | undefined, RegExp[]]>([
    [
      'no file',
      {},
      () => undefined,
      [/^SECRET_FILE_MISSING .*`cdk8s-gitops secret set dev\/checkout db password user`/],
    ],
    [
      'a missing key',
      {},
      () => sealedFile({}, ['user']),
      [/^SECRET_FILE_MISSING .*secret set dev\/checkout db password`/],
    ],
    ['another namespace', { namespace: 'other' }, () => sealedFile(), [/^SEALED_SCOPE_MISMATCH .*dev-checkout.*other/]],
    ['another name', { props: { name: 'x' } }, () => sealedFile(), [/^SEALED_SCOPE_MISMATCH .*secret rotate/]],
    ['another scope', { props: { scope: 'cluster-wide' } }, () => sealedFile(), [/^SEALED_SCOPE_MISMATCH .*'strict'/]],
    [
      'an expired certificate',
      { fingerprint: 'expired' },
      () => sealedFile(),
      [/^SEALED_CERT_EXPIRED .*fetch-cert/, /MISMATCH/, /MISMATCH/],
    ],
    [
      'a certificate that is another one',
      { fingerprint: `sha256:${'0'.repeat(64)}` },
      () => sealedFile(),
      [/^SEALED_CERT_INVALID/],
    ],
    ['no certificate', { fingerprint: null }, () => sealedFile(), [/^SEALED_CERT_INVALID .*sealedSecrets/]],
    [
      'a value that is cut',
      {},
      () => {
        const file = sealedFile();
        return { ...file, values: { ...file.values, user: (file.values.user ?? '').slice(0, 100) } };
      },
      [/^SEALED_MALFORMED .*'user'/],
    ],
    [
      'a value that is none',
      {},
      () => ({ ...sealedFile(), values: { password: 'hunter2', user: 'hunter2' } }),
      [/^SEALED_MALFORMED/, /^SEALED_MALFORMED/],
    ],
    ['SOPS for Argo CD', { props: { backend: 'sops' } }, () => sopsFile(), [/^SOPS_NEEDS_FLUX/]],
    ['a file of SOPS for Argo CD', {}, () => sopsFile(), [/^SECRET_FILE_INVALID .*is for SOPS/]],
    ['no recipients', { operator: 'flux', age: [] }, () => sopsFile(), [/^SOPS_RECIPIENTS_INVALID .*age1…/]],
    [
      'recipients of nobody',
      { operator: 'flux', age: ['age1other'] },
      () => sopsFile(),
      [/^SOPS_RECIPIENTS_INVALID .*secret rotate/],
    ],
    [
      'a file of SOPS of another namespace',
      { operator: 'flux', namespace: 'other' },
      () => sopsFile(),
      [/^SECRET_FILE_INVALID .*dev-checkout/],
    ],
    ['a backend that is none', { props: { backend: 'vault' as 'sops' } }, () => sealedFile(), [/^MODEL_INVALID/]],
    [
      'a plain Secret',
      {},
      () => 'apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: hunter2}\n',
      [/^SECRET_FILE_INVALID .*not encrypted/],
    ],
    [
      'plain values among others',
      { operator: 'flux' },
      async () => ({ ...(await sopsFile()), values: { user: 'hunter2' } }),
      [/^SECRET_FILE_INVALID .*not encrypted/],
    ],
    ['no YAML', {}, () => 'a: hunter2\n  b: hunter2', [/^SECRET_FILE_INVALID .*\(line \d+, column \d+\)/]],
    ['another object', {}, () => 'apiVersion: v1\nkind: ConfigMap\n', [/^SECRET_FILE_INVALID/]],
  ])('refuses %s', async (_, given, file, expected) => {
    const made = await file();
    if (typeof made === 'string') put(FILE, made);
    else if (made !== undefined) write(made);
    const expired = makeCertificate({ from: -3, to: -1 });
    if (given.fingerprint === 'expired') put('eu-1.pem', expired.pem);
    const found = problems(given.fingerprint === 'expired' ? { ...given, fingerprint: expired.fingerprint } : given);
    expect(found).toEqual(expected.map((each) => expect.stringMatching(each)));
  });

  it('says when the certificate is not there', () => {
    write(sealedFile());
    rmSync('eu-1.pem');
    expect(problems()).toEqual([expect.stringMatching(/^SEALED_CERT_INVALID .*eu-1\.pem, cannot be read/)]);
  });

  it.each(['../../etc', 'DB', 'a_b'])('cannot be called %j', (name) => {
    expect(() => render({ name })).toThrow(/cannot be an encrypted Secret|no name of a Secret/);
  });
});
