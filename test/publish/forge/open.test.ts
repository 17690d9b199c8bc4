import { describe, expect, it } from 'vitest';
import { locateForge } from '../../../src/publish/forge/location';
import { forgeToken, openForge } from '../../../src/publish/forge/open';
import { expectFailure } from './contract';

const TOKEN = 'token-0123456789';

describe('locateForge', () => {
  it.each([
    ['https://github.com/acme/envs.git', 'github https://api.github.com acme envs'],
    ['https://github.com/acme/envs/', 'github https://api.github.com acme envs'],
    ['git@github.com:acme/envs.git', 'github https://api.github.com acme envs'],
    ['ssh://git@github.com/acme/envs', 'github https://api.github.com acme envs'],
    ['ssh://git@ssh.github.com:443/acme/envs.git', 'github https://api.github.com acme envs'],
    ['https://GitHub.com/Acme/Envs.git', 'github https://api.github.com Acme Envs'],
    ['https://github.acme.io:8443/acme/envs.git', 'github https://github.acme.io:8443/api/v3 acme envs'],
    ['ssh://git@github.acme.io:2222/acme/envs.git', 'github https://github.acme.io/api/v3 acme envs'],
    ['https://acme.ghe.com/acme/envs.git', 'github https://api.acme.ghe.com acme envs'],
    ['https://github.com/acme/my.envs.git', 'github https://api.github.com acme my.envs'],
    ['https://gitlab.com/acme/envs.git', 'gitlab https://gitlab.com acme envs'],
    ['https://gitlab.com/acme/platform/eu/envs.git', 'gitlab https://gitlab.com acme/platform/eu envs'],
    ['git@gitlab.com:acme/platform/envs.git', 'gitlab https://gitlab.com acme/platform envs'],
    ['ssh://git@altssh.gitlab.com:443/acme/envs.git', 'gitlab https://gitlab.com acme envs'],
    ['https://gitlab.acme.io:8443/acme/envs.git', 'gitlab https://gitlab.acme.io:8443 acme envs'],
    ['https://code.gitlab.acme.io/acme/envs.git', 'gitlab https://code.gitlab.acme.io acme envs'],
    ['https://codeberg.org/acme/envs.git', 'gitea https://codeberg.org acme envs'],
    ['git@codeberg.org:acme/envs', 'gitea https://codeberg.org acme envs'],
    ['https://gitea.com/acme/envs', 'gitea https://gitea.com acme envs'],
    ['ssh://git@gitea.acme.io:2222/acme/envs.git', 'gitea https://gitea.acme.io acme envs'],
    ['https://forgejo.acme.io/acme/envs.git', 'gitea https://forgejo.acme.io acme envs'],
    ['https://gitea.acme.io/%61cme/envs.git', 'gitea https://gitea.acme.io acme envs'],
  ])('knows %s', (url, expected) => {
    const found = locateForge({ url });
    expect(`${found?.kind} ${found?.address} ${found?.owner} ${found?.repository}`).toBe(expected);
  });

  it.each([
    '/srv/git/envs.git',
    'file:///srv/github.com/envs.git',
    'https://git.acme.io/acme/envs.git',
    'https://notgithub.com/acme/envs.git',
    'https://github-mirror.acme.io/acme/envs.git',
    'https://acme.github/acme/envs.git',
    'git@bitbucket.org:acme/envs.git',
    'github-work:acme/envs.git',
  ])('takes %s for plain git', (url) => {
    expect(locateForge({ url })).toBeUndefined();
  });

  it('does as it is told', () => {
    const url = 'https://git.acme.io/acme/envs.git';
    expect(locateForge({ url, kind: 'gitea' })).toMatchObject({ kind: 'gitea', address: 'https://git.acme.io' });
    expect(locateForge({ url, kind: 'forgejo' })).toMatchObject({ kind: 'gitea' });
    expect(locateForge({ url, kind: 'github' })).toMatchObject({
      ...{ kind: 'github', address: 'https://git.acme.io/api/v3', webUrl: 'https://git.acme.io' },
    });
    expect(locateForge({ url: 'https://github.com/acme/envs', kind: 'none' })).toBeUndefined();
    expect(locateForge({ url: '/srv/envs.git', kind: 'none' })).toBeUndefined();
    // Another address for the API than for git.
    const inside = { url: 'ssh://git@git.internal:2222/acme/envs.git', kind: 'gitea', apiUrl: 'https://code.acme.io/' };
    expect(locateForge(inside)).toMatchObject({ address: 'https://code.acme.io', owner: 'acme', repository: 'envs' });
    const proxied = { url, kind: 'github', apiUrl: 'https://proxy.acme.io/github/api/v3' };
    expect(locateForge(proxied)).toMatchObject({ address: 'https://proxy.acme.io/github/api/v3' });
    expect(locateForge({ url, kind: 'gitlab', apiUrl: 'https://git.acme.io/api/v4/' })).toMatchObject({
      address: 'https://git.acme.io',
    });
  });

  it('knows a server that lies under a path', () => {
    const url = 'https://acme.io/tools/gitlab/platform/eu/envs.git';
    expect(locateForge({ url, kind: 'gitlab', apiUrl: 'https://acme.io/tools/gitlab' })).toMatchObject({
      ...{ address: 'https://acme.io/tools/gitlab', owner: 'platform/eu', repository: 'envs' },
    });
    const ssh = { url: 'git@acme.io:platform/envs.git', kind: 'gitea', apiUrl: 'https://acme.io/git/api/v1' };
    expect(locateForge(ssh)).toMatchObject({ address: 'https://acme.io/git', owner: 'platform', repository: 'envs' });
  });

  it.each([
    [
      { url: 'https://git.acme.io/acme/envs.git', kind: 'bitbucket' },
      'use one of github, gitlab, gitea, forgejo, none',
    ],
    [{ url: 'https://git.acme.io/acme/envs.git', kind: '' }, 'use one of'],
    [{ url: 'https://github.com/envs.git' }, '<owner>/<name>'],
    [{ url: 'https://github.com/' }, '<owner>/<name>'],
    [{ url: 'https://github.com/acme/platform/envs.git' }, '<owner>/<name>'],
    [{ url: 'https://gitlab.com/envs.git' }, '<group>/<project>'],
    [{ url: 'https://gitea.acme.io/acme/%2e%2e' }, '<owner>/<name>'],
    [{ url: 'git@github.com:acme/..' }, '<owner>/<name>'],
    [{ url: 'https://github.com/acme/a%00b' }, '<owner>/<name>'],
    [{ url: 'https://github.com/acme/%zz' }, 'escape'],
    [{ url: '/srv/envs.git', kind: 'gitea' }, 'names no host'],
  ])('refuses %o', async (query, words) => {
    const message = await expectFailure((async () => locateForge(query))(), 'FORGE_UNKNOWN');
    expect(message).toContain(words);
  });

  it.each([
    'git.acme.io',
    'ftp://git.acme.io',
    'https://user:hunter2@git.acme.io',
    'https://git.acme.io/?token=hunter2',
  ])('refuses %s as the address of an API', async (apiUrl) => {
    const url = 'https://git.acme.io/acme/envs.git';
    await expectFailure((async () => locateForge({ url, kind: 'gitea', apiUrl }))(), 'CONFIG_INVALID', 'user:hunter2');
  });
});

describe('openForge', () => {
  it.each([
    ['https://github.com/acme/envs.git', 'github', 'https://github.com/acme/envs/commit/abc'],
    ['git@gitlab.acme.io:acme/eu/envs.git', 'gitlab', 'https://gitlab.acme.io/acme/eu/envs/-/commit/abc'],
    ['https://codeberg.org/acme/envs.git', 'gitea', 'https://codeberg.org/acme/envs/commit/abc'],
  ])('opens %s', async (url, kind, commit) => {
    const forge = await openForge({ url, env: { CDK8S_GITOPS_TOKEN: TOKEN } });
    expect(forge?.kind).toBe(kind);
    expect(forge?.commitUrl('abc')).toBe(commit);
  });

  it('opens nothing for plain git, with a token or without', async () => {
    expect(await openForge({ url: '/srv/envs.git', env: {} })).toBeUndefined();
    expect(await openForge({ url: 'https://github.com/acme/envs', kind: 'none', env: {} })).toBeUndefined();
  });

  it('prefers the token that is for the forge', () => {
    expect(forgeToken({ CDK8S_GITOPS_TOKEN: 'a', CDK8S_GITOPS_FORGE_TOKEN: 'b' })).toBe('b');
    expect(forgeToken({ CDK8S_GITOPS_TOKEN: 'a', CDK8S_GITOPS_FORGE_TOKEN: '' })).toBe('a');
    expect(forgeToken({})).toBeUndefined();
  });

  it('says that there is no token', async () => {
    const message = await expectFailure(
      openForge({ url: 'https://github.com/acme/envs', env: {} }),
      'FORGE_AUTHENTICATION',
    );
    expect(message).toContain('CDK8S_GITOPS_FORGE_TOKEN or CDK8S_GITOPS_TOKEN');
    expect(message).toContain('--forge none');
  });

  it('shows a token to no network, but to this machine', async () => {
    const token = TOKEN;
    await expectFailure(openForge({ url: 'http://gitea.acme.io/acme/envs', token }), 'CONFIG_INVALID', token);
    for (const host of ['127.0.0.1:3000', 'localhost:3000', '[::1]:3000']) {
      const forge = await openForge({ url: `http://${host}/acme/envs`, kind: 'gitea', token });
      expect(forge?.kind).toBe('gitea');
    }
  });
});
