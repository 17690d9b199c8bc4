import { FORGE_TOKEN_VARIABLES } from '../publish/forge/failures';
import { type ForgeQuery, locateForge } from '../publish/forge/location';

/**
 * The environment for git and the forge: where a GitHub App is told, and no token is, with a token of that App in
 * `CDK8S_GITOPS_TOKEN`, for the environment repository alone.
 * @throws GitOpsError as `appToken` and `locateForge` do
 */
export async function withAppToken(
  query: ForgeQuery,
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<NodeJS.ProcessEnv> {
  const [, tokenVariable] = FORGE_TOKEN_VARIABLES;
  if ((env[tokenVariable] ?? '') !== '' || !MENTIONED.test(Object.keys(env).join('\n'))) return env;
  // Git needs the token also where nobody wants pull requests to be opened.
  const { kind, ...rest } = query;
  const location = locateForge(kind === 'none' ? rest : query);
  if (location?.kind !== 'github') return env;
  const { appToken } = await import('../publish/forge/github-app.js');
  const { owner, repository, address } = location;
  const token = await appToken({ env, repository: { owner, repository }, apiUrl: address, signal });
  return token === undefined ? env : { ...env, [tokenVariable]: token };
}

/** Spares those who have no App the loading of what Apps need. */
const MENTIONED = /^CDK8S_GITOPS_APP_/m;
