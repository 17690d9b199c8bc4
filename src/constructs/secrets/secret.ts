import type { Construct } from 'constructs';
import { GitOpsError } from '../../errors';
import { referToSecrets } from '../../model/needed-secrets';
import { EncryptedSecret, type EncryptedSecretProps } from './encrypted';
import { type ExternalSecretProps, externalSecret } from './external';
import { SecretHandle } from './handle';
import { placeOf } from './place';

/** Says what a Secret has that something else puts into the namespace. */
export interface ExistingSecretProps<K extends string> {
  /** Keys that it has. */
  readonly keys: readonly K[];

  /**
   * Its name.
   *
   * @default - the id of the construct
   */
  readonly name?: string;
}

/**
 * A Secret of an application, by where its values come from. Each gives back a handle whose keys are known to the compiler;
 * none takes a value.
 */
export class Secret {
  /**
   * A Secret that External Secrets reads from a store outside of the cluster, and keeps up to date.
   *
   * @param scope an application, or a construct within one
   * @param id the Secret is called `<application>-<id>` unless its metadata says otherwise
   */
  static external<K extends string, T extends string = never>(
    scope: Construct,
    id: string,
    props: ExternalSecretProps<K, T>,
  ): SecretHandle<K | T> {
    return externalSecret(scope, id, props);
  }

  /**
   * A Secret whose values are encrypted in the source repository, where `cdk8s-gitops secret set` writes them, and are
   * decrypted in the cluster alone.
   *
   * @param scope an application, or a construct within one
   * @param id the Secret is called `<application>-<id>` unless it is given another name
   */
  static encrypted<K extends string>(scope: Construct, id: string, props: EncryptedSecretProps<K>): SecretHandle<K> {
    return new EncryptedSecret(scope, id, props);
  }

  /**
   * A Secret that is in the namespace of the application already: somebody else put it there, or a controller does, like
   * cert-manager.
   *
   * @param name of the Secret, and id of the construct
   */
  static existing<K extends string>(scope: Construct, name: string, props: ExistingSecretProps<K>): SecretHandle<K> {
    const { keys, name: other = name } = props ?? {};
    const handle = new SecretHandle(scope, name, { keys: keys ?? [], name: other });
    const unit = placeOf(handle)?.unit;
    const referral = () => ({ name: handle.name, namespace: placeOf(handle)?.namespace, keys: handle.keys });
    if (unit) referToSecrets(unit, () => [{ ...referral(), path: handle.node.path }]);
    return handle;
  }

  private constructor() {
    throw new GitOpsError(
      'MODEL_INVALID',
      'a Secret is not made from values: use Secret.external(), Secret.encrypted() or Secret.existing()',
    );
  }
}
