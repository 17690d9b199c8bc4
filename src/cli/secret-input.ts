import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { GitOpsError } from '../errors';
import type { PlaintextSource } from '../toolkit/secret';
import type { Terminal } from './terminal';

/** Where values come from: files, variables, standard input, or somebody who types them unseen. Never arguments. */
export interface InputOptions {
  readonly fromFile?: readonly string[];
  readonly fromEnv?: readonly string[];
  /** Format of standard input, when that holds several values. */
  readonly input?: 'env' | 'json';
}

/** The most that is read, in bytes: a Secret holds less. */
const MOST_INPUT = 2 * 1024 * 1024;

/** Keys that options name: without others, those are meant. */
export function keysNamed({ fromFile = [], fromEnv = [] }: InputOptions): string[] {
  return [...fromFile, ...fromEnv].map((each) => pairOf(each)[0]);
}

/**
 * What gives values for keys.
 * @param isOpen whether no keys were named, so that standard input may say which it has
 */
export function plaintextSource(
  options: InputOptions,
  isOpen: boolean,
  { stdin, stderr, env }: Terminal,
  signal: AbortSignal | undefined,
): PlaintextSource {
  return async ({ secret, keys }) => {
    const values = new Map<string, Uint8Array>();
    for (const given of options.fromFile ?? []) {
      const [key, path] = pairOf(given);
      values.set(key, readValue(key, path));
    }
    for (const given of options.fromEnv ?? []) {
      const [key, variable] = pairOf(given);
      const value = env[variable];
      if (value === undefined) throw invalid(`the environment variable for '${safe(key, keys)}' is not set`);
      values.set(key, Buffer.from(value, 'utf8'));
    }
    const wanted = keys.filter((key) => !values.has(key));
    if (wanted.length === 0) return values;
    if (options.input !== undefined) {
      const { parsePlaintext } = await import('../toolkit/secret.js');
      const read = parsePlaintext((await readAll(stdin, signal)).toString('utf8'), options.input);
      const missing = wanted.filter((key) => !read.has(key));
      if (missing.length > 0 && !isOpen) throw invalid(`standard input has no value for ${missing.join(', ')}`);
      // What is there beside what was asked for by name is none of ours.
      for (const [key, value] of read) if (isOpen || wanted.includes(key)) values.set(key, value);
      return values;
    }
    if (stdin?.isTTY === true) {
      for (const key of wanted) values.set(key, await ask(`${secret.object}: ${key}`, stdin, stderr, signal));
      return values;
    }
    const [only, ...more] = wanted;
    if (only === undefined || more.length > 0) {
      const message = `values for ${wanted.join(', ')} are needed, and there is no terminal to ask on: give one key and its value on standard input, or several with --input env or --input json`;
      throw new GitOpsError('USAGE', message);
    }
    // `echo` and editors end the last line; who means that line end says so with --from-file.
    const text = await readAll(stdin, signal);
    values.set(only, text.subarray(0, text.length - lineEnd(text)));
    return values;
  };
}

async function ask(
  message: string,
  input: NodeJS.ReadableStream,
  output: Terminal['stderr'],
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { isCancel, password } = await import('@clack/prompts');
  const value = await password({
    message,
    input: input as Readable,
    output: output as unknown as Writable,
    ...(signal === undefined ? {} : { signal }),
  });
  if (isCancel(value)) throw new GitOpsError('SECRET_INPUT_INVALID', 'nothing was entered, and nothing was written');
  return Buffer.from(value, 'utf8');
}

async function readAll(stdin: NodeJS.ReadableStream | undefined, signal: AbortSignal | undefined): Promise<Buffer> {
  if (stdin === undefined) throw invalid('there is no standard input to read values from');
  const stop = (): void => void (stdin as Readable).destroy(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stdin) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > MOST_INPUT) throw invalid('standard input holds more than a Secret can');
      chunks.push(bytes);
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  signal?.throwIfAborted();
  return Buffer.concat(chunks);
}

function readValue(key: string, path: string): Buffer {
  try {
    return readFileSync(resolve(path));
  } catch {
    throw invalid(`the file for '${key}' cannot be read: name another one with --from-file`);
  }
}

function pairOf(given: string): readonly [key: string, value: string] {
  const at = given.indexOf('=');
  if (at > 0 && at < given.length - 1) return [given.slice(0, at), given.slice(at + 1)];
  throw new GitOpsError('USAGE', 'write --from-file <key>=<path>, and --from-env <key>=<variable>');
}

function lineEnd(text: Buffer): number {
  if (text.at(-1) !== 0x0a) return 0;
  return text.at(-2) === 0x0d ? 2 : 1;
}

function safe(key: string, keys: readonly string[]): string {
  return keys.includes(key) ? key : '…';
}

function invalid(message: string): GitOpsError {
  return new GitOpsError('SECRET_INPUT_INVALID', message);
}
