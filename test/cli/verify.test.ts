import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../src/toolkit/version';
import { parseYaml } from '../../src/yaml/parse';
import { commitFiles, contentOf, git, gitEnv, temporaryFolder } from '../helpers/git';
import { allowedSigners, gpgKey, hasGpg, sshKey } from '../publish/keys';
import { CLI, cli, shop, shopProject, write } from '../toolkit/project';

const FOLDER = 'environments/dev/checkout';
const OBJECT = `${FOLDER}/deployment-checkout-api.yaml`;

async function published(...args: string[]) {
  const project = shopProject();
  const { code, stderr } = await cli(project.folder, ['publish', ...args]);
  expect(code, stderr).toBe(0);
  return project;
}

function cloneOf(remote: string, ...args: string[]): string {
  const clone = join(temporaryFolder(), 'clone');
  git('/', 'clone', '--quiet', ...args, `file://${remote}`, clone);
  return clone;
}

async function verify(folder: string, ...args: string[]) {
  const { code, stdout } = await cli(folder, ['verify', '--json', ...args]);
  const result = JSON.parse(stdout);
  return { code, ...result, paths: result.problems?.map(({ path }: { path: string }) => path) };
}

describe('verify in the environment repository', () => {
  it('needs nothing but a clone, bare or not', async () => {
    const { remote } = await published();
    const bare = join(temporaryFolder(), 'bare.git');
    git('/', 'clone', '--quiet', '--bare', remote, bare);
    // Neither a program, nor packages that one would import, nor a home.
    const run = (cwd: string, ...args: string[]) =>
      execFileSync(process.execPath, [CLI, 'verify', ...args], { cwd, env: gitEnv, encoding: 'utf8' });
    expect(run(bare)).toMatch(/^verified 4 units/);
    expect(run('/', bare)).toMatch(/^verified 4 units/);
    expect(run(cloneOf(remote))).toMatch(/^verified 4 units/);
  });

  it('names the files that somebody edited, in a clone and remotely', async () => {
    const { remote } = await published();
    const head = git(remote, 'rev-parse', 'main');
    commitFiles(remote, {
      [OBJECT]: 'hand: made\n',
      [`${FOLDER}/deep/more.yaml`]: 'a: 1\n',
      'environments/prod/search/deployment-search-api.yaml': undefined,
      'environments/prod/search/other.yaml': 'a: 1\n',
    });
    const paths = [
      `${FOLDER}/deep/more.yaml`,
      OBJECT,
      'environments/prod/search/deployment-search-api.yaml',
      'environments/prod/search/other.yaml',
    ].sort();
    const whole = await verify(cloneOf(remote));
    expect(whole).toMatchObject({ code: 1, ok: false, paths });
    const messages = Object.fromEntries(
      whole.problems.map(({ path, message }: { path: string; message: string }) => [path, message]),
    );
    expect(messages[OBJECT]).toMatch(/^differs from its record releases\/dev\/checkout\.yaml: it was changed by hand/);
    expect(messages[`${FOLDER}/deep/more.yaml`]).toMatch(/^is not in its record/);
    expect(messages['environments/prod/search/deployment-search-api.yaml']).toMatch(/^is gone, and its record/);
    expect(await verify(temporaryFolder(), '--remote', remote)).toMatchObject({ code: 1, paths });
    expect((await verify(cloneOf(remote), '--branch', head)).code).toBe(0);
  });

  it('names the folder where the history does not have what was published', async () => {
    const { remote } = await published();
    // Both environments held the same, and so the same folder.
    const twin = OBJECT.replace('dev', 'prod');
    const both = [FOLDER, FOLDER.replace('dev', 'prod')];
    commitFiles(remote, { [OBJECT]: 'hand: made\n', [twin]: 'hand: made\n' });
    expect((await verify(cloneOf(remote, '--depth=1'))).paths).toEqual(both);
    expect((await verify(cloneOf(remote))).paths).toEqual([OBJECT, twin]);
    // A record may say what it likes.
    const record = 'releases/dev/checkout.yaml';
    const invented = contentOf(remote, record).replace(/(dev\/checkout: )"?[0-9a-f]{40}"?/, `$1"${'ab'.repeat(20)}"`);
    const commit = contentOf(remote, record).replace(
      /(dev\/checkout: )"?[0-9a-f]{40}"?/,
      `$1"${git(remote, 'rev-parse', 'main')}"`,
    );
    expect(invented).not.toBe(contentOf(remote, record));
    for (const text of [invented, commit]) {
      commitFiles(remote, { [record]: text });
      expect((await verify(cloneOf(remote))).paths).toEqual([FOLDER, twin]);
      const remotely = await verify(temporaryFolder(), '--remote', remote);
      expect(remotely).toMatchObject({ code: 1, paths: expect.arrayContaining([FOLDER]) });
    }
  });

  it('lists some files of many', async () => {
    const { remote } = await published();
    commitFiles(remote, Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`${FOLDER}/x-${i}.yaml`, 'a: 1\n'])));
    const { problems } = await verify(cloneOf(remote));
    expect(problems).toHaveLength(51);
    expect(problems[0]).toMatchObject({ path: FOLDER, message: expect.stringContaining('20 more files differ') });
  });
});

describe('verify --allowed-signers', () => {
  it('demands a good signature of the newest commit, or of all since another', async () => {
    const [key, other] = [sshKey(), sshKey()];
    const { folder, remote, url } = await published('--signing-key', key.file);
    const signers = allowedSigners(key);
    const check = (...args: string[]) => verify(cloneOf(remote), '--allowed-signers', signers, ...args);
    const first = git(remote, 'rev-parse', 'main');
    expect(await check()).toMatchObject({ code: 0, ok: true, checked: { commits: 1 } });
    expect(await verify(cloneOf(remote), '--allowed-signers', allowedSigners(other))).toMatchObject({
      code: 1,
      problems: [{ path: `commit ${first}`, message: expect.stringContaining('nobody among the allowed signers') }],
    });

    write(folder, { 'main.mts': shop({ url, tag: '2.0.0' }) });
    await cli(folder, ['publish']);
    const second = git(remote, 'rev-parse', 'main');
    expect(await check()).toMatchObject({ code: 1, paths: [`commit ${second}`] });
    write(folder, { 'main.mts': shop({ url, tag: '3.0.0' }) });
    await cli(folder, ['publish', '--signing-key', key.file]);
    expect(await check()).toMatchObject({ code: 0 });
    expect(await check('--since', first)).toMatchObject({
      code: 1,
      paths: [`commit ${second}`],
      checked: { commits: 2 },
    });
    expect(await check('--since', second)).toMatchObject({ code: 0, checked: { commits: 1 } });
    expect(await check('--since', 'HEAD')).toMatchObject({ code: 0, checked: { commits: 0 } });
    expect(await check('--since', '0'.repeat(40))).toMatchObject({ code: 0, checked: { commits: 1 } });
    const remotely = ['--remote', remote, '--allowed-signers', signers, '--since', first];
    expect(await verify(temporaryFolder(), ...remotely)).toMatchObject({ code: 1, paths: [`commit ${second}`] });

    expect((await check('--since', 'nothing')).error.code).toBe('BRANCH_NOT_FOUND');
    expect((await check('--since', '--all')).error.code).toBe('BRANCH_NOT_FOUND');
    expect((await verify(cloneOf(remote), '--since', first)).error.code).toBe('USAGE');
    expect((await verify(cloneOf(remote), '--allowed-signers', 'nowhere')).error.code).toBe('CONFIG_INVALID');
    const text = await cli(cloneOf(remote), ['verify', '--allowed-signers', signers]);
    expect(text.stdout).toMatch(/^verified 4 units, 2 environments, 1 cluster, 1 commit in /);
  });

  /** Skipped without GnuPG, unless CI is set: there it has to be installed. */
  it.skipIf(!hasGpg)('takes OpenPGP keys that the keyring trusts (skipped: gpg is not installed)', async () => {
    const { env, fingerprint } = gpgKey();
    const project = shopProject();
    const { code, stderr } = await cli(project.folder, ['publish', '--signing-key', fingerprint], env);
    expect(code, stderr).toBe(0);
    const args = ['verify', '--remote', project.remote, '--allowed-signers', allowedSigners()];
    expect((await cli(temporaryFolder(), args, env)).code).toBe(0);
    const stranger = await cli(temporaryFolder(), args, gpgKey().env);
    expect(stranger).toMatchObject({ code: 1, stdout: expect.stringContaining("gpg's keyring does not hold") });
  });
});

const FILES = {
  github: '.github/workflows/verify.yaml',
  gitlab: '.gitlab-ci.yml',
  gitea: '.gitea/workflows/verify.yaml',
} as const;
const SYSTEMS = Object.keys(FILES) as (keyof typeof FILES)[];

describe('verify --scaffold', () => {
  it.each(SYSTEMS)('writes a workflow for %s that is at home, and finds a pull request by hand', async (system) => {
    const { remote } = await published();
    const clone = cloneOf(remote);
    const file = FILES[system];
    const first = await cli(clone, ['verify', '--scaffold', system, '--json']);
    expect(JSON.parse(first.stdout)).toEqual({ file, change: 'added' });
    const text = readFileSync(join(clone, file), 'utf8');
    const [workflow] = parseYaml(text) as [Record<string, unknown>];
    expect(text).toContain(`npx --yes cdk8s-gitops@${packageVersion()} verify "$`);
    expect(text).not.toMatch(/secret|token|: write/i);
    if (system !== 'gitlab') {
      expect(workflow).toMatchObject({
        // YAML 1.1, which is what Kubernetes reads, takes `on` for a truth value; forges do not.
        true: { push: { branches: ['main'] }, pull_request: null },
        permissions: { contents: 'read' },
      });
      expect(text.match(/uses: .*/g)?.every((line) => /^uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d/.test(line))).toBe(
        true,
      );
    }
    expect((await cli(clone, ['verify', '--scaffold', system])).stdout).toBe(`${file} is up to date\n`);
    git(clone, 'add', '--all');
    git(clone, 'commit', '--quiet', '-m', 'Verify');
    expect(await verify(clone)).toMatchObject({ code: 0, problems: [], warnings: [] });

    // A pull request that edits a generated file: what its own run does, with the folder as the workflow names it.
    git(clone, 'checkout', '--quiet', '-b', 'fix');
    writeFileSync(join(clone, OBJECT), 'hand: made\n');
    git(clone, 'commit', '--quiet', '--all', '-m', 'Quick fix');
    const line = text.split('\n').find((each) => each.includes('npx')) ?? '';
    const command = line.replace(/^.*npx --yes cdk8s-gitops@\S+/, `exec '${process.execPath}' '${CLI}'`);
    const env = { ...gitEnv, GITHUB_WORKSPACE: clone, CI_PROJECT_DIR: clone };
    let output = '';
    try {
      execFileSync('sh', ['-c', command], { cwd: temporaryFolder(), env, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      output = String((error as { stdout: string }).stdout);
      expect((error as { status: number }).status).toBe(1);
    }
    expect(output).toContain(`problem ${OBJECT} differs from its record`);
  });

  it('writes it again for another branch, and leaves what is not its own alone', async () => {
    const { remote } = await published();
    const clone = cloneOf(remote);
    const scaffold = async (...args: string[]) => {
      const { code, stdout } = await cli(clone, ['verify', '--json', '--scaffold', ...args]);
      return { code, ...JSON.parse(stdout) };
    };
    await scaffold('github');
    expect(await scaffold('github', '--branch', 'live')).toMatchObject({ code: 0, change: 'changed' });
    expect(readFileSync(join(clone, FILES.github), 'utf8')).toContain('branches: ["live"]');
    expect((await scaffold('github', '--branch', 'a\nb')).error.code).toBe('REMOTE_INVALID');

    writeFileSync(join(clone, FILES.gitlab), 'test:\n  script: [true]\n');
    expect(await scaffold('gitlab')).toMatchObject({ code: 1, error: { code: 'OUTPUT_FOREIGN_FILES' } });
    expect(readFileSync(join(clone, FILES.gitlab), 'utf8')).toBe('test:\n  script: [true]\n');
    const elsewhere = temporaryFolder();
    symlinkSync(elsewhere, join(clone, dirname(dirname(FILES.gitea))));
    expect((await scaffold('gitea')).error.code).toBe('OUTPUT_FOREIGN_FILES');
    mkdirSync(join(elsewhere, 'empty'));
    expect((await cli(elsewhere, ['verify', '--scaffold', 'github'])).code).toBe(1);
    expect((await scaffold('github', '--remote', remote)).error.code).toBe('USAGE');
    expect((await scaffold('jenkins')).code).toBe(2);
    // Its own workflow is at home; another in its place is not.
    commitFiles(remote, { [FILES.github]: 'on: push\n' });
    expect((await verify(cloneOf(remote))).warnings).toMatchObject([{ path: '.github' }]);
  });
});
