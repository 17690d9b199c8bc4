import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { gitEnv } from '../helpers/git';

const root = resolve(__dirname, '..', '..');
const cli = join(root, 'lib', 'cli', 'main.js');
const run = promisify(execFile);

let folder: string;
let bare: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'teams-'));
  bare = join(folder, 'environments.git');
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function gitops(verb: string, ...args: string[]) {
  const { stdout } = await run(process.execPath, [cli, verb, '--remote', bare, '--json', ...args], {
    cwd: root,
    env: gitEnv,
  });
  return JSON.parse(stdout);
}

const publish = (team: string) => gitops('publish', '--app', `examples/teams/${team}/main.ts`);
const git = (...args: string[]) => execFileSync('git', ['-C', bare, ...args], { encoding: 'utf8' }).trim();

it('takes three source repositories at once into one empty repository, each with paths of its own', async () => {
  const teams = ['platform', 'checkout', 'payments'];
  const results = await Promise.all(teams.map(publish));
  expect(results.map(({ outcome }) => outcome)).toEqual(['published', 'published', 'published']);
  expect(git('rev-list', '--count', 'main')).toBe('3');
  expect(git('rev-list', '--merges', 'main')).toBe('');

  const status = await gitops('status');
  expect(status.environments).toEqual(['dev', 'prod']);
  const owners = status.units.map(
    (unit: { environment: string; application: string; source: { repository: string } }) => [
      `${unit.environment}/${unit.application}`,
      unit.source.repository,
    ],
  );
  expect(Object.fromEntries(owners)).toEqual({
    'dev/checkout': 'acme/checkout',
    'prod/checkout': 'acme/checkout',
    'dev/payments': 'acme/payments',
    'prod/payments': 'acme/payments',
  });
  expect(await gitops('verify')).toMatchObject({ ok: true, problems: [] });
  expect(git('show', 'main:README.md')).toContain('| payments | [●](environments/dev/payments)');

  const head = git('rev-parse', 'main');
  const again = await Promise.all(teams.map(publish));
  expect(again.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  expect(git('rev-parse', 'main')).toBe(head);
});

it('gives the same tree in whatever order the teams publish', async () => {
  const treeAfter = async (teams: readonly string[]) => {
    git('update-ref', '-d', 'refs/heads/main');
    for (const team of teams) expect((await publish(team)).outcome).toBe('published');
    return git('rev-parse', 'main^{tree}');
  };
  const one = await treeAfter(['platform', 'checkout', 'payments']);
  expect(await treeAfter(['payments', 'platform', 'checkout'])).toBe(one);
});
