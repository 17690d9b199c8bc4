import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { temporaryFolder } from './git';

/** A real sshd on the loopback interface, and a real agent that holds the only key it lets in. */

const SSHD = '/usr/sbin/sshd';

export interface SshServer {
  /** `ssh://user@127.0.0.1:<port>` */
  readonly url: string;
  /** What git's environment needs: the agent, and the host key that is known. */
  readonly env: NodeJS.ProcessEnv;
  /** Takes the key away from the agent. */
  forget(): void;
}

/** Why there is none, if so; in CI (`CI=true`) that is a failure. */
export function missingSshd(): string | undefined {
  if (existsSync(SSHD)) return undefined;
  const reason = `${SSHD} is not there: install openssh-server`;
  if (process.env.CI === 'true') throw new Error(reason);
  return reason;
}

const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running.splice(0)) child.kill();
});

export async function startSshd(): Promise<SshServer> {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  const keygen = (name: string) => execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path(name)]);
  keygen('host');
  keygen('user');
  writeFileSync(path('authorized_keys'), readFileSync(path('user.pub')), { mode: 0o600 });
  const port = await freePort();
  writeFileSync(
    path('sshd_config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${path('host')}`,
      `AuthorizedKeysFile ${path('authorized_keys')}`,
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      '',
    ].join('\n'),
  );
  // Root's sshd wants it for a process without privileges.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
  running.push(spawn(SSHD, ['-D', '-e', '-f', path('sshd_config')], { stdio: 'ignore' }));
  const socket = path('agent');
  running.push(spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' }));
  const [, keyType, key] = /^(\S+) (\S+)/.exec(readFileSync(path('host.pub'), 'utf8')) ?? [];
  writeFileSync(path('known_hosts'), `[127.0.0.1]:${port} ${keyType} ${key}\n`);
  const env = {
    SSH_AUTH_SOCK: socket,
    GIT_SSH_COMMAND: `ssh -F /dev/null -o UserKnownHostsFile=${path('known_hosts')} -o StrictHostKeyChecking=yes -o IdentityFile=none`,
  };
  for (let tries = 0; !existsSync(socket) && tries < 100; tries++) await setTimeout(50);
  execFileSync('ssh-add', ['-q', path('user')], { env: { ...process.env, ...env }, stdio: 'pipe' });
  await answers(port);
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    env,
    forget: () => void execFileSync('ssh-add', ['-q', '-D'], { env: { ...process.env, ...env }, stdio: 'pipe' }),
  };
}

async function answers(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      execFileSync('ssh-keyscan', ['-p', String(port), '127.0.0.1'], { stdio: 'pipe' });
      return;
    } catch {
      await setTimeout(50);
    }
  }
  throw new Error('sshd does not answer');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
