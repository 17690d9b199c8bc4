import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run';
import { parseSecretFile } from '../../src/model/secret-files';
import { bareRepository, git, temporaryFolder } from '../helpers/git';
import { Canary } from '../secrets/canary';
import { reprogram, type SecretProject, secretProject } from '../secrets/project';
import { unseal } from '../secrets/unseal';
import { CLI } from '../toolkit/project';

let at: SecretProject;
const before = process.cwd();
beforeEach(async () => {
  at = await secretProject();
  process.chdir(at.folder);
});
afterAll(() => process.chdir(before));

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In this process. What is typed comes after the prompt is there. */
async function secret(
  args: readonly string[],
  given: { input?: string | Buffer; typed?: readonly string[]; env?: object } = {},
) {
  const { input, typed, env } = given;
  let [stdout, stderr] = ['', ''];
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined, setRawMode: () => stdin });
  const waiting = [...(typed ?? [])];
  const errors = Object.assign(new PassThrough(), { columns: 80 });
  errors.on('data', (chunk) => {
    stderr += chunk;
    const line = String(chunk).includes('checkout-db') ? waiting.shift() : undefined;
    if (line !== undefined) setTimeout(() => stdin.write(line), 20);
  });
  if (typed === undefined) stdin.end(input ?? '');
  const terminal = {
    stdin,
    stdout: { write: (text: string | Uint8Array) => (stdout += text) },
    stderr: errors,
    env: { ...at.env, ...env },
  };
  const code = await run(['secret', ...args], terminal);
  return { code, stdout, stderr };
}

const fileOf = (unit: string) => parseSecretFile(readFileSync(`secrets/${unit}/checkout/db.yaml`, 'utf8'), unit);

function value(key: string): Buffer | undefined {
  return unseal(fileOf('dev').values[key] ?? '', at.certificate.privateKey, 'dev-checkout/checkout-db');
}

describe('secret', () => {
  it('takes one value from standard input, without the line end of the last line', async () => {
    const { code, stdout } = await secret(['set', 'dev/checkout', 'db', 'password'], { input: 'hunter2\n' });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /added secrets\/dev\/checkout\/db.yaml[\s\S]*without a value yet: user[\s\S]*1\. run `cdk8s-gitops secret set/,
    );
    expect(value('password')?.toString()).toBe('hunter2');
    await secret(['set', 'dev/checkout', 'db', 'password'], { input: 'a\r\nb\r\n' });
    expect(value('password')?.toString()).toBe('a\r\nb');
  });

  it('takes several values as KEY=value lines and as JSON', async () => {
    await secret(['set', 'dev/checkout', 'db', '--input', 'env'], { input: 'user=bob\npassword="a\\nb"\n' });
    expect([value('user'), value('password')].map(String)).toEqual(['bob', 'a\nb']);
    const json = JSON.stringify({ user: 'eve', other: 'x' });
    const { code } = await secret(['set', 'dev/checkout', 'db', 'user', '--input', 'json'], { input: json });
    expect([code, String(value('user')), String(value('password'))]).toEqual([0, 'eve', 'a\nb']);
    const partly = await secret(['set', 'dev/checkout', 'db', '--input', 'json'], { input: json });
    expect(partly.stderr).toMatch(/SECRET_INPUT_INVALID[\s\S]*does not declare/);
  });

  it('takes values from files, byte by byte, and from variables', async () => {
    const file = join(temporaryFolder(), 'v');
    writeFileSync(file, Buffer.from([0, 255, 10]));
    const args = ['set', '--from-file', `password=${file}`, '--from-env', 'user=DB_USER', 'dev/checkout', 'db'];
    const { stdout } = await secret([...args, '--json'], { env: { DB_USER: 'bob' } });
    expect(JSON.parse(stdout)).toMatchObject({ change: 'added', encrypted: ['password', 'user'] });
    expect(value('password')).toEqual(Buffer.from([0, 255, 10]));
    expect(String(value('user'))).toBe('bob');
  });

  it('asks on a terminal, unseen', async () => {
    const { code, stdout, stderr } = await secret(['set', 'dev/checkout', 'db'], { typed: ['hunter2\r', 'hunter3\r'] });
    expect(code).toBe(0);
    expect([value('password'), value('user')].map(String)).toEqual(['hunter2', 'hunter3']);
    expect(stderr).toMatch(/checkout-db: password/);
    expect(stdout + stderr).not.toMatch(/hunter/);
  });

  it('writes nothing when nobody answers', async () => {
    const { code, stderr } = await secret(['set', 'dev/checkout', 'db', 'user'], { typed: ['\u0003'] });
    expect(code).toBe(1);
    expect(stderr).toMatch(/nothing was entered/);
    expect(() => fileOf('dev')).toThrow();
  });

  it('keeps ciphertext of values that did not change, in CI', async () => {
    const args = ['set', 'dev/checkout', 'db', '--input', 'json', '--commit-key-env', 'COMMIT_KEY', '--json'];
    const given = { input: JSON.stringify({ user: 'bob', password: 'x' }), env: { COMMIT_KEY: 'k'.repeat(40) } };
    await secret(args, given);
    expect(JSON.parse((await secret(args, given)).stdout)).toMatchObject({ change: 'unchanged', encrypted: [] });
  });

  it.each<[string, string[], string, RegExp, number]>([
    ['a value as a key', ['set', 'dev/checkout', 'db', 'password=hunter2'], '', /SECRET_INPUT_INVALID/, 1],
    [
      'a value behind a key',
      ['set', 'dev/checkout', 'db', 'password', 'hunter2'],
      '',
      /SECRET_INPUT_INVALID[\s\S]*history/,
      1,
    ],
    ['a value as an option', ['set', 'dev/checkout', 'db', '--password=hunter2'], '', /SECRET_INPUT_INVALID/, 1],
    ['a value ahead of all', ['set', '--value=hunter2', 'dev/checkout', 'db'], '', /USAGE/, 2],
    [
      'a value in place of the name',
      ['set', 'dev/checkout', 'hunter2'],
      '',
      /SECRET_UNKNOWN[\s\S]*dev\/checkout db/,
      1,
    ],
    ['several values without a format', ['set', 'dev/checkout', 'db'], 'hunter2', /USAGE[\s\S]*--input env/, 2],
    ['no value', ['set', 'dev/checkout', 'db', 'user'], '', /SECRET_INPUT_INVALID[\s\S]*'user' is empty/, 1],
    ['a text that is no JSON', ['set', 'dev/checkout', 'db', '--input', 'json'], 'hunter2', /SECRET_INPUT_INVALID/, 1],
    [
      'a file that is not there',
      ['set', 'dev/checkout', 'db', '--from-file', 'user=hunter2'],
      '',
      /SECRET_INPUT_INVALID/,
      1,
    ],
    ['a pair that is none', ['set', 'dev/checkout', 'db', '--from-env', 'hunter2'], '', /USAGE/, 2],
    ['another format', ['set', 'dev/checkout', 'db', '--input', 'yaml'], '', /env, json/, 2],
  ])('refuses %s, and repeats none', async (_, args, input, message, code) => {
    for (const json of [[], ['--json']]) {
      const finished: Finished = await secret([...args, ...json], { input });
      expect(finished.code).toBe(code);
      expect(finished.stdout + finished.stderr).toMatch(message);
      expect(finished.stdout + finished.stderr).not.toContain('hunter2');
    }
    expect(() => fileOf('dev')).toThrow();
  });

  it('lists Secrets and their keys', async () => {
    await secret(['set', 'dev/checkout', 'db', 'user'], { input: 'bob' });
    const { code, stdout } = await secret(['list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/dev\/checkout.*db.*password \(missing\).*sealed-secret.*sha256:/);
    const { secrets } = JSON.parse((await secret(['list', '--json'])).stdout);
    expect(secrets.map((each: { secret: string }) => each.secret)).toEqual([
      'dev/checkout db',
      'edge/checkout db',
      'prod/checkout db',
    ]);
  });

  it('tells with its exit code whether something is wrong', async () => {
    expect(await secret(['doctor'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/error SECRET_FILE_MISSING[\s\S]*3 errors/),
    });
    for (const unit of ['dev', 'prod', 'edge']) {
      await secret(['set', `${unit}/checkout`, 'db', '--input', 'env'], { input: 'user=x\npassword=y' });
    }
    expect(await secret(['doctor'])).toMatchObject({ code: 0, stdout: 'sound: 3 encrypted Secrets\n' });
    reprogram(at, { keys: ['user'] });
    const { code, stdout } = await secret(['doctor', '--json']);
    expect([code, JSON.parse(stdout).warnings]).toEqual([0, 3]);
  });

  it('rotates, and says what is left to do', async () => {
    await secret(['set', 'prod/checkout', 'db', '--input', 'env'], { input: 'user=x\npassword=y' });
    const { stdout } = await secret(['rotate', 'prod/checkout', 'db'], { env: { SOPS_AGE_KEY: at.identity } });
    expect(stdout).toMatch(/changed secrets\/prod[\s\S]*the values are the same/);
    const renewed = await secret(['rotate', 'prod/checkout', 'db', 'user'], {
      input: 'z',
      env: { SOPS_AGE_KEY: at.identity },
    });
    expect(renewed.stdout).toMatch(
      /at the provider[\s\S]*restart what uses Secret checkout-db in namespace prod-checkout[\s\S]*revoke/,
    );
  });
});

describe('a value', () => {
  const canary = new Canary();
  beforeAll(() => canary.watch());
  afterAll(() => canary.stop());

  /** As a process of its own, watched. */
  function cli(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return new Promise((done) => {
      const child = spawn(process.execPath, [CLI, ...args], { cwd: at.folder, env: { ...at.env, ...env } });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', (chunk) => (stdout += chunk));
      child.stderr.on('data', (chunk) => (stderr += chunk));
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      child.on('close', (code) => {
        canary.look(`output of ${args.join(' ')}`, stdout + stderr);
        done({ code: code ?? -1, stdout, stderr });
      });
    });
  }

  it('is nowhere, whatever command it passes through', async () => {
    const remote = bareRepository();
    const temporary = temporaryFolder();
    const outside = join(temporaryFolder(), 'value');
    writeFileSync(outside, canary.value);
    reprogram(at, { url: `file://${remote}` });
    git(at.folder, 'init', '--quiet');
    const env = { TMPDIR: temporary, SOPS_AGE_KEY: at.identity, COMMIT_KEY: 'k'.repeat(40), VALUE: canary.value };
    const { value } = canary;
    const lines = `user=${value}\npassword=${value}\n`;
    const every = ['--verbose'];
    const set = (unit: string, ...rest: string[]) => ['secret', 'set', `${unit}/checkout`, 'db', ...rest, ...every];
    const good: [string[], string][] = [
      [set('dev', 'password'), value],
      [set('dev', 'user', '--json'), `${value}\n`],
      [set('prod', '--input', 'env'), lines],
      [set('edge', '--input', 'json'), JSON.stringify({ user: value, password: value })],
      [
        set('edge', '--from-file', `user=${outside}`, '--from-env', 'password=VALUE', '--commit-key-env', 'COMMIT_KEY'),
        '',
      ],
      [['secret', 'rotate', 'dev/checkout', 'db', '--input', 'env', ...every], lines],
      [['secret', 'rotate', 'prod/checkout', 'db', '--json'], ''],
      [['secret', 'list', '--json'], ''],
      [['secret', 'doctor', '--json'], ''],
      [['synth'], ''],
      [['publish', '--json'], ''],
    ];
    for (const [args, input] of good) expect(await cli(args, input, env)).toMatchObject({ code: 0 });
    // What is refused is told of; further cases are above.
    const bad: [string[], string][] = [
      [set('dev', '--input', 'json', '--json'), `{"user": "${value}"`],
      [set('dev', '--input', 'env'), `user='${value}\n`],
      [set('dev'), value],
    ];
    for (const [args, input] of bad) expect([args, (await cli(args, input, env)).code === 0]).toEqual([args, false]);
    // Files that were ciphertext, and no longer are.
    writeFileSync(join(at.folder, 'secrets/dev/checkout/db.yaml'), `user: ${value}\n  x: [`);
    mkdirSync(join(at.folder, 'secrets/prod/checkout'), { recursive: true });
    const plain = `apiVersion: v1\nkind: Secret\nmetadata:\n  name: checkout-db\nstringData:\n  user: ${value}\n`;
    writeFileSync(join(at.folder, 'secrets/prod/checkout/db.yaml'), plain);
    for (const args of [['secret', 'doctor'], ['secret', 'list', '--json'], ['synth', ...every], set('dev', 'user')]) {
      await cli(args, 'x', env);
    }
    for (const unit of ['dev', 'prod']) writeFileSync(join(at.folder, `secrets/${unit}/checkout/db.yaml`), '');
    canary.lookInFolder(at.folder);
    canary.lookInFolder(temporary);
    canary.lookInObjects(remote);
    expect(git(remote, 'ls-tree', '-r', '--name-only', 'main')).toContain(
      'environments/dev/checkout/sealedsecret-checkout-db.yaml',
    );
    expect(canary.samples).toBeGreaterThan(50);
    expect(canary.found).toEqual([]);
  }, 120_000);
});
