import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** Programs that run beside a test, and end with it. */

export interface Program {
  readonly name: string;
  readonly pid: number;
  /** What it printed. */
  readonly log: () => string;
  /** Ends it, politely at first. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  readonly exited: boolean;
}

export interface ProgramOptions {
  readonly name: string;
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Where the log is written. */
  readonly folder: string;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Linux ends it when this process is gone, however that came: nothing is left behind by a run that was killed. */
const DIES_WITH_US =
  process.platform === 'linux' && existsSync('/usr/bin/setpriv')
    ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--']
    : [];

export function startProgram({ name, file, args = [], env = {}, folder }: ProgramOptions): Program {
  const path = join(folder, `${name}.log`);
  const output = createWriteStream(path, { flags: 'a' });
  const [command, ...words] = [...DIES_WITH_US, file, ...args];
  const child = spawn(command ?? file, words, {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(output);
  child.stderr.pipe(output);
  running.add(child);
  const ended = new Promise<void>((done) => {
    child.once('error', () => done());
    child.once('exit', () => done());
  });
  void ended.then(() => running.delete(child));
  return {
    name,
    pid: child.pid ?? 0,
    log: () => readFileSync(path, 'utf8'),
    get exited() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await Promise.race([ended, setTimeout(10_000)]);
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export interface WaitOptions {
  /** Seconds. @default 60 */
  readonly within?: number;
  /** Milliseconds between two looks. @default 200 */
  readonly every?: number;
  /** Fails at once when one of these has ended. */
  readonly programs?: readonly Program[];
}

/** Waits until something is so, and says what it was like last when it never is. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  { within = 60, every = 200, programs = [] }: WaitOptions = {},
): Promise<T> {
  const deadline = performance.now() + within * 1_000;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      last = undefined;
    } catch (error) {
      last = error;
    }
    const dead = programs.find(({ exited }) => exited);
    if (dead !== undefined)
      throw new Error(`${dead.name} ended while waiting for ${what}:\n${dead.log().slice(-3_000)}`);
    if (performance.now() > deadline) {
      const logs = programs.map(({ name, log }) => `--- ${name}\n${log().slice(-2_000)}`).join('\n');
      throw new Error(`${what} did not come to be within ${within} s${last === undefined ? '' : `: ${last}`}\n${logs}`);
    }
    await setTimeout(every);
  }
}

/**
 * Ports on the loopback interface that nobody listens on. They lie below those that the system gives to whoever asks for
 * any: it would give them away before a program takes them.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isOurs = await new Promise<boolean>((done) => {
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => done(true));
  });
  if (isOurs) await new Promise((done) => server.close(done));
  return isOurs;
}
