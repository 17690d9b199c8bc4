import { GitOpsError } from '../errors';

/** Far more than any release manifest has. */
const MOST_BYTES = 16 * 1024 * 1024;
const TIMEOUT = 60_000;
const MOST_REDIRECTS = 5;

export interface DownloadOptions {
  readonly signal?: AbortSignal;
  /** Plain http is as good as https where the content's hash is known beforehand. @default false */
  readonly isPinned?: boolean;
  /** What asks. @default - the runtime's own */
  readonly fetch?: typeof fetch;
  /** Milliseconds for all of it. @default 60000 */
  readonly timeout?: number;
  /** Bytes. @default 16 MB */
  readonly limit?: number;
}

/**
 * Downloads a public file. Redirects are followed to https only, and nobody is told any credentials.
 * @throws GitOpsError USAGE when the URL is of no use; VENDOR_UNREACHABLE
 */
export async function download(address: string, options: DownloadOptions = {}): Promise<Buffer> {
  const { signal, isPinned = false, timeout = TIMEOUT, fetch: ask = fetch, limit = MOST_BYTES } = options;
  let url = checkedUrl(address, isPinned);
  const signals = [AbortSignal.timeout(timeout), signal].filter((each) => each !== undefined);
  const until = AbortSignal.any(signals);
  for (let redirects = 0; ; redirects++) {
    let response: Response;
    try {
      response = await ask(url, { redirect: 'manual', signal: until, headers: { 'user-agent': 'cdk8s-gitops' } });
    } catch (cause) {
      signal?.throwIfAborted();
      throw unreachable(url, reasonOf(cause, timeout), cause);
    }
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      if (redirects === MOST_REDIRECTS) throw unreachable(url, `more than ${MOST_REDIRECTS} redirects`);
      url = redirected(url, location);
      continue;
    }
    if (!response.ok) {
      await response.body?.cancel();
      const why = response.status === 404 ? 'there is no such file' : `the server answered ${response.status}`;
      throw unreachable(url, why);
    }
    try {
      return await bodyOf(response, url, limit);
    } catch (cause) {
      signal?.throwIfAborted();
      throw GitOpsError.is(cause) ? cause : unreachable(url, reasonOf(cause, timeout), cause);
    }
  }
}

/** A URL as it may be shown and stored: what follows the path may be a token. */
export function withoutQuery(address: string): string {
  return address.replace(/[?#].*$/, '');
}

function checkedUrl(address: string, isPinned: boolean): URL {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw new GitOpsError('USAGE', '--from is no URL: write https://…, or the path of a file');
  }
  if (url.username !== '' || url.password !== '') {
    throw new GitOpsError(
      'USAGE',
      '--from holds credentials: download the file by other means, and name it with --from',
    );
  }
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && (isLoopback || isPinned))) return url;
  throw new GitOpsError(
    'USAGE',
    `${withoutQuery(address)} is not https: use https, or say with --sha256 what the file has to be`,
  );
}

function redirected(from: URL, location: string): URL {
  let to: URL | undefined;
  try {
    to = new URL(location, from);
  } catch {
    // Told below.
  }
  if (to === undefined || to.protocol !== 'https:' || to.username !== '' || to.password !== '') {
    throw unreachable(from, 'it redirects to an address that is not plain https');
  }
  return to;
}

async function bodyOf(response: Response, url: URL, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > limit) {
      await reader.cancel();
      throw unreachable(url, `the file is larger than ${Math.round(limit / 1024 / 1024)} MB`);
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

function unreachable(url: URL, why: string, cause?: unknown): GitOpsError {
  const message = `${withoutQuery(url.href)} cannot be downloaded: ${why}; name a mirror or a file with --from`;
  return new GitOpsError('VENDOR_UNREACHABLE', message, cause === undefined ? {} : { cause });
}

function reasonOf(error: unknown, timeout: number): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${Math.ceil(timeout / 1000)} seconds`;
  const { code, message } = ((error as { cause?: unknown }).cause ?? error) as { code?: string; message?: string };
  return code ?? message ?? 'the connection failed';
}
