import { resolve } from 'node:path';
import { type ErrorCode, GitOpsError } from '../errors';
import type { SealingCertificate } from '../model/certificates';
import { certificateProblems, declarationProblems, declaredRecipients, fileProblems } from '../model/secret-checks';
import {
  type EncryptedSecretDeclaration,
  SECRETS_FOLDER,
  type SealedScope,
  type SecretBackend,
  secretCommand,
  secretFilePath,
} from '../model/secret-declaration';
import { parseSecretFile, recipientsOf, type SecretFile } from '../model/secret-files';
import { gitEnvironment } from '../publish/git/environment';
import { runGit } from '../publish/git/runner';
import type { AppOptions } from './app';
import { declaredSecrets, nameOf } from './secret-declared';
import { certificatesOf } from './secret-encrypt';
import { VendorFolder } from './vendor-files';

export type SecretListOptions = AppOptions;

/** Something that is to be looked at. */
export interface SecretFinding {
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  readonly message: string;
}

export interface SecretKeyStatus {
  readonly name: string;
  /** `undeclared`: in the file, and not in the program. */
  readonly state: 'encrypted' | 'missing' | 'undeclared';
  /** Whether there is a commitment to its value. */
  readonly committed: boolean;
}

/** A declared Secret, and what there is of it. */
export interface SecretStatus {
  /** `dev/checkout db`. */
  readonly secret: string;
  readonly environment: string;
  readonly application: string;
  readonly name: string;
  readonly cluster: string;
  /** Name and namespace in the cluster. */
  readonly object: string;
  readonly namespace: string;
  /** Relative to the project. */
  readonly file: string;
  /** Whether the file is there. */
  readonly present: boolean;
  readonly backend: SecretBackend | null;
  readonly scope: SealedScope | null;
  readonly keys: readonly SecretKeyStatus[];
  /** Fingerprints of certificates that values were sealed to, or recipients of SOPS. */
  readonly recipients: readonly string[];
  /** When the file was last changed, in git. Null when it is not there, or git does not know it. */
  readonly changed: { readonly commit: string; readonly time: string } | null;
  /** Whether the file is as it was committed. */
  readonly committed: boolean;
  readonly problems: readonly SecretFinding[];
}

export interface SecretListResult {
  readonly secrets: readonly SecretStatus[];
}

/**
 * The encrypted Secrets that the program declares, and what their files hold: names and keys, never a value.
 * @throws GitOpsError as `loadTree` does, but for what rendering finds
 */
export async function secretList(options: SecretListOptions = {}): Promise<SecretListResult> {
  const { inspected } = await inspectSecrets(options);
  return { secrets: inspected.map(({ status }) => status) };
}

export interface InspectedSecret {
  readonly declared: EncryptedSecretDeclaration;
  readonly status: SecretStatus;
  readonly file?: SecretFile;
  readonly certificates: readonly SealingCertificate[];
}

/** Looks at every declared Secret, its certificate and its file. */
export async function inspectSecrets(
  options: SecretListOptions,
): Promise<{ readonly inspected: readonly InspectedSecret[]; readonly folder: VendorFolder }> {
  const { cwd = process.cwd(), env = process.env, signal } = options;
  const secrets = await declaredSecrets(options);
  const folder = new VendorFolder(resolve(cwd));
  options.host?.progress?.({ phase: 'read', message: `reading ${SECRETS_FOLDER}` });
  const known = await changesOf(folder.folder, env, signal);
  const inspected = secrets.map((declared) => inspect(declared, folder, known));
  return { inspected, folder };
}

function inspect(declared: EncryptedSecretDeclaration, folder: VendorFolder, known: GitChanges): InspectedSecret {
  const problems: SecretFinding[] = declarationProblems(declared).map(error);
  const isDeclared = problems.length === 0;
  const path = secretFilePath(declared);
  let certificates: readonly SealingCertificate[] = [];
  if (declared.backend === 'sealed-secret' && isDeclared) {
    certificates = collect(problems, () => certificatesOf(declared, folder.folder)) ?? [];
    const [pinned] = certificates;
    if (pinned) problems.push(...certificateProblems(declared, pinned, new Date()).map(error));
  }
  const text = folder.read(path)?.toString('utf8');
  const file = text === undefined ? undefined : collect(problems, () => parseSecretFile(text, path));
  if (text === undefined) {
    const message = `${path} is not there: run \`${secretCommand('set', declared, declared.keys)}\``;
    problems.push({ severity: 'error', code: 'SECRET_FILE_MISSING', message });
  }
  const isCheckable = declared.backend === 'sops' || certificates.length > 0;
  if (file && isDeclared && isCheckable) {
    problems.push(...fileProblems(declared, file, certificates).map(error));
    problems.push(...warningsOf(declared, file, certificates));
  }
  const status: SecretStatus = {
    secret: nameOf(declared),
    environment: declared.environment,
    application: declared.application,
    name: declared.name,
    cluster: declared.cluster,
    object: declared.object,
    namespace: declared.namespace,
    file: path,
    present: text !== undefined,
    backend: declared.backend ?? null,
    scope: declared.backend === 'sealed-secret' ? declared.scope : null,
    keys: keysOf(declared, file),
    recipients:
      file === undefined
        ? []
        : file.kind === 'sops'
          ? recipientsOf(file.sops)
          : [...new Set(Object.values(file.certificates))].sort(),
    changed: text === undefined ? null : (known.changed.get(path) ?? null),
    committed: text !== undefined && known.changed.has(path) && !known.dirty.has(path),
    problems,
  };
  return { declared, status, ...(file === undefined ? {} : { file }), certificates };
}

function keysOf({ keys }: EncryptedSecretDeclaration, file: SecretFile | undefined): SecretKeyStatus[] {
  const present = Object.keys(file?.values ?? {});
  return [...new Set([...keys, ...present])].sort().map((name) => ({
    name,
    state: !present.includes(name) ? 'missing' : keys.includes(name) ? 'encrypted' : 'undeclared',
    committed: file?.commitments[name] !== undefined,
  }));
}

/** What is right for now, and should not stay. */
function warningsOf(
  declared: EncryptedSecretDeclaration,
  file: SecretFile,
  certificates: readonly SealingCertificate[],
): SecretFinding[] {
  const path = secretFilePath(declared);
  const again = `run \`${secretCommand('rotate', declared)}\``;
  const found: SecretFinding[] = [];
  const warn = (code: ErrorCode, message: string): void => void found.push({ severity: 'warning', code, message });
  if (file.kind === 'sops') {
    const wanted = declaredRecipients(declared.sops);
    const actual = recipientsOf(file.sops);
    const missing = wanted.filter((recipient) => !actual.includes(recipient));
    const extra = actual.filter((recipient) => !wanted.includes(recipient));
    if (missing.length + extra.length > 0) {
      const what = [
        ...(missing.length > 0 ? [`not yet to ${missing.join(', ')}`] : []),
        ...(extra.length > 0 ? [`still to ${extra.join(', ')}`] : []),
      ];
      warn('SOPS_RECIPIENTS_INVALID', `${path} is encrypted ${what.join(' and ')}: ${again}`);
    }
    if (file.sops?.mac_only_encrypted !== true) {
      warn('SECRET_FILE_INVALID', `${path} has a digest over all of the object, which labels would break: ${again}`);
    }
  } else {
    const [pinned] = certificates;
    const older = Object.entries(file.certificates).filter(([, sealedTo]) => sealedTo !== pinned?.fingerprint);
    const known = older.filter(([, sealedTo]) => certificates.some(({ fingerprint }) => fingerprint === sealedTo));
    if (known.length > 0) {
      const keys = known.map(([key]) => key).join(', ');
      warn('SEALED_CERT_MISMATCH', `${path}: ${keys} is sealed to an earlier certificate of the cluster: ${again}`);
    }
  }
  const undeclared = Object.keys(file.values).filter((key) => !declared.keys.includes(key));
  if (undeclared.length > 0) {
    warn('SECRET_KEY_UNKNOWN', `${path} has ${undeclared.join(', ')}, which the program does not declare: ${again}`);
  }
  return found;
}

function error(problem: { readonly code: ErrorCode; readonly message: string }): SecretFinding {
  return { severity: 'error', ...problem };
}

function collect<T>(problems: SecretFinding[], read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (!GitOpsError.is(thrown)) throw thrown;
    problems.push(error(thrown));
    return undefined;
  }
}

interface GitChanges {
  readonly changed: ReadonlyMap<string, { readonly commit: string; readonly time: string }>;
  /** Changed since they were committed, or never committed. */
  readonly dirty: ReadonlySet<string>;
}

/** What git knows of the files. Nothing, where there is no git or no repository. */
async function changesOf(cwd: string, env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<GitChanges> {
  const changed = new Map<string, { commit: string; time: string }>();
  const options = { cwd, env: gitEnvironment(env).local, signal };
  try {
    const log = [
      'log',
      '--no-show-signature',
      '--format=%x01%H %cI',
      '--name-only',
      '--relative',
      '-z',
      '--',
      SECRETS_FOLDER,
    ];
    const entries = (await runGit(log, options)).toString('utf8').split('\u0001').slice(1);
    for (const entry of entries) {
      const [head = '', ...rest] = entry.split('\0');
      const [commit = '', time = ''] = head.trim().split(' ');
      for (const path of rest.map((name) => name.replace(/^\n/, ''))) {
        if (path !== '' && !changed.has(path)) changed.set(path, { commit, time });
      }
    }
    const listed = await runGit(['ls-files', '-z', '--modified', '--others', '--', SECRETS_FOLDER], options);
    return { changed, dirty: new Set(listed.toString('utf8').split('\0')) };
  } catch {
    signal?.throwIfAborted();
    return { changed, dirty: new Set() };
  }
}
