import { GitOpsError } from '../../errors';
import { hasControlCharacters } from './text';
import { PROTOCOLS, type RemoteUrl } from './url';

/** The variable that may hold a token for an https remote. */
export const TOKEN_VARIABLE = 'CDK8S_GITOPS_TOKEN';
/** The variable that may hold another one for the forge, which git has no use for. */
export const FORGE_TOKEN_VARIABLE = 'CDK8S_GITOPS_FORGE_TOKEN';

/** The variable that may hold the token by which an operator is to read the repository, which git has no use for. */
export const AGENT_TOKEN_VARIABLE = 'CDK8S_GITOPS_AGENT_TOKEN';

/** The variable that may hold the private key that commits are signed with. */
export const SIGNING_KEY_VARIABLE = 'CDK8S_GITOPS_SIGNING_KEY';

/** The variable that may hold the private key of a GitHub App; with `_FILE` behind it, the key's path. */
export const APP_KEY_VARIABLE = 'CDK8S_GITOPS_APP_PRIVATE_KEY';

/**
 * What git's children may see of git's own variables: how people authenticate, and where their configuration lies.
 * Everything else (directories, injected configuration, traces that print headers) belongs to some other git command.
 */
const KEPT = new Set([
  'GIT_ASKPASS',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_CONFIG_SYSTEM',
  'GIT_EXEC_PATH',
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSH_VARIANT',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'GIT_SSL_CERT',
  'GIT_SSL_KEY',
]);
const DROPPED = new Set([
  'DEBUG',
  'EDITOR',
  'PAGER',
  'PREFIX',
  'VISUAL',
  TOKEN_VARIABLE,
  FORGE_TOKEN_VARIABLE,
  AGENT_TOKEN_VARIABLE,
  SIGNING_KEY_VARIABLE,
  APP_KEY_VARIABLE,
  `${APP_KEY_VARIABLE}_FILE`,
]);

export interface GitEnvironment {
  readonly variables: NodeJS.ProcessEnv;
  /** The same for commands that talk to nobody: without credentials. */
  readonly local: NodeJS.ProcessEnv;
  /** What must never be shown. */
  readonly secrets: readonly string[];
}

/**
 * The environment of git's processes: the caller's, without what could redirect git, never asking questions, speaking
 * English. A token from `CDK8S_GITOPS_TOKEN` becomes a header for the remote's host alone: it is in no argument and in
 * no file, and redirects are off, so that it goes nowhere else.
 * @throws GitOpsError REMOTE_AUTHENTICATION when the token cannot be one
 */
export function gitEnvironment(env: NodeJS.ProcessEnv, remote?: RemoteUrl): GitEnvironment {
  const variables: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(env)) {
    const upper = name.toUpperCase();
    if (value === undefined || DROPPED.has(upper) || (upper.startsWith('GIT_') && !KEPT.has(upper))) continue;
    variables[name] = value;
  }
  Object.assign(variables, {
    LC_ALL: 'C',
    LANGUAGE: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ALLOW_PROTOCOL: PROTOCOLS.join(':'),
    GIT_OPTIONAL_LOCKS: '0',
  });

  const token = env[TOKEN_VARIABLE] ?? '';
  if (token === '' || remote?.origin === undefined || !mayCarryToken(remote))
    return { variables, local: variables, secrets: [token] };
  if (hasControlCharacters(token) || token.includes(' ')) {
    throw new GitOpsError(
      'REMOTE_AUTHENTICATION',
      `${TOKEN_VARIABLE} holds white space or control characters; set it to the token and nothing else`,
    );
  }
  const basic = Buffer.from(`x-access-token:${token}`, 'utf8').toString('base64');
  const header = {
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: `http.${remote.origin}.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
    GIT_CONFIG_KEY_1: 'http.followRedirects',
    GIT_CONFIG_VALUE_1: 'false',
  };
  return { variables: { ...variables, ...header }, local: variables, secrets: [token, basic] };
}

/** Plain http would show the token to the network; the loopback interface is no network. */
function mayCarryToken({ protocol, hostname }: RemoteUrl): boolean {
  return protocol === 'https' || hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
