import {
  AGENT_TOKEN_VARIABLE,
  APP_KEY_VARIABLE,
  FORGE_TOKEN_VARIABLE,
  SIGNING_KEY_VARIABLE,
} from '../publish/git/environment';

/**
 * What the user's program has no use for, nor the processes that it starts: the private key of a GitHub App, a token
 * that is for the forge alone, one that is for an operator, and the key that commits are signed with.
 */
const HIDDEN = new Set([
  APP_KEY_VARIABLE,
  `${APP_KEY_VARIABLE}_FILE`,
  FORGE_TOKEN_VARIABLE,
  AGENT_TOKEN_VARIABLE,
  SIGNING_KEY_VARIABLE,
]);

/** A copy of an environment for a process of the user's. */
export function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !HIDDEN.has(name.toUpperCase())));
}

/** Takes them out of this process' environment. Returns what puts them back. */
export function hideSecrets(): () => void {
  const taken = Object.entries(process.env).filter(([name]) => HIDDEN.has(name.toUpperCase()));
  for (const [name] of taken) delete process.env[name];
  return () => {
    for (const [name, value] of taken) process.env[name] = value;
  };
}
