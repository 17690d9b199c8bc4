import { describe, expect, it } from 'vitest';
import { Delivery } from '../../src/model/delivery';
import type { DesiredTree, SectionOwner } from '../../src/model/section';
import { type ForgeOptions, forgeFor, isBranchProtected } from '../../src/toolkit/forge';
import { freePort } from '../helpers/gitea';
import { expectFailure } from '../publish/forge/contract';

const URL = 'https://github.com/acme/envs.git';
const TOKEN = { CDK8S_GITOPS_FORGE_TOKEN: 'token-0123456789' };
const maxDeletions = { count: 1, share: 1 };

const unit = (environment: string): SectionOwner => ({
  ...{ kind: 'unit', environment, application: 'checkout', cluster: 'eu-1' },
});

/** Of two environments, `prod` is delivered by pull request; nothing is rendered, as nothing looks at that. */
function tree(owners: SectionOwner[], repository: Partial<DesiredTree['repository']> = {}): DesiredTree {
  return {
    platform: 'shop',
    source: 'acme/shop',
    repository: { url: URL, branch: 'main', ...repository },
    environments: {
      dev: { delivery: Delivery.direct(), maxDeletions },
      prod: { delivery: Delivery.pullRequest(), maxDeletions },
    },
    clusters: { 'eu-2': { delivery: Delivery.pullRequest() } },
    sections: owners.map((owner) => ({ owner, source: 'acme/shop', record: 'r', files: new Map() })),
  };
}

const open = (declared: DesiredTree, options: Partial<ForgeOptions> = {}) =>
  forgeFor(declared, { url: declared.repository.url, env: {}, ...options });

describe('forgeFor', () => {
  it('needs a token for what is delivered by pull request', async () => {
    await expectFailure(open(tree([unit('dev'), unit('prod')])), 'FORGE_AUTHENTICATION');
    await expectFailure(open(tree([{ kind: 'cluster', cluster: 'eu-2' }])), 'FORGE_AUTHENTICATION');
    expect(await open(tree([unit('prod')]), { env: TOKEN })).toMatchObject({ kind: 'github' });
  });

  it('needs none for the rest: what others own, what is not selected, what is only planned', async () => {
    expect(await open(tree([unit('dev')]))).toBeUndefined();
    expect(await open(tree([{ kind: 'cluster', cluster: 'eu-1' }]))).toBeUndefined();
    const both = tree([unit('dev'), unit('prod')]);
    expect(await open(both, { selection: { environments: ['dev'] } })).toBeUndefined();
    expect(await open(both, { dryRun: true })).toBeUndefined();
    await expectFailure(open(both, { selection: { environments: ['prod'] } }), 'FORGE_AUTHENTICATION');
  });

  it('has it at hand all the same where there is a token', async () => {
    expect(await open(tree([unit('dev')]), { env: TOKEN })).toMatchObject({ kind: 'github' });
    expect(await open(tree([unit('dev')], { url: '/srv/envs.git' }), { env: TOKEN })).toBeUndefined();
    expect(await open(tree([unit('dev')]), { env: { CDK8S_GITOPS_TOKEN: 'white space' } })).toBeUndefined();
  });

  it('takes what was said for what was declared, and that for what the host tells', async () => {
    const declared = tree([unit('prod')], { url: 'https://git.acme.io/acme/envs', forge: { kind: 'gitea' } });
    expect(await open(declared, { env: TOKEN })).toMatchObject({ kind: 'gitea' });
    expect(await open(declared, { env: TOKEN, kind: 'gitlab' })).toMatchObject({ kind: 'gitlab' });
    expect(await open(declared, { kind: 'none' })).toBeUndefined();
    expect(await open(tree([unit('prod')], { forge: { kind: 'none' } }))).toBeUndefined();
  });

  it("does not ask the declared repository's API about another repository", async () => {
    const apiUrl = 'https://api.acme.io';
    const declared = tree([unit('prod')], { url: 'https://git.acme.io/acme/envs', forge: { kind: 'gitea', apiUrl } });
    const page = async (url: string) => (await open(declared, { env: TOKEN, url }))?.commitUrl('abc');
    expect(await page('https://git.acme.io/acme/envs')).toBe('https://api.acme.io/acme/envs/commit/abc');
    expect(await page('https://other.acme.io/acme/envs')).toBe('https://other.acme.io/acme/envs/commit/abc');
  });

  it.each([{}, TOKEN])('refuses a kind that does not exist', async (env) => {
    await expectFailure(open(tree([unit('dev')]), { env, kind: 'bitbucket' }), 'FORGE_UNKNOWN');
    await expectFailure(open(tree([unit('prod')]), { env, kind: 'bitbucket' }), 'FORGE_UNKNOWN');
  });
});

describe('isBranchProtected', () => {
  it('is nobody to ask without a token, or of plain git', async () => {
    expect(await isBranchProtected(tree([]), 'main', { url: URL, env: {} })).toBeUndefined();
    expect(await isBranchProtected(tree([]), 'main', { url: '/srv/envs.git', env: TOKEN })).toBeUndefined();
  });

  it('takes a branch for protected when nobody answers', async () => {
    const url = `http://127.0.0.1:${await freePort()}/acme/envs`;
    expect(await isBranchProtected(tree([]), 'main', { url, kind: 'gitea', env: TOKEN })).toBe(true);
  });
});
