import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect } from 'vitest';
import { bareRepository } from '../git';
import { type Answer, refused } from './answers';
import { answerAsApp, type FakeApp, type IssuedToken } from './apps';
import { answerGraphql, settle } from './merging';
import { type ApiRequest, GitHubApi } from './openapi';
import { OPERATIONS } from './operations';
import { type Account, FakeRepository } from './state';

/** An answer in place of the proper one. */
export interface Fault extends Answer {
  /** What it answers, e.g. `POST /repos/acme/shop/pulls`. @default - whatever comes */
  readonly request?: RegExp;
  /** @default 1 */
  readonly times?: number;
  /** Does what is asked all the same, and only the answer is lost. @default false */
  readonly isDone?: boolean;
}

export interface FakeGitHubOptions {
  /** @default acme */
  readonly owner?: string;
  /** @default environments */
  readonly repository?: string;
  /** Path in front of the API, as GitHub Enterprise Server has it: `/api/v3`. @default - none */
  readonly prefix?: string;
  readonly app?: FakeApp;
  /** Seconds that GitHub's clock is ahead. @default 0 */
  readonly clockAhead?: number;
}

export const TOKEN = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';
export const READER_TOKEN = 'ghp_reader0123456789reader0123456789read';

const running = new Set<FakeGitHub>();
afterEach(() => {
  const violations = [...running].flatMap((github) => github.violations.splice(0));
  expect(violations, 'requests or answers that GitHub does not know').toEqual([]);
});
afterAll(() => {
  for (const github of running) github.stop();
  running.clear();
});

let api: Promise<GitHubApi> | undefined;

/** GitHub with one repository, until the test file has ended. It has a branch `main` with a commit. */
export class FakeGitHub {
  static async start(options: FakeGitHubOptions = {}): Promise<FakeGitHub> {
    api ??= GitHubApi.load();
    const github = new FakeGitHub(await api, options);
    await new Promise<void>((done) => github.#server.listen(0, '127.0.0.1', done));
    running.add(github);
    return github;
  }

  readonly repository: FakeRepository;
  /** Accounts by token. */
  readonly accounts = new Map<string, Account>([
    [TOKEN, { login: 'publisher', role: 'admin' }],
    [READER_TOKEN, { login: 'reader', role: 'read' }],
  ]);
  /** What was asked for: `POST /repos/acme/environments/pulls` */
  readonly requests: string[] = [];
  /** What the last request of each kind held. */
  readonly bodies = new Map<string, unknown>();
  readonly faults: Fault[] = [];
  /** Requests and answers that GitHub's own description does not allow. */
  readonly violations: string[] = [];
  readonly issued: IssuedToken[] = [];
  /** Changes an answer before it is judged. */
  spoil: ((answer: Answer) => Answer) | undefined;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #api: GitHubApi;
  readonly #options: FakeGitHubOptions;

  private constructor(loaded: GitHubApi, options: FakeGitHubOptions) {
    this.#api = loaded;
    this.#options = options;
    const { owner = 'acme', repository = 'environments' } = options;
    this.repository = new FakeRepository(
      owner,
      repository,
      bareRepository({ files: { 'README.md': 'Environments\n' } }),
    );
  }

  /** Address of the API. */
  get apiUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${this.#options.prefix ?? ''}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const { prefix = '' } = this.#options;
    const path = url.pathname.startsWith(`${prefix}/`) ? url.pathname.slice(prefix.length) : url.pathname;
    const method = incoming.method ?? 'GET';
    const name = `${method} ${path}`;
    this.requests.push(name);
    let answer: Answer;
    try {
      const text = Buffer.concat(chunks).toString('utf8');
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      this.bodies.set(name, body);
      const headers = Object.fromEntries(Object.entries(incoming.headers).map(([key, value]) => [key, String(value)]));
      const request = { method, path, query: Object.fromEntries(url.searchParams), headers, body };
      answer = this.#faulty(name, () => this.#answer(request, url)) ?? this.#answer(request, url);
    } catch (error) {
      answer = this.#violation(`${name}: the fake failed: ${String(error)}`);
    }
    const date = new Date(Date.now() + (this.#options.clockAhead ?? 0) * 1000).toUTCString();
    const type = typeof answer.body === 'string' ? 'text/html' : 'application/json; charset=utf-8';
    response.writeHead(answer.status, {
      Date: date,
      ...(answer.body === undefined ? {} : { 'Content-Type': type }),
      ...answer.headers,
    });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }

  #faulty(name: string, act: () => Answer): Answer | undefined {
    const index = this.faults.findIndex(({ request }) => request === undefined || request.test(name));
    const fault = this.faults[index];
    if (fault === undefined) return undefined;
    const { times = 1 } = fault;
    if (times > 1) this.faults[index] = { ...fault, times: times - 1 };
    else this.faults.splice(index, 1);
    if (fault.isDone) act();
    return fault;
  }

  #answer(request: ApiRequest, url: URL): Answer {
    const { method, path, headers } = request;
    if ((headers['user-agent'] ?? '') === '') return refused(403, 'Request forbidden by administrative rules.');
    const isGraphql = url.pathname === (this.#options.prefix ? '/api/graphql' : '/graphql');
    const operation = isGraphql ? undefined : this.#api.operationOf(request);
    if (operation?.operationId === undefined && !isGraphql)
      return this.#violation(`${method} ${path}: no such operation`);
    if (operation?.operationId !== undefined) {
      const problems = this.#api.problemsOfRequest(operation, request);
      if (problems.length > 0) return this.#violation(`${method} ${path}: ${problems.join('; ')}`);
    }
    if (operation === undefined) {
      const account = this.#accountOf(headers);
      if (account === undefined) return refused(401, 'Bad credentials');
      return answerGraphql(this.repository, request.body as object);
    }
    const said = this.#do(operation.operationId ?? '', this.#api.parametersOf(operation, request), request);
    const completed = { ...said, body: this.#api.complete(operation, said.status, said.body) };
    const answer = this.spoil?.(completed) ?? completed;
    const problems = this.#api.problemsOfAnswer(operation, answer.status, answer.body);
    if (problems.length > 0) return this.#violation(`${method} ${path}: ${problems.join('; ')}`);
    return paged(answer, request, url);
  }

  #do(operation: string, parameters: Record<string, string>, { headers, query, body, method }: ApiRequest): Answer {
    const { repository } = this;
    if (operation.startsWith('apps/')) {
      const now = Date.now() / 1000 + (this.#options.clockAhead ?? 0);
      const authorization = headers.authorization ?? '';
      return answerAsApp(
        this.#options.app,
        repository,
        { operation, authorization, parameters, body },
        now,
        (issued) => {
          this.issued.push(issued);
          this.accounts.set(issued.token, { login: 'publisher[bot]', role: 'write' });
        },
      );
    }
    const account = this.#accountOf(headers);
    if (account === undefined) return refused(401, 'Bad credentials');
    const { owner = '', repo = '' } = parameters;
    if (`${owner}/${repo}`.toLowerCase() !== `${repository.owner}/${repository.name}`.toLowerCase()) {
      return refused(404, 'Not Found');
    }
    if (method !== 'GET' && account.role === 'read') {
      return refused(403, 'Resource not accessible by personal access token');
    }
    const act = OPERATIONS[operation];
    if (act === undefined) return this.#violation(`${operation} is not faked`);
    const answer = act({ repository, account, parameters, query, body });
    settle(repository);
    return answer;
  }

  #accountOf({ authorization = '' }: Readonly<Record<string, string>>): Account | undefined {
    return this.accounts.get(authorization.replace(/^(?:token|bearer) /i, ''));
  }

  /** No status of these is tried again. */
  #violation(what: string): Answer {
    this.violations.push(what);
    return refused(400, `this is not GitHub's: ${what}`);
  }
}

/** One page of a list, with links to the others. */
function paged(answer: Answer, { query, headers }: ApiRequest, url: URL): Answer {
  if (!Array.isArray(answer.body) || answer.status !== 200) return answer;
  const size = Number(query.per_page ?? 30);
  const page = Number(query.page ?? 1);
  const items = answer.body.slice((page - 1) * size, page * size);
  if (page * size >= answer.body.length) return { ...answer, body: items };
  const next = new URL(url.pathname + url.search, `http://${headers.host}`);
  next.searchParams.set('page', String(page + 1));
  return { ...answer, body: items, headers: { ...answer.headers, Link: `<${next.href}>; rel="next"` } };
}
