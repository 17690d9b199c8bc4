import { setTimeout } from 'node:timers/promises';
import pRetry from 'p-retry';
import { networkReason } from './failures';

/** What forges see in their logs. */
export const USER_AGENT = 'cdk8s-gitops';

export interface ForgeFetchOptions {
  /** What does the requests. @default - the runtime's own */
  readonly fetch?: typeof fetch;
  /** @default 30000 milliseconds for an answer */
  readonly timeout?: number;
  /** How often a request that only reads is tried again. @default 3 */
  readonly retries?: number;
  /** @default 500 milliseconds before the second attempt, twice that before the next */
  readonly minDelay?: number;
  readonly signal?: AbortSignal;
}

/** Answers that another attempt may better, and no answer at all. */
const PASSING = new Set([429, 502, 503, 504]);
/** Nobody waits longer than this because a forge says so. */
const LONGEST_WAIT = 30_000;

class Unanswered extends Error {}

/**
 * A `fetch` for clients of forges: it has an end, names the program, and tries reading requests again. A request that
 * changes something is sent once, as nobody knows whether the forge did it.
 */
export function forgeFetch(options: ForgeFetchOptions = {}): typeof fetch {
  const { fetch: doFetch = fetch, timeout = 30_000, retries = 3, minDelay = 500, signal } = options;
  return async (input, init) => {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    headers.set('User-Agent', USER_AGENT);
    const method = (init?.method ?? (input instanceof Request ? input.method : 'GET')).toUpperCase();
    const reads = method === 'GET' || method === 'HEAD';

    const attempt = async (last: boolean): Promise<Response> => {
      const signals = [AbortSignal.timeout(timeout), signal, init?.signal].filter((one) => one != null);
      const response = await doFetch(input, { ...init, headers, signal: AbortSignal.any(signals) });
      if (last || !PASSING.has(response.status)) return response;
      await response.body?.cancel();
      await setTimeout(waitOf(response), undefined, { signal });
      throw new Unanswered();
    };
    if (!reads || retries === 0) return await attempt(true);
    return await pRetry((number) => attempt(number > retries), {
      retries,
      minTimeout: minDelay,
      factor: 2,
      randomize: true,
      signal,
      // Addresses that are wrong do not become right.
      shouldRetry: ({ error }) => !/ENOTFOUND|ECONNREFUSED|CERT|self.signed|Invalid URL/i.test(networkReason(error)),
    });
  };
}

function waitOf(response: Response): number {
  const seconds = Number(response.headers.get('Retry-After') ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1000, LONGEST_WAIT) : 0;
}
