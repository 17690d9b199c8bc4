import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GitOpsError } from '../../errors';
import { sanitize } from '../git/text';
import { splitSignature } from './commit';
import { withFiles } from './key-file';
import { runQuietly, type SigningEnvironment } from './programs';
import { fingerprintOf } from './ssh';

/**
 * What a signature is worth. `good`: it fits, and the key belongs to an allowed signer. `unknown`: there is one, and
 * nobody said whose, or it was not checked. `bad`: it does not fit the commit, or the signer's time is over.
 */
export type SignatureStatus = 'none' | 'good' | 'bad' | 'unknown';

export interface CommitSignature {
  readonly status: SignatureStatus;
  readonly format?: 'ssh' | 'openpgp' | 'other';
  /** Fingerprint of the key, where the signature tells. */
  readonly key?: string;
  /** The allowed signer that it belongs to. */
  readonly signer?: string;
}

/** Checks signatures of commits. SSH keys are looked up in a file of allowed signers, OpenPGP keys in gpg's keyring. */
export class SignatureChecker {
  private readonly allowed: string | undefined;

  /**
   * @param allowedSigners file as `ssh-keygen` reads it (`gpg.ssh.allowedSignersFile`); without one nothing is checked
   * @throws GitOpsError CONFIG_INVALID when there is no such file
   */
  constructor(
    allowedSigners: string | undefined,
    private readonly environment: SigningEnvironment,
  ) {
    this.allowed = allowedSigners === undefined ? undefined : resolve(environment.dir, allowedSigners);
    if (this.allowed !== undefined && !existsSync(this.allowed)) {
      throw new GitOpsError(
        'CONFIG_INVALID',
        `the file of allowed signers ${allowedSigners} does not exist; write a line for each signer: 'jane@example.com namespaces="git" ssh-ed25519 AAAA…'`,
      );
    }
  }

  /** @param body of the commit object */
  async check(body: Buffer): Promise<CommitSignature> {
    const { payload, signature } = splitSignature(body);
    if (signature === undefined) return { status: 'none' };
    const { format, text } = signature;
    const key = format === 'ssh' ? fingerprintOf(text) : undefined;
    const found = { format, ...(key === undefined ? {} : { key }) };
    if (this.allowed === undefined || format === 'other') return { ...found, status: 'unknown' };
    return withFiles({ signature: text }, async (folder) => {
      const file = join(folder, 'signature');
      const result = format === 'ssh' ? await this.checkSsh(file, payload) : await this.checkOpenPgp(file, payload);
      return { ...found, ...result };
    });
  }

  private async checkSsh(file: string, payload: Buffer): Promise<CommitSignature> {
    const allowed = this.allowed as string;
    const run = (action: string, ...args: string[]) =>
      runQuietly('ssh-keygen', ['-Y', action, '-s', file, ...args], this.environment, { input: payload });
    // Keys come and go: what counts is when the commit was made, as git has it.
    const at = commitTime(payload);
    const time = at === undefined ? [] : [`-Overify-time=${at}`];
    const principals = await run('find-principals', '-f', allowed, ...time);
    const [signer] = principals.stdout.split('\n').filter((line) => line !== '');
    if (principals.exitCode !== 0 || signer === undefined) {
      const { exitCode } = await run('check-novalidate', '-n', 'git');
      return { status: exitCode === 0 ? 'unknown' : 'bad' };
    }
    const { exitCode } = await run('verify', '-n', 'git', '-f', allowed, '-I', signer, ...time);
    return exitCode === 0 ? { status: 'good', signer: sanitize(signer) } : { status: 'bad' };
  }

  private async checkOpenPgp(file: string, payload: Buffer): Promise<CommitSignature> {
    const args = ['--batch', '--no-tty', '--status-fd=1', '--verify', file, '-'];
    const { stdout } = await runQuietly('gpg', args, this.environment, { input: payload });
    const key = /^\[GNUPG:\] VALIDSIG ([0-9A-F]+)/m.exec(stdout)?.[1];
    const found = key === undefined ? {} : { key };
    if (/^\[GNUPG:\] (?:BADSIG|EXPSIG|EXPKEYSIG|REVKEYSIG) /m.test(stdout)) return { ...found, status: 'bad' };
    const signer = /^\[GNUPG:\] GOODSIG [0-9A-F]+ (.*)$/m.exec(stdout)?.[1];
    const isTrusted = /^\[GNUPG:\] TRUST_(?:FULLY|ULTIMATE)\b/m.test(stdout);
    if (signer === undefined || key === undefined || !isTrusted) return { ...found, status: 'unknown' };
    return { ...found, status: 'good', signer: sanitize(signer) };
  }
}

/** When a commit was made, in this machine's time, which every `ssh-keygen` takes; UTC is for newer ones. */
function commitTime(payload: Buffer): string | undefined {
  const seconds = /^committer .*> (\d{1,11}) [+-]\d{4}$/m.exec(payload.toString('utf8', 0, 4096))?.[1];
  if (seconds === undefined) return undefined;
  const at = new Date(Number(seconds) * 1000);
  const parts = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()];
  return `${at.getFullYear()}${parts.map((part) => String(part).padStart(2, '0')).join('')}`;
}
