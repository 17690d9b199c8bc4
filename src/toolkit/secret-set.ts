import { resolve } from 'node:path';
import { GitOpsError } from '../errors';
import { declaredRecipients } from '../model/secret-checks';
import {
  type EncryptedSecretDeclaration,
  type SecretBackend,
  secretCommand,
  secretFilePath,
} from '../model/secret-declaration';
import { parseSecretFile, type SecretFile, serializeSecretFile } from '../model/secret-files';
import { SHORTEST_COMMITMENT_KEY } from '../secrets/commitment';
import type { AppOptions } from './app';
import { declaredSecrets, findSecret, nameOf } from './secret-declared';
import { encrypt } from './secret-encrypt';
import { VendorFolder } from './vendor-files';

/** What values are asked for. */
export interface PlaintextRequest {
  readonly secret: EncryptedSecretDeclaration;
  /** Keys that need a value. */
  readonly keys: readonly string[];
}

/** Gives values: bytes by key, some or all of those that are asked for. */
export type PlaintextSource = (request: PlaintextRequest) => Promise<ReadonlyMap<string, Uint8Array>>;

export interface SecretSetOptions extends AppOptions {
  /** `<environment>/<application>` that the Secret is in. */
  readonly unit: string;
  /** Name of the Secret within the application. */
  readonly name: string;
  /** Keys to give a value. @default - all that the program declares */
  readonly keys?: readonly string[];
  /** Is asked for the values once everything else is known to be right. */
  readonly plaintext: PlaintextSource;
  /** Environment variable that holds the key of commitments. @default - values are encrypted anew each time */
  readonly commitKeyEnv?: string;
  /** Encrypt without commitments what has had some. @default false */
  readonly dropCommitments?: boolean;
}

export interface SecretWriteResult {
  /** `dev/checkout db`. */
  readonly secret: string;
  /** Relative to the project. */
  readonly file: string;
  readonly backend: SecretBackend;
  readonly change: 'added' | 'changed' | 'unchanged';
  /** Keys that were encrypted, that kept their ciphertext, and that went as the program declares them no more. */
  readonly encrypted: readonly string[];
  readonly kept: readonly string[];
  readonly dropped: readonly string[];
  /** Declared keys that have no value yet. */
  readonly missing: readonly string[];
  /** Fingerprint of the certificate, or recipients. */
  readonly recipients: readonly string[];
  /** What is to be done next, in the order given. */
  readonly next: readonly string[];
}

/** The largest Secret that Kubernetes takes, in bytes. */
const LARGEST_SECRET = 1024 * 1024;

/**
 * Encrypts values of a Secret into its file in the source repository.
 * @throws GitOpsError SECRET_UNKNOWN, SECRET_INPUT_INVALID, SECRET_COMMIT_KEY_MISSING, SECRET_FILE_INVALID, whatever
 *   `encrypt` throws, OUTPUT_UNWRITABLE, and as `loadTree` does; the file is as it was then
 */
export async function secretSet(options: SecretSetOptions): Promise<SecretWriteResult> {
  const { opened, values } = await openAndAsk(options, (secret) => secret.keys);
  return write(opened, values, options, false);
}

/** A declared Secret, and the file that it has so far. */
export interface OpenedSecret {
  readonly secret: EncryptedSecretDeclaration;
  readonly folder: VendorFolder;
  readonly text?: string;
  readonly file?: SecretFile;
  /** Why the file cannot be read. */
  readonly damage?: GitOpsError;
  readonly commitmentKey?: Uint8Array;
}

/**
 * Finds the Secret, and asks for values.
 * @param wanted keys to ask for, when none are named
 */
export async function openAndAsk(
  options: SecretSetOptions,
  wanted: (secret: EncryptedSecretDeclaration, file: SecretFile | undefined) => readonly string[],
): Promise<{ readonly opened: OpenedSecret; readonly values: ReadonlyMap<string, Uint8Array> }> {
  const { cwd = process.cwd(), env = process.env, commitKeyEnv } = options;
  const commitmentKey = commitKeyEnv === undefined ? undefined : commitmentKeyIn(env, commitKeyEnv);
  // The program has no use for it.
  const { [commitKeyEnv ?? '']: _, ...rest } = env;
  const secrets = await hiding(commitKeyEnv, () => declaredSecrets({ ...options, env: rest }));
  const secret = findSecret(secrets, options.unit, options.name);
  const folder = new VendorFolder(resolve(cwd));
  const path = secretFilePath(secret);
  const text = folder.read(path)?.toString('utf8');
  const read = text === undefined ? {} : readable(text, path);
  const opened: OpenedSecret = { secret, folder, ...(text === undefined ? {} : { text }), ...read, commitmentKey };
  const keys = [...new Set(options.keys?.length ? options.keys : wanted(secret, opened.file))];
  refuseUndeclared(keys, secret);
  if (commitmentKey === undefined && options.dropCommitments !== true) {
    const committed = keys.filter((key) => opened.file?.commitments[key] !== undefined);
    if (committed.length > 0) {
      const message = `${path} has commitments of ${committed.join(', ')}: name the variable that holds their key with --commit-key-env, or give them up with --no-commitments`;
      throw new GitOpsError('SECRET_COMMIT_KEY_MISSING', message);
    }
  }
  options.signal?.throwIfAborted();
  // Whoever is asked must not be drawn over.
  options.host?.progress?.({ phase: 'done', message: 'loaded' });
  const values = keys.length === 0 ? new Map<string, Uint8Array>() : await options.plaintext({ secret, keys });
  refuseUndeclared([...values.keys()], secret);
  checkValues(values);
  return { opened, values };
}

/** Encrypts, and writes the file where that changes it. */
export async function write(
  opened: OpenedSecret,
  values: ReadonlyMap<string, Uint8Array>,
  options: SecretSetOptions,
  fresh: boolean,
): Promise<SecretWriteResult> {
  const { secret, folder, text, file, damage, commitmentKey } = opened;
  const { cwd = process.cwd(), env = process.env, host, signal } = options;
  const path = secretFilePath(secret);
  // What cannot be read can be replaced as a whole, and only so.
  if (damage !== undefined && !secret.keys.every((key) => values.has(key))) throw damage;
  host?.progress?.({ phase: 'write', message: `encrypting ${path}` });
  const request = { secret, file, text, values, commitmentKey, fresh, cwd, env, signal };
  const { file: made, encrypted } = await encrypt(request);
  signal?.throwIfAborted();
  const serialized = serializeSecretFile(made);
  const isSame = serialized === text;
  if (!isSame) folder.write(path, serialized);
  host?.progress?.({ phase: 'done', message: isSame ? `${path} is unchanged` : `wrote ${path}` });
  const present = Object.keys(made.values);
  return {
    secret: nameOf(secret),
    file: path,
    backend: made.kind,
    change: isSame ? 'unchanged' : text === undefined ? 'added' : 'changed',
    encrypted: [...encrypted].sort(),
    kept: present.filter((key) => !encrypted.includes(key)).sort(),
    dropped: Object.keys(file?.values ?? {})
      .filter((key) => !present.includes(key))
      .sort(),
    missing: secret.keys.filter((key) => !present.includes(key)),
    recipients:
      made.kind === 'sops' ? declaredRecipients(secret.sops) : [...new Set(Object.values(made.certificates))].sort(),
    next: isSame ? [] : nextSteps(secret, present),
  };
}

function nextSteps(secret: EncryptedSecretDeclaration, present: readonly string[]): string[] {
  const missing = secret.keys.filter((key) => !present.includes(key));
  const more = missing.length === 0 ? [] : [`run \`${secretCommand('set', secret, missing)}\``];
  return [...more, `commit ${secretFilePath(secret)}, and publish`];
}

function readable(text: string, path: string): Pick<OpenedSecret, 'file' | 'damage'> {
  try {
    return { file: parseSecretFile(text, path) };
  } catch (error) {
    if (!GitOpsError.is(error)) throw error;
    return { damage: error };
  }
}

/** Neither what was typed nor what was read is repeated: a value may stand in the place of a key. */
function refuseUndeclared(keys: readonly string[], secret: EncryptedSecretDeclaration): void {
  const unknown = keys.filter((key) => !secret.keys.includes(key)).length;
  if (unknown === 0) return;
  const what = unknown === 1 ? 'a key is given' : `${unknown} keys are given`;
  throw new GitOpsError(
    'SECRET_INPUT_INVALID',
    `${what} that the program does not declare for ${nameOf(secret)}, which has: ${secret.keys.join(', ')}; values are never arguments: if one was typed, it is in the shell's history now, so change it at its provider`,
  );
}

function checkValues(values: ReadonlyMap<string, Uint8Array>): void {
  let size = 0;
  for (const [key, value] of values) {
    size += value.byteLength;
    if (value.byteLength > 0) continue;
    throw new GitOpsError('SECRET_INPUT_INVALID', `the value of '${key}' is empty: nothing was written`);
  }
  if (size <= LARGEST_SECRET) return;
  throw new GitOpsError('SECRET_INPUT_INVALID', `the values have ${size} bytes, and a Secret holds 1 MiB at most`);
}

/** @throws GitOpsError SECRET_COMMIT_KEY_MISSING */
function commitmentKeyIn(env: NodeJS.ProcessEnv, name: string): Uint8Array {
  const key = Buffer.from((env[name] ?? '').trim(), 'utf8');
  if (key.byteLength >= SHORTEST_COMMITMENT_KEY) return key;
  const why = key.byteLength === 0 ? 'is not set' : `has less than ${SHORTEST_COMMITMENT_KEY} characters`;
  const message = `the environment variable that --commit-key-env names ${why}: let it hold the key of commitments, e.g. from \`openssl rand -base64 32\``;
  throw new GitOpsError('SECRET_COMMIT_KEY_MISSING', message);
}

/** Runs `load` without a variable in this process' environment, which the program shares. */
async function hiding<T>(name: string | undefined, load: () => Promise<T>): Promise<T> {
  const value = name === undefined ? undefined : process.env[name];
  if (name === undefined || value === undefined) return load();
  delete process.env[name];
  try {
    return await load();
  } finally {
    process.env[name] = value;
  }
}
