import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitOpsError } from '../errors';
import type { SopsRecipients } from '../model/secret-declaration';
import { runProgram } from '../publish/git/runner';
import type { SopsContent } from '../secrets/sops';
import { emitYaml } from '../yaml/emit';
import { parseYaml } from '../yaml/parse';
import { withoutSecrets } from './program-secrets';

/** The `sops` program, for keys that only it reaches: those of services, of PGP, of SSH, and of plugins of age. */

export interface SopsProgramOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

/** Lines of what the program says that an error repeats. */
const TOLD = 4;

/**
 * Encrypts values. They reach the program through a pipe: nothing of them is in its arguments, its environment or a file.
 * @throws GitOpsError SOPS_MISSING, SOPS_FAILED
 */
export async function encryptBySops(
  plaintexts: ReadonlyMap<string, Uint8Array>,
  { age = [], kms = [], pgp = [] }: SopsRecipients,
  options: SopsProgramOptions,
): Promise<SopsContent> {
  const folder = mkdtempSync(join(tmpdir(), 'cdk8s-gitops-'));
  try {
    const keys = { age: age.join(','), kms: kms.join(','), pgp: pgp.join(',') };
    const given = Object.fromEntries(Object.entries(keys).filter(([, list]) => list !== ''));
    const rule = { encrypted_regex: '^(data|stringData)$', mac_only_encrypted: true, ...given };
    const config = join(folder, '.sops.yaml');
    writeFileSync(config, emitYaml({ creation_rules: [rule] }));
    const values = [...plaintexts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
    const input = emitYaml({ apiVersion: 'v1', kind: 'Secret', data: Object.fromEntries(values) });
    const args = ['--config', config, 'encrypt', '--filename-override', 'secret.yaml', ...YAML];
    const output = await run(args, input, plaintexts, options);
    const { data, sops } = (parseYaml(output)[0] ?? {}) as Partial<SopsContent>;
    if (data === undefined || sops === undefined) throw failed('it printed something else than an encrypted Secret');
    return { data, sops };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Decrypts the values of a file.
 * @returns bytes by key
 * @throws GitOpsError SOPS_MISSING, SOPS_FAILED
 */
export async function decryptBySops(text: string, options: SopsProgramOptions): Promise<Map<string, Buffer>> {
  const output = await run(['decrypt', '--filename-override', 'secret.yaml', ...YAML], text, new Map(), options);
  const { data } = (parseYaml(output)[0] ?? {}) as { readonly data?: Readonly<Record<string, unknown>> };
  const entries = Object.entries(data ?? {}).map(
    ([key, value]) => [key, Buffer.from(String(value), 'base64')] as const,
  );
  return new Map(entries);
}

const YAML = ['--input-type', 'yaml', '--output-type', 'yaml'];

async function run(
  args: readonly string[],
  input: string,
  plaintexts: ReadonlyMap<string, Uint8Array>,
  { env, signal }: SopsProgramOptions,
): Promise<string> {
  let result: Awaited<ReturnType<typeof runProgram>>;
  try {
    // Anything it wants to ask, it has to ask through an agent: the terminal is not its own.
    result = await runProgram('sops', args, { cwd: process.cwd(), env: withoutSecrets(env), input, signal });
  } catch (cause) {
    signal?.throwIfAborted();
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw failed('it cannot be started');
    throw new GitOpsError(
      'SOPS_MISSING',
      'keys of KMS, PGP, SSH and plugins of age take the `sops` program, which is not on the PATH: install it, or use recipients of age',
    );
  }
  if (result.exitCode === 0) return result.stdout;
  throw failed(whatItSaid(result.stderr, plaintexts));
}

/** What the program said, unless anything of a value is in it. */
function whatItSaid(stderr: string, plaintexts: ReadonlyMap<string, Uint8Array>): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const values = [...plaintexts.values()].flatMap((value) => {
    const bytes = Buffer.from(value);
    return [bytes.toString('utf8').trim(), bytes.toString('base64')];
  });
  const isTelling = values.some((value) => value !== '' && stderr.includes(value));
  return isTelling ? 'what it said is left out, as a value may be in it' : lines.slice(-TOLD).join('\n  ');
}

function failed(why: string): GitOpsError {
  return new GitOpsError('SOPS_FAILED', `the \`sops\` program failed: ${why}`);
}
