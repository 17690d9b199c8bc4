import type { Signer } from '../signing';
import { runQuietly, type SigningEnvironment, signingFailed } from './programs';

export interface OpenPgpSignerOptions extends SigningEnvironment {
  /** Id, fingerprint or user of a secret key in the keyring. */
  readonly key: string;
  /** @default gpg */
  readonly program?: string;
}

/** Signs with `gpg`, by a key of its keyring. */
export class OpenPgpSigner implements Signer {
  readonly format = 'openpgp';
  private fingerprint: string | undefined;

  constructor(private readonly options: OpenPgpSignerOptions) {}

  get key(): string | undefined {
    return this.fingerprint;
  }

  async sign(payload: Uint8Array): Promise<string> {
    const { key, program = 'gpg' } = this.options;
    const { exitCode, stdout, stderr } = await runQuietly(
      program,
      [
        '--batch',
        '--no-tty',
        // A passphrase is the agent's to know, or nobody's: with this mode it is not asked for in a window either.
        '--pinentry-mode=loopback',
        '--status-fd=2',
        // Names of users are UTF-8, whatever the locale.
        '--utf8-strings',
        '--detach-sign',
        '--armor',
        `--local-user=${key}`,
      ],
      this.options,
      { input: payload },
    );
    const created = /^\[GNUPG:\] SIG_CREATED \S+ \S+ \S+ \S+ \S+ ([0-9A-F]+)$/m.exec(stderr);
    if (exitCode !== 0 || created === null || !stdout.includes('-----BEGIN PGP SIGNATURE-----')) {
      throw signingFailed(
        `commits cannot be signed with the OpenPGP key ${JSON.stringify(key)}`,
        remedy(stderr),
        stderr,
      );
    }
    this.fingerprint = created[1];
    return stdout;
  }
}

function remedy(stderr: string): string {
  if (/no secret key|unusable|NO_SECKEY|INV_SGNR/i.test(stderr)) {
    return "name a secret key that 'gpg --list-secret-keys' shows, and that may sign";
  }
  if (/passphrase|pinentry|ioctl|MISSING_PASSPHRASE/i.test(stderr)) {
    return 'it is protected by a passphrase, and nobody is asked for one here: let the agent know it before, or use a key without one';
  }
  return 'sign something with gpg by hand to see what it lacks';
}
