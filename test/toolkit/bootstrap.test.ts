import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Application, ArgoCd, Cluster, Environment, Flux, type GitOpsError, Install, Platform } from '../../src';
import { LIVE_OPERATORS } from '../../src/operators/lives';
import type { Forge } from '../../src/publish/forge/forge';
import { synthesize } from '../../src/synth/synthesize';
import { applierOf, expectedOf, lookAt } from '../../src/toolkit/bootstrap/health';
import { entriesFor, hostKeys, sshHost } from '../../src/toolkit/bootstrap/host-keys';
import { makeKeyPair } from '../../src/toolkit/bootstrap/key-pair';
import { planBootstrap, repositoryNeed } from '../../src/toolkit/bootstrap/plan';
import { preflight } from '../../src/toolkit/bootstrap/preflight';
import { scriptOf, scriptText } from '../../src/toolkit/bootstrap/script';
import { intendSecret, makeSecret } from '../../src/toolkit/bootstrap/secrets';
import { Kubectl } from '../../src/toolkit/kubectl';
import { temporaryFolder } from '../helpers/git';
import { configMap } from '../synth/platforms';

const SSH_URL = 'ssh://git@git.example.com:2222/acme/environments.git';
const HTTPS_URL = 'https://git.example.com/acme/environments.git';
const HOST_KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAILda9yQ5Fobslx2QrJqh1ZFgzb7KjuhWcClzqRJZjC7J';

function planOf(kind: 'argo-cd' | 'flux', url = HTTPS_URL, repositorySecret: string | undefined = 'environments') {
  const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url } });
  const cluster = new Cluster(platform, 'eu-1');
  const install = Install.kustomize('https://git.example.com/upstream//deploy?ref=v3.0.0');
  const props = { install, ...(repositorySecret === undefined ? {} : { repositorySecret }) };
  if (kind === 'flux') new Flux(cluster, 'flux', props);
  else new ArgoCd(cluster, 'argocd', props);
  const tree = synthesize(platform);
  return planBootstrap(tree, 'eu-1', tree.repository);
}

/** A kubectl that writes down what it is given, and answers that there is nothing. */
function recording(answer = '') {
  const folder = temporaryFolder();
  const log = join(folder, 'log');
  writeFileSync(log, '');
  const text = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}.args'\nenv >> '${log}.env'\ncat >> '${log}'\n${answer}\n`;
  writeFileSync(join(folder, 'kubectl'), text, { mode: 0o755 });
  const env = { PATH: `${folder}:${process.env.PATH}`, HOME: folder };
  const read = (name: string) => readFileSync(`${log}${name}`, 'utf8');
  return { env, input: () => read(''), args: () => read('.args'), environment: () => read('.env') };
}

const codeOf = (error: unknown) => (error as GitOpsError).code;

describe('a key pair', () => {
  it('is one that ssh-keygen reads, and takes for the public key beside it', () => {
    const file = join(temporaryFolder(), 'key');
    for (let tries = 0; tries < 8; tries++) {
      const { publicKey, privateKey, fingerprint } = makeKeyPair(`${'c'.repeat(tries)}/eu-1`);
      writeFileSync(file, privateKey, { mode: 0o600 });
      expect(execFileSync('ssh-keygen', ['-y', '-f', file], { encoding: 'utf8' }).trim()).toBe(publicKey);
      expect(execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' })).toContain(` ${fingerprint} `);
    }
  });

  it('is another one each time', () => {
    expect(makeKeyPair('a').privateKey).not.toBe(makeKeyPair('a').privateKey);
  });
});

describe('host keys', () => {
  it.each([
    ['ssh://git@git.example.com/acme/e.git', 'git.example.com'],
    ['ssh://git@git.example.com:22/acme/e.git', 'git.example.com'],
    [SSH_URL, '[git.example.com]:2222'],
    ['git@git.example.com:acme/e.git', 'git.example.com'],
    ['ssh://git@[::1]:2222/e.git', '[::1]:2222'],
  ])('of %s are those of %s', (url, host) => {
    expect(sshHost(url)).toBe(host);
  });

  it('are found as ssh finds them, hashed names included', () => {
    const file = join(temporaryFolder(), 'known_hosts');
    const others = `other.example.com ssh-ed25519 AAAA\n@revoked git.example.com ssh-rsa BBBB\n# git.example.com ssh-rsa CCCC\n`;
    writeFileSync(file, `${others}git.example.com,10.0.0.1 ssh-ed25519 ${HOST_KEY} comment\n`);
    const clear = entriesFor('git.example.com', readFileSync(file, 'utf8'));
    expect(clear).toEqual([`git.example.com ssh-ed25519 ${HOST_KEY}`]);
    execFileSync('ssh-keygen', ['-H', '-f', file], { stdio: 'ignore' });
    expect(readFileSync(file, 'utf8')).not.toContain('git.example.com,');
    expect(entriesFor('git.example.com', readFileSync(file, 'utf8'))).toEqual(clear);
    expect(entriesFor('git.example.org', readFileSync(file, 'utf8'))).toEqual([]);
  });

  it('are never taken from the network unless told to', async () => {
    const home = temporaryFolder();
    const url = 'ssh://git@127.0.0.1:9/e.git';
    await expect(hostKeys(url, { env: { HOME: home } })).rejects.toSatisfy((e) => codeOf(e) === 'HOST_KEY_UNKNOWN');
    const empty = join(home, 'empty');
    writeFileSync(empty, '');
    await expect(hostKeys(url, { env: { HOME: home }, knownHosts: empty, trustHostKey: true })).rejects.toThrow(
      'no key of',
    );
  });
});

describe('the Secret for the repository', () => {
  const known = () => {
    const file = join(temporaryFolder(), 'known_hosts');
    writeFileSync(file, `[git.example.com]:2222 ssh-ed25519 ${HOST_KEY}\n`);
    return file;
  };

  it.each([
    ['argo-cd', ['sshPrivateKey', 'type', 'url'], 'sshPrivateKey'],
    ['flux', ['identity', 'known_hosts'], 'identity'],
  ] as const)('of %s: the private key is in nothing but the input of kubectl', async (kind, keys, holder) => {
    const kubectl = recording();
    const plan = planOf(kind, SSH_URL);
    const registered: { title: string; publicKey: string; readOnly: boolean }[] = [];
    const forge = {
      ensureDeployKey: async (key: (typeof registered)[number]) => {
        registered.push(key);
        return { changed: true };
      },
    } as unknown as Forge;
    const said: string[] = [];
    const host = {
      warn: (text: string) => said.push(text),
      progress: ({ message }: { message: string }) => said.push(message),
    };
    const options = { env: kubectl.env, host, knownHosts: known() };
    const client = new Kubectl({ context: 'test', env: kubectl.env });
    const intent = await intendSecret(plan, client, options);
    if (intent === undefined) throw new Error('there is nothing to do');
    expect(kubectl.input()).toBe('');
    const made = await makeSecret(plan, { ...intent, forge }, client, options);
    expect(made).toMatchObject({ name: 'environments', change: 'created', deployKey: { registered: true } });
    expect(registered).toEqual([
      { title: 'cdk8s-gitops shop/eu-1', publicKey: made.deployKey?.publicKey, readOnly: true },
    ]);
    const secret = JSON.parse(kubectl.input());
    expect(Object.keys(secret.data).sort()).toEqual(keys);
    const privateKey = Buffer.from(secret.data[holder], 'base64').toString();
    expect(privateKey).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    for (const text of [kubectl.args(), kubectl.environment(), JSON.stringify(made), said.join()]) {
      expect(text).not.toContain(secret.data[holder]);
      expect(text).not.toContain(privateKey.split('\n')[2]);
    }
  });

  it('is kept when it is there, without its values being read', async () => {
    const kubectl = recording('case "$*" in *go-template*) printf "identity\\nknown_hosts\\n";; esac');
    const client = new Kubectl({ context: 'test', env: kubectl.env });
    const intent = await intendSecret(planOf('flux', SSH_URL), client, { env: kubectl.env });
    expect(intent).toMatchObject({ action: 'keep' });
    expect(kubectl.args()).not.toMatch(/output=(json|yaml)/);
  });

  it('needs a token where the repository is read with one, which no process sees', async () => {
    const kubectl = recording();
    const client = new Kubectl({ context: 'test', env: { ...kubectl.env, CDK8S_GITOPS_AGENT_TOKEN: 'token-1234' } });
    const plan = planOf('flux');
    await expect(intendSecret(plan, client, { env: kubectl.env })).rejects.toSatisfy(
      (e) => codeOf(e) === 'SECRET_MISSING',
    );
    const options = { env: { ...kubectl.env, CDK8S_GITOPS_AGENT_TOKEN: 'token-1234' }, repositoryUser: 'reader' };
    const intent = await intendSecret(plan, client, options);
    if (intent === undefined) throw new Error('there is nothing to do');
    await makeSecret(plan, intent, client, options);
    const { data } = JSON.parse(kubectl.input());
    expect(Buffer.from(data.password, 'base64').toString()).toBe('token-1234');
    expect(Buffer.from(data.username, 'base64').toString()).toBe('reader');
    expect(kubectl.args() + kubectl.environment()).not.toContain('token-1234');
  });

  it('is not made where the repository is open to everyone', async () => {
    const kubectl = recording();
    const client = new Kubectl({ context: 'test', env: kubectl.env });
    const plan = planOf('flux', HTTPS_URL, undefined);
    // A default of the helper's parameter must not hide what is tested.
    const open = { ...plan, secrets: plan.secrets.filter(({ opens }) => opens === undefined) };
    expect(await intendSecret(open, client, { env: kubectl.env })).toBeUndefined();
  });

  it('never shows in what kubectl complains about', () => {
    const client = new Kubectl({ context: 'test', env: {} });
    client.hide('hunter2-hunter2');
    const failure = client.failure(
      {
        code: 1,
        stdout: '',
        stderr: `error: hunter2-hunter2 ${Buffer.from('hunter2-hunter2').toString('base64')} is bad`,
      },
      ['apply'],
    );
    expect(failure.message).toMatch(/\*\*\* \*\*\* is bad/);
  });
});

describe('the printed commands', () => {
  it.each(['argo-cd', 'flux'] as const)('of %s hold no secret, and put none into arguments', (kind) => {
    for (const url of [SSH_URL, HTTPS_URL]) {
      const plan = planOf(kind, url);
      const text = scriptText('', scriptOf(plan, { context: 'eu 1' }).steps);
      expect(text).toMatch(/--from-file=\w+=("\$keys"|\/dev\/stdin)/);
      expect(text).not.toMatch(/--from-literal=(password|sshPrivateKey|identity)/);
      for (const line of text.split('\n').filter((each) => /^kubectl/.test(each))) {
        expect(line).toContain("kubectl '--context=eu 1'");
      }
      execFileSync('sh', ['-n', '-c', text]);
      expect(repositoryNeed(plan)?.name).toBe('environments');
    }
  });

  it('quote what a shell would take apart', () => {
    const plan = planOf('argo-cd', "https://git.example.com/it's/$(id).git");
    const text = scriptText('', scriptOf(plan).steps);
    expect(text).toContain("'--from-literal=url=https://git.example.com/it'\\''s/$(id).git'");
    execFileSync('sh', ['-n', '-c', text]);
  });
});

it('a cluster that is not declared is an error that names those that are', () => {
  const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url: HTTPS_URL } });
  new Flux(new Cluster(platform, 'eu-1'));
  const tree = synthesize(platform);
  expect(() => planBootstrap(tree, 'us-1', tree.repository)).toThrow("no cluster 'us-1': there are eu-1");
});

describe('health', () => {
  const [argoCd, flux] = ['argo-cd', 'flux'].map((kind) => LIVE_OPERATORS.find((each) => each.kind === kind));
  if (!argoCd || !flux) throw new Error('an operator is missing');
  const metadata = { name: 'a', generation: 2 };

  it('is told by what the operator says, at the newest generation', () => {
    const report = flux.reports[0];
    const of = (status: object) => lookAt({ report }, { apiVersion: '', kind: '', metadata, status });
    const conditions = (status: string, message = '') => [{ type: 'Ready', status, message }];
    expect(of({ observedGeneration: 2, conditions: conditions('True') })).toBeUndefined();
    expect(of({ observedGeneration: 1, conditions: conditions('True') })).toBe('the operator has not looked yet');
    expect(of({ observedGeneration: 2, conditions: conditions('False', 'no such path') })).toBe(
      'not Ready: no such path',
    );
    expect(lookAt({ report }, undefined)).toBe('it is not there yet');
    const application = argoCd.reports[0];
    const look = (status: object) => lookAt({ report: application }, { apiVersion: '', kind: '', metadata, status });
    expect(look({ sync: { status: 'Synced' }, health: { status: 'Healthy' } })).toBeUndefined();
    expect(look({ sync: { status: 'Unknown' }, conditions: [{ type: 'ComparisonError', message: 'denied' }] })).toBe(
      'Unknown, not Healthy: denied',
    );
  });

  it('is waited for of workloads, roots and units', () => {
    const files: [string, string][] = [
      [
        'clusters/eu-1/bootstrap/root.yaml',
        'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: root.shop\n  namespace: argocd\n',
      ],
      [
        'clusters/eu-1/applications/dev.a.yaml',
        'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: dev.a\n  namespace: argocd\n',
      ],
      [
        'clusters/eu-1/operator/x.yaml',
        'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: server\n  namespace: argocd\n',
      ],
      [
        'clusters/eu-1/operator/y.yaml',
        'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: cm\n  namespace: argocd\n',
      ],
      ['clusters/eu-1/operator/z.yaml', 'apiVersion: example.com/v1\nkind: Application\nmetadata:\n  name: foreign\n'],
    ];
    const found = expectedOf(files, argoCd, ['clusters/eu-1/bootstrap']);
    expect(found.map(({ name, isRoot }) => [name, isRoot])).toEqual([
      ['root.shop', true],
      ['dev.a', false],
      ['server', false],
    ]);
  });
});

it.each(['argo-cd', 'flux'])('what is missing is asked of what applies it, with %s', (kind) => {
  const platform = new Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url: HTTPS_URL } });
  const cluster = new Cluster(platform, 'eu-1');
  if (kind === 'flux') new Flux(cluster);
  else new ArgoCd(cluster);
  configMap(new Application(new Environment(platform, 'dev', { cluster }), 'api'), 'a');
  const live = LIVE_OPERATORS.find((each) => each.kind === kind);
  if (live === undefined) throw new Error('the operator is missing');
  const files = synthesize(platform).sections.flatMap((section) => [...section.files]);
  const ours = files.filter(([path]) => path.startsWith('clusters/eu-1/')) as [string, string][];
  const expected = expectedOf(ours, live, ['clusters/eu-1/bootstrap']);
  const applierOfUnit = (name: string) => {
    const item = expected.find((each) => each.name === name);
    return item && applierOf(item, expected)?.name;
  };
  expect(applierOfUnit('dev.api')).toBe('unit.dev.api');
  expect(applierOfUnit('unit.dev.api')).toBe('root.shop');
});

describe('two operators', () => {
  /** A cluster in which Argo CD has an Application of the name of this platform's root. */
  const cluster = (name: string, spec: object) =>
    recording(
      [
        'case "$*" in',
        '  *get-contexts*) echo test;;',
        `  *version*) echo '{"clientVersion":{"gitVersion":"v1.33.1"}}';;`,
        '  *can-i*) echo yes;;',
        '  *customresourcedefinitions*) echo customresourcedefinition.apiextensions.k8s.io/applications.argoproj.io;;',
        `  *applications.argoproj.io*) echo '${JSON.stringify({ items: [{ metadata: { name }, spec }] })}';;`,
        'esac',
      ].join('\n'),
    );
  const warnings: string[] = [];
  const look = ({ env }: ReturnType<typeof recording>) => {
    const options = { env, names: new Set(['root.shop']), host: { warn: (text: string) => void warnings.push(text) } };
    return preflight(planOf('flux'), new Kubectl({ context: 'test', env }), options);
  };

  it('of one platform are refused, unless the old one was told to stop', async () => {
    const acting = cluster('root.shop', { syncPolicy: { automated: { prune: true } } });
    await expect(look(acting)).rejects.toSatisfy((error) => codeOf(error) === 'OPERATOR_CONFLICT');
    await expect(look(acting)).rejects.toThrow("operator switch eu-1 --from argo-cd'");
    await look(cluster('root.shop', { syncPolicy: {} }));
    expect(warnings).toEqual([]);
  });

  it('of different platforms are told of', async () => {
    await look(cluster('root.other', { syncPolicy: { automated: {} } }));
    expect(warnings).toEqual(['Argo CD is in the cluster too; it does not apply shop']);
  });
});
