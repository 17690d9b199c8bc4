import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GitHubForge } from '../../../src/publish/forge/github';
import { appToken } from '../../../src/publish/forge/github-app';
import { temporaryFolder } from '../../helpers/git';
import type { FakeApp } from '../../helpers/github/apps';
import { CONTENT, HEAD } from '../../helpers/github/forge';
import { peopleOf } from '../../helpers/github/people';
import { FakeGitHub, type FakeGitHubOptions, type Fault } from '../../helpers/github/server';
import { expectFailure } from './contract';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PKCS1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const PKCS8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
/** A line from the middle of the key: what an error must not hold. */
const SECRET = PKCS8.split('\n')[5] ?? '';

const APP: FakeApp = {
  id: 4711,
  publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  installation: 815,
  permissions: { contents: 'write', pull_requests: 'write', metadata: 'read' },
};

async function start(options: FakeGitHubOptions = {}) {
  const github = await FakeGitHub.start({ app: APP, ...options });
  const ask = (env: NodeJS.ProcessEnv, repository = 'environments') =>
    appToken({ env, repository: { owner: 'acme', repository }, apiUrl: github.apiUrl, second: 1 });
  return { github, ask };
}

const ENV = { CDK8S_GITOPS_APP_ID: '4711', CDK8S_GITOPS_APP_PRIVATE_KEY: PKCS1 };

function keyFile(content: string): string {
  const path = join(temporaryFolder(), 'app.pem');
  writeFileSync(path, content);
  return path;
}

describe('appToken', () => {
  it('is for one repository, and no more than is needed', async () => {
    const { github, ask } = await start();
    const token = await ask(ENV);
    expect(token).toMatch(/^ghs_/);
    expect(github.issued).toEqual([
      { token, repositories: ['environments'], permissions: { contents: 'write', pull_requests: 'write' } },
    ]);
    expect(github.requests).toEqual([
      'GET /repos/acme/environments/installation',
      'POST /app/installations/815/access_tokens',
    ]);
  });

  it('may look at members where that was granted, so that teams can be asked', async () => {
    const { github, ask } = await start({ app: { ...APP, permissions: { ...APP.permissions, members: 'read' } } });
    await ask(ENV);
    expect(github.issued[0]?.permissions).toMatchObject({ members: 'read' });
  });

  it('opens pull requests', async () => {
    const { github, ask } = await start();
    await peopleOf(github).pushTo(HEAD, { 'a.yaml': 'a: 1\n' });
    const token = (await ask(ENV)) ?? '';
    const forge = new GitHubForge({
      owner: 'acme',
      repository: 'environments',
      token,
      apiUrl: github.apiUrl,
      second: 1,
    });
    expect((await forge.ensurePullRequest(CONTENT)).change).toBe('opened');
    expect(github.repository.pulls[0]?.author).toBe('publisher[bot]');
  });

  it.each([
    ['PKCS #1', { CDK8S_GITOPS_APP_PRIVATE_KEY: PKCS1 }],
    ['PKCS #8', { CDK8S_GITOPS_APP_PRIVATE_KEY: PKCS8 }],
    ['escaped line ends', { CDK8S_GITOPS_APP_PRIVATE_KEY: PKCS1.replaceAll('\n', '\\n') }],
    ["another system's line ends", { CDK8S_GITOPS_APP_PRIVATE_KEY: PKCS1.replaceAll('\n', '\r\n') }],
    ['white space around it', { CDK8S_GITOPS_APP_PRIVATE_KEY: `\n  ${PKCS1}  \n` }],
    ['a file', { CDK8S_GITOPS_APP_PRIVATE_KEY_FILE: keyFile(PKCS1) }],
    [
      'a file, and a variable set to nothing',
      { CDK8S_GITOPS_APP_PRIVATE_KEY: '', CDK8S_GITOPS_APP_PRIVATE_KEY_FILE: keyFile(PKCS8) },
    ],
  ])('takes the key as %s', async (_, key) => {
    const { ask } = await start();
    expect(await ask({ CDK8S_GITOPS_APP_ID: '4711', ...key })).toMatch(/^ghs_/);
  });

  it('goes to the installation that is named', async () => {
    const { github, ask } = await start();
    await ask({ ...ENV, CDK8S_GITOPS_APP_INSTALLATION_ID: '815' });
    expect(github.requests).toEqual(['GET /app/installations/815', 'POST /app/installations/815/access_tokens']);
  });

  it('asks an Enterprise server', async () => {
    const { github, ask } = await start({ prefix: '/api/v3' });
    expect(await ask(ENV)).toMatch(/^ghs_/);
    expect(github.apiUrl).toMatch(/\/api\/v3$/);
  });

  it.each([-3600, 3600])("minds GitHub's clock when it differs by %d seconds", async (clockAhead) => {
    const { github, ask } = await start({ clockAhead });
    expect(await ask(ENV)).toMatch(/^ghs_/);
    // Refused, and signed anew by GitHub's clock: both times.
    expect(github.requests).toHaveLength(4);
  });

  it('is nothing where no App is told', async () => {
    const { github, ask } = await start();
    expect(await ask({})).toBeUndefined();
    expect(await ask({ CDK8S_GITOPS_APP_ID: '', CDK8S_GITOPS_APP_PRIVATE_KEY: ' ' })).toBeUndefined();
    expect(github.requests).toEqual([]);
  });

  it('tries again when the server is not well, and waits where it is asked to', async () => {
    const { github, ask } = await start();
    github.faults.push({ status: 502, body: 'x' }, { status: 429, headers: { 'Retry-After': '1' }, body: {} });
    expect(await ask(ENV)).toMatch(/^ghs_/);
  });
});

describe('an App that cannot be', () => {
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const otherKey = other.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const ellipticKey = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const lockedKey = privateKey
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const key = (pem: string) => ({ CDK8S_GITOPS_APP_PRIVATE_KEY: pem });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    ['no id', { CDK8S_GITOPS_APP_ID: undefined }, /CDK8S_GITOPS_APP_ID is not set/],
    ['an id that is none', { CDK8S_GITOPS_APP_ID: 'my app' }, /CDK8S_GITOPS_APP_ID is no id/],
    ['no key', key(''), /CDK8S_GITOPS_APP_PRIVATE_KEY to the PEM, or/],
    ['a key that is none', key('secret-0123456789'), /holds no RSA private key/],
    ['half a key', key(PKCS1.slice(0, 800)), /holds no RSA private key/],
    ['a public key', key(APP.publicKey), /holds no RSA private key/],
    ['a key of another kind', key(ellipticKey), /holds no RSA private key/],
    ['a locked key', key(lockedKey), /locked with a passphrase/],
    ['the key of another App', key(otherKey), /does not accept the signature of App 4711[\s\S]*could not be decoded/],
    ['the id of another App', { CDK8S_GITOPS_APP_ID: '12' }, /knows no installation of App 12/],
    [
      'a missing file',
      { ...key(''), CDK8S_GITOPS_APP_PRIVATE_KEY_FILE: '/nowhere/app.pem' },
      /cannot be read \(ENOENT\)/,
    ],
    ['a folder', { ...key(''), CDK8S_GITOPS_APP_PRIVATE_KEY_FILE: '/' }, /cannot be read \(EISDIR\)/],
    ['an installation that is no number', { CDK8S_GITOPS_APP_INSTALLATION_ID: '../1' }, /is no id of an installation/],
    ['another installation', { CDK8S_GITOPS_APP_INSTALLATION_ID: '99' }, /knows no installation of App 4711/],
  ])('%s', async (_, env, expected) => {
    const { ask } = await start();
    const message = await expectFailure(ask({ ...ENV, ...env }), 'FORGE_AUTHENTICATION', SECRET);
    expect(message).toMatch(expected);
    expect(message).not.toContain('secret-0123456789');
  });

  it.each<[string, Partial<FakeApp>, RegExp]>([
    ['is not installed', { installation: undefined }, /install the App there/],
    ['is suspended', { suspended: true }, /is suspended/],
    [
      'may only read',
      { permissions: { contents: 'read', pull_requests: 'write' } },
      /may not do enough in acme\/environments; grant it contents: write in/,
    ],
  ])('%s', async (_, app, expected) => {
    const { ask } = await start({ app: { ...APP, ...app } });
    expect(await expectFailure(ask(ENV), 'FORGE_AUTHENTICATION', SECRET)).toMatch(expected);
  });

  it('is installed for other repositories', async () => {
    const { ask } = await start();
    const env = { ...ENV, CDK8S_GITOPS_APP_INSTALLATION_ID: '815' };
    const message = await expectFailure(ask(env, 'elsewhere'), 'FORGE_AUTHENTICATION', SECRET);
    expect(message).toMatch(/gives App 4711 no token for acme\/elsewhere/);
  });

  it('has a clock that stays wrong', async () => {
    const { github, ask } = await start();
    const message = "'Expiration time' claim ('exp') is too far in the future";
    github.faults.push({ status: 401, body: { message }, times: 10 });
    const said = await expectFailure(ask(ENV), 'FORGE_AUTHENTICATION', SECRET);
    expect(said).toMatch(/the clock of this machine is right/);
  });

  it.each<[Fault, 'FORGE_UNREACHABLE' | 'FORGE_REJECTED']>([
    [{ status: 502, body: 'x', times: 10 }, 'FORGE_UNREACHABLE'],
    [{ status: 200, body: '<html>sign in</html>', times: 10 }, 'FORGE_REJECTED'],
    [{ status: 200, body: { id: 'x' }, times: 10 }, 'FORGE_REJECTED'],
  ])('meets a server that answers %j', async (fault, code) => {
    const { github, ask } = await start();
    github.faults.push(fault);
    await expectFailure(ask(ENV), code, SECRET);
  });
});
