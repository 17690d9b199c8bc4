import type { EncryptedSecretDeclaration } from '../model/secret-declaration';
import { secretFilePath } from '../model/secret-declaration';
import { recipientsOf } from '../model/secret-files';
import { openAndAsk, type SecretSetOptions, type SecretWriteResult, write } from './secret-set';

/** As for `secretSet`; without keys, SOPS encrypts the same values anew, and Sealed Secrets asks for all of them. */
export type SecretRotateOptions = SecretSetOptions;

/**
 * Encrypts anew on purpose: with a new key, to those who are recipients now, values that are new where some are given.
 * What was sealed cannot be decrypted outside of its cluster, so that all values of it have to be given.
 * @throws GitOpsError as `secretSet` does
 */
export async function secretRotate(options: SecretRotateOptions): Promise<SecretWriteResult> {
  const { opened, values } = await openAndAsk(options, ({ backend, keys }, file) =>
    backend === 'sops' && file?.kind === 'sops' ? keys.filter((key) => file.values[key] === undefined) : keys,
  );
  const before = recipientsOf(opened.file?.sops);
  const result = await write(opened, values, options, true);
  const gone = before.filter((recipient) => !result.recipients.includes(recipient));
  return { ...result, next: stepsOf(opened.secret, [...values.keys()], gone) };
}

/** What rotating a value takes beside encrypting it. */
function stepsOf(secret: EncryptedSecretDeclaration, renewed: readonly string[], gone: readonly string[]): string[] {
  const { object, namespace } = secret;
  const publish = `commit ${secretFilePath(secret)}, and publish`;
  const restart = `restart what uses Secret ${object} in namespace ${namespace}: variables are read once, at the start`;
  if (renewed.length === 0) {
    const exposed =
      gone.length === 0
        ? 'the values are the same: if one may have become known, change it at its provider, then rotate with its key'
        : `${gone.length === 1 ? 'a recipient' : `${gone.length} recipients`} left, and can still decrypt what git remembers: change the values at their provider, then rotate with their keys`;
    return [publish, exposed];
  }
  const keys = renewed.join(', ');
  return [
    `at the provider, let the new value of ${keys} be valid beside the old one, if that is not done yet`,
    publish,
    restart,
    `at the provider, revoke the old value of ${keys}: it is in git's history, encrypted, for ever`,
  ];
}
