import { isAbsolute, resolve } from 'node:path';
import { GitOpsError } from '../../errors';
import { hasControlCharacters, redactUrls } from './text';

/** Transports that are let through, and no others: `ext::` and its like run commands. */
export const PROTOCOLS = ['file', 'http', 'https', 'ssh'] as const;

export interface RemoteUrl {
  /** What git is given. A local path is made absolute. */
  readonly url: string;
  readonly protocol: (typeof PROTOCOLS)[number];
  /** `https://host:port/` of an HTTP remote. */
  readonly origin?: string;
  readonly hostname?: string;
}

function refuse(url: string, why: string, remedy: string): never {
  const shown = redactUrls(url).replace(/\p{Cc}/gu, '?');
  throw new GitOpsError('REMOTE_INVALID', `'${shown}' cannot be the environment repository's URL: ${why}; ${remedy}`);
}

const FORMS = 'use https://, ssh://, git@host:path, file:// or a local path';

/**
 * Reads the URL of a remote.
 * @throws GitOpsError REMOTE_INVALID for any transport but file, http, https and ssh, for credentials in the URL, and
 * for what git might take for an option. The message never holds the credentials.
 */
export function parseRemoteUrl(url: string): RemoteUrl {
  if (url.trim() === '') refuse(url, 'it is empty', FORMS);
  if (url.startsWith('-')) refuse(url, 'it starts with a hyphen', FORMS);
  if (hasControlCharacters(url)) refuse(url, 'it holds a control character', FORMS);
  if (/^[A-Za-z0-9+.-]+::/.test(url)) refuse(url, 'remote helpers may run any command', FORMS);

  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(url)) return parseAbsolute(url);
  if (/^[^/@]*:[^/@]*@[^/]*:/.test(url)) refuse('***', 'it holds a password', 'keep credentials out of the URL');
  // As git does: with a colon before the first slash it is host:path.
  const scp = /^((?:[^/:@]+@)?)(\[[^\]/]+\]|[^/:@]+):(.*)$/s.exec(url);
  if (scp !== null && !isAbsolute(url)) {
    const [, user = '', host = '', path = ''] = scp;
    if (user.startsWith('-') || host.startsWith('-') || path.startsWith('-')) {
      refuse(url, 'a part of it starts with a hyphen', FORMS);
    }
    return { url, protocol: 'ssh' };
  }
  return { url: resolve(url), protocol: 'file' };
}

function parseAbsolute(url: string): RemoteUrl {
  const scheme = url.slice(0, url.indexOf(':')).toLowerCase();
  const protocol = PROTOCOLS.find((known) => known === scheme);
  if (protocol === undefined) return refuse(url, `'${scheme}' is not a transport that is let through`, FORMS);
  if (protocol === 'file') return { url, protocol };

  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return refuse(url, 'it is not a URL', FORMS);
  }
  const user = decodeURIComponentSafely(parsed.username);
  if (parsed.password !== '' || (protocol !== 'ssh' && parsed.username !== '')) {
    refuse(
      url,
      'it holds credentials, which would end up in logs',
      'take them out, and use a credential helper or the variable CDK8S_GITOPS_TOKEN',
    );
  }
  if (parsed.hostname === '') refuse(url, 'it names no host', FORMS);
  if (parsed.hostname.startsWith('-') || user.startsWith('-') || parsed.pathname.startsWith('/-')) {
    refuse(url, 'a part of it starts with a hyphen', FORMS);
  }
  if (protocol === 'ssh') return { url, protocol };
  return { url, protocol, origin: `${parsed.protocol}//${parsed.host}/`, hostname: parsed.hostname };
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
