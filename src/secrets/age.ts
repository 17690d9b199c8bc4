import { GitOpsError } from '../errors';

/** Wraps the data keys of documents with age. */

/** Recipients whose keys age itself has: what plugins and SSH bring is left to the `sops` program. */
const NATIVE = /^age1(?:[02-9ac-hj-np-z]{58}|pq1[02-9ac-hj-np-z]{100,})$/;

export function isNativeRecipient(recipient: string): boolean {
  return NATIVE.test(recipient);
}

/**
 * Encrypts a data key to one recipient, armored.
 * @throws GitOpsError SOPS_RECIPIENTS_INVALID
 */
export async function wrapDataKey(dataKey: Uint8Array, recipient: string): Promise<string> {
  const { armor, Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch {
    // The checksum in it is wrong, say.
    throw new GitOpsError(
      'SOPS_RECIPIENTS_INVALID',
      `'${recipient}' is no recipient of age: copy it anew, as \`age-keygen -y\` prints it`,
    );
  }
  return ensureLineEnd(armor.encode(await encrypter.encrypt(dataKey)));
}

/** The data key, when one of the identities is a recipient's; else undefined. */
export async function unwrapDataKey(
  wrapped: readonly string[],
  identities: readonly string[],
): Promise<Uint8Array | undefined> {
  if (identities.length === 0) return undefined;
  const { armor, Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      // Nothing of an identity may be in a message.
      throw new GitOpsError('SECRET_IDENTITY_MISSING', 'an age identity at hand is damaged: look at SOPS_AGE_KEY_FILE');
    }
  }
  for (const text of wrapped) {
    try {
      const dataKey = await decrypter.decrypt(armor.decode(text));
      if (dataKey.length === 32) return dataKey;
    } catch {
      // It is another one's.
    }
  }
  return undefined;
}

/** Identities in the text of a key file: one on a line, comments between them. */
export function identitiesIn(text: string): string[] {
  const words = text.split('\n').flatMap((line) => (line.trim().startsWith('#') ? [] : line.split(/\s+/)));
  return words.filter((word) => /^AGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]+$/.test(word));
}

function ensureLineEnd(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
