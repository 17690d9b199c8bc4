import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { GitOpsError } from '../errors';
import { identitiesIn } from '../secrets/age';

/**
 * Identities of age at hand, where `sops` looks for them: `SOPS_AGE_KEY`, `SOPS_AGE_KEY_FILE`, and the user's own file.
 * @throws GitOpsError SECRET_IDENTITY_MISSING when a file that is named cannot be read
 */
export function ageIdentities(env: NodeJS.ProcessEnv): readonly string[] {
  const found = identitiesIn(env.SOPS_AGE_KEY ?? '');
  const named = env.SOPS_AGE_KEY_FILE ?? '';
  if (named !== '') {
    try {
      found.push(...identitiesIn(readFileSync(named, 'utf8')));
    } catch {
      throw new GitOpsError(
        'SECRET_IDENTITY_MISSING',
        `the file that SOPS_AGE_KEY_FILE names cannot be read: ${named}; name another one, or unset it`,
      );
    }
  }
  try {
    const folder = env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');
    found.push(...identitiesIn(readFileSync(join(folder, 'sops/age/keys.txt'), 'utf8')));
  } catch {
    // Most people have none.
  }
  return [...new Set(found)];
}
