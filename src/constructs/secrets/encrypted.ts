import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ApiObject, type ApiObjectProps } from 'cdk8s';
import type { Construct } from 'constructs';
import { GitOpsError, type Problem } from '../../errors';
import { pinnedCertificates, type SealingCertificate } from '../../model/certificates';
import { declarationOf } from '../../model/declaration';
import { certificateProblems, declarationProblems, fileProblems, type SecretProblem } from '../../model/secret-checks';
import {
  declareEncryptedSecret,
  type EncryptedSecretDeclaration,
  type SealedScope,
  type SecretBackend,
  secretCommand,
  secretFilePath,
} from '../../model/secret-declaration';
import { parseSecretFile, SEALED_SECRET_API, type SecretFile, scopeAnnotations } from '../../model/secret-files';
import { encryptedSecretAt, misplacedSecret } from './encrypted-declaration';
import { SecretHandle } from './handle';
import { WAVE, waveOf } from './waves';

export interface EncryptedSecretProps<K extends string> {
  /** Keys of the Secret. The value of each is encrypted by `cdk8s-gitops secret set`. */
  readonly keys: readonly K[];

  /**
   * What encrypts the values: Sealed Secrets, or SOPS, which takes Flux to decrypt.
   *
   * @default - as the cluster's operator has it: Sealed Secrets for Argo CD, SOPS for Flux
   */
  readonly backend?: SecretBackend;

  /**
   * Where sealed values may be unsealed. With anything but `strict`, whoever may write to the repository can make another
   * Secret of them. Of no matter to SOPS.
   *
   * @default strict
   */
  readonly scope?: SealedScope;

  /**
   * Type of the Secret, e.g. `kubernetes.io/tls`.
   *
   * @default Opaque
   */
  readonly type?: string;

  /**
   * Name of the Secret in the cluster.
   *
   * @default - generated, as that of any object
   */
  readonly name?: string;

  /**
   * Labels of the Secret.
   *
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * Annotations of the Secret.
   *
   * @default - none
   */
  readonly annotations?: Readonly<Record<string, string>>;

  /**
   * Whether its values can never be changed in the cluster.
   *
   * @default false
   */
  readonly immutable?: boolean;
}

/**
 * A Secret whose ciphertext lies in the source repository, as `secrets/<environment>/<application>/<name>.yaml`, where
 * `cdk8s-gitops secret set` writes it. Synthesis copies it, byte for byte, and never decrypts.
 */
export class EncryptedSecret<K extends string = string> extends SecretHandle<K> {
  constructor(scope: Construct, id: string, props: EncryptedSecretProps<K>) {
    // Programs without types may leave out anything.
    const given = { ...props, keys: props?.keys ?? [] };
    super(scope, id, { keys: given.keys, name: (handle) => new Ciphertext(handle, 'Default', given) });
  }
}

/**
 * Argo CD applies a SealedSecret ahead of what uses the Secret, and waits until the controller has unsealed it. Without
 * Argo CD, it means nothing.
 */
const AHEAD = { [WAVE]: '-1' };

/** The object that brings the Secret. What kind it is is known once the cluster has its operator. */
class Ciphertext extends ApiObject {
  private readonly secret: EncryptedSecretProps<string>;
  private readonly rendered: { content?: Record<string, unknown> };

  constructor(scope: Construct, id: string, secret: EncryptedSecretProps<string>) {
    const { name, labels, annotations } = secret;
    const metadata = { ...(name === undefined ? {} : { name }), labels, annotations };
    const rendered: { content?: Record<string, unknown> } = {};
    // What cdk8s renders of an object, which is not known yet.
    const late = (field: string) => rendered.content?.[field];
    const object = {
      metadata,
      get apiVersion() {
        return late('apiVersion') ?? 'v1';
      },
      get kind() {
        return late('kind') ?? 'Secret';
      },
      get type() {
        return late('type');
      },
      get immutable() {
        return late('immutable');
      },
      get data() {
        return late('data');
      },
      get sops() {
        return late('sops');
      },
      get spec() {
        return late('spec');
      },
    };
    super(scope, id, object as unknown as ApiObjectProps);
    this.secret = secret;
    this.rendered = rendered;
    const isSealed = () => this.declaration()?.backend === 'sealed-secret';
    Object.defineProperties(this, {
      kind: { get: () => (isSealed() ? 'SealedSecret' : 'Secret'), enumerable: true },
      apiVersion: { get: () => (isSealed() ? SEALED_SECRET_API : 'v1'), enumerable: true },
      apiGroup: { get: () => (isSealed() ? 'bitnami.com' : 'core'), enumerable: true },
    });
    declareEncryptedSecret(this, () => this.declaration());
  }

  /** @throws GitOpsError with everything that is wrong with the ciphertext, where it cannot be rendered */
  override toJson(): unknown {
    const declaration = this.declaration();
    if (declaration === undefined) throw misplacedSecret(this);
    this.rendered.content ??= this.render(declaration, readFile(declaration));
    return super.toJson();
  }

  private render(declaration: EncryptedSecretDeclaration, file: SecretFile): Record<string, unknown> {
    const { labels, annotations, type = 'Opaque', immutable } = this.secret;
    const details = { type, ...(immutable === undefined ? {} : { immutable }) };
    if (file.kind === 'sops') return { ...details, data: sorted(file.values), sops: file.sops };
    const scope = scopeAnnotations(file.scope);
    const wave: Record<string, string> = bringsWhatComesFirst(this) ? {} : AHEAD;
    for (const [name, value] of Object.entries({ ...wave, ...annotations, ...scope })) {
      this.metadata.addAnnotation(name, value);
    }
    const template = { ...filled('labels', { ...labels }), ...filled('annotations', { ...annotations, ...scope }) };
    // Keys that the program no longer names are not brought to the cluster.
    const declared = Object.entries(file.values).filter(([key]) => declaration.keys.includes(key));
    return {
      apiVersion: SEALED_SECRET_API,
      kind: 'SealedSecret',
      spec: {
        encryptedData: sorted(Object.fromEntries(declared)),
        template: { ...filled('metadata', template), ...details },
      },
    };
  }

  private declaration(): EncryptedSecretDeclaration | undefined {
    const { keys, backend, scope = 'strict', type = 'Opaque' } = this.secret;
    return encryptedSecretAt(this, { keys: [...new Set(keys)].sort(), backend, scope, type });
  }
}

/** Whether the application brings a namespace or definitions, in no earlier wave: nothing else may be ahead of those. */
function bringsWhatComesFirst(object: ApiObject): boolean {
  const application = object.node.scopes.find((scope) => declarationOf(scope)?.kind === 'application');
  return (application?.node.findAll() ?? []).some(
    (each) =>
      ApiObject.isApiObject(each) &&
      ['Namespace', 'CustomResourceDefinition'].includes(each.kind) &&
      waveOf(each) >= Number(AHEAD[WAVE]),
  );
}

/** The file of a Secret, when it is all that it has to be. */
function readFile(secret: EncryptedSecretDeclaration): SecretFile {
  const problems = declarationProblems(secret);
  if (problems.length > 0) throw several(secret, problems);
  const certificates = secret.backend === 'sealed-secret' ? certificatesOf(secret, problems) : [];
  const path = secretFilePath(secret);
  if (!existsSync(path)) {
    const command = secretCommand('set', secret, secret.keys);
    problems.push({ code: 'SECRET_FILE_MISSING', message: `${path} is not there: run \`${command}\`` });
    throw several(secret, problems);
  }
  const file = parsed(readFileSync(path, 'utf8'), path, secret, problems);
  // Without a certificate, what was sealed to which one cannot be told.
  if (certificates !== undefined) problems.push(...fileProblems(secret, file, certificates));
  if (problems.length > 0) throw several(secret, problems);
  return file;
}

function parsed(
  text: string,
  path: string,
  secret: EncryptedSecretDeclaration,
  problems: readonly SecretProblem[],
): SecretFile {
  try {
    return parseSecretFile(text, path);
  } catch (error) {
    if (!GitOpsError.is(error)) throw error;
    throw several(secret, [...problems, { code: error.code, message: error.message }]);
  }
}

function certificatesOf(
  secret: EncryptedSecretDeclaration,
  problems: SecretProblem[],
): readonly SealingCertificate[] | undefined {
  const { certificate, fingerprint } = secret.sealedSecrets ?? { certificate: '', fingerprint: '' };
  let pem: string;
  try {
    pem = readFileSync(resolve(certificate), 'utf8');
  } catch {
    const message = `the certificate of cluster '${secret.cluster}', ${certificate}, cannot be read: restore it, or name another file`;
    problems.push({ code: 'SEALED_CERT_INVALID', message });
    return undefined;
  }
  try {
    const certificates = pinnedCertificates(pem, certificate, fingerprint);
    problems.push(...certificateProblems(secret, certificates[0], new Date()));
    return certificates;
  } catch (error) {
    if (!GitOpsError.is(error)) throw error;
    problems.push({ code: error.code, message: error.message });
    return undefined;
  }
}

function several({ path }: EncryptedSecretDeclaration, problems: readonly Omit<Problem, 'where'>[]): GitOpsError {
  return GitOpsError.ofModel(
    'the Secret cannot be rendered',
    problems.map((problem) => ({ where: path, ...problem })),
  );
}

function sorted(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function filled<N extends string>(name: N, map: object): { [name in N]?: object } {
  return Object.keys(map).length === 0 ? {} : ({ [name]: map } as { [name in N]?: object });
}
