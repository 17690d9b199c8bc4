import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { git, gitEnv } from './git';

export interface GitServerOptions {
  /** Milliseconds to wait before each answer. @default 0 */
  readonly delay?: number;
  /** Who is let in. @default - everybody */
  readonly credentials?: { readonly user: string; readonly password: string };
  /** Answers every request, or those it returns a status for, with this status. @default - answers properly */
  readonly status?: number | ((request: string) => number | undefined);
  /**
   * Resets the connection: in the middle of what is sent by the client, or of the answer to it.
   *
   * @default - never
   */
  readonly cut?: (request: string) => 'request' | 'answer' | undefined;
}

export interface GitServer {
  /** URL of the repository. */
  readonly url: string;
  /** `host:port` */
  readonly host: string;
  /** What was asked for: `GET /environments.git/info/refs?service=…` */
  readonly requests: string[];
}

const running: (() => void)[] = [];
afterAll(() => {
  for (const stop of running.splice(0)) stop();
});

/** Serves a bare repository over smart HTTP on the loopback interface, until the test file has ended. */
export async function serveGit(bare: string, options: GitServerOptions = {}): Promise<GitServer> {
  git(bare, 'config', 'http.receivepack', 'true');
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    void answer(dirname(bare), options, request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  running.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url: `http://${host}/${basename(bare)}`, host, requests };
}

async function answer(
  root: string,
  { delay = 0, credentials, status, cut }: GitServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (delay > 0) await setTimeout(delay);
  const name = `${request.method} ${request.url}`;
  const refusal = typeof status === 'function' ? status(name) : status;
  if (refusal !== undefined) {
    response.writeHead(refusal, refusal === 401 ? { 'WWW-Authenticate': 'Basic realm="git"' } : {}).end('no');
    return;
  }
  const broken = cut?.(name);
  if (broken === 'request') {
    request.once('data', () => request.socket.resetAndDestroy());
    return;
  }
  if (credentials !== undefined) {
    const expected = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
    if (request.headers.authorization !== `Basic ${expected}`) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end('who are you?');
      return;
    }
  }
  const { pathname, search } = new URL(request.url ?? '/', 'http://localhost');
  const backend = spawn('git', ['http-backend'], {
    env: {
      ...gitEnv,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: decodeURIComponent(pathname),
      QUERY_STRING: search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'] ?? '',
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      REMOTE_ADDR: '127.0.0.1',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  backend.stdin.on('error', () => {});
  request.pipe(backend.stdin);

  if (broken === 'answer') {
    const all: Buffer[] = [];
    backend.stdout.on('data', (chunk: Buffer) => all.push(chunk));
    backend.on('close', () => {
      const [, ...body] = Buffer.concat(all).toString('latin1').split('\r\n\r\n');
      const text = Buffer.from(body.join('\r\n\r\n'), 'latin1');
      response.setHeader('Content-Type', String(request.headers.accept ?? ''));
      response.write(text.subarray(0, text.length / 2), () => request.socket.resetAndDestroy());
    });
    return;
  }
  let head = Buffer.alloc(0);
  let started = false;
  backend.stdout.on('data', (chunk: Buffer) => {
    if (started) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    started = true;
    let code = 200;
    for (const line of head.toString('latin1', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      if (name === 'Status') code = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.writeHead(code);
    response.write(head.subarray(end + 4));
  });
  backend.on('close', () => response.end());
}
