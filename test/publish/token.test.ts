import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publish } from '../../src/publish';
import { bareRepository, git, gitEnv, script, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { watchTemporary } from '../helpers/temporary';
import { failure, options } from './options';
import { tree, unit } from './trees';

const TOKEN = 'ghp_verysecrettokenvalue';
const HEADER = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
const declared = (content = 'x: 1\n') => tree([unit('dev', 'a', { 'a.yaml': content })]);

const temporary = watchTemporary();

/** An environment repository with the unit as it was. */
async function published(): Promise<string> {
  const bare = bareRepository();
  await publish(declared('x: 0\n'), options(bare));
  return bare;
}

describe('a token', () => {
  /** A git that writes down its arguments and its environment, and so do the programs that it starts. */
  function loggingGit() {
    const log = temporaryFolder();
    const real = `${git('/', '--exec-path')}/git`;
    // Several run at once: each has a file of its own.
    const wrapper = script(`{ echo "argv: $*"; env | sed 's/^/env: /'; } > '${log}'/$$\nexec '${real}' "$@"`, 'git');
    return {
      path: `${dirname(wrapper)}:${gitEnv.PATH}`,
      processes: () => readdirSync(log).map((name) => readFileSync(join(log, name), 'utf8').split('\n')),
    };
  }

  test('is in no argument of git, and in its environment as the header alone', async () => {
    const bare = await published();
    const { url, host } = await serveGit(bare, { credentials: { user: 'x-access-token', password: TOKEN } });
    const { path, processes } = loggingGit();
    const env = { ...gitEnv, PATH: path, CDK8S_GITOPS_TOKEN: TOKEN, DEBUG: '*' };
    await publish(declared(), options(url, { env }));
    const running = (command: string) =>
      processes().filter(([argv = '']) => argv.startsWith(`argv: ${command}`) || argv.includes(` ${command} `));
    for (const command of ['version', 'cat-file', 'fetch', 'push']) expect(running(command), command).not.toEqual([]);
    // Those that talk to nobody have no need of it.
    for (const lines of [...running('version'), ...running('cat-file')]) {
      expect(lines.filter((line) => line.includes(HEADER))).toEqual([]);
    }
    const seen = processes().flat();
    expect(seen.filter((line) => line.includes(TOKEN))).toEqual([]);
    const holders = new Set(seen.filter((line) => line.includes(HEADER)).map((line) => line.replace(/=.*/, '')));
    expect([...holders]).toEqual(['env: GIT_CONFIG_VALUE_0']);
    expect(seen).toContain(`env: GIT_CONFIG_KEY_0=http.http://${host}/.extraHeader`);
    expect(seen.filter((line) => /DEBUG/.test(line))).toEqual([]);
  });

  test('for a local remote, or a host in the clear, is not passed on at all', async () => {
    const bare = await published();
    const { path, processes } = loggingGit();
    const env = { ...gitEnv, PATH: path, CDK8S_GITOPS_TOKEN: TOKEN };
    await publish(declared(), options(bare, { env }));
    const remote = { url: 'http://git.invalid/a.git', branch: 'main' };
    await failure(publish(declared(), options(bare, { env, remote })), 'REMOTE_UNREACHABLE');
    const seen = processes().flat();
    expect(seen.filter((line) => line.includes(TOKEN) || line.includes(HEADER))).toEqual([]);
    expect(seen.filter((line) => /^argv: (.* )?fetch /.test(line)).length).toBeGreaterThan(1);
  });

  test('is in no temporary.path file while it is used', async () => {
    const bare = await published();
    const { url } = await serveGit(bare, { credentials: { user: 'x-access-token', password: TOKEN } });
    const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: TOKEN };
    const looked: string[] = [];
    const progress = () => {
      for (const path of readdirSync(temporary.path, { recursive: true, encoding: 'utf8' })) {
        try {
          const content = readFileSync(join(temporary.path, path), 'latin1');
          looked.push(path);
          expect(content).not.toContain(TOKEN);
          expect(content).not.toContain(HEADER);
        } catch (error) {
          // Folders, and files of git's that are gone by now.
          if (!(error instanceof Error && 'code' in error)) throw error;
        }
      }
    };
    await publish(declared(), options(url, { env, progress }));
    expect(looked.some((path) => path.endsWith('/config'))).toBe(true);
    expect(looked.some((path) => path.endsWith('.pack'))).toBe(true);
  });
});
