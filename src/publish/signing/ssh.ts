import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { SIGNING_KEY_VARIABLE } from '../git/environment';
import type { ProgramResult } from '../git/runner';
import type { Signer } from '../signing';
import { withFiles, withPrivateKey } from './key-file';
import { runQuietly, type SigningEnvironment, signingFailed } from './programs';

/**
 * A key for SSH signatures: a file (private; or public, when the agent has the private one), a public key as text, or a
 * private one as text. Only the last is ever in this process.
 */
export type SshKey =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'public'; readonly text: string }
  | { readonly kind: 'private'; readonly text: string };

export interface SshSignerOptions extends SigningEnvironment {
  readonly key: SshKey;
  /** @default ssh-keygen */
  readonly program?: string;
}

/** Signs with `ssh-keygen -Y sign`: with the key itself, or through the agent when it has the key. */
export class SshSigner implements Signer {
  readonly format = 'ssh';
  private fingerprint: string | undefined;

  constructor(private readonly options: SshSignerOptions) {}

  get key(): string | undefined {
    return this.fingerprint;
  }

  async sign(payload: Uint8Array): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(payload);
    if (exitCode !== 0 || !stdout.includes('-----BEGIN SSH SIGNATURE-----')) {
      throw signingFailed(`commits cannot be signed with ${this.name}`, this.remedy(stderr), stderr);
    }
    this.fingerprint = fingerprintOf(stdout);
    return stdout;
  }

  private async run(payload: Uint8Array): Promise<ProgramResult> {
    const { key, program = 'ssh-keygen' } = this.options;
    const sign = (path: string, files: readonly number[] = []): Promise<ProgramResult> =>
      runQuietly(program, ['-Y', 'sign', '-n', 'git', '-f', path], this.options, { input: payload, files });
    switch (key.kind) {
      case 'file':
        return sign(key.path);
      case 'public':
        return withFiles({ 'key.pub': `${key.text}\n` }, (folder) => sign(join(folder, 'key.pub')));
      case 'private':
        return withPrivateKey(key.text, ({ path, files }) => sign(path, files));
    }
  }

  private get name(): string {
    const { key } = this.options;
    if (key.kind === 'file') return `the SSH key ${key.path}`;
    return key.kind === 'public' ? 'the SSH key of the agent' : `the SSH key in ${SIGNING_KEY_VARIABLE}`;
  }

  private remedy(stderr: string): string {
    const { key, env } = this.options;
    if (/(?:unknown|illegal) option/i.test(stderr)) return 'install OpenSSH 8.2 or newer';
    if (/passphrase|askpass/i.test(stderr)) {
      return key.kind === 'private'
        ? 'it is protected by a passphrase, and nobody is asked for one here: give a key without one, or use an agent'
        : "it is protected by a passphrase, and nobody is asked for one here: add it to the agent with 'ssh-add'";
    }
    if (/UNPROTECTED|permissions/i.test(stderr)) return "let nobody else read it: 'chmod 600'";
    if (key.kind === 'private') return 'give the whole private key, with its first and last line, as OpenSSH writes it';
    const noAgent = (env.SSH_AUTH_SOCK ?? '') === '';
    if (key.kind === 'public' || /No private key|agent/i.test(stderr)) {
      return noAgent
        ? 'no agent is running (SSH_AUTH_SOCK is not set): start one and add the key, or name a private key'
        : "the agent does not have it, or refuses to use it: see 'ssh-add -L', and add it with 'ssh-add'";
    }
    return 'name the file of a private key, or of a public one that the agent has';
  }
}

/**
 * Fingerprint of the key that an armored SSH signature was made with.
 * @returns undefined when the text is no such signature
 */
export function fingerprintOf(signature: string): string | undefined {
  const base64 = /-----BEGIN SSH SIGNATURE-----([A-Za-z0-9+/=\s]+)-----END SSH SIGNATURE-----/.exec(signature)?.[1];
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  // The magic word, a version, and the public key with its length.
  if (bytes.length < 14 || bytes.toString('latin1', 0, 6) !== 'SSHSIG') return undefined;
  const key = bytes.subarray(14, 14 + bytes.readUInt32BE(10));
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
