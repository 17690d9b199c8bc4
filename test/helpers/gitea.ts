import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { agentFolder } from './agents';
import { temporaryFolder } from './git';

/** A real Gitea on the loopback interface, with everything it writes in a folder that is gone when the file has ended. */

/** Who there is. Everybody belongs to the organization `acme`, in a team that decides what they may do. */
const TEAMS = {
  owners: ['admin'],
  bots: ['bot'],
  sre: ['jane', 'rob'],
  readers: ['reader', 'fan'],
} as const;
const PERMISSIONS = { bots: 'admin', sre: 'write', readers: 'read' } as const;
export type GiteaUser = (typeof TEAMS)[keyof typeof TEAMS][number];

export interface Gitea {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Tokens that may do all that their user may. */
  readonly tokens: Readonly<Record<GiteaUser, string>>;
  /** A token of a user with fewer scopes. */
  tokenOf(user: GiteaUser, scopes: readonly string[]): Promise<string>;
  /** An empty repository of `acme` or with a first commit on `main`. */
  createRepository(options?: { readonly empty?: boolean }): Promise<GiteaRepository>;
  /** Asks the API, as somebody. Fails when the answer is no success. */
  api<T = unknown>(user: GiteaUser, method: string, path: string, body?: unknown): Promise<T>;
}

export interface GiteaRepository {
  readonly name: string;
  /** URL for git. */
  readonly url: string;
  /** Path of the bare repository. */
  readonly bare: string;
  /** Path of the repository in the API, `/repos/acme/<name>`. */
  readonly api: string;
}

const running: ChildProcess[] = [];
afterAll(async () => {
  await Promise.all(running.splice(0).map(stop));
});
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await Promise.race([ended, setTimeout(5_000)]);
  child.kill('SIGKILL');
}

/** Starts a server of its own, with its users. It takes about two seconds. */
export async function startGitea(): Promise<Gitea> {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'app.ini');
  writeFileSync(config, settings(folder, port));
  const binary = join(agentFolder('gitea'), 'gitea');
  const env = { PATH: process.env.PATH, HOME: folder, USER: 'root', GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT: 'true' };
  const run = (...args: string[]) =>
    execFileSync(binary, ['--config', config, ...args], { env, cwd: folder, encoding: 'utf8', stdio: 'pipe' });

  run('migrate');
  const created = run(
    ...['admin', 'user', 'create', '--username', 'admin', '--password', PASSWORD, '--email', 'admin@example.com'],
    ...['--admin', '--access-token', '--must-change-password=false'],
  );
  const adminToken = /[0-9a-f]{40}/.exec(created)?.[0];
  if (adminToken === undefined) throw new Error(`gitea made no token: ${created}`);

  const child = spawn(binary, ['--config', config, 'web'], { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-20_000);
    });
  }
  await answers(`${url}/api/v1/version`, child, () => log);

  const tokens: Record<string, string> = { admin: adminToken };
  const request = requester(url);
  const api = <T>(user: GiteaUser, method: string, path: string, body?: unknown) =>
    request<T>(`token ${tokens[user]}`, method, path, body);
  const tokenOf = async (user: GiteaUser, scopes: readonly string[]) => {
    const basic = `Basic ${Buffer.from(`${user}:${PASSWORD}`).toString('base64')}`;
    const name = `token-${++counter}`;
    return (await request<{ sha1: string }>(basic, 'POST', `/users/${user}/tokens`, { name, scopes })).sha1;
  };

  await api('admin', 'POST', '/orgs', { username: 'acme' });
  const others = [...TEAMS.bots, ...TEAMS.sre, ...TEAMS.readers];
  for (const username of others) {
    const email = `${username}@example.com`;
    await api('admin', 'POST', '/admin/users', { username, email, password: PASSWORD, must_change_password: false });
    tokens[username] = await tokenOf(username, ['all']);
  }
  for (const [team, permission] of Object.entries(PERMISSIONS)) {
    const units = ['repo.code', 'repo.issues', 'repo.pulls', 'repo.releases'];
    const { id } = await api<{ id: number }>('admin', 'POST', '/orgs/acme/teams', {
      ...{ name: team, permission, units, includes_all_repositories: true },
    });
    for (const member of TEAMS[team as keyof typeof PERMISSIONS]) {
      await api('admin', 'PUT', `/teams/${id}/members/${member}`);
    }
  }

  return {
    url,
    tokens: tokens as Record<GiteaUser, string>,
    tokenOf,
    api,
    async createRepository({ empty = false } = {}) {
      const name = `environments-${++counter}`;
      const body = { name, private: true, auto_init: !empty, default_branch: 'main' };
      await api('admin', 'POST', '/orgs/acme/repos', body);
      const bare = join(folder, 'repositories', 'acme', `${name}.git`);
      return { name, url: `${url}/acme/${name}.git`, bare, api: `/repos/acme/${name}` };
    },
  };
}

const PASSWORD = 'Correct-horse-1';
let counter = 0;

function requester(url: string) {
  return async <T>(authorization: string, method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { Authorization: authorization, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
}

async function answers(url: string, child: ChildProcess, log: () => string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await setTimeout(50)) {
    if (child.exitCode !== null) throw new Error(`gitea ended with ${child.exitCode}:\n${log()}`);
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response !== undefined && response.status < 500) return;
  }
  throw new Error(`gitea did not answer:\n${log()}`);
}

/** A port that is free now. The next program that asks for any is given another one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function settings(folder: string, port: number): string {
  return `
RUN_MODE = prod
WORK_PATH = ${folder}

[server]
STATIC_ROOT_PATH = ${join(agentFolder('gitea'), 'data')}
APP_DATA_PATH = ${join(folder, 'data')}
ROOT_URL = http://127.0.0.1:${port}/
HTTP_ADDR = 127.0.0.1
HTTP_PORT = ${port}
OFFLINE_MODE = true
DISABLE_SSH = true

[database]
DB_TYPE = sqlite3
PATH = ${join(folder, 'gitea.db')}

[repository]
ROOT = ${join(folder, 'repositories')}

[security]
INSTALL_LOCK = true

[service]
DISABLE_REGISTRATION = true

[webhook]
ALLOWED_HOST_LIST = loopback

[indexer]
ISSUE_INDEXER_TYPE = db

[mirror]
ENABLED = false

[actions]
ENABLED = false

[log]
MODE = console
LEVEL = Warn
`;
}

export interface WebhookReceiver {
  readonly url: string;
  /** What has arrived: the kind of event, its signature, and its content as it came. */
  readonly deliveries: { readonly event: string; readonly signature: string; readonly body: string }[];
}

const receivers: (() => void)[] = [];
afterAll(() => {
  for (const close of receivers.splice(0)) close();
});

/** Receives webhooks on the loopback interface, as an agent does. */
export async function receiveWebhooks(): Promise<WebhookReceiver> {
  const deliveries: WebhookReceiver['deliveries'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { 'x-gitea-event': event, 'x-gitea-signature': signature } = request.headers;
    const body = Buffer.concat(chunks).toString('utf8');
    deliveries.push({ event: String(event), signature: String(signature), body });
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  receivers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, deliveries };
}
