import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { GitOpsError } from '../../errors';
import { gitEnvironment, SIGNING_KEY_VARIABLE } from '../git/environment';
import { GitFailure } from '../git/failures';
import { runGit } from '../git/runner';
import { identityOf } from '../message';
import type { Signer } from '../signing';
import { OpenPgpSigner } from './openpgp';
import { SshSigner } from './ssh';

/** What the caller says of signing, before git's configuration is asked. */
export interface SigningChoice {
  /** False: commits are not signed, whatever is configured. @default - when a key is named, or git would sign */
  readonly sign?: boolean;
  /**
   * File of an SSH key, private or public; `key::ssh-ed25519 …`, a public key that the agent has; or id, fingerprint or
   * user of an OpenPGP key.
   *
   * @default - the variable CDK8S_GITOPS_SIGNING_KEY, else `user.signingKey`
   */
  readonly key?: string;
}

export interface SigningInput {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder whose git configuration counts, and that relative paths are taken from. @default process.cwd() */
  readonly dir?: string;
  readonly config?: SigningChoice;
  readonly signal?: AbortSignal;
}

/** Settings of git's, by their names in lower case. */
type Settings = ReadonlyMap<string, string>;

const PUBLIC_KEY = /^(?:ssh-[a-z0-9-]+|ecdsa-sha2-[a-z0-9-]+|sk-[a-z0-9-]+@openssh\.com) [A-Za-z0-9+/=]+(?: [^\n]*)?$/;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY/;
const KEY_ID = /^(?:0x)?[0-9A-Fa-f]{8,64}!?$/;

/**
 * The signer of commits: by the key that is named, in the options or in `CDK8S_GITOPS_SIGNING_KEY`; otherwise as git
 * itself would sign them in the folder (`commit.gpgSign`, `gpg.format`, `user.signingKey`, `gpg.program`,
 * `gpg.ssh.program`).
 * @returns undefined when commits are not to be signed
 * @throws GitOpsError SIGNING_FAILED when they are, and there is no key that could do it
 */
export async function signerFrom(input: SigningInput = {}): Promise<Signer | undefined> {
  const { env = process.env, dir = process.cwd(), config = {}, signal } = input;
  if (config.sign === false) return undefined;
  const named = config.key ?? (env[SIGNING_KEY_VARIABLE] || undefined);
  const settings = await readSettings(env, dir, signal);
  if (named === undefined && config.sign !== true && !isTrue(settings.get('commit.gpgsign'))) return undefined;

  const common = { env, dir, signal };
  const ssh = { ...common, program: settings.get('gpg.ssh.program') };
  const openPgp = { ...common, program: settings.get('gpg.openpgp.program') ?? settings.get('gpg.program') };
  if (named !== undefined) {
    const key = classify(named, config.key === undefined, { env, dir, settings });
    if (key.kind === 'openpgp') return new OpenPgpSigner({ ...openPgp, key: key.id });
    return new SshSigner({ ...ssh, key });
  }

  const format = settings.get('gpg.format') ?? 'openpgp';
  const key = settings.get('user.signingkey');
  if (format === 'ssh') {
    if (key === undefined) {
      throw failed(`there is no key to sign commits with`, `name it: --signing-key, or 'git config user.signingKey'`);
    }
    return new SshSigner({ ...ssh, key: publicKey(key) ?? { kind: 'file', path: pathOf(key, env, dir) } });
  }
  if (format === 'openpgp') return new OpenPgpSigner({ ...openPgp, key: key ?? userOf(env) });
  throw failed(`gpg.format is ${JSON.stringify(format)}, which commits are not signed with here`, 'use ssh or openpgp');
}

interface Place {
  readonly env: NodeJS.ProcessEnv;
  readonly dir: string;
  readonly settings: Settings;
}

type Key =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'public' | 'private'; readonly text: string }
  | { readonly kind: 'openpgp'; readonly id: string };

/** What a key is that somebody named: its kind follows from its looks. No message repeats what could be a private one. */
function classify(named: string, isVariable: boolean, { env, dir, settings }: Place): Key {
  const where = isVariable ? SIGNING_KEY_VARIABLE : '--signing-key';
  const text = named.trim();
  if (PRIVATE_KEY.test(text)) {
    if (!isVariable) {
      throw failed(`${where} holds a private key, which others can read there`, `put it into ${SIGNING_KEY_VARIABLE}`);
    }
    if (text.includes('PGP')) {
      throw failed(
        `${where} holds an OpenPGP key`,
        "import it ('gpg --batch --import'), and name its id; or use an SSH key, which needs no keyring",
      );
    }
    return { kind: 'private', text };
  }
  const literal = publicKey(text);
  if (literal !== undefined) return literal;
  if (text === '' || /\p{Cc}/u.test(text)) {
    throw failed(`${where} is neither a path, a public key nor the id of a key`, 'name the key in one line');
  }
  const path = pathOf(text, env, dir);
  if (settings.get('gpg.format') === 'ssh' || /[/\\]|^~|\.pub$/.test(text) || existsSync(path)) {
    return { kind: 'file', path };
  }
  if (KEY_ID.test(text) || text.includes('@')) return { kind: 'openpgp', id: text };
  throw failed(
    // A variable may hold what was meant to be a secret.
    `${where}${isVariable ? '' : ` ${JSON.stringify(text)}`} is neither a file, a public key nor the id of an OpenPGP key`,
    'name the file of an SSH key, or the fingerprint of an OpenPGP key',
  );
}

/** A public key that is written out, as git takes it. */
function publicKey(text: string): { kind: 'public'; text: string } | undefined {
  const literal = text.startsWith('key::') ? text.slice('key::'.length).trim() : text;
  if (PUBLIC_KEY.test(literal)) return { kind: 'public', text: literal };
  if (!text.startsWith('key::')) return undefined;
  throw failed('what follows key:: is no SSH public key', "use a line of 'ssh-add -L'");
}

function pathOf(text: string, env: NodeJS.ProcessEnv, dir: string): string {
  if (text === '~' || text.startsWith('~/')) return join(env.HOME ?? homedir(), text.slice(1));
  return resolve(dir, text);
}

/** As git does, a key is looked for by who commits. */
function userOf(env: NodeJS.ProcessEnv): string {
  const { name, email } = identityOf(undefined, env);
  return `${name} <${email}>`;
}

async function readSettings(env: NodeJS.ProcessEnv, dir: string, signal?: AbortSignal): Promise<Settings> {
  const pattern = '^(commit\\.gpgsign|user\\.signingkey|gpg\\.(format|program|(ssh|openpgp)\\.program))$';
  try {
    const options = { cwd: dir, env: gitEnvironment(env).variables, signal };
    const output = await runGit(['config', '--null', '--get-regexp', pattern], options);
    const entries = output.toString('utf8').split('\0').slice(0, -1);
    return new Map(
      entries.map((entry) => {
        const end = entry.indexOf('\n');
        // A name without a value is true.
        return end < 0 ? [entry, 'true'] : [entry.slice(0, end), entry.slice(end + 1)];
      }),
    );
  } catch (error) {
    // Nothing of the kind is configured, or there is no git, which whoever publishes will be told.
    if (error instanceof GitFailure) return new Map();
    throw error;
  }
}

function isTrue(value: string | undefined): boolean {
  return value !== undefined && /^(?:true|yes|on|[1-9]\d*)$/i.test(value);
}

function failed(what: string, remedy: string): GitOpsError {
  return new GitOpsError('SIGNING_FAILED', `commits cannot be signed: ${what}; ${remedy}`);
}
