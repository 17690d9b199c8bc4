import { isLabel } from './layout';

/** What encrypts a Secret: Sealed Secrets for one cluster, or SOPS for whoever holds a key of the environment's. */
export type SecretBackend = 'sealed-secret' | 'sops';

/** Where a sealed value may be unsealed: as one Secret, as any of its namespace, anywhere in the cluster. */
export type SealedScope = 'strict' | 'namespace-wide' | 'cluster-wide';

export const SECRET_BACKENDS: readonly SecretBackend[] = ['sealed-secret', 'sops'];
export const SEALED_SCOPES: readonly SealedScope[] = ['strict', 'namespace-wide', 'cluster-wide'];

/** The certificate that a cluster's values are sealed to. */
export interface PinnedCertificate {
  /** PEM file in the source repository. */
  readonly certificate: string;
  /** `sha256:` and the digest of the certificate, in hexadecimal digits. */
  readonly fingerprint: string;
  /**
   * Where the controller is found in the cluster, for the commands that messages tell.
   *
   * @default - as its release has it: `sealed-secrets-controller` in `kube-system`
   */
  readonly controller?: { readonly name?: string; readonly namespace?: string };
}

/** Secret with the key that values are decrypted with, unless the environment names another. */
export const DECRYPTION_SECRET = 'sops-age';

/** Whom an environment's values are encrypted to. Each of them can decrypt. */
export interface SopsRecipients {
  /**
   * Recipients of age, `age1…`.
   *
   * @default - none
   */
  readonly age?: readonly string[];

  /**
   * ARNs of AWS KMS keys. Encrypting to them takes the `sops` program.
   *
   * @default - none
   */
  readonly kms?: readonly string[];

  /**
   * Fingerprints of PGP keys. Encrypting to them takes the `sops` program.
   *
   * @default - none
   */
  readonly pgp?: readonly string[];

  /**
   * Secret in the operator's namespace that holds the private keys.
   *
   * @default sops-age
   */
  readonly decryptionSecret?: string;
}

/** A Secret whose ciphertext lies in the source repository, as plain data: what its program says, and no value. */
export interface EncryptedSecretDeclaration {
  /** Construct path. */
  readonly path: string;
  /** Id of the source that owns the application; absent when that is the running one. */
  readonly source?: string;
  readonly cluster: string;
  readonly environment: string;
  readonly application: string;
  /** Name within the application, by which the file is called. */
  readonly name: string;
  /** Name of the Secret in the cluster. */
  readonly object: string;
  readonly namespace: string;
  /** Sorted. */
  readonly keys: readonly string[];
  readonly type: string;
  /** Absent when the cluster has no operator. */
  readonly backend?: SecretBackend;
  /** What the cluster's operator has. */
  readonly native?: SecretBackend;
  readonly scope: SealedScope;
  readonly sealedSecrets?: PinnedCertificate;
  readonly sops?: SopsRecipients;
}

/** Folder of ciphertext in the source repository. */
export const SECRETS_FOLDER = 'secrets';

/** File of a Secret's ciphertext, relative to the project. */
export function secretFilePath({
  environment,
  application,
  name,
}: Pick<EncryptedSecretDeclaration, 'environment' | 'application' | 'name'>): string {
  return `${SECRETS_FOLDER}/${environment}/${application}/${name}.yaml`;
}

/** What the name of an encrypted Secret may be: labels, joined by dots. */
export function isSecretName(name: string): boolean {
  return name.length <= 200 && name.split('.').every(isLabel);
}

/** The command that encrypts values of a Secret, as somebody would type it. */
export function secretCommand(
  verb: 'set' | 'rotate',
  { environment, application, name }: EncryptedSecretDeclaration,
  keys: readonly string[] = [],
): string {
  return ['cdk8s-gitops secret', verb, `${environment}/${application}`, name, ...keys].join(' ');
}

const DECLARED = Symbol.for('cdk8s-gitops.encrypted-secret');

/** Marks a construct with the encrypted Secret that it declares. It is asked once the tree is complete. */
export function declareEncryptedSecret(
  construct: object,
  declared: () => EncryptedSecretDeclaration | undefined,
): void {
  Object.defineProperty(construct, DECLARED, { value: declared });
}

/** The encrypted Secret that a construct declares, whichever copy of this package made it. */
export function encryptedSecretOf(construct: unknown): EncryptedSecretDeclaration | undefined {
  if (typeof construct !== 'object' || construct === null || !(DECLARED in construct)) return undefined;
  return (construct as { [DECLARED]: () => EncryptedSecretDeclaration | undefined })[DECLARED]();
}
