import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { beforeEach, describe, expect, it } from 'vitest';
import type { GitOpsError } from '../../src';
import { parseSecretFile, type SecretFile, wrappedKeysOf } from '../../src/model/secret-files';
import { unwrapDataKey } from '../../src/secrets/age';
import { decryptSops } from '../../src/secrets/sops';
import { type SecretSetOptions, secretDoctor, secretList, secretRotate, secretSet, synth } from '../../src/toolkit';
import { git } from '../helpers/git';
import { watchTemporary } from '../helpers/temporary';
import { makeCertificate } from '../secrets/certificate';
import { reprogram, type SecretProject, secretProject } from '../secrets/project';
import { unseal } from '../secrets/unseal';

watchTemporary();

let at: SecretProject;
beforeEach(async () => {
  at = await secretProject();
});

type Given = Partial<SecretSetOptions> & { readonly values?: Readonly<Record<string, string>> };

function optionsOf(unit: string, { values = {}, env = {}, ...rest }: Given): SecretSetOptions {
  return {
    cwd: at.folder,
    unit,
    name: 'db',
    keys: Object.keys(values),
    plaintext: async () => new Map(Object.entries(values).map(([key, value]) => [key, Buffer.from(value)])),
    ...rest,
    env: { ...at.env, ...env },
  };
}

const set = (unit: string, given: Given) => secretSet(optionsOf(unit, given));
const rotate = (unit: string, given: Given) => secretRotate(optionsOf(unit, given));
const doctor = (env: NodeJS.ProcessEnv = {}) => secretDoctor({ cwd: at.folder, env: { ...at.env, ...env } });
const textOf = (unit: string) => readFileSync(join(at.folder, `secrets/${unit}/db.yaml`), 'utf8');
const fileOf = (unit: string): SecretFile => parseSecretFile(textOf(unit), unit);
const BOTH = { password: 'p4ss', user: 'bob' };

async function failure(promise: Promise<unknown>): Promise<GitOpsError> {
  const before = files();
  const thrown = await promise.then(
    () => undefined,
    (error) => error,
  );
  expect(files()).toEqual(before);
  return thrown as GitOpsError;
}

function files(): Record<string, string> {
  const folder = join(at.folder, 'secrets');
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function unsealed(
  unit: string,
  key: string,
  namespace = unit.replace('/', '-'),
  name = 'checkout-db',
): string | undefined {
  return unseal(fileOf(unit).values[key] ?? '', at.certificate.privateKey, `${namespace}/${name}`)?.toString('utf8');
}

async function opened(unit: string, identity = at.identity): Promise<Record<string, string> | undefined> {
  const { sops, document = {} } = fileOf(unit);
  const dataKey = await unwrapDataKey(wrappedKeysOf(sops), [identity]);
  if (dataKey === undefined) return undefined;
  return Object.fromEntries(
    [...decryptSops(document, dataKey, unit)].map(([key, value]) => [key, value.toString('utf8')]),
  );
}

const codesIn = (problems: readonly { readonly code: string }[]) => problems.map(({ code }) => code).sort();

describe('secret set', () => {
  it('seals to the pinned certificate, one key after the other', async () => {
    const first = await set('dev/checkout', { values: { password: 'p4ss' } });
    expect(first).toMatchObject({
      secret: 'dev/checkout db',
      file: 'secrets/dev/checkout/db.yaml',
      backend: 'sealed-secret',
      change: 'added',
      encrypted: ['password'],
      missing: ['user'],
      recipients: [at.certificate.fingerprint],
    });
    const before = fileOf('dev/checkout').values.password;
    const second = await set('dev/checkout', { values: { user: 'bob' } });
    expect(second).toMatchObject({ change: 'changed', encrypted: ['user'], kept: ['password'], missing: [] });
    expect(fileOf('dev/checkout').values.password).toBe(before);
    expect(unsealed('dev/checkout', 'password')).toBe('p4ss');
    expect(unsealed('dev/checkout', 'user')).toBe('bob');
    expect(files()['dev/checkout/db.yaml']).not.toMatch(/p4ss|bob/);
  });

  it('encrypts by SOPS to the recipients of the environment', async () => {
    expect(await set('prod/checkout', { values: BOTH })).toMatchObject({ backend: 'sops', recipients: [at.recipient] });
    expect(await opened('prod/checkout')).toEqual(BOTH);
  });

  it('needs an identity, or every key, where SOPS encrypts values together', async () => {
    await set('prod/checkout', { values: BOTH });
    const error = await failure(set('prod/checkout', { values: { user: 'eve' } }));
    expect(error.code).toBe('SECRET_IDENTITY_MISSING');
    expect(error.message).toContain('password');
    await set('prod/checkout', { values: { user: 'eve' }, env: { SOPS_AGE_KEY: at.identity } });
    expect(await opened('prod/checkout')).toEqual({ password: 'p4ss', user: 'eve' });
    const file = join(at.folder, 'keys.txt');
    writeFileSync(file, `# mine\n${at.identity}\n`);
    await set('prod/checkout', { values: { user: 'mallory' }, env: { SOPS_AGE_KEY_FILE: file } });
    expect((await opened('prod/checkout'))?.user).toBe('mallory');
    const missing = await failure(
      set('prod/checkout', { values: { user: 'x' }, env: { SOPS_AGE_KEY_FILE: '/nowhere' } }),
    );
    expect(missing.code).toBe('SECRET_IDENTITY_MISSING');
  });

  it('takes another backend than the operator has, where that works', async () => {
    expect(await set('edge/checkout', { values: BOTH })).toMatchObject({ backend: 'sealed-secret' });
    expect(unsealed('edge/checkout', 'user')).toBe('bob');
    reprogram(at, { props: "backend: 'sops'" });
    expect((await failure(set('dev/checkout', { values: BOTH }))).code).toBe('SOPS_NEEDS_FLUX');
  });

  it.each([
    ['namespace-wide', 'dev-checkout'],
    ['cluster-wide', ''],
  ])('seals %s when told to', async (scope, label) => {
    reprogram(at, { props: `scope: '${scope}'` });
    await set('dev/checkout', { values: BOTH });
    const sealed = fileOf('dev/checkout');
    expect(sealed.scope).toBe(scope);
    expect(unseal(sealed.values.user ?? '', at.certificate.privateKey, label)?.toString()).toBe('bob');
    await set('edge/checkout', { values: BOTH });
    await set('prod/checkout', { values: BOTH });
    await synth({ cwd: at.folder, env: at.env });
    const rendered = readFileSync(
      join(at.folder, 'dist/environments/dev/checkout/sealedsecret-checkout-db.yaml'),
      'utf8',
    );
    expect(rendered.match(new RegExp(`sealedsecrets.bitnami.com/${scope}: "true"`, 'g'))).toHaveLength(2);
  });

  it.each<[string, Given, string]>([
    ['unknown units', { unit: 'dev/other' }, 'SECRET_UNKNOWN'],
    ['unknown Secrets', { name: 'hunter2' }, 'SECRET_UNKNOWN'],
    ['values in place of keys', { keys: ['password', 'hunter2'] }, 'SECRET_INPUT_INVALID'],
    ['keys that are not declared', { values: { hunter2: 'x' }, keys: ['user'] }, 'SECRET_INPUT_INVALID'],
    ['empty values', { values: { user: '' } }, 'SECRET_INPUT_INVALID'],
    ['values that no Secret holds', { values: { user: 'x'.repeat(1024 * 1024 + 1) } }, 'SECRET_INPUT_INVALID'],
    [
      'a key of commitments that is not there',
      { values: BOTH, commitKeyEnv: 'COMMIT_KEY' },
      'SECRET_COMMIT_KEY_MISSING',
    ],
    [
      'a short key of commitments',
      { values: BOTH, commitKeyEnv: 'COMMIT_KEY', env: { COMMIT_KEY: 'hunter2' } },
      'SECRET_COMMIT_KEY_MISSING',
    ],
  ])('refuses %s, and repeats nothing', async (_, given, code) => {
    const error = await failure(set('dev/checkout', given));
    expect(error.code).toBe(code);
    expect(error.message).not.toContain('hunter2');
    expect(files()).toEqual({});
  });

  it('refuses a certificate that is not pinned, has expired, or cannot seal', async () => {
    const code = async (pem: string, fingerprint = at.certificate.fingerprint) => {
      writeFileSync(join(at.folder, 'eu.pem'), pem);
      reprogram(at, { fingerprint });
      return (await failure(set('dev/checkout', { values: BOTH }))).code;
    };
    const other = makeCertificate();
    const expired = makeCertificate({ from: -10, to: -1 });
    const elliptic = makeCertificate({ type: 'ec' });
    expect(await code(other.pem)).toBe('SEALED_CERT_INVALID');
    expect(await code(expired.pem, expired.fingerprint)).toBe('SEALED_CERT_EXPIRED');
    expect(await code(elliptic.pem, elliptic.fingerprint)).toBe('SEALED_CERT_INVALID');
    expect(await code('nothing')).toBe('SEALED_CERT_INVALID');
    expect(await code(other.pem, 'sha256:short')).toBe('SEALED_CERT_INVALID');
    expect(await code(`${at.certificate.pem}${at.certificate.privatePem}`)).toBe('SEALED_CERT_INVALID');
    reprogram(at, { fingerprint: undefined });
    const { message } = await failure(set('dev/checkout', { values: BOTH }));
    expect(message).toContain('kubeseal --fetch-cert');
  });

  it('does not seal into a file that was sealed for another place, unless it is given everything', async () => {
    await set('dev/checkout', { values: BOTH });
    reprogram(at, { namespace: 'shop' });
    expect((await failure(set('dev/checkout', { values: { user: 'eve' } }))).code).toBe('SEALED_SCOPE_MISMATCH');
    await set('dev/checkout', { values: BOTH });
    expect(unsealed('dev/checkout', 'user', 'shop-dev')).toBe('bob');
  });

  it('replaces a damaged file only as a whole, and drops keys that are not declared any more', async () => {
    await set('dev/checkout', { values: BOTH });
    writeFileSync(join(at.folder, 'secrets/dev/checkout/db.yaml'), 'password: hunter2\n  - x');
    const error = await failure(set('dev/checkout', { values: { user: 'eve' } }));
    expect(error.code).toBe('SECRET_FILE_INVALID');
    expect(error.message).not.toContain('hunter2');
    await set('dev/checkout', { values: BOTH });
    reprogram(at, { keys: ['user'] });
    expect(await set('dev/checkout', { values: { user: 'eve' } })).toMatchObject({ dropped: ['password'], kept: [] });
  });

  it('asks for all declared keys when none is named, and only once everything else is right', async () => {
    const asked: (readonly string[])[] = [];
    const plaintext: SecretSetOptions['plaintext'] = async ({ keys }) => {
      asked.push(keys);
      return new Map(keys.map((key) => [key, Buffer.from('x')]));
    };
    await set('dev/checkout', { plaintext });
    expect(asked).toEqual([['password', 'user']]);
    await failure(set('dev/other', { plaintext }));
    expect(asked).toHaveLength(1);
  });

  it('works with a program that is a process of its own', async () => {
    const app = 'node --import tsx main.ts && true';
    expect(await set('dev/checkout', { values: BOTH, app })).toMatchObject({ change: 'added' });
    expect((await secretList({ cwd: at.folder, env: at.env, app })).secrets).toHaveLength(3);
  });
});

const KEY = { COMMIT_KEY: 'k'.repeat(44) };

describe.each(['dev/checkout', 'prod/checkout'])('commitments in %s', (unit) => {
  const run = (given: Given) => set(unit, { commitKeyEnv: 'COMMIT_KEY', env: KEY, values: BOTH, ...given });
  const path = () => join(at.folder, `secrets/${unit}/db.yaml`);

  it('let ciphertext stay while the plaintext does', async () => {
    await run({});
    const before = textOf(unit);
    expect(await run({})).toMatchObject({ change: 'unchanged', encrypted: [] });
    expect(textOf(unit)).toBe(before);
    await run({ values: { password: 'new', user: 'bob' } });
    const after = fileOf(unit);
    expect(after.values.password).not.toBe(parseSecretFile(before, '').values.password);
    // Sealed values stand alone, those of SOPS do not.
    const stays = after.values.user === parseSecretFile(before, '').values.user;
    expect(stays).toBe(after.kind === 'sealed-secret');
    expect(textOf(unit)).not.toMatch(/p4ss|bob/);
  });

  it('make tampered and swapped ciphertext be encrypted anew', async () => {
    await run({});
    const { values } = fileOf(unit);
    const text = textOf(unit);
    const swapped = text
      .replace(values.password ?? '', '\0')
      .replace(values.user ?? '', values.password ?? '')
      .replace('\0', values.user ?? '');
    writeFileSync(path(), swapped);
    expect(await run({})).toMatchObject({ change: 'changed', encrypted: ['password', 'user'] });
    const flipped = textOf(unit).replace(fileOf(unit).values.user ?? '', flip(fileOf(unit).values.user ?? ''));
    writeFileSync(path(), flipped);
    expect((await run({})).encrypted).toContain('user');
    expect((await run({})).change).toBe('unchanged');
  });

  it('make everything be encrypted anew when the key, or whom it is for, changes', async () => {
    await run({});
    expect((await run({ env: { COMMIT_KEY: 'K'.repeat(44) } })).encrypted).toEqual(['password', 'user']);
    const certificate = makeCertificate();
    const recipient = await identityToRecipient(await generateX25519Identity());
    writeFileSync(join(at.folder, 'eu.pem'), certificate.pem + at.certificate.pem);
    reprogram(at, { fingerprint: certificate.fingerprint, recipients: [at.recipient, recipient] });
    expect((await run({ env: { COMMIT_KEY: 'K'.repeat(44) } })).encrypted).toEqual(['password', 'user']);
    expect((await run({ env: { COMMIT_KEY: 'K'.repeat(44) } })).change).toBe('unchanged');
  });

  it('are never ignored by accident', async () => {
    await run({});
    expect((await failure(set(unit, { values: BOTH }))).code).toBe('SECRET_COMMIT_KEY_MISSING');
    await set(unit, { values: BOTH, dropCommitments: true });
    expect(fileOf(unit).commitments).toEqual({});
  });

  it('say nothing without their key', async () => {
    await run({ values: { password: 'same', user: 'same' } });
    const { password, user } = fileOf(unit).commitments;
    expect(password).not.toBe(user);
  });

  it('do not keep a rotation from being one', async () => {
    await run({});
    const before = fileOf(unit).values;
    await rotate(unit, { commitKeyEnv: 'COMMIT_KEY', env: KEY, values: BOTH });
    expect(fileOf(unit).values.user).not.toBe(before.user);
    expect((await run({})).change).toBe('unchanged');
  });
});

function flip(text: string): string {
  const at = Math.floor(text.length / 2);
  return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

describe('secret rotate', () => {
  it('encrypts what SOPS has to those who are recipients now', async () => {
    await set('prod/checkout', { values: BOTH });
    const identity = await generateX25519Identity();
    reprogram(at, { recipients: [await identityToRecipient(identity)] });
    expect((await failure(rotate('prod/checkout', {}))).code).toBe('SECRET_IDENTITY_MISSING');
    const result = await rotate('prod/checkout', { env: { SOPS_AGE_KEY: at.identity } });
    expect(result.encrypted).toEqual(['password', 'user']);
    expect(result.next.join('\n')).toMatch(/change the values at their provider/);
    expect(await opened('prod/checkout')).toBeUndefined();
    expect(await opened('prod/checkout', identity)).toEqual(BOTH);
  });

  it('asks for every value of what was sealed, and says what is left to do', async () => {
    await set('dev/checkout', { values: BOTH });
    const asked: string[] = [];
    const result = await rotate('dev/checkout', {
      plaintext: async ({ keys }) => {
        asked.push(...keys);
        return new Map(keys.map((key) => [key, Buffer.from(`new ${key}`)]));
      },
    });
    expect(asked).toEqual(['password', 'user']);
    expect(unsealed('dev/checkout', 'user')).toBe('new user');
    expect(result.next).toHaveLength(4);
    expect(result.next.join('\n')).toMatch(/revoke the old value of password, user/);
  });

  it('moves a file to its new namespace and backend', async () => {
    await set('prod/checkout', { values: BOTH });
    reprogram(at, { namespace: 'shop' });
    await rotate('prod/checkout', { env: { SOPS_AGE_KEY: at.identity } });
    expect(fileOf('prod/checkout').namespace).toBe('shop-prod');
    reprogram(at, { props: "backend: 'sealed-secret'" });
    await rotate('prod/checkout', { values: BOTH });
    expect(unsealed('prod/checkout', 'user')).toBe('bob');
  });
});

describe('secret list', () => {
  it('tells what there is, and when it was changed', async () => {
    git(at.folder, 'init', '--quiet');
    await set('dev/checkout', { values: { password: 'p4ss' } });
    git(at.folder, 'add', 'secrets');
    git(at.folder, 'commit', '--quiet', '-m', 'x');
    await set('prod/checkout', { values: BOTH });
    const { secrets } = await secretList({ cwd: at.folder, env: at.env });
    const [dev, edge, prod] = secrets;
    expect(dev).toMatchObject({
      secret: 'dev/checkout db',
      object: 'checkout-db',
      namespace: 'dev-checkout',
      backend: 'sealed-secret',
      scope: 'strict',
      keys: [
        { name: 'password', state: 'encrypted' },
        { name: 'user', state: 'missing' },
      ],
      recipients: [at.certificate.fingerprint],
      changed: { commit: git(at.folder, 'rev-parse', 'HEAD') },
      committed: true,
    });
    expect(codesIn(dev?.problems ?? [])).toEqual(['SECRET_FILE_MISSING']);
    expect(edge).toMatchObject({ present: false, changed: null, committed: false });
    expect(prod).toMatchObject({ recipients: [at.recipient], changed: null, committed: false, problems: [] });
    await set('dev/checkout', { values: { user: 'bob' } });
    expect((await secretList({ cwd: at.folder, env: at.env })).secrets[0]).toMatchObject({
      committed: false,
      problems: [],
    });
    expect(JSON.stringify(secrets)).not.toMatch(/p4ss|bob/);
  });
});

describe('secret doctor', () => {
  beforeEach(async () => {
    for (const unit of ['dev/checkout', 'edge/checkout', 'prod/checkout']) await set(unit, { values: BOTH });
  });

  it('finds nothing where all is well', async () => {
    expect(await doctor()).toMatchObject({ errors: 0, warnings: 0, decrypted: 0, others: [] });
    expect(await doctor({ SOPS_AGE_KEY: at.identity })).toMatchObject({ errors: 0, decrypted: 1 });
  });

  it('finds values that were exchanged or removed, where an identity is at hand', async () => {
    const path = join(at.folder, 'secrets/prod/checkout/db.yaml');
    const text = textOf('prod/checkout');
    writeFileSync(path, text.replace(/^ {2}user: .*$/m, '  user: ""'));
    expect(await doctor()).toMatchObject({ errors: 0 });
    const found = await doctor({ SOPS_AGE_KEY: at.identity });
    expect(found.errors).toBe(1);
    expect(found.secrets[2]?.problems[0]?.code).toBe('SECRET_FILE_INVALID');
  });

  it('warns of recipients that came and went, and of earlier certificates', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    const certificate = makeCertificate();
    writeFileSync(join(at.folder, 'eu.pem'), certificate.pem + at.certificate.pem);
    reprogram(at, { fingerprint: certificate.fingerprint, recipients: [at.recipient, recipient] });
    const { secrets, errors } = await doctor();
    expect(errors).toBe(0);
    expect(secrets.map(({ problems }) => codesIn(problems))).toEqual([
      ['SEALED_CERT_MISMATCH'],
      ['SEALED_CERT_MISMATCH'],
      ['SOPS_RECIPIENTS_INVALID'],
    ]);
  });

  it('tells a certificate of nobody, and recipients of nobody', async () => {
    const recipient = await identityToRecipient(await generateX25519Identity());
    const certificate = makeCertificate();
    writeFileSync(join(at.folder, 'eu.pem'), certificate.pem);
    reprogram(at, { fingerprint: certificate.fingerprint, recipients: [recipient] });
    const { secrets } = await doctor();
    expect(secrets.map(({ problems }) => codesIn(problems.filter(({ severity }) => severity === 'error')))).toEqual([
      ['SEALED_CERT_MISMATCH', 'SEALED_CERT_MISMATCH'],
      ['SEALED_CERT_MISMATCH', 'SEALED_CERT_MISMATCH'],
      ['SOPS_RECIPIENTS_INVALID'],
    ]);
  });

  it('compares with a certificate that was fetched', async () => {
    const newer = makeCertificate({ from: 0 });
    const older = makeCertificate({ from: -50 });
    const [newFile, oldFile] = [join(at.folder, 'new.pem'), join(at.folder, 'old.pem')];
    writeFileSync(newFile, newer.pem);
    writeFileSync(oldFile, older.pem);
    const ask = (...certificates: string[]) => secretDoctor({ cwd: at.folder, env: at.env, certificates });
    const { others, errors, warnings } = await ask('eu-1=new.pem');
    expect({ errors, warnings }).toEqual({ errors: 0, warnings: 1 });
    expect(others[0]?.message).toMatch(/newer certificate.*sha256:/);
    expect((await ask('eu-1=old.pem')).others[0]?.message).toMatch(/older/);
    expect((await ask('eu-1=eu.pem')).warnings).toBe(0);
    await expect(ask('new.pem')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(ask('us=new.pem')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(ask('eu-1=none.pem')).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('finds files of no Secret, and files that are readable', async () => {
    writeFileSync(join(at.folder, 'secrets/dev/checkout/old.yaml'), textOf('dev/checkout'));
    const plain = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\ndata:\n  a: aHVudGVyMg==\n';
    writeFileSync(join(at.folder, 'secrets/plain.yaml'), plain);
    const { others } = await doctor();
    expect(codesIn(others)).toEqual(['SECRET_FILE_INVALID', 'SECRET_UNKNOWN']);
    expect(JSON.stringify(others)).not.toMatch(/aHVudGVyMg|hunter2/);
  });

  it('finds keys that are not declared, and one that is damaged', async () => {
    reprogram(at, { keys: ['user'] });
    expect((await doctor()).secrets.map(({ problems }) => codesIn(problems))).toEqual(
      Array.from({ length: 3 }, () => ['SECRET_KEY_UNKNOWN']),
    );
    appendFileSync(join(at.folder, 'secrets/dev/checkout/db.yaml'), '');
    const text = textOf('dev/checkout');
    const { user = '' } = fileOf('dev/checkout').values;
    writeFileSync(join(at.folder, 'secrets/dev/checkout/db.yaml'), text.replace(user, user.slice(0, 40)));
    expect(codesIn((await doctor()).secrets[0]?.problems ?? [])).toContain('SEALED_MALFORMED');
  });
});
