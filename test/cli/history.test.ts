import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run';
import { bareRepository, commitFiles, git, gitEnv, temporaryFolder } from '../helpers/git';
import { allowedSigners, sshKey } from '../publish/keys';
import { cli, shop, shopProject, write } from '../toolkit/project';

const OBJECT = 'environments/dev/checkout/deployment-checkout-api.yaml';

/** Published by a signer, then changed without one, then edited by hand. */
async function changed() {
  const project = shopProject();
  const { folder, remote, url } = project;
  const key = sshKey();
  const first = await cli(folder, ['publish', '--signing-key', key.file]);
  expect(first.code, first.stderr).toBe(0);
  write(folder, { 'main.mts': shop({ url, tag: '2.0.0', applications: ['checkout'] }) });
  await cli(folder, ['publish', '-a', 'checkout']);
  commitFiles(remote, { [OBJECT]: 'hand: made\n' });
  return { ...project, key };
}

describe('history', () => {
  it('shows who changed what, in lines', async () => {
    const { folder, remote, url } = await changed();
    const { code, stdout } = await cli(folder, ['history']);
    expect(code).toBe(0);
    const ids = git(remote, 'log', '--format=%h', '--abbrev=10', 'main').split('\n');
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(new RegExp(`^${ids[0]}  20\\d\\d-\\S+Z  Test  by hand$`));
    expect(lines.slice(1, 3)).toEqual(['  changed dev/checkout', '  By hand']);
    expect(lines[3]).toMatch(new RegExp(`^${ids[1]}  \\S+  Test  acme/shop$`));
    expect(lines.slice(4, 6)).toEqual(['  changed dev/checkout', '  changed prod/checkout']);
    expect(stdout).toContain('  added cluster eu-1\n');
    expect(stdout).toMatch(/signature unknown \(SHA256:\S+\)/);
    expect(lines.at(-2)).toBe(`3 commits of ${url} main`);
    // Neither a program nor a remote is needed in a clone.
    const clone = join(temporaryFolder(), 'clone.git');
    git('/', 'clone', '--quiet', '--bare', remote, clone);
    const local = await cli(clone, ['history']);
    expect(local.stdout.split('\n').slice(0, -2)).toEqual(lines.slice(0, -2));
    expect((await cli(temporaryFolder(), ['history', clone])).stdout).toContain(`3 commits of ${clone}`);
  });

  it('gives everything as JSON, checked and narrowed', async () => {
    const { url, remote, key } = await changed();
    const json = async (...args: string[]) => {
      const { code, stdout } = await cli(temporaryFolder(), ['history', '--remote', url, '--json', ...args]);
      expect(code).toBe(0);
      return JSON.parse(stdout);
    };
    const all = await json('--allowed-signers', allowedSigners(key));
    expect(all).toMatchObject({
      repository: url,
      branch: 'main',
      commit: git(remote, 'rev-parse', 'main'),
      more: false,
      shallow: false,
    });
    const statuses = all.entries.map(({ signature }: { signature: { status: string } }) => signature.status);
    expect(statuses).toEqual(['none', 'none', 'good']);
    expect(all.entries[2].signature.signer).toBe('bot@example.com');
    const count = async (...args: string[]) => (await json(...args)).entries.length;
    expect(await count('-a', 'search')).toBe(1);
    expect(await count('-e', 'prod')).toBe(2);
    expect(await count('-e', 'prod', '-a', 'nothing')).toBe(0);
    expect(await json('-n', '1')).toMatchObject({ entries: [{ byHand: true }], more: true });
    expect(await count('--since', '1h')).toBe(3);
    expect(await count('--since', '2099-01-01')).toBe(0);
  });

  it('is a table in a terminal', async () => {
    const { url } = await changed();
    let text = '';
    const stdout = { isTTY: true, columns: 200, write: (chunk: string | Uint8Array) => (text += chunk) };
    const terminal = { stdout, stderr: { write: () => {} }, env: { ...gitEnv, TERM: 'xterm' } };
    expect(await run(['history', '--remote', url, '--no-color'], terminal)).toBe(0);
    expect(text).toMatch(/│ time \(UTC\)\s+│ author │ source\s+│ changes\s+│ notes/);
    expect(text).toMatch(/│ Test {3}│ by hand\s+│ changed dev\/checkout\s+│ By hand/);
  });

  it('refuses what it cannot read', async () => {
    const empty = await cli(temporaryFolder(), ['history', '--remote', bareRepository()]);
    expect(empty).toMatchObject({ code: 0, stdout: expect.stringContaining('is empty') });
    const code = async (...args: string[]) => (await cli(temporaryFolder(), ['history', ...args])).code;
    expect(await code('-n', '0')).toBe(2);
    expect(await code('--since', 'yesterday')).toBe(2);
    expect(await code()).toBe(1);
    const missing = await cli(temporaryFolder(), [
      'history',
      '--remote',
      bareRepository(),
      '--allowed-signers',
      'no',
      '--json',
    ]);
    expect(JSON.parse(missing.stdout).error.code).toBe('CONFIG_INVALID');
  });

  it('is completed by shells', async () => {
    const { stdout } = await cli(temporaryFolder(), ['completion', 'bash']);
    expect(stdout).toMatch(/history\) words=".*--limit.*--allowed-signers/);
  });
});
