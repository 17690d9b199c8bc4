import { GitOpsError } from '../../errors';
import type { SecretNeed } from '../../model/start';
import { isSsh } from '../../operators/live';
import type { Forge } from '../../publish/forge/forge';
import { forgeToken, openForge } from '../../publish/forge/open';
import { AGENT_TOKEN_VARIABLE } from '../../publish/git/environment';
import type { AppOptions } from '../app';
import type { Kubectl } from '../kubectl';
import { type HostKeyOptions, type HostKeys, hostKeys } from './host-keys';
import { makeKeyPair } from './key-pair';
import { type BootstrapPlan, repositoryNeed } from './plan';

/** As whom what is applied here is applied, and nothing else. */
const FIELD_MANAGER = 'cdk8s-gitops';

export interface SecretOptions extends AppOptions, HostKeyOptions {
  /** Make a new deploy key even where there is one. @default false */
  readonly newDeployKey?: boolean;
  /** Who a token of an https repository belongs to; most forges do not care. @default git */
  readonly repositoryUser?: string;
  /** Forge that the public key is registered at, as `openForge` takes it. */
  readonly forge?: { readonly kind?: string; readonly apiUrl?: string };
}

/** The Secret with which the operator reads the repository. */
export interface RepositorySecret {
  readonly name: string;
  readonly namespace: string;
  readonly change: 'created' | 'replaced' | 'kept';
  readonly deployKey?: DeployKey;
}

export interface DeployKey {
  readonly title: string;
  /** One line, to be registered. */
  readonly publicKey: string;
  readonly fingerprint: string;
  /** Whether the forge has it. Otherwise people have to register it. */
  readonly registered: boolean;
}

/** What is to become of the repository's Secret, found out before anything is written. */
export interface SecretIntent {
  readonly need: SecretNeed;
  readonly namespace: string;
  readonly action: 'keep' | 'create' | 'replace';
  readonly hostKeys?: HostKeys;
  readonly forge?: Forge;
}

/**
 * Looks what the repository's Secret needs, and whether all of that is at hand. Of the other Secrets, says which are
 * missing.
 * @throws GitOpsError SECRET_MISSING, HOST_KEY_UNKNOWN, and as `openForge` does
 */
export async function intendSecret(
  plan: BootstrapPlan,
  kubectl: Kubectl,
  options: SecretOptions,
): Promise<SecretIntent | undefined> {
  const { namespace } = plan;
  if (namespace === undefined) return undefined;
  for (const need of plan.secrets) {
    if (need.opens !== undefined || (await lackingKeys(kubectl, need, namespace)).length === 0) continue;
    options.host?.warn?.(
      `the Secret ${namespace}/${need.name}, ${need.purpose}, has to be made by hand, with ${need.keys.join(', ')}`,
    );
  }
  const need = repositoryNeed(plan);
  if (need?.opens === undefined) return undefined;
  const lacking = await lackingKeys(kubectl, need, namespace);
  if (lacking.length === 0 && options.newDeployKey !== true) return { need, namespace, action: 'keep' };
  const action = lacking.length < need.keys.length ? 'replace' : 'create';
  const { env = process.env, signal } = options;
  if (!isSsh(need.opens)) {
    if ((env[AGENT_TOKEN_VARIABLE] ?? '') !== '') return { need, namespace, action };
    throw new GitOpsError(
      'SECRET_MISSING',
      `the Secret ${namespace}/${need.name}, ${need.purpose}, is not there: set ${AGENT_TOKEN_VARIABLE} to a token that may read the repository and no more, or make the Secret by hand, with ${need.keys.join(', ')}`,
    );
  }
  const keys = await hostKeys(need.opens, options);
  checkOwnHostKeys(plan, keys, options);
  const hasForge = forgeToken(env) !== undefined;
  const forge = hasForge ? await openForge({ url: need.opens, ...options.forge, env, signal }) : undefined;
  return { need, namespace, action, hostKeys: keys, ...(forge ? { forge } : {}) };
}

/** Makes the Secret. What is secret goes from memory into the input of kubectl, and nowhere else. */
export async function makeSecret(
  plan: BootstrapPlan,
  intent: SecretIntent,
  kubectl: Kubectl,
  options: SecretOptions,
): Promise<RepositorySecret> {
  const { need, namespace, action } = intent;
  const { name, opens: url = '' } = need;
  if (action === 'keep') return { name, namespace, change: 'kept' };
  const { env = process.env, repositoryUser = 'git', host } = options;
  const change = action === 'replace' ? 'replaced' : 'created';
  const held: Record<string, string> = {};
  let deployKey: DeployKey | undefined;
  if (isSsh(url)) {
    const title = `cdk8s-gitops ${plan.platform}/${plan.cluster}`;
    const { privateKey, publicKey, fingerprint } = makeKeyPair(title.replaceAll(' ', '-'));
    kubectl.hide(privateKey);
    // First the half that cannot do any harm: the other one is of no use before.
    await intent.forge?.ensureDeployKey({ title, publicKey, readOnly: true });
    deployKey = { title, publicKey, fingerprint, registered: intent.forge !== undefined };
    if (!deployKey.registered) {
      host?.warn?.(`register this as a deploy key of ${url} that may only read:\n${publicKey}`);
    }
    held.privateKey = privateKey;
    held.knownHosts = `${intent.hostKeys?.lines.join('\n')}\n`;
  } else {
    held.username = repositoryUser;
    held.password = env[AGENT_TOKEN_VARIABLE] ?? '';
    kubectl.hide(held.password);
  }
  const data = plan.operator
    .repositorySecret(url)
    .map((field) => [field.key, 'value' in field ? field.value : (held[field.holds] ?? '')] as const)
    .map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, ...(need.labels === undefined ? {} : { labels: need.labels }) },
    type: 'Opaque',
    data: Object.fromEntries(data),
  };
  const args = ['apply', '--server-side', '--force-conflicts', `--field-manager=${FIELD_MANAGER}`, '--filename=-'];
  await kubectl.run(args, { input: JSON.stringify(secret) });
  return { name, namespace, change, ...(deployKey === undefined ? {} : { deployKey }) };
}

/** Keys that a Secret has not. Its values are never read. */
async function lackingKeys(kubectl: Kubectl, { name, keys }: SecretNeed, namespace: string): Promise<string[]> {
  const names = '--output=go-template={{range $key, $value := .data}}{{$key}}{{"\\n"}}{{end}}';
  const text = await kubectl.run(['get', 'secret', name, `--namespace=${namespace}`, '--ignore-not-found', names]);
  const present = new Set(text.split('\n'));
  return keys.filter((key) => !present.has(key));
}

/** Where host keys are part of what is published, the operator will not take others. */
function checkOwnHostKeys({ operator, files }: BootstrapPlan, { lines }: HostKeys, { host }: SecretOptions): void {
  const { knownHosts } = operator;
  if (knownHosts === undefined) return;
  const published = [...files].find(([path]) => path.endsWith(`/configmap-${knownHosts.configMap}.yaml`))?.[1];
  if (published === undefined || lines.some((line) => published.includes(line.split(' ')[2] ?? line))) return;
  host?.warn?.(
    `${operator.title} does not know the git server: ${knownHosts.key} of the ConfigMap ${knownHosts.configMap} has to have\n${lines.join('\n')}`,
  );
}
