import {
  type OneOf,
  ProviderDraft,
  type ProviderParts,
  type SecretReference,
  type ServiceAccountReference,
} from '../references';

export interface GcpProps {
  /** Id of the project that holds the secrets. */
  readonly project: string;

  /**
   * Location of regional secrets, e.g. `europe-west3`.
   *
   * @default - secrets are global
   */
  readonly location?: string;

  /**
   * How the operator signs in: by one of these.
   *
   * @default - by the operator's own identity
   */
  readonly auth?: OneOf<GcpAuth>;
}

/** Ways of signing in to Google Cloud. Each names something in the cluster; none takes a credential. */
export interface GcpAuth {
  /** By a service account of the cluster that is bound to one of the project. */
  readonly workloadIdentity: {
    readonly serviceAccount: ServiceAccountReference;
    /** @default - the cluster that the operator runs in */
    readonly clusterName?: string;
    /** @default - that of the cluster that the operator runs in */
    readonly clusterLocation?: string;
    /** @default - that of the store */
    readonly clusterProject?: string;
  };
  /** By a service account of the cluster, whose tokens a pool of identities accepts. */
  readonly workloadIdentityFederation: {
    readonly serviceAccount: ServiceAccountReference;
    /** Full name of the provider in the pool: `//iam.googleapis.com/projects/…`. */
    readonly audience: string;
    /** E-mail address of a service account of the project to act as. */
    readonly actAs?: string;
  };
  /** By the key of a service account of the project, which is in a Secret. */
  readonly key: SecretReference;
}

/** Secret Manager of Google Cloud. Defaults of the definition are written out: an agent would see a difference for ever. */
export function gcpParts(props: GcpProps): ProviderParts {
  const draft = new ProviderDraft('Provider.gcp()');
  const { project, location, auth } = props ?? {};
  const known = ['workloadIdentity', 'workloadIdentityFederation', 'key'] as const;
  return draft.parts({
    gcpsm: {
      projectID: draft.text('project', project),
      location,
      secretVersionSelectionPolicy: 'LatestOrFail',
      auth: auth && authOf(draft, draft.choice<GcpAuth>('auth', auth, known)),
    },
  });
}

function authOf(draft: ProviderDraft, auth: Partial<GcpAuth>): Record<string, unknown> {
  const { workloadIdentity, workloadIdentityFederation, key } = auth;
  if (workloadIdentity) {
    const { serviceAccount, clusterName, clusterLocation, clusterProject } = workloadIdentity;
    const serviceAccountRef = draft.serviceAccount('auth.workloadIdentity.serviceAccount', serviceAccount);
    return { workloadIdentity: { serviceAccountRef, clusterName, clusterLocation, clusterProjectID: clusterProject } };
  }
  if (workloadIdentityFederation) {
    const { serviceAccount, audience, actAs } = workloadIdentityFederation;
    const field = 'auth.workloadIdentityFederation';
    return {
      workloadIdentityFederation: {
        serviceAccountRef: draft.serviceAccount(`${field}.serviceAccount`, serviceAccount),
        audience: draft.text(`${field}.audience`, audience),
        gcpServiceAccountEmail: actAs,
      },
    };
  }
  return key ? { secretRef: { secretAccessKeySecretRef: draft.secret('auth.key', key) } } : {};
}
