import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bareRepository, commitsOf, contentOf, git, temporaryFolder } from '../helpers/git';
import { cli, shop, shopProject, write } from '../toolkit/project';

/** A project in a source repository whose `origin` others push to. */
function sourceProject() {
  const { folder, remote, url } = shopProject({ environments: ['dev'] });
  const origin = bareRepository();
  git(folder, 'init', '--quiet', '--initial-branch=main');
  writeFileSync(join(folder, '.gitignore'), 'node_modules\n');
  git(folder, 'remote', 'add', 'origin', 'https://git.example.com/acme/shop.git');
  git(folder, 'config', `url.file://${origin}.insteadOf`, 'https://git.example.com/acme/shop.git');
  const commit = (tag: string, where = folder) => {
    write(where, { 'main.mts': shop({ url, environments: ['dev'], tag }) });
    git(where, 'add', '--all');
    git(where, 'commit', '--quiet', '--message', tag);
    git(where, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
    return git(where, 'rev-parse', 'HEAD');
  };
  const image = () =>
    /image: .*:(.+)/.exec(contentOf(remote, 'environments/dev/checkout/deployment-checkout-api.yaml'))?.[1];
  return { folder, remote, origin, commit, image };
}

describe('publish', () => {
  it('leaves to a later commit what it is going to publish, or found published', async () => {
    const { folder, remote, origin, commit, image } = sourceProject();
    commit('1.0.0');
    expect(await cli(folder, ['publish'])).toMatchObject({ code: 0 });
    // Somebody reverts 2.0.0 while its pipeline is slow, and the revert has nothing to publish.
    commit('2.0.0');
    const elsewhere = join(temporaryFolder(), 'elsewhere');
    git('/', 'clone', '--quiet', `file://${origin}`, elsewhere);
    const later = commit('1.0.0', elsewhere);

    for (const more of [['--dry-run'], []]) {
      const { code, stdout } = await cli(folder, ['publish', '--json', ...more]);
      const result = JSON.parse(stdout);
      expect({ code, outcome: result.outcome, attempts: result.attempts }).toEqual({
        code: 0,
        outcome: 'superseded',
        attempts: 0,
      });
      expect(result.units.map(({ change }: { change: string }) => change)).toEqual(['superseded', 'superseded']);
      expect(result.warnings).toEqual([expect.stringContaining(`left to commit ${later.slice(0, 10)}`)]);
    }
    const text = await cli(folder, ['publish']);
    expect(text.code).toBe(0);
    expect(text.stdout).toContain('superseded dev/checkout');
    expect(text.stdout).toMatch(/superseded: all that would change in .+ gives way to a later commit of the source/);
    expect(text.stderr).toContain('dev/checkout, dev/search: left to commit');
    expect([image(), commitsOf(remote).length]).toEqual(['1.0.0', 1]);

    expect(await cli(folder, ['publish', '--out-of-order'])).toMatchObject({ code: 0 });
    expect(image()).toBe('2.0.0');
    expect(git(remote, 'log', '-1', '--format=%(trailers:key=Out-Of-Order,valueonly)')).toBe('yes\n');
  });

  it('does not ask an origin that is another repository than the declared source', async () => {
    const { folder, origin, commit, image } = sourceProject();
    git(folder, 'remote', 'set-url', 'origin', `file://${origin}`);
    commit('1.0.0');
    const elsewhere = join(temporaryFolder(), 'elsewhere');
    git('/', 'clone', '--quiet', `file://${origin}`, elsewhere);
    commit('2.0.0', elsewhere);
    expect(await cli(folder, ['publish'])).toMatchObject({ code: 0 });
    expect(image()).toBe('1.0.0');
  });

  it('takes a sequence from an option or a variable', async () => {
    const { folder, remote } = shopProject({ environments: ['dev'] });
    const record = () => /sequence: (\d+)/.exec(contentOf(remote, 'releases/dev/checkout.yaml'))?.[1];
    const publish = async (tag: string, args: string[], env: NodeJS.ProcessEnv = {}) => {
      write(folder, { 'main.mts': shop({ url: `file://${remote}`, environments: ['dev'], tag }) });
      const { code, stdout } = await cli(folder, ['publish', '--json', ...args], env);
      return [code, JSON.parse(stdout).outcome, record()];
    };
    expect(await publish('1.0.0', [], { CDK8S_GITOPS_SEQUENCE: '7' })).toEqual([0, 'published', '7']);
    expect(await publish('2.0.0', ['--sequence', '6'])).toEqual([0, 'superseded', '7']);
    expect(await publish('3.0.0', ['--sequence', '10'], { CDK8S_GITOPS_SEQUENCE: '6' })).toEqual([
      0,
      'published',
      '10',
    ]);
    expect(await publish('4.0.0', ['--sequence', '6', '--out-of-order'])).toEqual([0, 'published', '6']);
  });

  it('does not take just anything for one', async () => {
    const { folder, remote } = shopProject();
    for (const sequence of ['x', '1.5', '-1', '', '1e3', '9'.repeat(17)]) {
      expect(await cli(folder, ['publish', `--sequence=${sequence}`])).toMatchObject({ code: 2 });
    }
    const { code, stderr } = await cli(folder, ['publish'], { CDK8S_GITOPS_SEQUENCE: 'v\u001b[2J1' });
    expect(code).toBe(1);
    expect(stderr).toContain('CONFIG_INVALID');
    expect(stderr).toContain('CDK8S_GITOPS_SEQUENCE');
    expect(stderr).not.toContain('\u001b[2J');
    expect(git(remote, 'for-each-ref')).toBe('');
  });
});
