import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';

/**
 * A commitment says that a ciphertext is that of a plaintext, to whoever has the key of commitments and the plaintext,
 * and nothing to anybody else. By it, plaintext that arrives anew with every run is encrypted anew only when it changed.
 */

/** What a ciphertext belongs to. Whatever differs here makes another commitment. */
export interface CommitmentContext {
  readonly backend: string;
  /** Whom it is encrypted to: fingerprints or recipients. */
  readonly recipients: readonly string[];
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly scope: string;
}

/** The shortest key of commitments, in bytes: a word could be guessed, and plaintexts then too. */
export const SHORTEST_COMMITMENT_KEY = 32;

/** Makes the commitment, in base64. */
export function commit(
  commitmentKey: Uint8Array,
  context: CommitmentContext,
  ciphertext: string,
  plaintext: Uint8Array,
): string {
  const { backend, recipients, cluster, namespace, name, key, scope } = context;
  // As JSON, no part can run into the next one.
  const parts = [backend, [...recipients].sort(), cluster, namespace, name, key, scope];
  const derived = hkdfSync('sha256', commitmentKey, '', `cdk8s-gitops/commitment/v1\n${JSON.stringify(parts)}`, 32);
  const digest = createHash('sha256').update(ciphertext, 'utf8').digest();
  return createHmac('sha256', Buffer.from(derived)).update(digest).update(plaintext).digest('base64');
}

/** Whether the commitment is that of this ciphertext and this plaintext. */
export function isCommitted(
  commitment: string | undefined,
  commitmentKey: Uint8Array,
  context: CommitmentContext,
  ciphertext: string,
  plaintext: Uint8Array,
): boolean {
  if (commitment === undefined) return false;
  const expected = Buffer.from(commit(commitmentKey, context, ciphertext, plaintext), 'base64');
  const given = Buffer.from(commitment, 'base64');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
