import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/yaml/parse';
import {
  bareRepository,
  commitFiles,
  commitsOf,
  contentOf,
  filesOf,
  git,
  gitEnv,
  temporaryFolder,
} from '../helpers/git';
import { cli, shop, shopProject, write } from '../toolkit/project';

const json = async (folder: string, args: readonly string[]) => {
  const { code, stdout, stderr } = await cli(folder, [...args, '--json']);
  return { code, stderr, result: JSON.parse(stdout) };
};

const units = (change: string) =>
  ['dev/checkout', 'dev/search', 'prod/checkout', 'prod/search'].map((name) => {
    const [environment, application] = name.split('/');
    return { environment, application, change, objects: 1 };
  });

describe('publish', () => {
  it('publishes, and then finds nothing to do', async () => {
    const { folder, remote, url } = shopProject();
    const first = await json(folder, ['publish']);
    const commit = git(remote, 'rev-parse', 'main');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.result).toEqual({
      outcome: 'published',
      repository: url,
      branch: 'main',
      commit,
      source: { repository: 'acme/shop' },
      units: units('added'),
      shared: [
        { name: 'cluster eu-1', kind: 'cluster', change: 'added', files: expect.any(Number) },
        { name: 'environment dev', kind: 'environment', change: 'added', files: expect.any(Number) },
        { name: 'environment prod', kind: 'environment', change: 'added', files: expect.any(Number) },
      ],
      objects: 4,
      attempts: 1,
      pullRequests: [],
      warnings: [],
      issues: expect.arrayContaining([
        expect.objectContaining({ rule: 'policy/no-resources', severity: 'warning', count: 4 }),
      ]),
      time: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.+Z$/),
      generator: expect.stringMatching(/^cdk8s-gitops \d/),
    });
    const second = await json(folder, ['publish']);
    expect(second.result).toMatchObject({ outcome: 'unchanged', commit, units: units('unchanged'), attempts: 0 });
    expect(commitsOf(remote)).toHaveLength(1);

    const text = await cli(folder, ['publish']);
    expect(text.stdout).toMatch(/^unchanged: .+ holds all 4 units already, in [\d.]+ s\n$/);
    expect(text.stderr).toContain('loading main.mts\n');
  });

  it('shows in plain lines what it did', async () => {
    const { folder, remote } = shopProject({ applications: ['checkout'] });
    const { stdout } = await cli(folder, ['publish']);
    const id = git(remote, 'rev-parse', 'main').slice(0, 10);
    expect(stdout.split('\n').slice(0, -2)).toEqual([
      'added cluster eu-1',
      'added environment dev',
      'added environment prod',
      'added dev/checkout (1 object)',
      'added prod/checkout (1 object)',
    ]);
    expect(stdout).toMatch(new RegExp(`published ${id} to .+ main: 5 changes, 0 units unchanged, in [\\d.]+ s\\n$`));
  });

  it('plans, and writes nothing', async () => {
    const { folder, remote } = shopProject();
    const { result } = await json(folder, ['publish', '--dry-run']);
    expect(result).toMatchObject({ outcome: 'planned', commit: null, units: units('added'), attempts: 0 });
    expect(result.plan.sections.flatMap(({ files }: { files: object[] }) => files).length).toBeGreaterThan(10);
    expect(git(remote, 'for-each-ref')).toBe('');
    expect((await cli(folder, ['publish', '--dry-run'])).stdout).toContain('nothing was written');
  });

  it('publishes some units only', async () => {
    const { folder, remote } = shopProject();
    await cli(folder, ['publish']);
    write(folder, { 'main.mts': shop({ url: `file://${remote}`, tag: '2.0.0' }) });
    const { result } = await json(folder, ['publish', '-e', 'dev', '-a', 'checkout']);
    expect(result.units).toEqual([{ environment: 'dev', application: 'checkout', change: 'changed', objects: 1 }]);
    const image = (path: string) => /image: (.+)/.exec(contentOf(remote, path))?.[1];
    expect(image('environments/dev/checkout/deployment-checkout-api.yaml')).toContain(':2.0.0');
    expect(image('environments/dev/search/deployment-search-api.yaml')).toContain(':1.0.0');
    const several = await json(folder, ['publish', '--environment', 'dev', 'prod', '--application', 'search']);
    expect(several.result.units.map(({ environment }: { environment: string }) => environment)).toEqual([
      'dev',
      'prod',
    ]);
    const wrong = await json(folder, ['publish', '-e', 'staging']);
    expect(wrong).toMatchObject({ code: 1, result: { error: { code: 'NOTHING_SELECTED' } } });
  });

  it('removes what is no longer declared', async () => {
    const { folder, remote, url } = shopProject();
    await cli(folder, ['publish']);
    write(folder, { 'main.mts': shop({ url, applications: ['checkout'] }) });
    const refused = await json(folder, ['publish']);
    expect(refused).toMatchObject({ code: 1, result: { error: { code: 'DELETION_REFUSED' } } });
    // What the error says can be pasted behind the command.
    const flags = /again with: (.+)$/.exec(refused.result.error.message)?.[1]?.split(' ') ?? [];
    expect(flags).toEqual(['--delete', 'dev/search', 'prod/search']);
    const { result, stderr } = await json(folder, ['publish', ...flags]);
    expect({ stderr, warnings: result.warnings }).toEqual({ stderr: '', warnings: [] });
    expect(result.units).toContainEqual({ environment: 'dev', application: 'search', change: 'removed', objects: 1 });
    expect(Object.keys(filesOf(remote)).filter((path) => path.includes('search'))).toEqual([]);
  });

  it('says what was acknowledged for nothing', async () => {
    const { folder } = shopProject();
    const flags = [
      '--take-over',
      'dev/checkout',
      '--overwrite',
      'environment:dev',
      '--delete',
      'dev/gone',
      'prod/gone',
    ];
    const { result } = await json(folder, ['publish', ...flags]);
    expect(result.warnings).toEqual([
      '--take-over dev/checkout was not needed; leave it out',
      '--overwrite environment:dev was not needed; leave it out',
      '--delete dev/gone was not needed; leave it out',
      '--delete prod/gone was not needed; leave it out',
    ]);
    const text = await cli(folder, ['publish', ...flags]);
    expect(text.stderr).toContain('--delete prod/gone was not needed');
    const wrong = await json(folder, ['publish', '--overwrite', 'dev/chekout']);
    expect(wrong.result.error).toMatchObject({ code: 'USAGE' });
  });

  it('publishes elsewhere when told to', async () => {
    const { folder, remote } = shopProject();
    const other = bareRepository({ branch: 'live' });
    const { result } = await json(folder, ['publish', '--remote', other, '--branch', 'live']);
    expect(result).toMatchObject({ outcome: 'published', repository: other, branch: 'live' });
    expect(commitsOf(other, 'live')).toHaveLength(1);
    expect(git(remote, 'for-each-ref')).toBe('');
  });

  it('records the commit of the source, and warns when the tree is not it', async () => {
    const { folder, remote } = shopProject();
    write(folder, { '.gitignore': 'node_modules\n' });
    git(folder, 'init', '--quiet', '--initial-branch=main');
    git(folder, 'add', '--all');
    git(folder, 'commit', '--quiet', '--message', 'First');
    const head = git(folder, 'rev-parse', 'HEAD');
    const { result, stderr } = await json(folder, ['publish']);
    expect({ source: result.source, stderr }).toEqual({
      source: { repository: 'acme/shop', commit: head, dirty: false },
      stderr: '',
    });
    const [record] = parseYaml(contentOf(remote, 'releases/dev/checkout.yaml')) as [
      { source: object; generator: string },
    ];
    expect(record.source).toEqual({ repository: 'acme/shop', commit: head });
    expect(record.generator).toMatch(/^cdk8s-gitops \d+\.\d+\.\d+$/);
    write(folder, { 'more.ts': '' });
    const dirty = await json(folder, ['publish']);
    expect(dirty.stderr).toMatch(/^warning: the source tree has changes/);
    expect(dirty.result.source.dirty).toBe(true);
  });

  it('fails with the code of what is wrong', async () => {
    const { folder } = shopProject();
    const missing = await json(folder, ['publish', '--remote', join(temporaryFolder(), 'nowhere')]);
    expect(missing).toMatchObject({ code: 1, result: { error: { code: 'REMOTE_NOT_A_REPOSITORY' } } });
    const hostile = await json(folder, ['publish', '--remote', 'ext::sh -c id']);
    expect(hostile).toMatchObject({ code: 1, result: { error: { code: 'REMOTE_INVALID' } } });
    const branch = await json(folder, ['publish', '--branch', '-x']);
    expect(branch).toMatchObject({ code: 1, result: { error: { code: 'REMOTE_INVALID' } } });
  });

  it('adds to the summary of a job', async () => {
    const { folder } = shopProject();
    const file = join(temporaryFolder(), 'summary.md');
    await cli(folder, ['publish'], { GITHUB_STEP_SUMMARY: file });
    await cli(folder, ['diff'], { GITHUB_STEP_SUMMARY: file });
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('### cdk8s-gitops: published `');
    expect(text).toContain('| dev/checkout | added | 1 |');
    expect(text).toContain('Publishing would change nothing');
    const { code, stderr } = await cli(folder, ['publish'], { GITHUB_STEP_SUMMARY: join(file, 'summary') });
    expect({ code, warned: stderr.includes('warning: the job summary cannot be written') }).toEqual({
      code: 0,
      warned: true,
    });
  });

  it.runIf(process.platform === 'linux')('shows a table in a terminal', () => {
    const { folder } = shopProject();
    const command = `${process.execPath} ${join(__dirname, '../../lib/cli/main.js')} publish`;
    const env = { ...gitEnv, TERM: 'xterm' };
    const output = execFileSync('script', ['-qec', command, '/dev/null'], { cwd: folder, env, encoding: 'utf8' });
    expect(output).toMatch(/│ dev\/checkout +│ .*added.* │ 1 /);
    expect(output).toContain('\u001b[');
  });
});

describe('diff', () => {
  it('shows objects, and says so in its exit code', async () => {
    const { folder, url } = shopProject();
    const all = await cli(folder, ['diff', '--exit-code']);
    expect(all.code).toBe(3);
    expect(all.stdout).toContain('+ apps/v1 Deployment checkout-api');
    await cli(folder, ['publish']);
    const none = await cli(folder, ['diff', '--exit-code']);
    expect(none).toMatchObject({ code: 0, stdout: 'no changes\n' });

    write(folder, { 'main.mts': shop({ url, tag: '1.1.0' }) });
    const some = await cli(folder, ['diff', '-e', 'dev', '-a', 'search']);
    expect(some.code).toBe(0);
    expect(some.stdout).toContain('ghcr.io/acme/search:1.0.0 → ghcr.io/acme/search:1.1.0');
    expect(some.stdout).toMatch(/\n1 object changed in 1 application: \+0 ~1 −0\n$/);

    const { code, result } = await json(folder, ['diff', '--exit-code']);
    expect(code).toBe(3);
    expect(result).toMatchObject({ changed: true, branch: 'main', summary: { objects: 4, changed: 4 } });
    expect(
      result.objects.map(({ file }: { file: string }) => file).filter((file: string) => /^releases/.test(file)),
    ).toEqual([]);
  });

  it('tells of records that change alone', async () => {
    const { folder, url } = shopProject();
    await cli(folder, ['publish']);
    const end = "new gitops.Environment(platform, 'empty', { cluster, stage: 'x' });\nplatform.synth();";
    write(folder, {
      'main.mts': shop({ url }).replace('{ cluster, promotesFrom }', "{ cluster, promotesFrom, stage: 'all' }"),
    });
    const { code, stdout } = await cli(folder, ['diff', '--exit-code']);
    expect(code).toBe(3);
    expect(stdout).toContain('records change: environment dev, environment prod');
    write(folder, { 'main.mts': shop({ url, end }) });
    expect((await cli(folder, ['diff'])).stdout).toContain('environment empty');
  });

  it('shows the removal of a unit', async () => {
    const { folder, url } = shopProject();
    await cli(folder, ['publish']);
    write(folder, { 'main.mts': shop({ url, applications: ['search'] }) });
    expect((await cli(folder, ['diff'])).stdout).toContain('- apps/v1 Deployment checkout-api');
  });

  it('compares with what was changed by hand', async () => {
    const { folder, remote } = shopProject();
    await cli(folder, ['publish']);
    commitFiles(remote, {
      'environments/dev/checkout/extra.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n',
    });
    expect((await cli(folder, ['diff'])).stdout).toContain('- v1 ConfigMap x');
  });
});
