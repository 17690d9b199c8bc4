import { type CommitFields, commitObject, type NewObject } from './git/objects';

/** Signs commits. */
export interface Signer {
  readonly format: 'ssh' | 'openpgp';
  /**
   * Fingerprint of the key, as `ssh-keygen -l` and `gpg --fingerprint` show it.
   *
   * @default - not known; this tool's own signers know it once they have signed
   */
  readonly key?: string;
  /**
   * @param payload the commit without its signature
   * @returns the armored signature
   * @throws GitOpsError SIGNING_FAILED
   */
  sign(payload: Uint8Array): Promise<string>;
}

/** A commit as an object to be written, signed if there is a signer. */
export async function signedCommit(fields: CommitFields, signer: Signer | undefined): Promise<NewObject> {
  const commit = commitObject(fields);
  if (signer === undefined) return commit;
  return commitObject({ ...fields, signature: await signer.sign(commit.body) });
}
