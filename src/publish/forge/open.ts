import { GitOpsError } from '../../errors';
import { checkToken, FORGE_TOKEN_VARIABLES } from './failures';
import type { Forge } from './forge';
import { type ForgeQuery, locateForge } from './location';

export interface OpenForgeOptions extends ForgeQuery {
  /** @default - `CDK8S_GITOPS_FORGE_TOKEN`, else `CDK8S_GITOPS_TOKEN` of `env` */
  readonly token?: string;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/**
 * Opens the forge on which a repository lies. Nothing is asked yet, and only the client of that forge is loaded.
 * @returns undefined for plain git: local repositories, hosts that are no known forge, and the kind `none`
 * @throws GitOpsError as `locateForge` does; FORGE_AUTHENTICATION when there is no token, or it cannot be one;
 * CONFIG_INVALID when it would cross a network in the clear
 */
export async function openForge(options: OpenForgeOptions): Promise<Forge | undefined> {
  const location = locateForge(options);
  if (location === undefined) return undefined;
  const { signal } = options;
  const { kind, address, owner, repository } = location;
  const token = options.token ?? forgeToken(options.env ?? process.env);
  if (token === undefined) {
    throw new GitOpsError(
      'FORGE_AUTHENTICATION',
      `pull requests at ${address} need a token; set ${FORGE_TOKEN_VARIABLES.join(' or ')}, or say with --forge none that their branches are all that is wanted`,
    );
  }
  checkToken(token, address);
  switch (kind) {
    case 'github': {
      const { GitHubForge } = await import('./github.js');
      return new GitHubForge({ owner, repository, token, apiUrl: address, webUrl: location.webUrl, signal });
    }
    case 'gitlab': {
      const { GitLabForge } = await import('./gitlab.js');
      return new GitLabForge({ project: `${owner}/${repository}`, token, url: address, http: { signal } });
    }
    case 'gitea': {
      const { GiteaForge } = await import('./gitea.js');
      return new GiteaForge({ url: address, owner, repository, token, signal });
    }
  }
}

/** The token for the forge: its own variable comes before git's. One that is set to nothing is not set. */
export function forgeToken(env: NodeJS.ProcessEnv): string | undefined {
  for (const variable of FORGE_TOKEN_VARIABLES) {
    const token = env[variable];
    if (token !== undefined && token !== '') return token;
  }
  return undefined;
}
