import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { gitEnv, temporaryFolder } from '../helpers/git';

/** Keys that sign, and what knows them. */

export interface SshKeyPair {
  /** Path of the private key. */
  readonly file: string;
  readonly pem: string;
  /** The public key, as one line. */
  readonly public: string;
  readonly fingerprint: string;
}

export function sshKey(options: { readonly type?: string; readonly passphrase?: string } = {}): SshKeyPair {
  const { type = 'ed25519', passphrase = '' } = options;
  const file = join(temporaryFolder(), 'key');
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'signer@example.com', '-f', file]);
  const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-l', '-f', file], { encoding: 'utf8' }).split(' ');
  return {
    file,
    pem: readFileSync(file, 'utf8'),
    public: readFileSync(`${file}.pub`, 'utf8').trim(),
    fingerprint,
  };
}

/** A file of allowed signers, who are called `bot@example.com`. */
export function allowedSigners(...keys: readonly SshKeyPair[]): string {
  const file = join(temporaryFolder(), 'allowed-signers');
  const lines = keys.map((key) => `bot@example.com namespaces="git" ${key.public.split(' ').slice(0, 2).join(' ')}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

const agents: ChildProcess[] = [];
const rings: string[] = [];
afterAll(() => {
  for (const agent of agents.splice(0)) agent.kill();
  for (const home of rings.splice(0)) execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
});

/** An agent that has a key. Returns the variable that leads to it. */
export async function sshAgent({ file }: SshKeyPair, passphrase?: string): Promise<NodeJS.ProcessEnv> {
  const folder = temporaryFolder();
  const env: NodeJS.ProcessEnv = { ...gitEnv, SSH_AUTH_SOCK: join(folder, 'agent') };
  const agent = spawn('ssh-agent', ['-D', '-a', String(env.SSH_AUTH_SOCK)], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  agents.push(agent);
  await new Promise((done) => agent.stdout?.once('data', done));
  const askpass = join(folder, 'askpass');
  writeFileSync(askpass, `#!/bin/sh\necho '${passphrase ?? ''}'\n`, { mode: 0o755 });
  execFileSync('ssh-add', ['-q', file], {
    env: { ...env, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' },
    stdio: 'pipe',
  });
  return env;
}

/** GnuPG may be missing on somebody's machine, never where everything is checked. */
export const hasGpg = process.env.CI === 'true' || spawnSync('gpg', ['--version']).status === 0;

export interface GpgKey {
  readonly env: NodeJS.ProcessEnv;
  readonly fingerprint: string;
}

/** A keyring with a new key of `Jürgen Ölçer <bot@example.com>`. */
export function gpgKey(passphrase = ''): GpgKey {
  const home = temporaryFolder();
  rings.push(home);
  const env = { ...gitEnv, GNUPGHOME: home };
  const user = 'Jürgen Ölçer <bot@example.com>';
  execFileSync(
    'gpg',
    [
      '--batch',
      '--quiet',
      '--utf8-strings',
      '--pinentry-mode=loopback',
      `--passphrase=${passphrase}`,
      '--quick-gen-key',
      user,
      'ed25519',
      'sign',
    ],
    { env, stdio: 'pipe' },
  );
  const listed = execFileSync('gpg', ['--batch', '--list-secret-keys', '--with-colons'], { env, encoding: 'utf8' });
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
  // The agent has just been told the passphrase.
  execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
  return { env, fingerprint };
}
