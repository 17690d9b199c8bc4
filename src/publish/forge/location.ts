import { GitOpsError } from '../../errors';
import { FORGE_KINDS } from '../../model/forge';
import { hasControlCharacters, redactUrls } from '../git/text';
import { parseRemoteUrl } from '../git/url';

/** Hosts that everybody knows, and those by which they are reached where only port 443 is open. */
const HOSTS: Readonly<Record<string, { readonly kind: 'github' | 'gitlab' | 'gitea'; readonly host?: string }>> = {
  'github.com': { kind: 'github' },
  'ssh.github.com': { kind: 'github', host: 'github.com' },
  'gitlab.com': { kind: 'gitlab' },
  'altssh.gitlab.com': { kind: 'gitlab', host: 'gitlab.com' },
  'codeberg.org': { kind: 'gitea' },
  'gitea.com': { kind: 'gitea' },
};

export interface ForgeQuery {
  /** The environment repository's URL, as git takes it. */
  readonly url: string;
  /** @default - by the host's name: `gitlab.acme.io` is a GitLab */
  readonly kind?: string;
  /** Address of the API, or of a GitLab or Gitea itself. @default - by the host's name */
  readonly apiUrl?: string;
}

export interface ForgeLocation {
  readonly kind: 'github' | 'gitlab' | 'gitea';
  /** Address of the API for GitHub; of the server for the others. No slash at its end. */
  readonly address: string;
  /** Address of GitHub's pages. @default - as it follows from the API's */
  readonly webUrl?: string;
  /** User, organization, or group with its subgroups. */
  readonly owner: string;
  readonly repository: string;
}

/**
 * Finds out on which forge a repository lies.
 * @returns undefined for plain git: local repositories, unknown hosts, and `none`
 * @throws GitOpsError FORGE_UNKNOWN for a kind that does not exist, and where the URL names no owner and repository;
 * CONFIG_INVALID for an API's address that is none; REMOTE_INVALID as git's URLs are
 */
export function locateForge({ url, kind, apiUrl }: ForgeQuery): ForgeLocation | undefined {
  const wanted = FORGE_KINDS.find((known) => known === kind);
  if (kind !== undefined && wanted === undefined) {
    throw unknown(`there is no forge '${shown(kind)}'; use one of ${FORGE_KINDS.join(', ')}`);
  }
  if (wanted === 'none') return undefined;
  const remote = addressOf(url);
  const known = remote === undefined ? undefined : HOSTS[remote.hostname];
  const found = (wanted === 'forgejo' ? 'gitea' : wanted) ?? known?.kind ?? kindOf(remote?.hostname ?? '');
  if (found === undefined) return undefined;
  if (remote === undefined) {
    throw unknown(`${shown(redactUrls(url))} names no host, so there is no ${found} to ask; use --forge none`);
  }

  const origin = known?.host === undefined ? remote.origin : `https://${known.host}`;
  const given = apiUrl === undefined ? undefined : checked(apiUrl);
  const address = given ?? (found === 'github' ? gitHubApi(origin) : origin);
  const root = found === 'github' ? '' : new URL(address).pathname.replace(/\/+$/, '');
  const names = namesOf(remote.path, root);
  if (names.length < 2 || (found !== 'gitlab' && names.length > 2)) {
    throw unknown(
      `${shown(url)} does not say which repository it is at ${found}; its path has to be ${found === 'gitlab' ? '<group>/<project>' : '<owner>/<name>'}`,
    );
  }
  return {
    kind: found,
    address,
    ...(found === 'github' && given === undefined ? { webUrl: origin } : {}),
    owner: names.slice(0, -1).join('/'),
    repository: names.at(-1) ?? '',
  };
}

interface Remote {
  /** `https://host:port`: of SSH, the host's, as the port is SSH's own. */
  readonly origin: string;
  readonly hostname: string;
  readonly path: string;
}

function addressOf(url: string): Remote | undefined {
  const { protocol } = parseRemoteUrl(url);
  if (protocol === 'file') return undefined;
  if (/^[a-z]+:\/\//i.test(url)) {
    const parsed = new URL(url);
    // Of schemes that it does not know, the parser leaves names as they are.
    const hostname = parsed.hostname.toLowerCase();
    const origin = protocol === 'ssh' ? `https://${hostname}` : `${parsed.protocol}//${parsed.host}`;
    return { origin, hostname, path: decoded(parsed.pathname, url) };
  }
  const [, host = '', path = ''] = /^(?:[^/@]+@)?(\[[^\]/]+\]|[^/:@]+):(.*)$/s.exec(url) ?? [];
  const hostname = host.toLowerCase();
  return { origin: `https://${hostname}`, hostname, path };
}

/** The kind that a part of a host's name tells. */
function kindOf(hostname: string): 'github' | 'gitlab' | 'gitea' | undefined {
  if (hostname.endsWith('.ghe.com')) return 'github';
  for (const label of hostname.split('.').slice(0, -1)) {
    if (label === 'github' || label === 'gitlab' || label === 'gitea') return label;
    if (label === 'forgejo') return 'gitea';
  }
  return undefined;
}

function gitHubApi(origin: string): string {
  const { protocol, host } = new URL(origin);
  if (host === 'github.com' || host.endsWith('.ghe.com')) return `${protocol}//api.${host}`;
  return `${origin}/api/v3`;
}

/** An API's address without a slash, or the version of GitLab's and Gitea's API, at its end. */
function checked(apiUrl: string): string {
  let parsed: URL | undefined;
  try {
    parsed = new URL(apiUrl);
  } catch {
    // Said below.
  }
  const web = parsed?.protocol === 'https:' || parsed?.protocol === 'http:';
  if (parsed === undefined || !web || parsed.username !== '' || parsed.password !== '' || parsed.search !== '') {
    throw new GitOpsError(
      'CONFIG_INVALID',
      `'${shown(redactUrls(apiUrl))}' cannot be the address of a forge's API; use one like https://git.acme.io, without credentials`,
    );
  }
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '').replace(/\/api\/v[14]$/, '');
}

function namesOf(path: string, root: string): string[] {
  const bare = path.replace(/^\/+|\/+$/g, '').replace(/\.git$/i, '');
  const prefix = root.replace(/^\/+/, '');
  const inside = prefix !== '' && bare.startsWith(`${prefix}/`) ? bare.slice(prefix.length + 1) : bare;
  const names = inside.split('/');
  const wrong = names.some((name) => /^\.{0,2}$/.test(name) || hasControlCharacters(name) || /[\\?#]/.test(name));
  return wrong ? [] : names;
}

function decoded(path: string, url: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw unknown(`${shown(url)} holds a broken escape; write the path as it is`);
  }
}

function unknown(message: string): GitOpsError {
  return new GitOpsError('FORGE_UNKNOWN', message);
}

function shown(text: string): string {
  return text.replace(/\p{Cc}/gu, '?').slice(0, 200);
}
