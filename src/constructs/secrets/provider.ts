import { type AwsProps, awsParts } from './providers/aws';
import { type AzureProps, azureParts } from './providers/azure';
import { type GcpProps, gcpParts } from './providers/gcp';
import { type VaultProps, vaultParts } from './providers/vault';
import type { ProviderParts } from './references';

/**
 * Where a store keeps its secrets, and how the operator signs in there: by service accounts, identities and references to
 * Secrets, never by a credential. For a provider that is not here, make the store of an `ApiObject`, and refer to it by
 * `StoreRef.named()`.
 */
export class Provider {
  /** HashiCorp Vault, or OpenBao. */
  static vault(props: VaultProps): Provider {
    return new Provider(vaultParts(props));
  }

  /** AWS Secrets Manager. */
  static awsSecretsManager(props: AwsProps): Provider {
    return new Provider(awsParts('SecretsManager', props));
  }

  /** Parameter Store of AWS Systems Manager. */
  static awsParameterStore(props: AwsProps): Provider {
    return new Provider(awsParts('ParameterStore', props));
  }

  /** Google Cloud Secret Manager. */
  static gcp(props: GcpProps): Provider {
    return new Provider(gcpParts(props));
  }

  /** Azure Key Vault. */
  static azure(props: AzureProps): Provider {
    return new Provider(azureParts(props));
  }

  private constructor(readonly parts: ProviderParts) {}
}
