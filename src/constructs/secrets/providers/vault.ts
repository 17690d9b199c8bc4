import {
  type OneOf,
  ProviderDraft,
  type ProviderParts,
  type SecretReference,
  type ServiceAccountReference,
} from '../references';

export interface VaultProps {
  /** Address of the server, e.g. `https://vault.acme.example`. */
  readonly server: string;

  /**
   * Path that the secrets engine is mounted at, e.g. `secret`.
   *
   * @default - the first part of each Secret's path
   */
  readonly path?: string;

  /**
   * Version of the key-value engine.
   *
   * @default v2
   */
  readonly version?: 'v1' | 'v2';

  /**
   * Vault's own namespace, where it has some.
   *
   * @default - none
   */
  readonly namespace?: string;

  /**
   * Where the certificate of a private authority is: a ConfigMap or a Secret, and the key in it.
   *
   * @default - authorities that the operator trusts
   */
  readonly caProvider?: {
    readonly type: 'ConfigMap' | 'Secret';
    readonly name: string;
    readonly key: string;
    readonly namespace?: string;
  };

  /** How the operator signs in: by one of these. */
  readonly auth: OneOf<VaultAuth>;
}

/** Ways of signing in to Vault. Each names something in the cluster; none takes a credential. */
export interface VaultAuth {
  /** By the token of a service account, which Vault asks the cluster about. */
  readonly kubernetes: {
    readonly role: string;
    /** @default - the operator's own */
    readonly serviceAccount?: ServiceAccountReference;
    /** @default kubernetes */
    readonly mountPath?: string;
  };
  /** By the token of a service account, whose signature Vault checks, or by a token in a Secret. */
  readonly jwt: {
    readonly role?: string;
    /** @default jwt */
    readonly path?: string;
  } & OneOf<{ readonly serviceAccount: ServiceAccountReference; readonly token: SecretReference }>;
  /** By an AppRole. Its id is no secret, and may be written or referred to. */
  readonly appRole: {
    readonly roleId: string | SecretReference;
    readonly secretId: SecretReference;
    /** @default approle */
    readonly path?: string;
  };
  /** By a client certificate. */
  readonly certificate: {
    readonly certificate: SecretReference;
    readonly privateKey: SecretReference;
    readonly role?: string;
    /** @default cert */
    readonly path?: string;
  };
  /** By a token. */
  readonly token: SecretReference;
  /** By a name and a password. */
  readonly userPass: {
    readonly username: string;
    readonly password: SecretReference;
    /** @default userpass */
    readonly path?: string;
  };
  /** By a name and a password of a directory. */
  readonly ldap: {
    readonly username: string;
    readonly password: SecretReference;
    /** @default ldap */
    readonly path?: string;
  };
  /** By an identity of AWS. */
  readonly iam: {
    readonly vaultRole: string;
    readonly region?: string;
    /** Role of AWS to take on. */
    readonly role?: string;
    /** @default aws */
    readonly path?: string;
    /** @default - the operator's own */
    readonly serviceAccount?: ServiceAccountReference;
  };
}

const AUTH: readonly (keyof VaultAuth)[] = [
  'kubernetes',
  'jwt',
  'appRole',
  'certificate',
  'token',
  'userPass',
  'ldap',
  'iam',
];

/** HashiCorp Vault, and OpenBao. Defaults of the definition are written out: an agent would see a difference for ever. */
export function vaultParts(props: VaultProps): ProviderParts {
  const draft = new ProviderDraft('Provider.vault()');
  const { server, path, version = 'v2', namespace, caProvider, auth } = props ?? {};
  if (caProvider) {
    const { type: kind, name, key, namespace: itsNamespace } = caProvider;
    draft.needs.push({ kind, name, key, namespace: itsNamespace });
  }
  return draft.parts({
    vault: {
      server: draft.url('server', server),
      path,
      version,
      namespace,
      caProvider: caProvider && { ...caProvider },
      auth: authOf(draft, draft.choice<VaultAuth>('auth', auth, AUTH)),
    },
  });
}

function authOf(draft: ProviderDraft, auth: Partial<VaultAuth>): Record<string, unknown> {
  const { kubernetes, jwt, appRole, certificate, token, userPass, ldap, iam } = auth;
  if (kubernetes) {
    const { role, mountPath = 'kubernetes', serviceAccount } = kubernetes;
    const serviceAccountRef = serviceAccount && draft.serviceAccount('auth.kubernetes.serviceAccount', serviceAccount);
    return { kubernetes: { mountPath, role: draft.text('auth.kubernetes.role', role), serviceAccountRef } };
  }
  if (jwt) {
    const { role, path = 'jwt', serviceAccount, token: jwtToken } = jwt;
    if (serviceAccount === undefined)
      return { jwt: { path, role, secretRef: draft.secret('auth.jwt.token', jwtToken) } };
    if (jwtToken !== undefined) draft.report('`auth.jwt` has both a token and a service account: leave one out');
    const serviceAccountRef = draft.serviceAccount('auth.jwt.serviceAccount', serviceAccount);
    return { jwt: { path, role, kubernetesServiceAccountToken: { serviceAccountRef } } };
  }
  if (appRole) {
    const { roleId, secretId, path = 'approle' } = appRole;
    const role =
      typeof roleId === 'object'
        ? { roleRef: draft.secret('auth.appRole.roleId', roleId) }
        : { roleId: draft.text('auth.appRole.roleId', roleId) };
    return { appRole: { path, ...role, secretRef: draft.secret('auth.appRole.secretId', secretId) } };
  }
  if (certificate) {
    const { certificate: clientCert, privateKey, role, path = 'cert' } = certificate;
    return {
      cert: {
        path,
        vaultRole: role,
        clientCert: draft.secret('auth.certificate.certificate', clientCert),
        secretRef: draft.secret('auth.certificate.privateKey', privateKey),
      },
    };
  }
  if (token) return { tokenSecretRef: draft.secret('auth.token', token) };
  if (userPass) return { userPass: named('userPass', 'userpass', userPass) };
  if (ldap) return { ldap: named('ldap', 'ldap', ldap) };
  if (iam) {
    const { vaultRole, region, role, path, serviceAccount } = iam;
    const jwtOf = (account: ServiceAccountReference) => ({
      serviceAccountRef: draft.serviceAccount('auth.iam.serviceAccount', account),
    });
    const own = serviceAccount && { jwt: jwtOf(serviceAccount) };
    return { iam: { vaultRole: draft.text('auth.iam.vaultRole', vaultRole), region, role, path, ...own } };
  }
  return {};

  function named(kind: string, defaultPath: string, { username, password, path = defaultPath }: VaultAuth['ldap']) {
    return {
      path,
      username: draft.text(`auth.${kind}.username`, username),
      secretRef: draft.secret(`auth.${kind}.password`, password),
    };
  }
}
