import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { publish } from '../../src/publish';
import { bareRepository, commitsOf, git, gitEnv, installHook, script, temporaryFolder } from '../helpers/git';
import { serveGit } from '../helpers/git-http-server';
import { leftIn, watchTemporary } from '../helpers/temporary';
import { failure, options } from './options';
import { tree, unit } from './trees';

const one = () => tree([unit('dev', 'a')]);
const TOKEN = 'ghp_verysecrettokenvalue';

const temporary = watchTemporary();
const ours = () => leftIn(temporary.path);

describe('a remote', () => {
  test('that cannot be reached', async () => {
    const probe = createServer();
    await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
    const address = probe.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await new Promise((done) => probe.close(done));
    await failure(publish(one(), options(`http://127.0.0.1:${port}/a.git`)), 'REMOTE_UNREACHABLE');
  });

  test('that is no repository', async () => {
    await failure(publish(one(), options(temporaryFolder())), 'REMOTE_NOT_A_REPOSITORY');
    await failure(publish(one(), options('/nowhere/at/all.git')), 'REMOTE_NOT_A_REPOSITORY');
    const { url } = await serveGit(bareRepository(), { status: 404 });
    await failure(publish(one(), options(url)), 'REMOTE_NOT_A_REPOSITORY');
  });

  test('whose server is broken', async () => {
    const { url } = await serveGit(bareRepository(), { status: 503 });
    await failure(publish(one(), options(url)), 'REMOTE_UNREACHABLE');
  });

  test('that has other branches only', async () => {
    const bare = bareRepository({ branch: 'trunk', files: { x: 'x\n' } });
    const error = await failure(publish(one(), options(bare)), 'BRANCH_NOT_FOUND');
    expect(error.message).toContain("'main'");
    expect(error.message).toContain('trunk');
  });

  test('whose hook declines, in its own words but harmless', async () => {
    const bare = bareRepository();
    installHook(
      bare,
      'pre-receive',
      'printf "\\033[31mno\\007 deploys on friday\\033[0m at https://bob:pw@example.com/\\n" >&2; exit 1',
    );
    const error = await failure(publish(one(), options(bare)), 'REMOTE_REJECTED');
    expect(error.message).toContain('no deploys on friday');
    expect(error.message).not.toMatch(/[^\P{C}\n]/u);
    expect(error.message).not.toContain('pw');
    expect(git(bare, 'for-each-ref')).toBe('');
  });

  test('whose update hook declines with the words of a race', async () => {
    const bare = bareRepository();
    installHook(bare, 'update', 'echo "non-fast-forward is not what this is" >&2; exit 1');
    await failure(publish(one(), options(bare)), 'REMOTE_REJECTED');
  });

  test('that may only be read', async () => {
    const bare = bareRepository();
    const { url } = await serveGit(bare);
    git(bare, 'config', 'http.receivepack', 'false');
    await failure(publish(one(), options(url)), 'REMOTE_AUTHENTICATION');
  });
});

describe('git', () => {
  test('that is not there', async () => {
    const env = { ...gitEnv, PATH: temporaryFolder() };
    await failure(publish(one(), options(bareRepository(), { env })), 'GIT_MISSING');
  });

  test.each(['2.30.9', '1.8.3', '2.9.0'])('%s is too old', async (version) => {
    const path = resolve(
      script(`[ "$1" = version ] && echo "git version ${version}" && exit 0; exit 129`, 'git'),
      '..',
    );
    const env = { ...gitEnv, PATH: `${path}:${process.env.PATH}` };
    const error = await failure(publish(one(), options(bareRepository(), { env })), 'GIT_TOO_OLD');
    expect(error.message).toContain('2.31');
  });
});

describe('credentials', () => {
  const credentials = { user: 'x-access-token', password: TOKEN };

  test('a token from the environment opens the door, and lies nowhere', async () => {
    const bare = bareRepository();
    const { url } = await serveGit(bare, { credentials });
    const seen: string[] = [];
    const look = () => {
      for (const folder of ours()) seen.push(readFileSync(join(temporary.path, folder, 'config'), 'utf8'));
    };
    const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: TOKEN };
    await publish(one(), options(url, { env, progress: look }));
    expect(commitsOf(bare)).toHaveLength(1);
    expect(seen.length).toBeGreaterThan(0);
    for (const config of seen) {
      expect(config).not.toContain(TOKEN);
      expect(config).not.toContain(Buffer.from(`x-access-token:${TOKEN}`).toString('base64'));
    }
  });

  test('none, or a wrong one, is an error that does not repeat it', async () => {
    const { url } = await serveGit(bareRepository(), { credentials });
    await failure(publish(one(), options(url)), 'REMOTE_AUTHENTICATION');
    const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: 'wrong-secret-token' };
    const error = await failure(publish(one(), options(url, { env })), 'REMOTE_AUTHENTICATION');
    expect(JSON.stringify([error.message, error.stack, error.cause ?? ''])).not.toContain('wrong-secret');
  });

  test('one that a server repeats is taken out of its message', async () => {
    const bare = bareRepository();
    installHook(bare, 'pre-receive', `echo "denied for ${TOKEN}" >&2; exit 1`);
    const { url } = await serveGit(bare, { credentials });
    const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: TOKEN };
    const error = await failure(publish(one(), options(url, { env })), 'REMOTE_REJECTED');
    expect(error.message).not.toContain(TOKEN);
    expect(error.message).toContain('denied for ***');
  });

  test('one that could forge a header is refused', async () => {
    const { url } = await serveGit(bareRepository());
    const env = { ...gitEnv, CDK8S_GITOPS_TOKEN: 'a\nX-Evil: 1' };
    await failure(publish(one(), options(url, { env })), 'REMOTE_AUTHENTICATION');
  });

  test('a credential helper of the user keeps working', async () => {
    const bare = bareRepository();
    const { url } = await serveGit(bare, { credentials });
    const helper = script(`echo username=x-access-token; echo password=${TOKEN}`, 'helper');
    const config = join(temporaryFolder(), 'config');
    execFileSync('git', ['config', '--file', config, 'credential.helper', `!${helper}`]);
    await publish(one(), options(url, { env: { ...gitEnv, GIT_CONFIG_GLOBAL: config } }));
    expect(commitsOf(bare)).toHaveLength(1);
  });
});

describe('a process', () => {
  const program = (url: string) => `
    import { publish } from ${JSON.stringify(resolve(__dirname, '../../src/publish'))};
    import { tree, unit } from ${JSON.stringify(resolve(__dirname, 'trees'))};
    void publish(tree([unit('dev', 'a')]), {
      remote: { url: ${JSON.stringify(url)}, branch: 'main' },
      generator: 'test 1',
      progress: ({ phase }) => process.stdout.write(phase + '\\n'),
    });`;

  function run(url: string, env: NodeJS.ProcessEnv) {
    const file = join(temporaryFolder(), 'program.ts');
    writeFileSync(file, program(url));
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      cwd: resolve(__dirname, '../..'),
      env: { ...gitEnv, TMPDIR: temporary.path, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const ended = new Promise<{ code: number | null; signal: string | null; output: string }>((done) => {
      child.on('close', (code, signal) => done({ code, signal, output }));
    });
    return { child, ended };
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('stopped by %s leaves nothing behind', async (signal) => {
    const { url } = await serveGit(bareRepository(), { delay: 3_000 });
    const { child, ended } = run(url, {});
    while (ours().length === 0 && child.exitCode === null) await new Promise((done) => setTimeout(done, 10));
    child.kill(signal);
    expect(await ended).toMatchObject({ signal });
    expect(ours()).toEqual([]);
  });

  test('killed at any moment leaves the remote before or after, and the next run finishes', async () => {
    const bare = bareRepository({ files: { 'README.md': 'x\n' } });
    const { url } = await serveGit(bare);
    for (const phase of ['fetch', 'write', 'push', 'push']) {
      const tip = git(bare, 'rev-parse', 'main');
      const { child, ended } = run(url, {});
      child.stdout.on('data', (chunk) => {
        if (String(chunk).includes(phase)) child.kill('SIGKILL');
      });
      await ended;
      const now = git(bare, 'rev-parse', 'main');
      if (now !== tip) expect(git(bare, 'rev-parse', `${now}~`)).toBe(tip);
      expect(git(bare, 'fsck', '--full', '--strict', '--no-dangling')).toBe('');
    }
    await publish(one(), options(url));
    expect(commitsOf(bare)).toHaveLength(2);
    // Nobody is left to remove these.
    for (const folder of ours()) rmSync(join(temporary.path, folder), { recursive: true });
  });

  test('with DEBUG set for everything does not print the token', async () => {
    const bare = bareRepository();
    const { url } = await serveGit(bare, { credentials: { user: 'x-access-token', password: TOKEN } });
    const { output, code } = await run(url, {
      CDK8S_GITOPS_TOKEN: TOKEN,
      DEBUG: '*,simple-git*',
      GIT_TRACE_CURL: '1',
      GIT_TRACE: '1',
    }).ended;
    expect(output).toContain('done');
    expect(code).toBe(0);
    expect(output).not.toContain(TOKEN);
    expect(output).not.toContain(Buffer.from(`x-access-token:${TOKEN}`).toString('base64'));
    expect(commitsOf(bare)).toHaveLength(1);
  });
});

test('an aborted publish stops, and cleans up', async () => {
  const bare = bareRepository();
  const { url } = await serveGit(bare, { delay: 2_000 });
  const abort = new AbortController();
  const started = performance.now();
  setTimeout(() => abort.abort(new Error('enough')), 100);
  await expect(publish(one(), options(url, { signal: abort.signal }))).rejects.toThrow('enough');
  expect(performance.now() - started).toBeLessThan(1_500);
  await expect(publish(one(), options(url, { signal: abort.signal }))).rejects.toThrow('enough');
  mkdirSync(join(temporary.path, 'still-writable'));
});
