import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GitOpsError } from '../errors';
import { pinnedCertificates, type SealingCertificate } from '../model/certificates';
import { certificateProblems, declarationProblems, declaredRecipients, placeProblems } from '../model/secret-checks';
import { type EncryptedSecretDeclaration, secretCommand, secretFilePath } from '../model/secret-declaration';
import { recipientsOf, type SecretFile, wrappedKeysOf } from '../model/secret-files';
import { isNativeRecipient, unwrapDataKey } from '../secrets/age';
import { type CommitmentContext, commit, isCommitted } from '../secrets/commitment';
import { seal, sealingLabel } from '../secrets/sealed';
import { decryptSops, encryptSops, type SopsContent } from '../secrets/sops';
import { ageIdentities } from './secret-identities';
import { decryptBySops, encryptBySops } from './secret-sops';

/** What a Secret's file is to hold. */
export interface EncryptionRequest {
  readonly secret: EncryptedSecretDeclaration;
  /** The file as it is. @default - there is none */
  readonly file?: SecretFile;
  readonly text?: string;
  /** New values by key. All others stay. */
  readonly values: ReadonlyMap<string, Uint8Array>;
  /** Key of commitments, by which values that did not change keep their ciphertext. @default - everything is new */
  readonly commitmentKey?: Uint8Array;
  /** Encrypt anew whatever can be, changed or not. @default false */
  readonly fresh?: boolean;
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface Encryption {
  readonly file: SecretFile;
  /** Keys whose values were encrypted; of all others, the ciphertext stays. */
  readonly encrypted: readonly string[];
}

/**
 * Encrypts values as the Secret's cluster or environment has it.
 * @throws GitOpsError SEALED_CERT_INVALID, SEALED_CERT_EXPIRED, SEALED_SCOPE_MISMATCH, SOPS_NEEDS_FLUX,
 *   SOPS_RECIPIENTS_INVALID, SECRET_IDENTITY_MISSING, SECRET_FILE_INVALID, SOPS_MISSING, SOPS_FAILED
 */
export async function encrypt(request: EncryptionRequest): Promise<Encryption> {
  const [problem] = declarationProblems(request.secret);
  if (problem !== undefined) throw new GitOpsError(problem.code, problem.message);
  return request.secret.backend === 'sops' ? encryptAll(request) : sealEach(request);
}

/**
 * The certificates of the Secret's cluster, the pinned one first.
 * @throws GitOpsError SEALED_CERT_INVALID
 */
export function certificatesOf(
  { sealedSecrets, cluster }: EncryptedSecretDeclaration,
  cwd: string,
): readonly [SealingCertificate, ...SealingCertificate[]] {
  const { certificate, fingerprint } = sealedSecrets ?? { certificate: '', fingerprint: '' };
  let pem: string;
  try {
    pem = readFileSync(resolve(cwd, certificate), 'utf8');
  } catch (cause) {
    const message = `the certificate of cluster '${cluster}', ${certificate}, cannot be read: restore it, or name another file`;
    throw new GitOpsError('SEALED_CERT_INVALID', message, { cause });
  }
  return pinnedCertificates(pem, certificate, fingerprint);
}

/** Values are sealed one by one: whatever is not given stays as it is. */
function sealEach({ secret, file, values, commitmentKey, fresh, cwd }: EncryptionRequest): Encryption {
  const [certificate] = certificatesOf(secret, cwd);
  const [expired] = certificateProblems(secret, certificate, new Date());
  if (expired !== undefined) throw new GitOpsError(expired.code, expired.message);
  const { namespace, object: name, scope, type } = secret;
  const label = sealingLabel(namespace, name, scope);
  const before = file?.kind === 'sealed-secret' ? file : undefined;
  const kept = secret.keys.filter((key) => !values.has(key) && before?.values[key] !== undefined);
  const [elsewhere] = before === undefined ? [] : placeProblems(secret, before);
  if (elsewhere !== undefined && kept.length > 0) {
    const command = secretCommand('rotate', secret);
    const message = `${secretFilePath(secret)} holds values of other keys that cannot be unsealed here any more (${elsewhere.message.split(':')[0]}): give all of them with \`${command}\``;
    throw new GitOpsError('SEALED_SCOPE_MISMATCH', message);
  }
  const encrypted: string[] = [];
  const sealed: Record<string, string> = {};
  const certificates: Record<string, string> = {};
  const commitments: Record<string, string> = {};
  for (const key of kept) {
    sealed[key] = before?.values[key] ?? '';
    copy(before?.certificates, certificates, key);
    copy(before?.commitments, commitments, key);
  }
  for (const [key, plaintext] of values) {
    const context = contextOf(secret, [certificate.fingerprint], key);
    const old = before?.values[key];
    const commitment = before?.commitments[key];
    const isSame =
      old !== undefined &&
      commitmentKey !== undefined &&
      fresh !== true &&
      isCommitted(commitment, commitmentKey, context, old, plaintext);
    const value = isSame ? old : seal(plaintext, certificate.publicKey, label);
    if (!isSame) encrypted.push(key);
    sealed[key] = value;
    certificates[key] = certificate.fingerprint;
    if (commitmentKey !== undefined) commitments[key] = commit(commitmentKey, context, value, plaintext);
  }
  return {
    file: { kind: 'sealed-secret', name, namespace, type, scope, values: sealed, certificates, commitments },
    encrypted,
  };
}

/** SOPS encrypts a document as a whole: what is not given has to be decrypted first. */
async function encryptAll(request: EncryptionRequest): Promise<Encryption> {
  const { secret, file, values, commitmentKey, fresh, env, signal } = request;
  const { namespace, object: name, type, sops = {} } = secret;
  const before = file?.kind === 'sops' ? file : undefined;
  const recipients = declaredRecipients(sops);
  const base = { kind: 'sops', name, namespace, type, scope: 'strict', certificates: {} } as const;
  const committed = (
    content: SopsContent,
    key: string,
    plaintext: Uint8Array,
    commitment?: string,
  ): string | undefined => {
    if (commitmentKey === undefined) return undefined;
    const context = contextOf(secret, recipients, key);
    const whole = JSON.stringify([Object.entries(content.data).sort(), sortedDeep(content.sops)]);
    if (commitment === undefined) return commit(commitmentKey, context, whole, plaintext);
    return isCommitted(commitment, commitmentKey, context, whole, plaintext) ? commitment : undefined;
  };
  if (before?.sops !== undefined && commitmentKey !== undefined && fresh !== true) {
    const content = { data: before.values, sops: before.sops };
    const isSame = ([key, plaintext]: [string, Uint8Array]) => {
      const commitment = before.commitments[key];
      return commitment !== undefined && committed(content, key, plaintext, commitment) !== undefined;
    };
    const declares = Object.keys(before.values).every((key) => secret.keys.includes(key));
    if (declares && [...values].every(isSame)) {
      return {
        file: { ...base, values: before.values, commitments: before.commitments, sops: before.sops },
        encrypted: [],
      };
    }
  }
  const kept = secret.keys.filter((key) => !values.has(key) && before?.values[key] !== undefined);
  const plaintexts = new Map<string, Uint8Array>();
  if (before !== undefined && kept.length > 0) {
    const [elsewhere] = placeProblems(secret, before);
    // Whoever copies a file elsewhere must not have it encrypted for there by us, unless that is asked for.
    if (elsewhere !== undefined && fresh !== true) throw new GitOpsError(elsewhere.code, elsewhere.message);
    const decrypted = await decryptFile(request, before, kept);
    for (const key of kept) plaintexts.set(key, decrypted.get(key) ?? Buffer.alloc(0));
  }
  for (const [key, plaintext] of values) plaintexts.set(key, plaintext);
  const isNative = recipients.every(isNativeRecipient);
  const content = isNative
    ? await encryptSops(plaintexts, recipients)
    : await encryptBySops(plaintexts, sops, { env, signal });
  const commitments: Record<string, string> = {};
  for (const [key, plaintext] of plaintexts) {
    if (kept.includes(key) && before?.commitments[key] === undefined) continue;
    const commitment = committed(content, key, plaintext);
    if (commitment !== undefined) commitments[key] = commitment;
  }
  return {
    file: { ...base, values: content.data, commitments, sops: content.sops },
    encrypted: [...plaintexts.keys()].sort(),
  };
}

/**
 * Decrypts a file of SOPS with what is at hand.
 * @param kept keys whose values are needed, for the message
 * @throws GitOpsError SECRET_IDENTITY_MISSING, SECRET_FILE_INVALID, SOPS_MISSING, SOPS_FAILED
 */
async function decryptFile(
  { secret, text = '', env, signal }: EncryptionRequest,
  file: SecretFile,
  kept: readonly string[],
): Promise<Map<string, Buffer>> {
  const shown = secretFilePath(secret);
  const dataKey = await unwrapDataKey(wrappedKeysOf(file.sops), ageIdentities(env));
  if (dataKey !== undefined) return decryptSops(file.document ?? {}, dataKey, shown, file.order);
  if (!recipientsOf(file.sops).every(isNativeRecipient)) return decryptBySops(text, { env, signal });
  const message = `${shown} is encrypted as a whole, and no identity at hand decrypts it: set SOPS_AGE_KEY_FILE to the file of one, or give every key (${kept.join(', ')} too)`;
  throw new GitOpsError('SECRET_IDENTITY_MISSING', message);
}

function contextOf(
  { backend, cluster, namespace, object, scope }: EncryptedSecretDeclaration,
  recipients: readonly string[],
  key: string,
): CommitmentContext {
  return { backend: backend ?? '', recipients, cluster, namespace, name: object, key, scope };
}

function copy(from: Readonly<Record<string, string>> | undefined, to: Record<string, string>, key: string): void {
  const value = from?.[key];
  if (value !== undefined) to[key] = value;
}

/** The same whatever order fields were written in. */
function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedDeep);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortedDeep(inner)]));
}
