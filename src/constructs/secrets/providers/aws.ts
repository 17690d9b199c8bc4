import {
  type OneOf,
  ProviderDraft,
  type ProviderParts,
  type SecretReference,
  type ServiceAccountReference,
} from '../references';

export interface AwsProps {
  /** Region of the store, e.g. `eu-central-1`. */
  readonly region: string;

  /**
   * ARN of a role to take on.
   *
   * @default - none
   */
  readonly role?: string;

  /**
   * Id that the role demands of those outside its account.
   *
   * @default - none
   */
  readonly externalId?: string;

  /**
   * ARNs of roles to take on one after the other, ahead of `role`.
   *
   * @default - none
   */
  readonly additionalRoles?: readonly string[];

  /**
   * Put in front of every path.
   *
   * @default - nothing
   */
  readonly prefix?: string;

  /**
   * How the operator signs in: by one of these.
   *
   * @default - by the operator's own identity (pod identity, or the role of its service account)
   */
  readonly auth?: OneOf<AwsAuth>;
}

/** Ways of signing in to AWS. Each names something in the cluster; none takes a credential. */
export interface AwsAuth {
  /** By the role that a service account is annotated with. */
  readonly serviceAccount: ServiceAccountReference;
  /** By an access key, which is in a Secret. */
  readonly accessKey: {
    readonly id: SecretReference;
    readonly secret: SecretReference;
    /** @default - none */
    readonly sessionToken?: SecretReference;
  };
}

/** Both stores of AWS. Defaults of the definition are written out: an agent would see a difference for ever. */
export function awsParts(service: 'SecretsManager' | 'ParameterStore', props: AwsProps): ProviderParts {
  const draft = new ProviderDraft(`Provider.aws${service}()`);
  const { region, role, externalId, additionalRoles, prefix, auth } = props ?? {};
  return draft.parts({
    aws: {
      service,
      region: draft.text('region', region),
      role,
      externalID: externalId,
      additionalRoles,
      prefix,
      sessionTagsPolicy: 'None',
      auth: auth && authOf(draft, draft.choice<AwsAuth>('auth', auth, ['serviceAccount', 'accessKey'])),
    },
  });
}

function authOf(draft: ProviderDraft, { serviceAccount, accessKey }: Partial<AwsAuth>): Record<string, unknown> {
  if (serviceAccount) {
    return { jwt: { serviceAccountRef: draft.serviceAccount('auth.serviceAccount', serviceAccount) } };
  }
  if (!accessKey) return {};
  const { id, secret, sessionToken } = accessKey;
  return {
    secretRef: {
      accessKeyIDSecretRef: draft.secret('auth.accessKey.id', id),
      secretAccessKeySecretRef: draft.secret('auth.accessKey.secret', secret),
      sessionTokenSecretRef: sessionToken && draft.secret('auth.accessKey.sessionToken', sessionToken),
    },
  };
}
