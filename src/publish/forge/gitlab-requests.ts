import { setTimeout as sleep } from 'node:timers/promises';
import type { MergeRequests } from '@gitbeaker/rest';
import { GitOpsError } from '../../errors';
import { type ForgeAnswer, networkReason } from './failures';
import { type ForgeFetchOptions, forgeFetch } from './http';

/**
 * How requests reach GitLab. Gitbeaker's own way repeats every request that was answered with 429 or 502, those that
 * create something included, ten times within a second and without regard to the wait that is asked for; it follows
 * redirects with the token, and its errors hold the request with all of its headers. So its resources get this instead.
 */

/** Milliseconds that are waited for GitLab to take requests again, at most, and how often for one request. */
const PATIENCE = { wait: 30_000, times: 3 };
/** Bytes of an answer that are read: a page of merge requests with descriptions as long as they may be. */
const LONGEST_ANSWER = 128 * 1024 * 1024;

export interface GitLabConnection {
  /** Address of the installation, without a slash at its end. */
  readonly baseUrl: string;
  readonly token: string;
  readonly http?: ForgeFetchOptions;
}

/** GitLab refused, or did not answer. Never thrown at users: it holds an unsafe text, and nothing of the request. */
export class GitLabFailure extends Error implements ForgeAnswer {
  constructor(
    readonly status: number | undefined,
    message: string,
  ) {
    super(message);
    this.name = 'GitLabFailure';
  }
}

type RequesterFn = NonNullable<ConstructorParameters<typeof MergeRequests>[0]['requesterFn']>;
type Send = ReturnType<RequesterFn>['get'];

/** What gitbeaker's resources are made with. */
export function resourceOptions(connection: GitLabConnection) {
  const doFetch = forgeFetch(connection.http);
  const requesterFn: RequesterFn = ({ url }) => {
    const send =
      (method: string): Send =>
      async (endpoint, { searchParams, body } = {}) => {
        const address = `${url.replace(/\/+$/, '')}/${endpoint}${queryOf(searchParams)}`;
        const content = contentOf(body);
        return (await request(connection, doFetch, address, {
          method,
          headers: {
            accept: 'application/json',
            ...(content === undefined ? {} : { 'content-type': 'application/json' }),
            ...tokenHeader(connection),
          },
          body: content,
          // A redirect would carry the token to wherever it points.
          redirect: 'manual',
        })) as never;
      };
    return { get: send('GET'), post: send('POST'), put: send('PUT'), patch: send('PATCH'), delete: send('DELETE') };
  };
  return { host: connection.baseUrl, queryTimeout: null, requesterFn };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

async function request(
  { baseUrl, http }: GitLabConnection,
  doFetch: typeof fetch,
  url: string,
  init: RequestInit,
): Promise<Answer> {
  for (let times = 1; ; times++) {
    const { response, text } = await exchange(doFetch, url, init, http?.signal);
    const { status } = response;
    const headers = Object.fromEntries(response.headers.entries());
    // Requests beyond a limit were not looked at, so that even those that create something can be sent again.
    const wait = status === 429 && init.method !== 'GET' ? waitAskedFor(headers) : Number.POSITIVE_INFINITY;
    if (wait <= PATIENCE.wait && times <= PATIENCE.times) {
      await sleep(wait, undefined, { signal: http?.signal });
      continue;
    }
    if (status >= 300 && status < 400) {
      throw new GitLabFailure(status, `it sends elsewhere: ${response.headers.get('location') ?? ''}`);
    }
    const body = parsed(text);
    if (status >= 400) throw new GitLabFailure(status, wordsOf(body));
    if (body === undefined && text !== '') {
      const message = `what answers at ${baseUrl} is not GitLab's API (HTTP ${status}); check the address`;
      throw new GitOpsError('FORGE_REJECTED', message);
    }
    return { status, headers, body };
  }
}

async function exchange(
  doFetch: typeof fetch,
  url: string,
  init: RequestInit,
  signal: AbortSignal | undefined,
): Promise<{ response: Response; text: string }> {
  try {
    const response = await doFetch(url, init);
    return { response, text: await textOf(response) };
  } catch (error) {
    signal?.throwIfAborted();
    throw new GitLabFailure(undefined, networkReason(error));
  }
}

/** Access tokens and those of OAuth applications travel alike; the token of a CI job has a header of its own. */
function tokenHeader({ token }: GitLabConnection): Record<string, string> {
  return token.startsWith('glcbt-') ? { 'job-token': token } : { authorization: `Bearer ${token}` };
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > LONGEST_ANSWER) throw new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Milliseconds that GitLab asks to wait for; a second where it names none. */
function waitAskedFor(headers: Readonly<Record<string, string>>): number {
  const after = Number(headers['retry-after'] || Number.NaN) * 1_000;
  const reset = Number(headers['ratelimit-reset'] || Number.NaN) * 1_000 - Date.now();
  return [after, reset].find((wait) => wait >= 0) ?? 1_000;
}

/** GitLab says what is wrong as a text, as a list, or as a list for each field. */
function wordsOf(body: unknown, depth = 0): string {
  if (typeof body === 'string') return body;
  if (typeof body !== 'object' || body === null || depth > 5) return '';
  if (Array.isArray(body)) return body.map((one) => wordsOf(one, depth + 1)).join('; ');
  const { message, error, error_description: description } = body as Record<string, unknown>;
  if (message !== undefined) return wordsOf(message, depth + 1);
  if (error !== undefined) return [error, description ?? ''].map((one) => wordsOf(one, depth + 1)).join(' ');
  return Object.entries(body)
    .map(([field, what]) => `${field} ${wordsOf(what, depth + 1)}`)
    .join('; ');
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Gitbeaker names fields in camel case, GitLab in snake case. Without fields there is no body. */
function contentOf(fields: object = {}): string | undefined {
  const named = Object.entries(fields).map(([name, value]) => [snakeCase(name), value] as const);
  return named.length === 0 ? undefined : JSON.stringify(Object.fromEntries(named));
}

function queryOf(searchParams: Readonly<Record<string, unknown>> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(searchParams)) {
    if (value !== undefined) query.append(snakeCase(name), String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}
