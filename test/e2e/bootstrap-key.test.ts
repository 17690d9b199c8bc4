import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentFolder } from '../helpers/agents';
import { bareRepository, gitEnv, temporaryFolder } from '../helpers/git';
import { pinFile } from '../helpers/releases';
import { FLUX_MANIFEST, missingData } from '../helpers/shared-data';
import { missingSshd } from '../helpers/ssh-server';
import { project, ROOT, write } from '../toolkit/project';
import { type ControlPlane, startControlPlane } from './cluster/control-plane';
import { type FluxAgent, startFlux } from './cluster/flux';
import { freePorts, until } from './cluster/processes';

/** A repository that takes a key: a real sshd, a real agent, and the pair that `bootstrap` makes for it. */

const missing = missingData() ?? missingSshd();
const MAIN = join(ROOT, 'lib', 'cli', 'main.js');

describe.skipIf(missing)(`bootstrap with a deploy key ${missing ?? ''}`, () => {
  const keys = missing ? '' : temporaryFolder();
  let server: ChildProcess;
  let plane: ControlPlane;
  let agent: FluxAgent | undefined;
  let folder: string;
  let bare: string;

  beforeAll(async () => {
    bare = bareRepository();
    const [port = 0] = await freePorts(1);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, 'host')]);
    writeFileSync(join(keys, 'authorized_keys'), '', { mode: 0o600 });
    writeFileSync(
      join(keys, 'sshd_config'),
      [
        ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(keys, 'host')}`, 'PidFile none', 'UsePAM no'],
        ...[`AuthorizedKeysFile ${join(keys, 'authorized_keys')}`, 'PasswordAuthentication no', 'StrictModes no'],
        ...['KbdInteractiveAuthentication no', 'PermitRootLogin prohibit-password', ''],
      ].join('\n'),
    );
    // Root's sshd wants it for a process without privileges.
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
    server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(keys, 'sshd_config')], { stdio: 'ignore' });
    const [, type, key] = /^(\S+) (\S+)/.exec(readFileSync(join(keys, 'host.pub'), 'utf8')) ?? [];
    writeFileSync(join(keys, 'known_hosts'), `[127.0.0.1]:${port} ${type} ${key}\n`);

    const url = `ssh://${userInfo().username}@127.0.0.1:${port}${bare}`;
    folder = project({ 'cdk8s.yaml': 'app: main.ts\n' });
    write(folder, {
      'main.ts': `
import { ApiObject } from 'cdk8s';
import { Application, Cluster, Environment, Flux, Install, Platform } from 'cdk8s-gitops';
const environmentRepository = { url: ${JSON.stringify(url)} };
const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository });
const cluster = new Cluster(platform, 'eu-1');
new Flux(cluster, 'flux', { install: Install.vendored(), repositorySecret: 'environments' });
const dev = new Environment(platform, 'dev', { cluster });
new ApiObject(new Application(dev, 'api'), 'settings', { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } });
platform.synth();
`,
    });
    pinFile(folder, 'flux', '2.9.4', FLUX_MANIFEST);
    plane = await startControlPlane(temporaryFolder());
  });
  afterAll(async () => {
    await agent?.stop();
    await plane?.stop();
    server?.kill();
  });

  /** Runs the command line on the repository's own path, for only the agent is to need a key. */
  const cli = (args: string[], onError?: (all: string) => void) =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
      const PATH = `${agentFolder('kubernetes')}:${process.env.PATH}`;
      const env = { ...gitEnv, PATH, KUBECONFIG: plane.kubeconfig, HOME: plane.folder };
      const child = spawn(process.execPath, [MAIN, ...args, '--remote', `file://${bare}`], { cwd: folder, env });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => {
        stdout += chunk;
      });
      child.stderr.on('data', (chunk) => {
        stderr += chunk;
        onError?.(stderr);
      });
      child.on('close', (code) => done({ code, stdout, stderr }));
    });
  const bootstrap = ['bootstrap', 'eu-1', '--apply', '--context', 'test', '--timeout', '150s', '--json'];

  test('asks for the server to be known before anything is written', async () => {
    expect((await cli(['publish', '--json'])).code).toBe(0);
    const { stdout } = await cli(bootstrap);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'HOST_KEY_UNKNOWN' } });
    expect(await plane.get('namespace', 'flux-system')).toBeUndefined();
  });

  test('makes a key that the agent reads the repository with, once it is registered', async () => {
    let registered = false;
    const starting = until('the workload', () => plane.get('deployment', 'kustomize-controller', 'flux-system'), {
      within: 120,
    }).then(async () => {
      agent = await startFlux(plane);
    });
    const finishing = cli([...bootstrap, '--known-hosts', join(keys, 'known_hosts')], (all) => {
      const line = /^(ssh-ed25519 \S+ \S+)$/m.exec(all)?.[1];
      if (line === undefined || registered) return;
      registered = true;
      appendFileSync(join(keys, 'authorized_keys'), `restrict ${line}\n`);
    });
    const [{ code, stdout, stderr }] = await Promise.all([finishing, starting]);
    expect({ code, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stdout: '' });
    const result = JSON.parse(stdout);
    expect(result).toMatchObject({
      outcome: 'started',
      repositorySecret: { name: 'environments', change: 'created', deployKey: { registered: false } },
    });
    expect(await plane.get('configmap', 'api-settings', 'dev-api')).toBeDefined();

    const secret = JSON.parse(await plane.kubectl('get', 'secret', 'environments', '-n', 'flux-system', '-o', 'json'));
    const privateKey = Buffer.from(secret.data.identity, 'base64').toString();
    const body = privateKey.split('\n')[3] ?? '';
    expect(body.length).toBeGreaterThan(40);
    expect(stdout + stderr).not.toContain(body);
    expect(stdout + stderr).not.toContain(secret.data.identity);
    // Neither in the project nor in kubectl's own folder.
    for (const place of [folder, join(plane.folder, '.kube')]) expect(filesWith(place, body)).toEqual([]);
  });

  test('keeps the key when it runs again', async () => {
    const { stdout } = await cli(bootstrap);
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'unchanged', repositorySecret: { change: 'kept' } });
  });
});

/** Files below a folder that hold a text. */
function filesWith(folder: string, text: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.includes('node_modules'))
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile() && readFileSync(path, 'latin1').includes(text));
}
