import type { HttpResponse } from 'gitea-js';
import { GitOpsError } from '../../errors';
import { checkToken, type ForgeContext, forgeError, networkReason } from './failures';
import { type ForgeFetchOptions, forgeFetch } from './http';

/** Loaded when it is needed: it is not small. */
const library = () => import('gitea-js');
type Api = ReturnType<Awaited<ReturnType<typeof library>>['giteaApi']>;

/** A list that is longer has no end. */
const MAX_PAGES = 1_000;

/** Where a repository lies, and who asks. */
export interface GiteaOptions extends ForgeFetchOptions {
  /** Address of the server, without a path but that under which it is served: `https://git.acme.io`. */
  readonly url: string;
  readonly owner: string;
  readonly repository: string;
  readonly token: string;
  /** How long the server may take to find out whether a pull request has conflicts. @default 20000 milliseconds */
  readonly checkTime?: number;
  /** Items of a page. Servers may give fewer. @default 50 */
  readonly pageSize?: number;
}

/** A refusal that may be of use: everything else is an error already. */
export class GiteaRefusal extends Error {
  constructor(
    readonly status: number,
    /** The server's words, untrusted. */
    readonly words: string,
  ) {
    super(`refused (${status})`);
  }
}

type Answer<T> = Promise<HttpResponse<T, unknown>>;

/** The published client, loaded when it is first needed, with answers as data and failures as errors. */
export class GiteaClient {
  /** Address of the server, without a slash at its end. */
  readonly url: string;
  /** Owner and name as they are in paths. */
  readonly owner: string;
  readonly repository: string;
  readonly checkTime: number;
  private readonly context: ForgeContext;
  private api?: Promise<Api>;

  constructor(private readonly options: GiteaOptions) {
    this.url = options.url.replace(/\/+$/, '');
    this.owner = encodeURIComponent(options.owner);
    this.repository = encodeURIComponent(options.repository);
    this.checkTime = options.checkTime ?? 20_000;
    const basic = Buffer.from(options.token).toString('base64');
    this.context = { where: `${this.url}/${this.owner}/${this.repository}`, secrets: [options.token, basic] };
  }

  /**
   * Asks for something that has to succeed.
   * @throws GitOpsError FORGE_AUTHENTICATION, FORGE_REJECTED, FORGE_UNREACHABLE
   */
  async ask<T>(doing: string, request: (api: Api) => Answer<T>): Promise<T> {
    return (await this.mustRespond(doing, request)).data;
  }

  private async mustRespond<T>(doing: string, request: (api: Api) => Answer<T>) {
    try {
      return await this.respond(doing, request);
    } catch (error) {
      throw error instanceof GiteaRefusal ? this.failure(error, doing) : error;
    }
  }

  /** Asks for something that may be refused: with a {@link GiteaRefusal} that the caller looks at. */
  async attempt<T>(doing: string, request: (api: Api) => Answer<T>): Promise<T> {
    return (await this.respond(doing, request)).data;
  }

  private async respond<T>(doing: string, request: (api: Api) => Answer<T>) {
    const api = await this.load();
    let answer: HttpResponse<T, unknown>;
    try {
      answer = await request(api);
    } catch (error) {
      // The client throws the response itself.
      if (!(error instanceof Response)) {
        this.options.signal?.throwIfAborted();
        throw forgeError({ message: networkReason(error) }, doing, this.context);
      }
      const refusal = new GiteaRefusal(error.status, wordsOf((error as HttpResponse<unknown, unknown>).error));
      const final = error.status === 401 || error.status === 429 || [502, 503, 504].includes(error.status);
      throw final ? this.failure(refusal, doing) : refusal;
    }
    return answer;
  }

  /** What the server does not have is undefined. */
  async maybe<T>(doing: string, request: (api: Api) => Answer<T>): Promise<T | undefined> {
    try {
      return await this.attempt(doing, request);
    } catch (error) {
      if (error instanceof GiteaRefusal && error.status === 404) return undefined;
      throw error instanceof GiteaRefusal ? this.failure(error, doing) : error;
    }
  }

  /** Every item of a list, page by page, as long as somebody asks for more. */
  async *list<T>(
    doing: string,
    request: (api: Api, page: { page: number; limit: number }) => Answer<T[]>,
  ): AsyncGenerator<T> {
    const { pageSize = 50 } = this.options;
    let seen = 0;
    for (let page = 1; ; page++) {
      const { data, headers } = await this.mustRespond(doing, (api) => request(api, { page, limit: pageSize }));
      const isList = Array.isArray(data) && data.every((item) => typeof item === 'object' && item !== null);
      if (!isList || page > MAX_PAGES) throw this.unexpected(doing);
      yield* data;
      seen += data.length;
      // A server may give fewer items than were asked for: how many came tells nothing, unless it is none.
      const total = headers.get('X-Total-Count');
      if (data.length === 0 || (total !== null && seen >= Number(total))) return;
    }
  }

  failure({ status, words }: GiteaRefusal, doing: string): GitOpsError {
    return forgeError({ status, message: words }, doing, this.context);
  }

  /** The error for an answer that is none of Gitea's. */
  unexpected(doing: string): GitOpsError {
    return new GitOpsError(
      'FORGE_UNREACHABLE',
      `${this.context.where}: ${doing} failed: the answer is not Gitea's; check the address of the forge`,
    );
  }

  private async load(): Promise<Api> {
    this.api ??= (async () => {
      checkToken(this.options.token, this.url);
      const { giteaApi } = await library();
      return giteaApi(this.url, { token: this.options.token, customFetch: asJson(forgeFetch(this.options)) });
    })();
    return await this.api;
  }
}

/** The client names no type for some of its requests. */
function asJson(doFetch: typeof fetch): typeof fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers);
    if (init?.body != null && !headers.has('Content-Type')) headers.set('Content-Type', 'application/json');
    return await doFetch(input, { ...init, headers });
  };
}

function wordsOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return '';
  // Text that is no JSON, e.g. a proxy's page, ends up as the parser's complaint.
  return error instanceof Error ? '' : String(error.message);
}

/** A branch in a path: slashes stay what they are. */
export function branchPath(branch: string): string {
  return branch.split('/').map(encodeURIComponent).join('/');
}
