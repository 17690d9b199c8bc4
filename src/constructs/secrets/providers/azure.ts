import {
  type OneOf,
  ProviderDraft,
  type ProviderParts,
  type SecretReference,
  type ServiceAccountReference,
} from '../references';

export interface AzureProps {
  /** Address of the vault, e.g. `https://acme.vault.azure.net`. */
  readonly vaultUrl: string;

  /**
   * Id of the tenant.
   *
   * @default - that of the identity
   */
  readonly tenantId?: string;

  /**
   * The cloud.
   *
   * @default PublicCloud
   */
  readonly environment?: 'PublicCloud' | 'USGovernmentCloud' | 'ChinaCloud' | 'GermanCloud';

  /** How the operator signs in: by one of these. */
  readonly auth: OneOf<AzureAuth>;
}

/** Ways of signing in to Azure. Each names something in the cluster; none takes a credential. */
export interface AzureAuth {
  /** By a service account that is federated with an identity. */
  readonly workloadIdentity: {
    /** @default - the operator's own */
    readonly serviceAccount?: ServiceAccountReference;
  };
  /** By the identity of the machine. */
  readonly managedIdentity: {
    /** @default - the one there is */
    readonly identityId?: string;
  };
  /** By an application, whose id and secret or certificate are in a Secret. */
  readonly servicePrincipal: { readonly clientId: SecretReference } & OneOf<{
    readonly clientSecret: SecretReference;
    readonly clientCertificate: SecretReference;
  }>;
}

/** Key Vault of Azure. Defaults of the definition are written out: an agent would see a difference for ever. */
export function azureParts(props: AzureProps): ProviderParts {
  const draft = new ProviderDraft('Provider.azure()');
  const { vaultUrl, tenantId, environment = 'PublicCloud', auth } = props ?? {};
  const known = ['workloadIdentity', 'managedIdentity', 'servicePrincipal'] as const;
  return draft.parts({
    azurekv: {
      vaultUrl: draft.url('vaultUrl', vaultUrl),
      tenantId,
      environmentType: environment,
      useAzureSDK: false,
      ...authOf(draft, draft.choice<AzureAuth>('auth', auth, known), tenantId),
    },
  });
}

function authOf(draft: ProviderDraft, auth: Partial<AzureAuth>, tenantId?: string): Record<string, unknown> {
  const { workloadIdentity, managedIdentity, servicePrincipal } = auth;
  if (workloadIdentity) {
    const { serviceAccount } = workloadIdentity;
    const serviceAccountRef =
      serviceAccount && draft.serviceAccount('auth.workloadIdentity.serviceAccount', serviceAccount);
    return { authType: 'WorkloadIdentity', serviceAccountRef };
  }
  if (managedIdentity) return { authType: 'ManagedIdentity', identityId: managedIdentity.identityId };
  if (!servicePrincipal) return {};
  draft.text('tenantId', tenantId);
  const { clientId, clientSecret, clientCertificate } = servicePrincipal;
  const field = 'auth.servicePrincipal';
  if (clientSecret && clientCertificate)
    draft.report(`\`${field}\` has both a secret and a certificate: leave one out`);
  const own = clientCertificate
    ? { clientCertificate: draft.secret(`${field}.clientCertificate`, clientCertificate) }
    : { clientSecret: draft.secret(`${field}.clientSecret`, clientSecret) };
  return {
    authType: 'ServicePrincipal',
    authSecretRef: { clientId: draft.secret(`${field}.clientId`, clientId), ...own },
  };
}
