import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { GitOpsError } from '../../errors';
import type { VerbOptions } from '../host';
import { runTool } from '../shell';
import { fingerprintOf } from './key-pair';

/** Keys by which a git server is known, one line each, and who said so. */
export interface HostKeys {
  readonly lines: readonly string[];
  readonly from: string;
}

export interface HostKeyOptions extends VerbOptions {
  /** File with the server's keys. @default - what this machine's ssh knows */
  readonly knownHosts?: string;
  /** Ask the server itself when nobody else knows: whoever answers is trusted. @default false */
  readonly trustHostKey?: boolean;
}

/** Host and port of a git server, as files of known hosts have it: `host`, or `[host]:port`. */
export function sshHost(url: string): string {
  const short = /^(?:[^/@:]+@)?(\[[^\]]+\]|[^/:]+):(?!\/\/)/.exec(url);
  if (short) return String(short[1]).replace(/^\[|\]$/g, '');
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  return port === '' || port === '22' ? host : `[${host}]:${port}`;
}

/**
 * The keys of a git server: from the file that is named, else from those that ssh reads on this machine, which has
 * published there. Only when told to, from the server itself.
 * @throws GitOpsError HOST_KEY_UNKNOWN, USAGE when the file cannot be read
 */
export async function hostKeys(url: string, options: HostKeyOptions): Promise<HostKeys> {
  const { cwd = process.cwd(), env = process.env, knownHosts, trustHostKey, host: people, signal } = options;
  const host = sshHost(url);
  if (knownHosts !== undefined) {
    const lines = entriesFor(host, readNamed(resolve(cwd, knownHosts), knownHosts));
    if (lines.length > 0) return { lines, from: knownHosts };
    throw new GitOpsError('HOST_KEY_UNKNOWN', `${knownHosts} has no key of ${host}: add the line that ssh has of it`);
  }
  for (const file of [join(env.HOME ?? homedir(), '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts']) {
    const lines = entriesFor(host, readIfThere(file));
    if (lines.length > 0) return { lines, from: file };
  }
  if (trustHostKey !== true) {
    throw new GitOpsError(
      'HOST_KEY_UNKNOWN',
      `nobody says which key ${host} has: name a file that does with --known-hosts, or take what it answers now with --trust-host-key`,
    );
  }
  const lines = await scan(host, env, signal);
  for (const line of lines) {
    const [, type, key = ''] = line.split(' ');
    const fingerprint = fingerprintOf(Buffer.from(key, 'base64'));
    people?.warn?.(
      `${host} is trusted as it answers now, with ${type} ${fingerprint}: compare that with what it publishes`,
    );
  }
  return { lines, from: 'the server itself' };
}

async function scan(host: string, env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string[]> {
  const [, name = host, port = '22'] = /^\[(.+)\]:(\d+)$/.exec(host) ?? [];
  const args = ['-T', '10', '-t', 'ed25519,ecdsa,rsa', '-p', port, '--', name];
  const result = await runTool('ssh-keyscan', args, { env, timeout: 30_000, signal });
  const lines = entriesFor(host, result?.stdout ?? '');
  if (lines.length > 0) return lines;
  const why = result === undefined ? 'there is no ssh-keyscan on the PATH' : 'it does not answer';
  throw new GitOpsError('HOST_KEY_UNKNOWN', `${host} cannot be asked for its keys: ${why}; use --known-hosts`);
}

/** Lines about a host, with its name in the clear, sorted. Keys that were revoked, or of authorities, are none of them. */
export function entriesFor(host: string, text: string): string[] {
  const found = new Set<string>();
  for (const line of text.split('\n')) {
    const [names = '', type = '', key = ''] = line.trim().split(/\s+/);
    if (names === '' || /^[#@]/.test(names) || !/^[a-z0-9@.-]+$/.test(type) || !/^[A-Za-z0-9+/]+=*$/.test(key))
      continue;
    if (names.split(',').some((name) => isName(name, host))) found.add(`${host} ${type} ${key}`);
  }
  return [...found].sort();
}

function isName(name: string, host: string): boolean {
  const [, salt, digest] = /^\|1\|([^|]+)\|([^|]+)$/.exec(name) ?? [];
  if (salt === undefined) return name.toLowerCase() === host.toLowerCase();
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest('base64') === digest;
}

function readNamed(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new GitOpsError('USAGE', `${shown} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
