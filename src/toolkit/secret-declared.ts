import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitOpsError } from '../errors';
import type { EncryptedSecretDeclaration } from '../model/secret-declaration';
import { INSPECTION_VARIABLE, type Inspected, withInspection } from '../synth/inspection';
import { type AppOptions, loadTree } from './app';

/**
 * Runs the program, and returns the encrypted Secrets that it declares and its source owns. Nothing is rendered, so
 * that it does not matter whether their ciphertext is there.
 * @throws GitOpsError as `loadTree` does, but for what rendering finds
 */
export async function declaredSecrets(options: AppOptions): Promise<readonly EncryptedSecretDeclaration[]> {
  // Only a program that is a process of its own makes it.
  const file = join(tmpdir(), `cdk8s-gitops-${randomUUID()}.json`);
  let found: Inspected | undefined;
  try {
    const env = { ...(options.env ?? process.env), [INSPECTION_VARIABLE]: file };
    const receive = (inspected: Inspected): void => {
      found = inspected;
    };
    await withInspection(receive, () => loadTree({ ...options, env }));
    found ??= readInspected(file);
  } finally {
    rmSync(file, { force: true });
  }
  const { source, secrets } = found;
  return secrets
    .filter((secret) => (secret.source ?? source) === source)
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** What a program that is a process of its own wrote. */
function readInspected(file: string): Inspected {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Inspected;
  } catch (cause) {
    const message = 'the program did not say what it declares: let it use the same version of cdk8s-gitops';
    throw new GitOpsError('APP_NO_PLATFORM', message, { cause });
  }
}

/** `dev/checkout db`: how a Secret is told of. */
export function nameOf({ environment, application, name }: EncryptedSecretDeclaration): string {
  return `${environment}/${application} ${name}`;
}

/**
 * One of the Secrets.
 * @param unit `<environment>/<application>`
 * @throws GitOpsError SECRET_UNKNOWN, listing those there are
 */
export function findSecret(
  secrets: readonly EncryptedSecretDeclaration[],
  unit: string,
  name: string,
): EncryptedSecretDeclaration {
  const found = secrets.find((secret) => nameOf(secret) === `${unit} ${name}`);
  if (found !== undefined) return found;
  const known = secrets.slice(0, 20).map((secret) => nameOf(secret));
  const more = secrets.length > known.length ? ['…'] : [];
  const there = known.length === 0 ? 'it declares none' : `there are: ${[...known, ...more].join(', ')}`;
  // What was typed is not repeated: it may have been a value in the wrong place.
  throw new GitOpsError('SECRET_UNKNOWN', `the program declares no such encrypted Secret; ${there}`);
}
