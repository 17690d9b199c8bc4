import type { ErrorCode } from '../errors';
import type { SealingCertificate } from './certificates';
import {
  type EncryptedSecretDeclaration,
  type SopsRecipients,
  secretCommand,
  secretFilePath,
} from './secret-declaration';
import { recipientsOf, type SecretFile } from './secret-files';

/** Something wrong with an encrypted Secret. */
export interface SecretProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Everybody that values of an environment are encrypted to. Sorted. */
export function declaredRecipients({ age = [], kms = [], pgp = [] }: SopsRecipients = {}): string[] {
  return [...new Set([...age, ...kms, ...pgp])].sort();
}

/** What is wrong with what the program says of a Secret, before any file is looked at. */
export function declarationProblems(secret: EncryptedSecretDeclaration): SecretProblem[] {
  const { backend, native, cluster, environment, sealedSecrets, sops } = secret;
  switch (backend) {
    case undefined: {
      const message = `cluster '${cluster}' has no operator that says how Secrets are encrypted: add one, or pass \`backend\``;
      return [{ code: 'MODEL_INVALID', message }];
    }
    case 'sealed-secret': {
      if (sealedSecrets !== undefined) return [];
      const message = `cluster '${cluster}' has no certificate to seal to: write \`kubeseal --fetch-cert\`'s output to a file, and pass \`sealedSecrets: { certificate, fingerprint }\` to the Cluster`;
      return [{ code: 'SEALED_CERT_INVALID', message }];
    }
    case 'sops': {
      if (native !== 'sops') {
        const message = `the operator of cluster '${cluster}' does not decrypt what SOPS encrypts: leave out \`backend\`, or write \`backend: 'sealed-secret'\``;
        return [{ code: 'SOPS_NEEDS_FLUX', message }];
      }
      if (declaredRecipients(sops).length > 0) return [];
      const message = `environment '${environment}' names nobody to encrypt to: pass \`sops: { age: ['age1…'] }\` to the Environment`;
      return [{ code: 'SOPS_RECIPIENTS_INVALID', message }];
    }
  }
}

/** What is wrong with a pinned certificate today. */
export function certificateProblems(
  { sealedSecrets, cluster }: EncryptedSecretDeclaration,
  { notAfter }: SealingCertificate,
  now: Date,
): SecretProblem[] {
  if (notAfter > now) return [];
  const { name = 'sealed-secrets-controller', namespace = 'kube-system' } = sealedSecrets?.controller ?? {};
  const fetch = `kubeseal --fetch-cert --controller-name ${name} --controller-namespace ${namespace}`;
  const message = `the pinned certificate of cluster '${cluster}' expired on ${notAfter.toISOString().slice(0, 10)}: put the current one (\`${fetch}\`) first in ${sealedSecrets?.certificate}, and pin its fingerprint`;
  return [{ code: 'SEALED_CERT_EXPIRED', message }];
}

/**
 * What is wrong with a file of ciphertext, for the Secret that it is to become: everything that can be known without
 * decrypting it.
 * @param certificates of the cluster, the current one first; of no matter to SOPS
 */
export function fileProblems(
  secret: EncryptedSecretDeclaration,
  file: SecretFile,
  certificates: readonly SealingCertificate[],
): SecretProblem[] {
  const shown = secretFilePath(secret);
  const again = `run \`${secretCommand('rotate', secret)}\``;
  if (file.kind !== secret.backend) {
    const message = `${shown} is for ${title(file.kind)}, and the Secret is encrypted by ${title(secret.backend)}: ${again}`;
    return [{ code: 'SECRET_FILE_INVALID', message }];
  }
  const problems: SecretProblem[] = [];
  const missing = secret.keys.filter((key) => file.values[key] === undefined);
  if (missing.length > 0) {
    const message = `${shown} has no ${missing.map((key) => `'${key}'`).join(', ')}: run \`${secretCommand('set', secret, missing)}\``;
    problems.push({ code: 'SECRET_FILE_MISSING', message });
  }
  return [...problems, ...placeProblems(secret, file), ...valueProblems(secret, file, certificates)];
}

/** Whether the file's values are those of this very Secret, wherever their encryption may be bound to it. */
export function placeProblems(secret: EncryptedSecretDeclaration, file: SecretFile): SecretProblem[] {
  const shown = secretFilePath(secret);
  const again = `run \`${secretCommand('rotate', secret)}\``;
  const own = `${secret.namespace}/${secret.object}`;
  const its = `${file.namespace}/${file.name}`;
  if (file.kind === 'sops') {
    // A file that was made by hand may not say where it belongs.
    const differs = file.name !== secret.object || (file.namespace !== '' && file.namespace !== secret.namespace);
    const message = `${shown} was encrypted as ${its}, and the Secret is ${own}: restore the right file, or ${again}`;
    return differs ? [{ code: 'SECRET_FILE_INVALID', message }] : [];
  }
  if (file.scope !== secret.scope) {
    const message = `${shown} was sealed with the scope '${file.scope}', and the Secret has '${secret.scope}': ${again}`;
    return [{ code: 'SEALED_SCOPE_MISMATCH', message }];
  }
  const isElsewhere =
    (secret.scope === 'strict' && own !== its) ||
    (secret.scope === 'namespace-wide' && file.namespace !== secret.namespace);
  const message = `${shown} was sealed for ${its}, and the Secret is ${own}, where it cannot be unsealed: ${again}`;
  return isElsewhere ? [{ code: 'SEALED_SCOPE_MISMATCH', message }] : [];
}

function valueProblems(
  secret: EncryptedSecretDeclaration,
  file: SecretFile,
  certificates: readonly SealingCertificate[],
): SecretProblem[] {
  const shown = secretFilePath(secret);
  if (file.kind === 'sops') {
    const declared = declaredRecipients(secret.sops);
    if (recipientsOf(file.sops).some((recipient) => declared.includes(recipient))) return [];
    const message = `${shown} is encrypted to none of the recipients of environment '${secret.environment}': run \`${secretCommand('rotate', secret)}\``;
    return [{ code: 'SOPS_RECIPIENTS_INVALID', message }];
  }
  const problems: SecretProblem[] = [];
  const lengths = new Set(certificates.map(({ keyBytes }) => keyBytes));
  for (const [key, value] of Object.entries(file.values)) {
    const set = `run \`${secretCommand('set', secret, [key])}\``;
    const sealedTo = file.certificates[key];
    if (!isSealed(value, lengths)) {
      problems.push({ code: 'SEALED_MALFORMED', message: `${shown}: the value of '${key}' is damaged: ${set}` });
    } else if (sealedTo !== undefined && !certificates.some(({ fingerprint }) => fingerprint === sealedTo)) {
      const message = `${shown}: '${key}' was sealed to the certificate ${sealedTo}, which is not in ${secret.sealedSecrets?.certificate}: ${set}`;
      problems.push({ code: 'SEALED_CERT_MISMATCH', message });
    }
  }
  return problems;
}

/** Overhead of a sealed value beside the wrapped key: the length of that, and the tag. */
const LENGTH_BYTES = 2;
const TAG_BYTES = 16;

function isSealed(value: string, keyLengths: ReadonlySet<number>): boolean {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) return false;
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length < LENGTH_BYTES) return false;
  const wrapped = bytes.readUInt16BE(0);
  return keyLengths.has(wrapped) && bytes.length >= LENGTH_BYTES + wrapped + TAG_BYTES;
}

function title(backend: string | undefined): string {
  return backend === 'sops' ? 'SOPS' : 'Sealed Secrets';
}
