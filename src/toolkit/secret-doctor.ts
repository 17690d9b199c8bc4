import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GitOpsError } from '../errors';
import { readCertificates, type SealingCertificate } from '../model/certificates';
import { SECRETS_FOLDER, secretFilePath } from '../model/secret-declaration';
import { parseSecretFile, wrappedKeysOf } from '../model/secret-files';
import { unwrapDataKey } from '../secrets/age';
import { decryptSops } from '../secrets/sops';
import type { AppOptions } from './app';
import { ageIdentities } from './secret-identities';
import { type InspectedSecret, inspectSecrets, type SecretFinding, type SecretStatus } from './secret-list';

export interface SecretDoctorOptions extends AppOptions {
  /**
   * Certificates that were just fetched from clusters, to see whether those pinned are still the current ones: a file, or
   * `<cluster>=<file>` where several clusters have one.
   *
   * @default - none
   */
  readonly certificates?: readonly string[];
}

export interface SecretDoctorResult {
  readonly secrets: readonly SecretStatus[];
  /** What concerns no declared Secret. */
  readonly others: readonly SecretFinding[];
  readonly errors: number;
  readonly warnings: number;
  /** Secrets whose values were decrypted, and found to be whole. */
  readonly decrypted: number;
}

/**
 * Looks for everything that is wrong with encrypted Secrets: their files, what they are encrypted to, and where. What an
 * identity of age at hand decrypts is decrypted, to see whether it is whole; no value goes anywhere.
 * @throws GitOpsError USAGE, SEALED_CERT_INVALID for a certificate that was fetched; as `loadTree` does, but for what
 *   rendering finds
 */
export async function secretDoctor(options: SecretDoctorOptions = {}): Promise<SecretDoctorResult> {
  const { cwd = process.cwd(), env = process.env, certificates = [] } = options;
  const { inspected } = await inspectSecrets(options);
  const identities = ageIdentities(env);
  const secrets: SecretStatus[] = [];
  let decrypted = 0;
  for (const each of inspected) {
    options.signal?.throwIfAborted();
    const damage = await digestProblem(each, identities);
    if (damage === null) decrypted++;
    secrets.push(damage ? { ...each.status, problems: [...each.status.problems, damage] } : each.status);
  }
  const others = [
    ...certificates.flatMap((given) => renewals(given, cwd, inspected)),
    ...orphans(resolve(cwd), new Set(inspected.map(({ declared }) => secretFilePath(declared)))),
  ];
  const all = [...others, ...secrets.flatMap(({ problems }) => problems)];
  const errors = all.filter(({ severity }) => severity === 'error').length;
  return { secrets, others, errors, warnings: all.length - errors, decrypted };
}

/** Null when everything decrypts; undefined when that cannot be told. */
async function digestProblem(
  { file, status }: InspectedSecret,
  identities: readonly string[],
): Promise<SecretFinding | null | undefined> {
  if (file?.kind !== 'sops') return undefined;
  try {
    const dataKey = await unwrapDataKey(wrappedKeysOf(file.sops), identities);
    if (dataKey === undefined) return undefined;
    decryptSops(file.document ?? {}, dataKey, status.file, file.order);
    return null;
  } catch (error) {
    if (!GitOpsError.is(error)) throw error;
    return { severity: 'error', code: error.code, message: error.message };
  }
}

/** Whether a certificate that was fetched is newer than the one that is pinned. */
function renewals(given: string, cwd: string, inspected: readonly InspectedSecret[]): SecretFinding[] {
  const pinned = new Map<string, SealingCertificate>();
  for (const { declared, certificates } of inspected) {
    if (certificates[0]) pinned.set(declared.cluster, certificates[0]);
  }
  const [, named, file = given] = /^([a-z0-9-]+)=(.*)$/s.exec(given) ?? [];
  const cluster = named ?? (pinned.size === 1 ? [...pinned.keys()][0] : undefined);
  const current = cluster === undefined ? undefined : pinned.get(cluster);
  if (cluster === undefined || current === undefined) {
    const known = [...pinned.keys()].sort().join(', ') || 'none';
    throw new GitOpsError(
      'USAGE',
      `say whose certificate it is, as <cluster>=<file>: those with a pinned one are ${known}`,
    );
  }
  let pem: string;
  try {
    pem = readFileSync(resolve(cwd, file), 'utf8');
  } catch (cause) {
    throw new GitOpsError('USAGE', `the certificate ${file} cannot be read: name another file`, { cause });
  }
  const [fetched] = readCertificates(pem, file);
  if (fetched === undefined || fetched.fingerprint === current.fingerprint) return [];
  const isNewer = fetched.notBefore > current.notBefore;
  const message = isNewer
    ? `cluster '${cluster}' has a newer certificate than the pinned one: put it first in the pinned file, pin ${fetched.fingerprint}, and rotate when it suits`
    : `the certificate of cluster '${cluster}' that was fetched is older than the pinned one: was it another cluster's?`;
  return [{ severity: 'warning', code: 'SEALED_CERT_MISMATCH', message }];
}

/** Files of ciphertext that no declared Secret has. */
function orphans(root: string, known: ReadonlySet<string>): SecretFinding[] {
  let names: string[];
  try {
    names = readdirSync(join(root, SECRETS_FOLDER), { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  const paths = names.map((name) => `${SECRETS_FOLDER}/${name.split('\\').join('/')}`).sort();
  return paths.flatMap((path): SecretFinding[] => {
    if (!/\.ya?ml$/.test(path) || known.has(path)) return [];
    try {
      parseSecretFile(readFileSync(join(root, path), 'utf8'), path);
      const message = `${path} is of no Secret that the program declares: declare it, or remove the file`;
      return [{ severity: 'warning', code: 'SECRET_UNKNOWN', message }];
    } catch (error) {
      if (!GitOpsError.is(error)) return [];
      // Whatever else lies there may be what somebody encrypted by other means, or did not encrypt.
      return [{ severity: 'error', code: error.code, message: error.message }];
    }
  });
}
