import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { publish } from '../../src/publish';
import { SignatureChecker } from '../../src/publish/signing/check';
import { splitSignature } from '../../src/publish/signing/commit';
import { type SigningChoice, signerFrom } from '../../src/publish/signing/settings';
import { bareRepository, commitsOf, git, gitEnv, script, temporaryFolder } from '../helpers/git';
import { allowedSigners, gpgKey, hasGpg, type SshKeyPair, sshAgent, sshKey } from './keys';
import { failure, options } from './options';
import { tree, unit } from './trees';

/** Publishes a commit that is signed as told. Returns the repository and the signer's key. */
async function publishSigned(
  config: SigningChoice,
  {
    env = gitEnv,
    dir = temporaryFolder(),
    name = 'checkout',
  }: { env?: NodeJS.ProcessEnv; dir?: string; name?: string } = {},
): Promise<{ bare: string; key: string | undefined; format: string | undefined }> {
  const bare = bareRepository();
  const signer = await signerFrom({ env, dir, config });
  await publish(tree([unit('dev', name)]), options(bare, { signer, env }));
  return { bare, key: signer?.key, format: signer?.format };
}

/** What git itself says of a commit's signature: `G` is good, with whom it belongs to. */
function signatureOf(bare: string, allowed: string, env: NodeJS.ProcessEnv = gitEnv): string {
  const config = ['-c', `gpg.ssh.allowedSignersFile=${allowed}`];
  const format = '--format=%G? %GS %GF %an';
  execFileSync('git', [...config, 'verify-commit', 'main'], { cwd: bare, env, stdio: 'pipe' });
  return execFileSync('git', [...config, 'log', format, 'main'], { cwd: bare, env, encoding: 'utf8' }).trim();
}

function configured(settings: Readonly<Record<string, string>>): string {
  const dir = temporaryFolder();
  git(dir, 'init', '--quiet');
  for (const [name, value] of Object.entries(settings)) git(dir, 'config', name, value);
  return dir;
}

const good = (key: SshKeyPair) => `G bot@example.com ${key.fingerprint} Test`;

describe('an SSH key', () => {
  test.each(['ed25519', 'ecdsa', 'rsa'])('of type %s signs from its file', async (type) => {
    const key = sshKey({ type });
    const signed = await publishSigned({ key: key.file });
    expect(signatureOf(signed.bare, allowedSigners(key))).toBe(good(key));
    expect(signed).toMatchObject({ key: key.fingerprint, format: 'ssh' });
    expect(git(signed.bare, 'fsck', '--full', '--strict')).toBe('');
  });

  test('signs from the variable, and leaves no file behind', async () => {
    const key = sshKey();
    const temporary = temporaryFolder();
    vi.stubEnv('TMPDIR', temporary);
    for (const pem of [
      key.pem,
      key.pem.trim(),
      key.pem.replaceAll('\n', '\r\n'),
      key.pem.trim().replaceAll('\n', '\\n'),
    ]) {
      const { bare } = await publishSigned({}, { env: { ...gitEnv, CDK8S_GITOPS_SIGNING_KEY: pem } });
      expect(signatureOf(bare, allowedSigners(key))).toBe(good(key));
    }
    vi.unstubAllEnvs();
    // What helpers of this test made there is not the tool's.
    const left = readdirSync(temporary).filter((name) => !name.startsWith('gitops-test-'));
    expect(left).toEqual([]);
    // Other tests may be signing right now, but not for long.
    const inMemory = () => readdirSync('/dev/shm').filter((name) => name.startsWith('cdk8s-gitops-'));
    await expect.poll(inMemory).toEqual([]);
  });

  test('in the variable is seen by no program, neither as a variable nor as an argument, and has no name', async () => {
    const key = sshKey();
    const log = join(temporaryFolder(), 'log');
    const program = script(
      `{ env; printf '%s\\n' "$@"; ls -ld /proc/$$/fd/3; } >> ${log}\nexec ssh-keygen "$@"`,
      'ssh-keygen-logged',
    );
    const dir = configured({ 'gpg.ssh.program': program });
    const { bare } = await publishSigned({}, { dir, env: { ...gitEnv, CDK8S_GITOPS_SIGNING_KEY: key.pem } });
    expect(signatureOf(bare, allowedSigners(key))).toBe(good(key));
    const seen = execFileSync('cat', [log], { encoding: 'utf8' });
    expect(seen).toContain('-Y\nsign\n-n\ngit\n-f\n/dev/fd/3');
    expect(seen).toContain('(deleted)');
    expect(seen).not.toContain('PRIVATE KEY');
    expect(seen).not.toContain(key.pem.split('\n')[2]);
    expect(seen).not.toContain('CDK8S_GITOPS_SIGNING_KEY');
  });

  test('with a passphrase signs through the agent, named by its file, its public file or the key itself', async () => {
    const key = sshKey({ passphrase: 'hunter2' });
    const env = await sshAgent(key, 'hunter2');
    for (const name of [key.file, `${key.file}.pub`, `key::${key.public}`, key.public]) {
      const { bare } = await publishSigned({ key: name }, { env });
      expect(signatureOf(bare, allowedSigners(key))).toBe(good(key));
    }
  });

  test('signs what messages and authors in any language say', async () => {
    const key = sshKey();
    const env = { ...gitEnv, GIT_AUTHOR_NAME: 'Zoë 🚀 Ünal', GIT_AUTHOR_EMAIL: 'zoë@example.com' };
    const { bare } = await publishSigned({ key: key.file }, { env });
    expect(signatureOf(bare, allowedSigners(key))).toBe(`G bot@example.com ${key.fingerprint} Zoë 🚀 Ünal`);
  });

  test('that cannot sign is an error that says what to change, and never asks', async () => {
    const locked = sshKey({ passphrase: 'hunter2' });
    const other = sshKey();
    const env = await sshAgent(other);
    const cases: [SigningChoice & { env?: NodeJS.ProcessEnv }, RegExp][] = [
      [{ key: locked.file }, /protected by a passphrase.*ssh-add/],
      [{ env: { CDK8S_GITOPS_SIGNING_KEY: locked.pem } }, /CDK8S_GITOPS_SIGNING_KEY.*protected by a passphrase/],
      [{ env: { CDK8S_GITOPS_SIGNING_KEY: locked.pem.replace(/^[A-Za-z0-9+/]{60,}$/m, '') } }, /the whole private key/],
      [{ key: '/nowhere/key' }, /name the file of a private key/],
      [{ key: `key::${locked.public}` }, /SSH_AUTH_SOCK is not set/],
      [{ key: locked.public, env }, /the agent does not have it/],
    ];
    for (const [config, message] of cases) {
      const bare = bareRepository();
      const signer = await signerFrom({ env: { ...gitEnv, ...config.env }, dir: temporaryFolder(), config });
      const error = await failure(publish(tree([unit('dev', 'a')]), options(bare, { signer })), 'SIGNING_FAILED');
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain('PRIVATE KEY');
      expect(git(bare, 'for-each-ref')).toBe('');
    }
  });
});

describe('whether and how commits are signed', () => {
  test('is said by git’s configuration, where nothing else is', async () => {
    const key = sshKey();
    const ssh = { 'gpg.format': 'ssh', 'user.signingKey': key.file };
    const format = async (dir: string, config: SigningChoice = {}) => (await publishSigned(config, { dir })).format;
    expect(await format(configured({ ...ssh, 'commit.gpgSign': 'true' }))).toBe('ssh');
    expect(await format(configured(ssh))).toBeUndefined();
    expect(await format(configured(ssh), { sign: true })).toBe('ssh');
    expect(await format(configured({ ...ssh, 'commit.gpgSign': 'true' }), { sign: false })).toBeUndefined();
    expect(await format(configured({ ...ssh, 'commit.gpgSign': 'no' }))).toBeUndefined();
    expect(await format(temporaryFolder())).toBeUndefined();
  });

  test('goes before the variable, and that before the configuration', async () => {
    const [a, b, c] = [sshKey(), sshKey(), sshKey()];
    const dir = configured({ 'gpg.format': 'ssh', 'commit.gpgSign': 'true', 'user.signingKey': c.file });
    const env = { ...gitEnv, CDK8S_GITOPS_SIGNING_KEY: b.pem };
    expect((await publishSigned({ key: a.file }, { dir, env })).key).toBe(a.fingerprint);
    expect((await publishSigned({}, { dir, env })).key).toBe(b.fingerprint);
    expect((await publishSigned({}, { dir })).key).toBe(c.fingerprint);
    expect((await publishSigned({ sign: false }, { dir, env })).key).toBeUndefined();
  });

  test('takes a key in the home folder', async () => {
    const key = sshKey();
    const HOME = join(key.file, '..');
    const dir = configured({ 'gpg.format': 'ssh', 'commit.gpgSign': 'true', 'user.signingKey': '~/key' });
    expect((await publishSigned({}, { dir, env: { ...gitEnv, HOME } })).key).toBe(key.fingerprint);
  });

  test('refuses what cannot be a key, and repeats no secret', async () => {
    const { pem } = sshKey();
    const cases: [SigningChoice, NodeJS.ProcessEnv, RegExp][] = [
      [{ key: pem }, {}, /--signing-key holds a private key/],
      [{ key: 'something' }, {}, /"something" is neither a file/],
      [{}, { CDK8S_GITOPS_SIGNING_KEY: 'hunter2' }, /CDK8S_GITOPS_SIGNING_KEY is neither a file/],
      [{}, { CDK8S_GITOPS_SIGNING_KEY: '-----BEGIN PGP PRIVATE KEY BLOCK-----\nhunter2\n' }, /gpg --batch --import/],
      [{ key: 'key::nonsense' }, {}, /no SSH public key/],
      [{ key: 'a\nb' }, {}, /in one line/],
    ];
    for (const [config, env, message] of cases) {
      const error = await failure(
        signerFrom({ config, env: { ...gitEnv, ...env }, dir: temporaryFolder() }),
        'SIGNING_FAILED',
      );
      expect(error.message).toMatch(message);
      expect(error.message).not.toMatch(/hunter2|PRIVATE KEY-/);
    }
    const x509 = configured({ 'gpg.format': 'x509', 'commit.gpgSign': 'true' });
    expect((await failure(signerFrom({ dir: x509, env: gitEnv }), 'SIGNING_FAILED')).message).toContain('x509');
    const noKey = configured({ 'gpg.format': 'ssh', 'commit.gpgSign': 'true' });
    expect((await failure(signerFrom({ dir: noKey, env: gitEnv }), 'SIGNING_FAILED')).message).toContain(
      'user.signingKey',
    );
  });

  test('does not wait for the program when the command is interrupted', async () => {
    const dir = configured({ 'gpg.ssh.program': script('exec sleep 60', 'slow') });
    const signal = AbortSignal.timeout(300);
    const signer = await signerFrom({ env: gitEnv, dir, config: { key: sshKey().file }, signal });
    const started = performance.now();
    await expect(signer?.sign(Buffer.from('x'))).rejects.toThrow(/timeout/i);
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('fails when the program is missing', async () => {
    const dir = configured({ 'gpg.ssh.program': '/nowhere/ssh-keygen' });
    const error = await failure(publishSigned({ key: sshKey().file }, { dir }), 'SIGNING_FAILED');
    expect(error.message).toContain('install OpenSSH 8.2 or newer');
  });
});

/** Skipped without GnuPG, unless CI is set: there it has to be installed. */
describe.skipIf(!hasGpg)('an OpenPGP key (skipped: gpg is not installed)', () => {
  test('signs by its fingerprint, and as git is configured', async () => {
    const { env, fingerprint } = gpgKey();
    const named = await publishSigned({ key: fingerprint }, { env });
    expect(signatureOf(named.bare, '', env)).toBe(`G Jürgen Ölçer <bot@example.com> ${fingerprint} Test`);
    expect(named).toMatchObject({ key: fingerprint, format: 'openpgp' });
    const dir = configured({ 'commit.gpgSign': 'true', 'user.signingKey': 'bot@example.com' });
    expect(await publishSigned({}, { env, dir })).toMatchObject({ key: fingerprint });
    const own = { ...env, GIT_AUTHOR_NAME: 'Jürgen Ölçer', GIT_AUTHOR_EMAIL: 'bot@example.com' };
    const unnamed = configured({ 'commit.gpgSign': 'true' });
    expect(await publishSigned({}, { env: own, dir: unnamed })).toMatchObject({ key: fingerprint });
    const body = Buffer.from(git(named.bare, 'cat-file', 'commit', 'main'), 'utf8');
    const checker = new SignatureChecker('/dev/null', { env, dir });
    expect(await checker.check(Buffer.concat([body, Buffer.from('\n')]))).toMatchObject({
      status: 'good',
      key: fingerprint,
    });
    expect(await checker.check(Buffer.concat([body, Buffer.from('\nmore\n')]))).toMatchObject({ status: 'bad' });
    const strangers = new SignatureChecker('/dev/null', { env: gpgKey().env, dir });
    expect(await strangers.check(body)).toMatchObject({ status: 'unknown' });
  });

  test('that cannot sign is an error, and never asks', async () => {
    const { env, fingerprint } = gpgKey('hunter2');
    const locked = await failure(publishSigned({ key: fingerprint }, { env }), 'SIGNING_FAILED');
    expect(locked.message).toContain('protected by a passphrase');
    const missing = await failure(publishSigned({ key: '0123456789ABCDEF' }, { env }), 'SIGNING_FAILED');
    expect(missing.message).toContain('gpg --list-secret-keys');
  });
});

describe('a signature is checked', () => {
  test('as git checks it', async () => {
    const [key, other] = [sshKey(), sshKey()];
    const { bare } = await publishSigned({ key: key.file });
    const [id = ''] = commitsOf(bare);
    const body = execFileSync('git', ['cat-file', 'commit', id], { cwd: bare, env: gitEnv });
    const place = { env: gitEnv, dir: temporaryFolder() };
    const check = (allowed: string | undefined, bytes: Buffer) => new SignatureChecker(allowed, place).check(bytes);
    const found = { format: 'ssh', key: key.fingerprint };

    expect(await check(allowedSigners(other, key), body)).toEqual({
      ...found,
      status: 'good',
      signer: 'bot@example.com',
    });
    expect(await check(allowedSigners(other), body)).toEqual({ ...found, status: 'unknown' });
    expect(await check(undefined, body)).toEqual({ ...found, status: 'unknown' });
    const forged = Buffer.from(body.toString('utf8').replace('dev/checkout', 'dev/checkouu'));
    expect(await check(allowedSigners(key), forged)).toEqual({ ...found, status: 'bad' });
    expect(await check(allowedSigners(other), forged)).toEqual({ ...found, status: 'bad' });
    expect(await check(allowedSigners(key), splitSignature(body).payload)).toEqual({ status: 'none' });
    const rubbish = Buffer.from(body.toString('utf8').replace(/(SIGNATURE-----\n )\w{20}/, '$1AAAAAAAAAAAAAAAAAAAA'));
    expect((await check(allowedSigners(key), rubbish)).status).toBe('bad');
    expect(() => new SignatureChecker('nowhere', place)).toThrow(/does not exist/);
  });

  test('by the time of the commit', async () => {
    const key = sshKey();
    const { bare } = await publishSigned({ key: key.file });
    const body = execFileSync('git', ['cat-file', 'commit', 'main'], { cwd: bare, env: gitEnv });
    const file = join(temporaryFolder(), 'signers');
    const check = async (validity: string) => {
      writeFileSync(file, `bot@example.com ${validity} ${key.public}\n`);
      return (await new SignatureChecker(file, { env: gitEnv, dir: '/' }).check(body)).status;
    };
    expect(await check('valid-after="20200101"')).toBe('good');
    expect(await check('valid-before="20200101"')).not.toBe('good');
    expect(await check('namespaces="file"')).not.toBe('good');
  });
});
