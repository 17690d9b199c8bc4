import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitEnv, temporaryFolder } from '../helpers/git';
import { CLI, project, shop } from '../toolkit/project';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** Starts the command line, sends it a signal when a file is there, and waits for its end. */
async function interrupt(
  folder: string,
  app: string,
  file: string,
  signal: NodeJS.Signals,
  temporary: string,
): Promise<Ended> {
  const env = { ...gitEnv, TMPDIR: temporary };
  const child = spawn(process.execPath, [CLI, 'synth', '--app', app], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((done) => {
    child.on('close', (code, by) => done({ code, signal: by, stderr }));
  });
  while (!existsSync(join(folder, file)) && child.exitCode === null) await new Promise((done) => setTimeout(done, 10));
  child.kill(signal);
  return ended;
}

const isRunning = (pid: number): boolean => {
  try {
    // A process that has ended and that nobody waited for is none.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe.runIf(process.platform === 'linux')('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends a command, and leaves nothing behind', async (signal, code) => {
    const folder = project({});
    const temporary = temporaryFolder();
    const ended = await interrupt(
      folder,
      'echo $$ > pid.tmp; mv pid.tmp pid; sleep 30; true',
      'pid',
      signal,
      temporary,
    );
    expect(ended).toMatchObject({ code, signal: null, stderr: expect.stringMatching(/interrupted\n$/) });
    // Newer Nodes keep compiled code there, which is theirs.
    expect(readdirSync(temporary).filter((name) => name !== 'node-compile-cache')).toEqual([]);
    expect(isRunning(Number(readFileSync(join(folder, 'pid'), 'utf8')))).toBe(false);
  });

  it('ends a program that never gives way', async () => {
    const endless = "import { writeFileSync } from 'node:fs';\nwriteFileSync('started', '');\nfor (;;) {}";
    const folder = project({ 'main.ts': endless });
    expect(await interrupt(folder, 'main.ts', 'started', 'SIGINT', temporaryFolder())).toMatchObject({
      signal: 'SIGINT',
    });
  });

  it('is not waited for by what a program leaves behind', async () => {
    const folder = project({ 'main.ts': `${shop()}\nsetInterval(() => {}, 1000);` });
    const child = spawn(process.execPath, [CLI, 'synth', '--app', 'main.ts'], {
      cwd: folder,
      env: gitEnv,
      stdio: 'ignore',
    });
    expect(await new Promise((done) => child.on('close', done))).toBe(0);
  });
});
