import type { ApiObject } from 'cdk8s';
import { GitOpsError } from '../../errors';
import { declarationOf } from '../../model/declaration';
import { isLabel } from '../../model/layout';
import {
  type EncryptedSecretDeclaration,
  isSecretName,
  SEALED_SCOPES,
  SECRET_BACKENDS,
} from '../../model/secret-declaration';

type Given = Pick<EncryptedSecretDeclaration, 'keys' | 'backend' | 'scope' | 'type'>;

/**
 * What the tree says of an encrypted Secret: where it is delivered to, and how values are encrypted there. Undefined
 * where that is nowhere, or its name could be no file's.
 */
export function encryptedSecretAt(object: ApiObject, given: Given): EncryptedSecretDeclaration | undefined {
  const scopes = object.node.scopes;
  const application = scopes.find((scope) => declarationOf(scope)?.kind === 'application');
  const environment = scopes.map((scope) => declarationOf(scope)).find((each) => each?.kind === 'environment');
  const unit = declarationOf(application);
  if (application === undefined || unit?.kind !== 'application' || environment?.kind !== 'environment')
    return undefined;
  // The object is the only one of its construct, which has the name.
  const inside = scopes.slice(scopes.indexOf(application) + 1, -1);
  const name = inside.map(({ node }) => node.id).join('.');
  const isSound = isSecretName(name) && [environment.name, unit.name].every((each) => isLabel(String(each)));
  if (!isSound || problemOf(given) !== undefined) return undefined;
  const { cluster } = environment;
  const operator = cluster?.operators[0] ?? cluster?.operatedBy?.operators[0];
  const native = operator?.operator.encryption;
  const { namespace } = object.metadata;
  return {
    path: object.node.path.replace(/\/Default$/, ''),
    ...(unit.source === undefined ? {} : { source: unit.source }),
    cluster: cluster?.name ?? '',
    environment: environment.name,
    application: unit.name,
    name,
    object: object.name,
    namespace: typeof namespace === 'string' ? namespace : (unit.namespace ?? `${environment.name}-${unit.name}`),
    keys: given.keys,
    type: given.type,
    ...(given.backend === undefined && native === undefined ? {} : { backend: given.backend ?? native }),
    ...(native === undefined ? {} : { native }),
    scope: given.scope,
    ...(cluster?.sealedSecrets === undefined ? {} : { sealedSecrets: cluster.sealedSecrets }),
    ...(environment.sops === undefined ? {} : { sops: environment.sops }),
  };
}

/** Why {@link encryptedSecretAt} has nothing to say. */
export function misplacedSecret(object: ApiObject): GitOpsError {
  const construct = object.node.scopes.at(-2);
  const message = `'${construct?.node.id}' cannot be an encrypted Secret: it belongs into an Application of an Environment, is called by lowercase letters, digits and \`-\`, and has a \`backend\` and a \`scope\` that exist`;
  return GitOpsError.ofModel('the Secret cannot be rendered', [{ where: construct?.node.path ?? '', message }]);
}

/** Programs without types may say anything. */
function problemOf({ backend, scope }: Given): string | undefined {
  if (backend !== undefined && !SECRET_BACKENDS.includes(backend)) return 'backend';
  return SEALED_SCOPES.includes(scope) ? undefined : 'scope';
}
