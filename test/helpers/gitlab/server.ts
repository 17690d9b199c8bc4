import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, expect } from 'vitest';
import { bareRepository } from '../git';
import { type ApiAnswer, type ApiRequest, GitLabApi } from './openapi';
import { OPERATIONS, refused } from './operations';
import { commitTo } from './repository';
import { Project, ROLES, type User } from './state';

/** An answer in place of the proper one. */
export interface Fault extends ApiAnswer {
  /** What it answers, e.g. `POST .*\/merge_requests`. @default - whatever comes */
  readonly request?: RegExp;
  /** @default 1 */
  readonly times?: number;
}

/** What was asked. */
export interface Asked {
  /** `POST /projects/acme%2Fshop/merge_requests` */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export const TOKEN = 'glpat-abcdefghij0123456789';
export const READER_TOKEN = 'glpat-reader0123456789reader';
export const PROJECT = 'acme/platform/environments';
/** The installation lies under a path of its host. */
const ROOT = '/gitlab';

const USERS: readonly User[] = [
  { id: 1, username: 'publisher', role: 'maintainer' },
  { id: 2, username: 'reader', role: 'reporter' },
  { id: 3, username: 'Jane', role: 'maintainer' },
  { id: 4, username: 'rob', role: 'developer' },
  { id: 5, username: 'stranger' },
];

const running = new Set<FakeGitLab>();
afterEach(() => {
  for (const gitlab of running) expect(gitlab.violations, 'requests or answers that GitLab does not know').toEqual([]);
});
afterAll(() => {
  for (const gitlab of running) gitlab.stop();
  running.clear();
});

let loaded: Promise<GitLabApi> | undefined;

/** GitLab with one project, until the test file has ended. It has a branch `main` with a commit. */
export class FakeGitLab {
  static async start(): Promise<FakeGitLab> {
    loaded ??= GitLabApi.load();
    const gitlab = new FakeGitLab(await loaded);
    await new Promise<void>((done) => gitlab.#server.listen(0, '127.0.0.1', done));
    running.add(gitlab);
    return gitlab;
  }

  readonly project = new Project(PROJECT, bareRepository(), USERS);
  /** Users by token. */
  readonly tokens = new Map<string, string>([
    [TOKEN, 'publisher'],
    [READER_TOKEN, 'reader'],
  ]);
  readonly asked: Asked[] = [];
  readonly faults: Fault[] = [];
  /** Requests and answers that the description of GitLab's API does not allow. */
  readonly violations: string[] = [];
  /** Changes an answer before it is judged. */
  spoil: ((answer: ApiAnswer) => ApiAnswer) | undefined;
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  readonly #api: GitLabApi;

  private constructor(api: GitLabApi) {
    this.#api = api;
    commitTo(this.project.bare, 'main', { 'README.md': 'Environments\n' });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${ROOT}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { pathname, searchParams } = new URL(incoming.url ?? '/', 'http://localhost');
    const method = incoming.method ?? 'GET';
    const path = pathname.startsWith(`${ROOT}/api/v4/`) ? pathname.slice(`${ROOT}/api/v4`.length) : pathname;
    const name = `${method} ${path}`;
    let answer: ApiAnswer;
    try {
      const text = Buffer.concat(chunks).toString('utf8');
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const headers = Object.fromEntries(Object.entries(incoming.headers).map(([key, value]) => [key, String(value)]));
      this.asked.push({ name, headers, body });
      const request = { method, path, query: Object.fromEntries(searchParams), headers, body };
      answer = this.#faulty(name) ?? this.#answer(name, request);
    } catch (error) {
      answer = this.#violation(`${name}: the fake failed: ${String(error)}`);
    }
    const type = typeof answer.body === 'string' ? 'text/plain' : 'application/json';
    response.writeHead(answer.status, {
      ...(answer.body === undefined ? {} : { 'Content-Type': type }),
      ...answer.headers,
    });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }

  #faulty(name: string): ApiAnswer | undefined {
    const index = this.faults.findIndex(({ request }) => request === undefined || request.test(name));
    const fault = this.faults[index];
    if (fault === undefined) return undefined;
    const { times = 1 } = fault;
    if (times > 1) this.faults[index] = { ...fault, times: times - 1 };
    else this.faults.splice(index, 1);
    return fault;
  }

  #answer(name: string, request: ApiRequest): ApiAnswer {
    const operation = this.#api.operationOf(request);
    const act = OPERATIONS[operation?.operationId ?? ''];
    if (operation === undefined || act === undefined) return this.#violation(`${name}: there is no such operation`);
    const problems = this.#api.problemsOfRequest(operation, request);
    if (problems.length > 0) return this.#violation(`${name}: ${problems.join('; ')}`);

    const user = this.#userOf(request.headers);
    const parameters = this.#api.parametersOf(operation, request);
    const answer = this.#judged(user, parameters, (known) => {
      this.project.settle();
      const role = known.role === undefined ? 0 : ROLES[known.role];
      const body = (request.body ?? {}) as Record<string, unknown>;
      return act({ project: this.project, user: known, role, parameters, query: request.query, body });
    });
    const said = this.spoil?.(answer) ?? answer;
    const wrong = this.#api.problemsOfAnswer(operation, said);
    return wrong.length > 0 ? this.#violation(`${name}: ${wrong.join('; ')}`) : said;
  }

  #judged(
    user: User | undefined,
    { id }: Readonly<Record<string, string>>,
    act: (known: User) => ApiAnswer,
  ): ApiAnswer {
    if (user === undefined) return refused(401);
    if (id !== undefined && (id !== this.project.path || user.role === undefined)) {
      return refused(404, '404 Project Not Found');
    }
    return act(user);
  }

  /** Who asks. Tokens of jobs have a header of their own, and all others may come in either way. */
  #userOf(headers: Readonly<Record<string, string>>): User | undefined {
    const bearer = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
    const job = headers['job-token'];
    const token = bearer ?? headers['private-token'] ?? job ?? '';
    if (token.startsWith('glcbt-') !== (token === job)) return undefined;
    return this.project.users.find(({ username }) => username === this.tokens.get(token));
  }

  #violation(what: string): ApiAnswer {
    this.violations.push(what);
    return { status: 418, body: { message: what } };
  }
}
