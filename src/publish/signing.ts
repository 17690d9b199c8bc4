import { type CommitFields, commitObject, type NewObject } from './git/objects';

/** Signs commits. */
export interface Signer {
  readonly format: 'ssh' | 'openpgp';
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
