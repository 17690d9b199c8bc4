import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { gitEnvironment } from '../../src/publish/git/environment';
import { publish } from '../../src/toolkit';
import { withAppToken } from '../../src/toolkit/app-token';
import { filesOf, gitEnv } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { appTokenOf, type FakeApp } from '../helpers/github/apps';
import { FakeGitHub } from '../helpers/github/server';
import { failure } from './failure';
import { project, shop } from './project';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const APP: FakeApp = {
  id: 4711,
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  installation: 815,
  permissions: { contents: 'write', pull_requests: 'write' },
};
const ENV = {
  CDK8S_GITOPS_APP_ID: '4711',
  CDK8S_GITOPS_APP_PRIVATE_KEY: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  CDK8S_GITOPS_APP_PRIVATE_KEY_FILE: '/app.pem',
};

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('withAppToken', () => {
  const query = (github: FakeGitHub, kind = 'github') => ({
    url: 'https://git.acme.test/acme/environments.git',
    kind,
    apiUrl: github.apiUrl,
  });

  it('puts the token where git and the forge look for it, and leaves everything else', async () => {
    const github = await FakeGitHub.start({ app: APP });
    const env = { ...ENV, PATH: '/bin' };
    expect(await withAppToken(query(github), env)).toEqual({ ...env, CDK8S_GITOPS_TOKEN: appTokenOf(APP) });
    expect(env).not.toHaveProperty('CDK8S_GITOPS_TOKEN');
    expect(github.issued).toHaveLength(1);
  });

  it('leaves a token that is set, other forges, and those without an App', async () => {
    const github = await FakeGitHub.start({ app: APP });
    const withToken = { ...ENV, CDK8S_GITOPS_TOKEN: 'mine' };
    expect(await withAppToken(query(github), withToken)).toBe(withToken);
    expect(await withAppToken(query(github, 'gitlab'), ENV)).toBe(ENV);
    expect(await withAppToken({ url: '/srv/environments.git' }, ENV)).toBe(ENV);
    const none = { PATH: '/bin' };
    expect(await withAppToken(query(github), none)).toBe(none);
    expect(github.requests).toEqual([]);
  });
});

describe("a GitHub App's private key", () => {
  const names = ['CDK8S_GITOPS_APP_PRIVATE_KEY', 'CDK8S_GITOPS_APP_PRIVATE_KEY_FILE'];

  it('is kept from git', () => {
    const { variables } = gitEnvironment(ENV);
    for (const name of names) expect(variables).not.toHaveProperty(name);
  });

  it('is kept from a program that is a command', async () => {
    const cwd = project({ 'cdk8s.yaml': 'app: env > seen.txt; exit 3\n' });
    await failure(publish({ cwd, env: { ...gitEnv, ...ENV } }), 'APP_FAILED');
    const seen = readFileSync(join(cwd, 'seen.txt'), 'utf8');
    expect(seen).toContain('CDK8S_GITOPS_APP_ID=4711');
    expect(seen).not.toMatch(/PRIVATE.KEY/);
  });

  it('is kept from a program in this process, and publishes with its token over HTTP', async () => {
    const github = await FakeGitHub.start({ app: APP });
    const { bare } = github.repository;
    symlinkSync('.', join(dirname(bare), 'acme'));
    const server = await serveGit(bare, { credentials: { user: 'x-access-token', password: appTokenOf(APP) } });
    const url = `http://${server.host}/acme/environments.git`;
    const print = 'process.stdout.write(Object.keys(process.env).filter((name) => /^CDK8S/.test(name)).join());';
    const program = shop({ url, end: `${print}\nplatform.synth();` });
    const forge = `forge: { kind: 'github', apiUrl: '${github.apiUrl}' }`;
    const cwd = project({
      'cdk8s.yaml': 'app: main.mts\n',
      'main.mts': program.replace('environmentRepository: {', `environmentRepository: { ${forge},`),
    });
    for (const [name, value] of Object.entries(ENV)) vi.stubEnv(name, value);
    const printed: string[] = [];
    const host = { output: (chunk: string | Uint8Array) => void printed.push(String(chunk)) };
    const result = await publish({ cwd, env: { ...gitEnv, ...ENV }, host });
    expect(result.outcome).toBe('published');
    expect(Object.keys(filesOf(bare)).filter((path) => path.startsWith('environments/prod/checkout/'))).not.toEqual([]);
    expect(server.requests.some((request) => request.startsWith('POST /acme/environments.git/git-receive-pack'))).toBe(
      true,
    );
    expect(printed.join('')).toBe('CDK8S_GITOPS_APP_ID');
    // It is there again when the program is done.
    expect(process.env.CDK8S_GITOPS_APP_PRIVATE_KEY).toBe(ENV.CDK8S_GITOPS_APP_PRIVATE_KEY);
  });
});
