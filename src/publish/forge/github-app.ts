import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GitOpsError } from '../../errors';
import { APP_KEY_VARIABLE } from '../git/environment';
import { GITHUB_API } from './github';
import { githubClient } from './github-client';
import { answerOf, fieldsOf, type GitHubContext, githubFailure, wordsOf } from './github-failures';
import { unexpected } from './github-pull';

/** The variables by which a GitHub App is told. */
export const APP_VARIABLES = {
  id: 'CDK8S_GITOPS_APP_ID',
  key: APP_KEY_VARIABLE,
  keyFile: `${APP_KEY_VARIABLE}_FILE`,
  installation: 'CDK8S_GITOPS_APP_INSTALLATION_ID',
} as const;

/** What publishing needs. `members` lets an App ask teams for reviews, where it was granted. */
const NEEDED = { contents: 'write', pull_requests: 'write' } as const;
const WELCOME = { members: 'read' } as const;

/** The largest key there is has about 13,000 characters. */
const LONGEST_KEY = 50_000;

export interface AppTokenOptions {
  readonly env: NodeJS.ProcessEnv;
  /** The only repository that the token opens. */
  readonly repository: { readonly owner: string; readonly repository: string };
  /** `https://<host>/api/v3` for GitHub Enterprise Server. @default https://api.github.com */
  readonly apiUrl?: string;
  readonly signal?: AbortSignal;
  /** Milliseconds in each second that is waited between requests and before further tries. @default 1000 */
  readonly second?: number;
}

/** Whether a GitHub App is told in the environment. */
export function hasApp(env: NodeJS.ProcessEnv): boolean {
  return (
    settingOf(env, 'id') !== undefined || settingOf(env, 'key') !== undefined || settingOf(env, 'keyFile') !== undefined
  );
}

/**
 * A token of a GitHub App's installation, for one repository and for an hour. It serves git's pushes as well as the API.
 * @returns undefined when the environment tells no App
 * @throws GitOpsError FORGE_AUTHENTICATION when a variable is missing or wrong, when GitHub does not accept the key, and when
 * the App is not installed for the repository or may not do enough; FORGE_UNREACHABLE, FORGE_REJECTED
 */
export async function appToken(options: AppTokenOptions): Promise<string | undefined> {
  const { env, signal, second } = options;
  if (!hasApp(env)) return undefined;
  const apiUrl = (options.apiUrl ?? GITHUB_API).replace(/\/+$/, '');
  const { owner, repository: repo } = options.repository;
  const appId = idOf(env, 'id');
  if (appId === undefined) throw wrong(`${APP_VARIABLES.id} is not set, and the App's private key is; set both`);
  const privateKey = privateKeyOf(env);
  const installationId = idOf(env, 'installation');
  const context: AppContext = {
    where: `GitHub App ${appId} at ${new URL(apiUrl).origin}`,
    secrets: [privateKey],
    signal,
    app: appId,
    repository: `${owner}/${repo}`,
  };
  try {
    const octokit = await githubClient({ apiUrl, app: { appId, privateKey }, signal, second });
    const { data } = installationId
      ? await octokit.rest.apps.getInstallation({ installation_id: Number(installationId) })
      : await octokit.rest.apps.getRepoInstallation({ owner, repo });
    const { id, permissions } = installationOf(data, context);
    const token = await octokit.rest.apps.createInstallationAccessToken({
      installation_id: id,
      repositories: [repo],
      permissions,
    });
    const value = fieldsOf(token.data).token;
    if (typeof value !== 'string' || value === '') throw unexpected('a token of an installation');
    return value;
  } catch (error) {
    throw appFailure(error, context);
  }
}

interface AppContext extends GitHubContext {
  readonly app: string;
  readonly repository: string;
}

function installationOf(data: unknown, { app, repository }: AppContext) {
  const { id, permissions, suspended_at: suspended } = fieldsOf(data);
  if (typeof id !== 'number') throw unexpected('an installation');
  if (typeof suspended === 'string') {
    throw wrong(`the installation of App ${app} for ${repository} is suspended; its owner can let it work again`);
  }
  const granted = fieldsOf(permissions);
  const missing = Object.entries(NEEDED).filter(([name, level]) => granted[name] !== level);
  if (missing.length > 0) {
    const names = missing.map(([name, level]) => `${name}: ${level}`).join(', ');
    throw wrong(
      `App ${app} may not do enough in ${repository}; grant it ${names} in its settings, and let the owner accept that`,
    );
  }
  return { id, permissions: { ...NEEDED, ...(granted.members === undefined ? {} : WELCOME) } };
}

function appFailure(error: unknown, context: AppContext): unknown {
  const { app, repository, secrets } = context;
  const answer = answerOf(error);
  const words = wordsOf(answer, secrets);
  switch (GitOpsError.is(error) ? undefined : answer.status) {
    case 401:
      return wrong(
        `GitHub does not accept the signature of App ${app}; check that ${APP_VARIABLES.key} is a key of that App, and that the clock of this machine is right\n  ${words}`,
      );
    case 404:
      return wrong(
        `GitHub knows no installation of App ${app} for ${repository}; install the App there, or check ${APP_VARIABLES.id} and ${APP_VARIABLES.installation}\n  ${words}`,
      );
    case 422:
      return wrong(
        `GitHub gives App ${app} no token for ${repository}; let its installation have the repository, and check ${APP_VARIABLES.installation}\n  ${words}`,
      );
    default:
      return githubFailure(error, `getting a token for ${repository}`, context);
  }
}

/** The key as PKCS #8, which is what the JSON web token is signed with. */
function privateKeyOf(env: NodeJS.ProcessEnv): string {
  const variable = settingOf(env, 'key') === undefined ? APP_VARIABLES.keyFile : APP_VARIABLES.key;
  const text = settingOf(env, 'key') ?? keyFileOf(env);
  if (text === undefined) {
    throw wrong(
      `${APP_VARIABLES.id} is set, and the App's private key is not; set ${APP_VARIABLES.key} to the PEM, or ${APP_VARIABLES.keyFile} to its path`,
    );
  }
  const pem = text.replaceAll('\\r', '').replaceAll('\\n', '\n').replaceAll('\r', '').trim();
  if (/ENCRYPTED/.test(pem.slice(0, 200))) {
    throw wrong(`the key in ${variable} is locked with a passphrase; use the PEM as GitHub gives it`);
  }
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // What is wrong with it is not said: that may show parts of it.
  }
  if (key?.asymmetricKeyType !== 'rsa') {
    throw wrong(
      `${variable} holds no RSA private key; set it to the whole PEM that GitHub gives, with its first and last line`,
    );
  }
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function keyFileOf(env: NodeJS.ProcessEnv): string | undefined {
  const path = settingOf(env, 'keyFile');
  if (path === undefined) return undefined;
  try {
    const text = readFileSync(path, 'utf8');
    if (text.length <= LONGEST_KEY) return text;
  } catch (error) {
    const code = String(fieldsOf(error).code ?? '');
    throw wrong(`the file that ${APP_VARIABLES.keyFile} names cannot be read (${code}); set it to the path of the PEM`);
  }
  throw wrong(`the file that ${APP_VARIABLES.keyFile} names is too large for a key; set it to the path of the PEM`);
}

function idOf(env: NodeJS.ProcessEnv, name: 'id' | 'installation'): string | undefined {
  const value = settingOf(env, name)?.trim();
  const pattern = name === 'id' ? /^[\w.]{1,40}$/ : /^[1-9]\d{0,14}$/;
  if (value === undefined || pattern.test(value)) return value;
  throw wrong(
    `${APP_VARIABLES[name]} is no ${name === 'id' ? 'id of a GitHub App' : 'id of an installation'}; set it to the number that the App's settings show`,
  );
}

/** One that is set to nothing is not set. */
function settingOf(env: NodeJS.ProcessEnv, name: keyof typeof APP_VARIABLES): string | undefined {
  const value = env[APP_VARIABLES[name]];
  return value === undefined || value.trim() === '' ? undefined : value;
}

function wrong(message: string): GitOpsError {
  return new GitOpsError('FORGE_AUTHENTICATION', message);
}
