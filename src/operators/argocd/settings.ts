import { ALERT_PARAMS } from './alerts';

/** A key of a Secret in Argo CD's namespace, labelled `app.kubernetes.io/part-of: argocd`. */
export interface ArgoCdSecretKey {
  readonly secret: string;
  readonly key: string;
}

/** How people log in. */
export interface ArgoCdOidc {
  /** Shown on the button. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  /** By reference only. @default - none: a public client */
  readonly clientSecret?: ArgoCdSecretKey;
  /** @default - Argo CD's */
  readonly requestedScopes?: readonly string[];
  /** @default - Argo CD's */
  readonly enablePkce?: boolean;
}

/** Who may do what. */
export interface ArgoCdRbac {
  /** Lines of Casbin: `p, role:deploy, applications, sync, dev/*, allow`. @default - none */
  readonly policy?: readonly string[];
  /** Role of those who have no other, e.g. `role:readonly`. @default - none: they see nothing */
  readonly defaultPolicy?: string;
  /** Claims that groups are read from. @default - Argo CD's */
  readonly scopes?: readonly string[];
}

/** What Argo CD cannot know of a kind of object by itself. */
export interface ArgoCdCustomization {
  /** Health, as Lua. */
  readonly health?: string;
  /** Actions, as YAML. */
  readonly actions?: string;
  /** Differences that do not count, as YAML. */
  readonly ignoreDifferences?: string;
}

/** A repository that needs credentials. They lie in a Secret that is not in any repository, or come from a secret store. */
export interface ArgoCdRepository {
  readonly url: string;
  /** Name of the Secret. Argo CD finds it by the label `argocd.argoproj.io/secret-type: repository`. */
  readonly secret: string;
}

/** A forge that sends webhooks. */
export type ArgoCdForge = 'bitbucket' | 'bitbucketServer' | 'gitea' | 'github' | 'gitlab';

/** Keys of `argocd-secret`. Gitea speaks as Gogs does. */
export const WEBHOOK_KEYS: Readonly<Record<ArgoCdForge, string>> = {
  bitbucket: 'webhook.bitbucket.uuid',
  bitbucketServer: 'webhook.bitbucketserver.secret',
  gitea: 'webhook.gogs.secret',
  github: 'webhook.github.secret',
  gitlab: 'webhook.gitlab.secret',
};

/** Settings of Argo CD. They take effect where it is installed from here. */
export interface ArgoCdSettings {
  /** Address of the user interface. @default - none */
  readonly url?: string;
  /** The built-in `admin`, whose password lies in the cluster. @default false */
  readonly adminEnabled?: boolean;
  /** A shell in pods, from the user interface. @default false */
  readonly execEnabled?: boolean;
  /** @default - none: nobody logs in, unless `adminEnabled` */
  readonly oidc?: ArgoCdOidc;
  readonly rbac?: ArgoCdRbac;
  /** How objects are known to belong to an Application. @default annotation */
  readonly trackingMethod?: 'annotation' | 'annotation+label' | 'label';
  /** How often git is asked for news, as a Go duration. @default - Argo CD's: 120s, and up to 60s more */
  readonly reconciliation?: string;
  /** By group and kind: `cert-manager.io/Certificate`, `Service`. @default - the health of Applications */
  readonly customizations?: Readonly<Record<string, ArgoCdCustomization>>;
  /** Leave the project `default` as Argo CD makes it, which allows everything. @default false: it is emptied */
  readonly openDefaultProject?: boolean;
  /**
   * Forges that tell of a push at once, at `<url>/api/webhook`. What they prove themselves with is a key of the Secret
   * `argocd-secret`, e.g. `webhook.github.secret`, which is written by hand.
   *
   * @default - none: whoever reaches the address may make it look at the repository, and nothing more
   */
  readonly webhooks?: readonly ArgoCdForge[];
  /** Further repositories that need credentials. @default - none */
  readonly repositories?: readonly ArgoCdRepository[];
  /** Further keys of `argocd-cm`. @default - none */
  readonly config?: Readonly<Record<string, string>>;
  /** Keys of `argocd-cmd-params-cm`, e.g. `{ 'server.insecure': 'true' }`. @default - none */
  readonly params?: Readonly<Record<string, string>>;
}

/**
 * The health of an Application within another one is its own: without it, waves of Applications do not wait. Before it has
 * ever been applied, it is not healthy, however little of it there is to be sick. One that only looks at how another one is
 * (`cdk8s-gitops/part: wait`) either is healthy or fails, so that the next attempt makes it look again.
 */
const APPLICATION_HEALTH = `local metadata = obj.metadata or {}
local status = obj.status or {}
local health = (status.health or {}).status or "Progressing"
local message = (status.health or {}).message or ""
local isWait = (metadata.labels or {})["cdk8s-gitops/part"] == "wait"
if health == "Missing" or health == "Unknown" then
  health = "Progressing"
elseif health == "Healthy" and not isWait and (status.sync or {}).status ~= "Synced"
  and (status.operationState or {}).phase ~= "Succeeded" then
  health = "Progressing"
  message = "not applied yet"
end
if isWait then
  if (metadata.annotations or {})["argocd.argoproj.io/refresh"] ~= nil then
    health = "Progressing"
  elseif health ~= "Healthy" then
    message = metadata.name .. ": " .. health
    health = "Degraded"
  end
end
return { status = health, message = message }
`;

/**
 * Data of the ConfigMaps, by their names. Only what differs from upstream.
 *
 * @param notifications data of `argocd-notifications-cm`
 */
export function configMaps(
  settings: ArgoCdSettings = {},
  notifications: Readonly<Record<string, string>> = {},
): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const { rbac = {}, params = {}, config = {} } = settings;
  return {
    'argocd-cm': {
      'admin.enabled': String(settings.adminEnabled ?? false),
      'application.resourceTrackingMethod': settings.trackingMethod ?? 'annotation',
      'exec.enabled': String(settings.execEnabled ?? false),
      ...(settings.oidc === undefined ? {} : { 'oidc.config': oidcConfig(settings.oidc) }),
      'resource.customizations.health.argoproj.io_Application': APPLICATION_HEALTH,
      ...customizationKeys(settings.customizations),
      ...(settings.reconciliation === undefined ? {} : { 'timeout.reconciliation': settings.reconciliation }),
      ...(settings.url === undefined ? {} : { url: settings.url }),
      ...config,
    },
    'argocd-cmd-params-cm': Object.keys(notifications).length > 0 ? { ...ALERT_PARAMS, ...params } : params,
    'argocd-notifications-cm': notifications,
    'argocd-rbac-cm': {
      ...(rbac.policy === undefined ? {} : { 'policy.csv': `${rbac.policy.join('\n')}\n` }),
      ...(rbac.defaultPolicy === undefined ? {} : { 'policy.default': rbac.defaultPolicy }),
      ...(rbac.scopes === undefined ? {} : { scopes: JSON.stringify(rbac.scopes) }),
    },
  };
}

function oidcConfig({ name, issuer, clientId, clientSecret, requestedScopes, enablePkce }: ArgoCdOidc): string {
  const config = {
    name,
    issuer,
    clientID: clientId,
    clientSecret: clientSecret && `$${clientSecret.secret}:${clientSecret.key}`,
    requestedScopes,
    enablePKCEAuthentication: enablePkce,
  };
  // A JSON value is a YAML value.
  const lines = Object.entries(config).filter(([, value]) => value !== undefined);
  return lines.map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('');
}

function customizationKeys(customizations: ArgoCdSettings['customizations'] = {}): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const [kind, customization] of Object.entries(customizations)) {
    for (const [what, text] of Object.entries(customization)) {
      if (text !== undefined) keys[`resource.customizations.${what}.${kind.replace('/', '_')}`] = text;
    }
  }
  return keys;
}

/** A secret in the text of a setting: what follows the key is no reference to a Secret. */
const LITERAL = /(?:secret|password|token)\w*["']?[ \t]*:[ \t]*(?!["']?\$[\w.-]+:)[^\s#]/i;

/** What is wrong with the settings, whatever a program without types may have passed. */
export function settingsProblems(settings: ArgoCdSettings | undefined): string[] {
  if (settings === undefined) return [];
  const problems: string[] = [];
  const secret = settings.oidc?.clientSecret as unknown;
  if (secret !== undefined && !isSecretKey(secret)) {
    problems.push('`oidc.clientSecret` is written as { secret, key }: a secret is never part of the program');
  }
  for (const [field, map] of [
    ['config', settings.config],
    ['params', settings.params],
  ] as const) {
    for (const [key, value] of Object.entries(map ?? {})) {
      if (typeof value !== 'string') problems.push(`${field}['${key}'] is no text: write it in quotes`);
      else if (LITERAL.test(value) || LITERAL.test(`${key}: ${value}`)) {
        problems.push(`${field}['${key}'] holds a secret: refer to a Secret instead, as '$<secret>:<key>'`);
      }
    }
  }
  for (const { url, secret: name } of settings.repositories ?? []) {
    if (typeof url !== 'string' || /\/\/[^/@]*:[^/@]*@/.test(url)) {
      problems.push('a repository of `settings` has a URL without credentials: they belong into its Secret');
    }
    if (typeof name !== 'string' || name === '') problems.push('a repository of `settings` names its `secret`');
  }
  for (const forge of settings.webhooks ?? []) {
    if (Object.hasOwn(WEBHOOK_KEYS, forge)) continue;
    problems.push(`\`webhooks\` names '${forge}': Argo CD takes those of ${Object.keys(WEBHOOK_KEYS).join(', ')}`);
  }
  for (const kind of Object.keys(settings.customizations ?? {})) {
    if (!/^([a-z0-9.*-]+\/)?[A-Za-z*]+$/.test(kind)) {
      problems.push(`'${kind}' is no kind of object: write it like 'cert-manager.io/Certificate'`);
    }
  }
  return problems;
}

function isSecretKey(value: unknown): value is ArgoCdSecretKey {
  const { secret, key } = (typeof value === 'object' && value !== null ? value : {}) as Partial<ArgoCdSecretKey>;
  return typeof secret === 'string' && typeof key === 'string' && /^[a-z0-9.-]+$/.test(secret) && /^[\w.-]+$/.test(key);
}
