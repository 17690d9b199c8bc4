import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, commitFiles, contentOf, git, temporaryFolder } from '../helpers/git';
import { cli, project, shopProject } from '../toolkit/project';

const RECORD = 'releases/dev/checkout.yaml';
const OBJECT = 'environments/dev/checkout/deployment-checkout-api.yaml';

async function published(): Promise<{ folder: string; remote: string; url: string }> {
  const shop = shopProject();
  const { code, stderr } = await cli(shop.folder, ['publish']);
  expect(code, stderr).toBe(0);
  return shop;
}

async function verify(
  remote: string,
): Promise<{ code: number | null; problems: [string, string][]; warnings: string[] }> {
  const { code, stdout } = await cli(temporaryFolder(), ['verify', '--remote', remote, '--json']);
  const { problems, warnings, ok } = JSON.parse(stdout) as {
    ok: boolean;
    problems: { path: string; message: string }[];
    warnings: { path: string }[];
  };
  expect(ok).toBe(code === 0);
  return {
    code,
    problems: problems.map(({ path, message }) => [path, message]),
    warnings: warnings.map(({ path }) => path),
  };
}

describe('status', () => {
  it('shows applications by environments', async () => {
    const { folder, url } = await published();
    const { code, stdout } = await cli(folder, ['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/│ application │ dev/);
    expect(stdout).toMatch(/│ checkout {4}│ [0-9a-f]{10} │/);
    expect(stdout).toMatch(/4 units in file:.+ main at [0-9a-f]{10}\n$/);
    // No program is needed where the repository is named.
    expect((await cli(temporaryFolder(), ['status', '--remote', url])).stdout).toBe(stdout);
  });

  it('gives everything as JSON', async () => {
    const { remote, url } = await published();
    const result = JSON.parse((await cli(temporaryFolder(), ['status', '--remote', url, '--json'])).stdout);
    expect(result).toMatchObject({
      repository: url,
      branch: 'main',
      commit: git(remote, 'rev-parse', 'main'),
      environments: ['dev', 'prod'],
      applications: ['checkout', 'search'],
      problems: [],
    });
    expect(result.units).toHaveLength(4);
    expect(result.units[0]).toMatchObject({
      environment: 'dev',
      application: 'checkout',
      cluster: 'eu-1',
      source: { repository: 'acme/shop' },
      images: ['ghcr.io/acme/checkout:1.0.0'],
      tree: git(remote, 'rev-parse', 'main:environments/dev/checkout'),
    });
    expect(result.records.clusters[0]).toMatchObject({ cluster: 'eu-1', operator: 'argo-cd' });
  });

  it('orders environments by promotion', async () => {
    const shop = shopProject({ environments: ['quality', 'live', 'archive'] });
    await cli(shop.folder, ['publish']);
    const { environments } = JSON.parse((await cli(shop.folder, ['status', '--json'])).stdout);
    expect(environments).toEqual(['quality', 'live', 'archive']);
  });

  it('reads an empty repository, and one with a broken record', async () => {
    const empty = await cli(temporaryFolder(), ['status', '--remote', bareRepository()]);
    expect(empty).toMatchObject({ code: 0, stdout: expect.stringContaining('is empty') });
    const { remote } = await published();
    commitFiles(remote, { [RECORD]: 'not: a record\n' });
    const { code, stdout, stderr } = await cli(temporaryFolder(), ['status', '--remote', remote]);
    expect({ code, count: stdout.includes('3 units') }).toEqual({ code: 0, count: true });
    expect(stderr).toContain(`warning: ${RECORD} is not a valid record`);
  });
});

describe('verify', () => {
  it('finds nothing wrong with what was published', async () => {
    const { folder, remote } = await published();
    expect(await verify(remote)).toEqual({ code: 0, problems: [], warnings: [] });
    expect((await cli(folder, ['verify'])).stdout).toMatch(/^verified 4 units, 2 environments, 1 cluster in /);
    expect((await cli(temporaryFolder(), ['verify', '--remote', bareRepository()])).code).toBe(0);
  });

  it('works in a clone', async () => {
    const { remote } = await published();
    const clone = join(temporaryFolder(), 'clone');
    git('/', 'clone', '--quiet', remote, clone);
    expect(await cli(clone, ['verify'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('verified 4 units'),
    });
    expect(await cli(temporaryFolder(), ['verify', clone])).toMatchObject({ code: 0 });
    const nothing = await cli(temporaryFolder(), ['verify', '--json']);
    expect(JSON.parse(nothing.stdout).error.code).toBe('REMOTE_NOT_A_REPOSITORY');
    expect((await cli(project({}), ['verify', 'nowhere'])).code).toBe(1);
  });

  it('finds every edit made by hand, at once', async () => {
    const { remote } = await published();
    const before = contentOf(remote, OBJECT);
    commitFiles(remote, {
      [OBJECT]: before.replace('1.0.0', '6.6.6'),
      'environments/prod/checkout': undefined,
      'clusters/eu-1/applications/dev.search.yaml': 'hand: made\n',
      'clusters/eu-1/namespaces/prod.search/namespace-prod-search.yaml': undefined,
      'environments/dev/ghost/a.yaml': 'a: 1\n',
      'environments/dev/ghost/b.yaml': 'b: 1\n',
      'clusters/eu-1/applications/dev.ghost.yaml': 'a: 1\n',
      'clusters/eu-9/bootstrap/x.yaml': 'a: 1\n',
      'clusters/eu-1/stray.yaml': 'a: 1\n',
      'releases/prod/checkout.yaml': 'broken: true\n',
      'docs/notes.md': 'hello\n',
      'README.md': 'mine\n',
    });
    const { code, problems, warnings } = await verify(remote);
    expect(code).toBe(1);
    expect(problems.map(([path]) => path)).toEqual([
      'clusters/eu-1/applications/dev.ghost.yaml',
      'clusters/eu-1/applications/dev.search.yaml',
      'clusters/eu-1/namespaces/prod.search',
      'clusters/eu-1/stray.yaml',
      'clusters/eu-9',
      OBJECT,
      'environments/dev/ghost',
      'releases/prod/checkout.yaml',
    ]);
    const messages = new Map(problems);
    expect(messages.get(OBJECT)).toMatch(/differs from its record releases\/dev\/checkout\.yaml/);
    expect(messages.get('clusters/eu-1/namespaces/prod.search')).toContain('is gone');
    expect(messages.get('environments/dev/ghost')).toContain('belongs to no record');
    expect(messages.get('releases/prod/checkout.yaml')).toContain('not a valid record');
    expect(warnings).toEqual(expect.arrayContaining(['README.md', 'docs']));
    const text = await cli(temporaryFolder(), ['verify', '--remote', remote]);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('problem environments/dev/ghost belongs to no record');
    expect(text.stdout).toContain('8 problems among 3 units');
  });

  it('finds a record that was removed, and one that speaks of another unit', async () => {
    const { remote } = await published();
    commitFiles(remote, {
      [RECORD]: undefined,
      'releases/dev/copy.yaml': contentOf(remote, 'releases/dev/search.yaml'),
    });
    const { problems } = await verify(remote);
    expect(problems.map(([path]) => path)).toEqual([
      'clusters/eu-1/applications/dev.checkout.yaml',
      'clusters/eu-1/namespaces/dev.checkout',
      'clusters/eu-1/units/dev.checkout',
      'environments/dev/checkout',
      'registrations/eu-1/dev.checkout.yaml',
      'releases/dev/copy.yaml',
    ]);
  });

  it('finds a link in the place of a folder, and a file in that of a record', async () => {
    const { remote } = await published();
    commitFiles(remote, { 'environments/dev/checkout': { link: '../prod/checkout' } });
    const { code, problems } = await verify(remote);
    expect({ code, paths: problems.map(([path]) => path) }).toEqual({ code: 1, paths: ['environments/dev/checkout'] });
  });

  it('is mended by the next publish', async () => {
    const { folder, remote } = await published();
    commitFiles(remote, { [OBJECT]: 'hand: made\n', 'environments/dev/search/more.yaml': 'a: 1\n' });
    expect((await verify(remote)).code).toBe(1);
    const refused = await cli(folder, ['publish']);
    expect(refused.stderr).toContain('error CHANGED_BY_HAND:');
    await cli(folder, ['publish', '--overwrite', 'dev/checkout', 'dev/search']);
    expect(await verify(remote)).toEqual({ code: 0, problems: [], warnings: [] });
  });
});
