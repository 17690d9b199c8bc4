import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { GitOpsError } from '../../errors';
import { GitFailure } from '../git/failures';
import { type GitProcessOptions, runGit } from '../git/runner';
import type { ParsedEntry } from './entry';

/** Decides whose entries are landed. */
export class Trust {
  private readonly known = new Map<string, boolean>();

  /** @param allowedSigners file, as `ssh-keygen` reads it; everybody is trusted without one */
  constructor(
    private readonly allowedSigners: string | undefined,
    private readonly git: () => GitProcessOptions,
  ) {}

  /**
   * Whether one of the allowed signers signed an entry. Its commit has to be in the directory.
   *
   * Only SSH signatures count: of others git would ask whatever key ring the machine has.
   */
  async trusts({ id, signature }: Pick<ParsedEntry, 'id' | 'signature'>): Promise<boolean> {
    if (this.allowedSigners === undefined) return true;
    if (!signature?.startsWith('-----BEGIN SSH SIGNATURE-----\n')) return false;
    const known = this.known.get(id);
    if (known !== undefined) return known;
    const trusted = await this.verify(id, this.allowedSigners);
    this.known.set(id, trusted);
    return trusted;
  }

  private async verify(id: string, allowedSigners: string): Promise<boolean> {
    try {
      await runGit(['-c', `gpg.ssh.allowedSignersFile=${allowedSigners}`, 'verify-commit', id], this.git());
      return true;
    } catch (error) {
      if (error instanceof GitFailure) return false;
      throw error;
    }
  }
}

/**
 * The file of allowed signers as an absolute path.
 * @throws GitOpsError CONFIG_INVALID when there is none: everybody's entries would be passed over
 */
export function readableSigners(file: string): string {
  const path = resolve(file);
  if (existsSync(path)) return path;
  throw new GitOpsError(
    'CONFIG_INVALID',
    `the file of allowed signers ${path} does not exist; name the one that ssh-keygen is to read`,
  );
}
