import { setTimeout as sleep } from 'node:timers/promises';
import type { Octokit } from '@octokit/rest';
import { GitOpsError } from '../../errors';
import { checkToken, isLoopback } from './failures';
import { answerOf } from './github-failures';
import { unexpected } from './github-pull';
import { USER_AGENT } from './http';

/** GitHub's API through octokit: lets it wait where GitHub asks for it, keeps it quiet, and bounds every wait. */

/** Longest single wait that GitHub may ask for, in seconds, and how often it may ask for one request. */
const PATIENCE = { seconds: 120, times: 3 };
/** Milliseconds that one answer may take. */
const ANSWER_TIME = 60_000;
/** Answers that another try does not change. 429 is waited for by the pace that GitHub names. */
const FINAL = [400, 401, 403, 404, 405, 409, 410, 415, 422, 429, 451];

export interface GitHubClientOptions {
  /** Address of the API, without a slash at its end. */
  readonly apiUrl: string;
  /** Personal, installation or workflow token. */
  readonly token?: string;
  /** Signs requests as a GitHub App, in place of a token. */
  readonly app?: { readonly appId: string; readonly privateKey: string };
  readonly signal?: AbortSignal;
  /** Milliseconds in each second that is waited between requests and before further tries. @default 1000 */
  readonly second?: number;
}

/**
 * A client for one API.
 * @throws GitOpsError CONFIG_INVALID when the address would show the token to the network; FORGE_AUTHENTICATION when the
 * token cannot be one
 */
export async function githubClient(options: GitHubClientOptions): Promise<Octokit> {
  const { apiUrl, token, app, signal, second = 1_000 } = options;
  checkAddress(apiUrl);
  if (token !== undefined) checkToken(token, apiUrl);
  const [{ Octokit }, { throttling }, { retry }] = await Promise.all([
    import('@octokit/rest'),
    import('@octokit/plugin-throttling'),
    import('@octokit/plugin-retry'),
  ]);
  const wait = (seconds: number, _options: object, _octokit: unknown, times: number): boolean =>
    seconds <= PATIENCE.seconds && times < PATIENCE.times;
  const silent = (): void => {};
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const octokit = new (Octokit.plugin(throttling, retry))({
    ...(app === undefined ? { auth: token } : { authStrategy: (await appAuthentication()).createAppAuth, auth: app }),
    baseUrl: apiUrl,
    userAgent: USER_AGENT,
    // What octokit logs holds addresses and GitHub's own words: none of it is for a terminal.
    log,
    request: { fetch: boundedFetch(signal), log },
    retry: { doNotRetry: FINAL, retryAfterBaseValue: second },
    throttle: {
      onRateLimit: wait,
      onSecondaryRateLimit: wait,
      retryAfterBaseValue: second,
      // The usual pace is a process-wide one of whole seconds.
      ...(second === 1_000 ? {} : { write: UNPACED, notifications: UNPACED }),
    },
  });
  octokit.hook.wrap('request', async (request, endpoint) => {
    for (let times = 0; ; times++) {
      try {
        const answer = await request(endpoint);
        if (answer.status !== 204 && Object(answer.data) !== answer.data) throw unexpected('JSON');
        return answer;
      } catch (error) {
        const seconds = waitAskedFor(error);
        if (seconds === undefined || seconds > PATIENCE.seconds || times >= PATIENCE.times) throw error;
        await sleep(seconds * second, undefined, { signal });
      }
    }
  });
  return octokit;
}

function appAuthentication() {
  return import('@octokit/auth-app');
}

/** A limiter that lets everything through at once. */
const UNPACED = {
  key: () => ({
    schedule: async (_options: object, job: (...args: unknown[]) => unknown, ...args: unknown[]) => job(...args),
  }),
};

/** Seconds that GitHub names in an answer which the throttling plugin does not take for a limit. */
function waitAskedFor(error: unknown): number | undefined {
  const { status, headers, message } = answerOf(error);
  if ((status !== 403 && status !== 429) || /\bsecondary rate\b/i.test(message)) return undefined;
  const seconds = Number(headers['retry-after']);
  return headers['retry-after'] !== undefined && Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

function boundedFetch(signal: AbortSignal | undefined): typeof fetch {
  return (input, init) => {
    const bounds = [AbortSignal.timeout(ANSWER_TIME), signal, init?.signal].filter((one) => one instanceof AbortSignal);
    return fetch(input, { ...init, signal: AbortSignal.any(bounds) });
  };
}

function checkAddress(apiUrl: string): void {
  const url = URL.canParse(apiUrl) ? new URL(apiUrl) : undefined;
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) {
    if (url.username === '' && url.password === '') return;
    throw new GitOpsError('CONFIG_INVALID', "the address of GitHub's API holds credentials; take them out");
  }
  const shown = url === undefined ? 'what is given' : `${url.protocol}//${url.host}`;
  throw new GitOpsError(
    'CONFIG_INVALID',
    `the address of GitHub's API has to be an https one, and ${shown} is not; for GitHub Enterprise Server it is https://<host>/api/v3`,
  );
}
