import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSecretFile, serializeSecretFile } from '../../src/model/secret-files';
import { seal, sealingLabel } from '../../src/secrets/sealed';
import { encryptSops } from '../../src/secrets/sops';
import { secretDoctor, secretRotate, secretSet, synth } from '../../src/toolkit';
import { agentFolder, missingAgents } from '../helpers/agents';
import { gitEnv, temporaryFolder } from '../helpers/git';
import { Canary } from '../secrets/canary';
import { makeCertificate } from '../secrets/certificate';
import { reprogram, secretProject } from '../secrets/project';
import { unseal } from '../secrets/unseal';
import { numbers, someValue, someValues } from '../secrets/values';

/** Our ciphertext, read by the real `sops` and `kubeseal`, and theirs read by us. */

const skip = missingAgents('sops', 'kubeseal');
const SOPS = join(agentFolder('sops'), 'sops');
const KUBESEAL = join(agentFolder('kubeseal'), 'kubeseal');
const WORKERS = 2;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function program(file: string, args: readonly string[], input: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  return new Promise((done) => {
    const options = { env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env }, maxBuffer: 1 << 26 };
    const child = execFile(file, args, options, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : (child.exitCode ?? -1), stdout, stderr });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** Runs `work` for 0 to `count - 1`, a few at a time. */
async function each(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let n = 0;
  const worker = async () => {
    while (n < count) await work(n++);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

const JSON_OUT = ['decrypt', '--input-type', 'yaml', '--output-type', 'json', '--filename-override', 'x.yaml'];
const SOPS_BASE = { kind: 'sops', name: 'db', namespace: 'a', type: 'Opaque', scope: 'strict' } as const;

async function encryptedBySops(values: ReadonlyMap<string, Buffer>, recipients: readonly string[]): Promise<string> {
  const { data, sops } = await encryptSops(values, recipients);
  return serializeSecretFile({ ...SOPS_BASE, values: data, sops, certificates: {}, commitments: {} });
}

describe.skipIf(skip !== undefined)(`the real sops${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  let [identity, recipient] = ['', ''];
  beforeAll(async () => {
    identity = await generateX25519Identity();
    recipient = await identityToRecipient(identity);
  });
  const decrypt = (text: string) => program(SOPS, JSON_OUT, text, { SOPS_AGE_KEY: identity });

  it('decrypts 2,000 random documents, byte by byte', async () => {
    let values = 0;
    await each(2000, async (n) => {
      const given = someValues(numbers(n));
      const { code, stdout, stderr } = await decrypt(await encryptedBySops(given, [recipient]));
      expect({ n, code, stderr }).toEqual({ n, code: 0, stderr: '' });
      const { data } = JSON.parse(stdout) as { data: Record<string, string> };
      expect(data).toEqual(Object.fromEntries([...given].map(([key, value]) => [key, value.toString('base64')])));
      values += given.size;
    });
    expect(values).toBeGreaterThan(4000);
  }, 900_000);

  it('refuses every value that was changed, exchanged or removed', async () => {
    let refused = 0;
    await each(400, async (n) => {
      const next = numbers(10_000 + n);
      const given = new Map([...someValues(next), ['first', someValue(next)], ['second', someValue(next)]]);
      const text = await encryptedBySops(given, [recipient]);
      const { values } = parseSecretFile(text, 'x');
      const keys = Object.keys(values);
      const key = keys[Math.floor(next() * keys.length)] ?? '';
      const line = text.split('\n').find((each) => each.includes(values[key] ?? '-')) ?? '';
      const other = values[keys.find((each) => each !== key) ?? ''] ?? '';
      const changes = [
        () => text.replace(`${line}\n`, ''),
        () => text.replace(values[key] ?? '', other),
        () => text.replace(values[key] ?? '', '""'),
        () => {
          const at = text.indexOf(',iv:', text.indexOf(line)) - 2;
          return `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
        },
      ];
      const changed = (changes[n % changes.length] ?? changes[0])?.() ?? '';
      expect(changed).not.toBe(text);
      // The last character of base64 may hold bits that say nothing: the change has to be one.
      if (sameBytes(text, changed)) return;
      expect({ n, code: (await decrypt(changed)).code }).not.toEqual({ n, code: 0 });
      refused++;
    });
    expect(refused).toBeGreaterThan(350);
  }, 300_000);

  it('decrypts what synthesis renders, labels and all; and what it encrypts itself is rendered too', async () => {
    const at = await secretProject({ props: "labels: { team: 'a' }, annotations: { note: 'b' }" });
    const values = new Map([
      ['password', Buffer.from('p4ss')],
      ['user', Buffer.from([0, 255])],
    ]);
    const options = { cwd: at.folder, name: 'db', env: at.env, plaintext: async () => values };
    for (const unit of ['dev/checkout', 'edge/checkout', 'prod/checkout']) await secretSet({ ...options, unit });
    await synth({ cwd: at.folder, env: at.env });
    const rendered = () =>
      readFileSync(join(at.folder, 'dist/environments/prod/checkout/secret-checkout-db.yaml'), 'utf8');
    const env = { SOPS_AGE_KEY: at.identity };
    expect(JSON.parse((await program(SOPS, JSON_OUT, rendered(), env)).stdout)).toMatchObject({
      metadata: { name: 'checkout-db', labels: { team: 'a' }, annotations: { note: 'b' } },
      data: { password: 'cDRzcw==', user: 'AP8=' },
    });
    const plain =
      'apiVersion: v1\nkind: Secret\nmetadata:\n  name: checkout-db\ntype: Opaque\ndata:\n  user: Yg==\n  password: YQ==\n  "7": Yw==\n';
    const args = [
      'encrypt',
      '--age',
      at.recipient,
      '--encrypted-regex',
      '^(data|stringData)$',
      '--filename-override',
      'x.yaml',
    ];
    const made = await program(SOPS, args, plain);
    expect(made.code).toBe(0);
    writeFileSync(join(at.folder, 'secrets/prod/checkout/db.yaml'), made.stdout);
    await synth({ cwd: at.folder, env: at.env });
    const found = await secretDoctor({ cwd: at.folder, env: { ...at.env, ...env } });
    expect(found).toMatchObject({ errors: 0, warnings: 2, decrypted: 1 });
    await secretRotate({ ...options, unit: 'prod/checkout', env: { ...at.env, ...env } });
    await synth({ cwd: at.folder, env: at.env });
    const { data } = JSON.parse((await program(SOPS, JSON_OUT, rendered(), env)).stdout);
    expect(data).toEqual({ password: 'YQ==', user: 'Yg==' });
  });

  describe('as a program for keys that only it reaches', () => {
    const canary = new Canary();
    afterAll(() => canary.stop());

    it('is given values through a pipe, and nothing of them stays behind', async () => {
      const folder = temporaryFolder();
      const key = join(folder, 'id');
      expect(spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]).status).toBe(0);
      const [type, publicKey] = readFileSync(`${key}.pub`, 'utf8').split(' ');
      const at = await secretProject();
      reprogram(at, { recipients: [at.recipient, `${type} ${publicKey}`] });
      const TMPDIR = join(folder, 'tmp');
      mkdirSync(TMPDIR);
      const before = process.env.TMPDIR;
      process.env.TMPDIR = TMPDIR;
      const PATH = [agentFolder('sops'), process.env.PATH].join(delimiter);
      const env = { ...gitEnv, TMPDIR, PATH };
      const given = new Map([
        ['password', Buffer.from(canary.value)],
        ['user', Buffer.from('bob')],
      ]);
      const options = { cwd: at.folder, unit: 'prod/checkout', name: 'db' };
      canary.watch();
      try {
        const result = await secretSet({ ...options, env, plaintext: async () => given });
        expect(result.recipients).toHaveLength(2);
        const text = readFileSync(join(at.folder, result.file), 'utf8');
        expect(parseSecretFile(text, '').sops?.mac_only_encrypted).toBe(true);
        for (const holder of [{ SOPS_AGE_KEY: at.identity }, { SOPS_AGE_SSH_PRIVATE_KEY_FILE: key }]) {
          const { data } = JSON.parse((await program(SOPS, JSON_OUT, text, holder)).stdout);
          expect(Buffer.from(data.password, 'base64').toString()).toBe(canary.value);
        }
        // One key alone: the other one is decrypted by the program, with a key that only it reads.
        const eve = async () => new Map([['user', Buffer.from('eve')]]);
        const holder = { ...env, SOPS_AGE_SSH_PRIVATE_KEY_FILE: key };
        await secretSet({ ...options, keys: ['user'], env: holder, plaintext: eve });
        const after = readFileSync(join(at.folder, result.file), 'utf8');
        const { data } = JSON.parse((await program(SOPS, JSON_OUT, after, { SOPS_AGE_KEY: at.identity })).stdout);
        expect(Object.values(data).map((each) => Buffer.from(String(each), 'base64').toString())).toEqual([
          canary.value,
          'eve',
        ]);
        const thrown = await secretSet({ ...options, keys: ['user'], env, plaintext: eve }).catch((error) => error);
        expect(thrown).toMatchObject({ code: 'SOPS_FAILED' });
        canary.look('error', String(thrown.message));
        reprogram(at, { kms: ['arn:aws:kms:eu-west-1:111122223333:key/x'] });
        const nowhere = {
          AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
          AWS_MAX_ATTEMPTS: '1',
          AWS_EC2_METADATA_DISABLED: 'true',
        };
        const offline = { ...env, ...nowhere, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
        const failed = await secretSet({ ...options, env: offline, plaintext: async () => given }).catch(
          (error) => error,
        );
        expect(failed).toMatchObject({ code: 'SOPS_FAILED' });
        canary.look('error', String(failed.message));
        const absent = await secretSet({
          ...options,
          env: { ...env, PATH: folder },
          plaintext: async () => given,
        }).catch((error) => error);
        expect(absent).toMatchObject({ code: 'SOPS_MISSING' });
      } finally {
        process.env.TMPDIR = before;
        if (before === undefined) delete process.env.TMPDIR;
      }
      canary.lookInFolder(at.folder);
      canary.lookInFolder(folder);
      expect(canary.samples).toBeGreaterThan(5);
      expect(canary.found).toEqual([]);
    });
  });
});

function sameBytes(a: string, b: string): boolean {
  const bytes = (text: string) =>
    text
      .split('\n')
      .map((line) =>
        line.replace(
          /(data|iv|tag):([A-Za-z0-9+/=]+)/g,
          (_, name, value) => `${name}:${Buffer.from(value, 'base64').toString('hex')}`,
        ),
      );
  return bytes(a).join('\n') === bytes(b).join('\n');
}

describe.skipIf(skip !== undefined)(`the real kubeseal${skip === undefined ? '' : ` (skipped: ${skip})`}`, () => {
  const certificate = makeCertificate({ bits: 4096 });
  const folder = temporaryFolder();
  const key = join(folder, 'key.pem');
  const cert = join(folder, 'cert.pem');
  beforeAll(() => {
    writeFileSync(key, certificate.privatePem);
    writeFileSync(cert, certificate.pem);
  });
  const SCOPES = ['strict', 'namespace-wide', 'cluster-wide'] as const;
  const unsealAll = (text: string) => program(KUBESEAL, ['--recovery-unseal', '--recovery-private-key', key], text);

  function sealedFile(n: number, count: number) {
    const next = numbers(20_000 + n);
    const scope = SCOPES[n % SCOPES.length] ?? 'strict';
    const [namespace, name] = [`ns-${n}`, `db-${n % 7}`];
    const label = sealingLabel(namespace, name, scope);
    const plain = Array.from({ length: count }, (_, index) => [`key-${index}`, someValue(next)] as const);
    const values = Object.fromEntries(plain.map(([each, value]) => [each, seal(value, certificate.publicKey, label)]));
    const file = {
      kind: 'sealed-secret',
      name,
      namespace,
      scope,
      type: 'Opaque',
      values,
      certificates: {},
      commitments: {},
    } as const;
    return { text: serializeSecretFile(file), plain, label, values };
  }

  it('unseals 2,000 values in every scope, and so does an independent reader of the format', async () => {
    let seen = 0;
    await each(200, async (n) => {
      const { text, plain, label, values } = sealedFile(n, 10);
      const { code, stdout, stderr } = await unsealAll(text);
      expect({ n, code, stderr }).toEqual({ n, code: 0, stderr: '' });
      const expected = Object.fromEntries(plain.map(([each, value]) => [each, value.toString('base64')]));
      expect(JSON.parse(stdout).data).toEqual(expected);
      for (const [each, value] of plain)
        expect(unseal(values[each] ?? '', certificate.privateKey, label)).toEqual(value);
      seen += plain.length;
    });
    expect(seen).toBe(2000);
  }, 300_000);

  it('refuses 2,000 wrong labels and flipped bits', async () => {
    const next = numbers(3);
    for (let n = 0; n < 200; n++) {
      const { values, label } = sealedFile(n, 5);
      for (const value of Object.values(values)) {
        expect(unseal(value, certificate.privateKey, `${label}/`)).toBeUndefined();
        const bytes = Buffer.from(value, 'base64');
        const bit = Math.floor(next() * bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(unseal(bytes.toString('base64'), certificate.privateKey, label)).toBeUndefined();
      }
    }
    // The real program agrees, on a share of them.
    await each(100, async (n) => {
      const { text, values } = sealedFile(n, 1);
      const [value = ''] = Object.values(values);
      const bytes = Buffer.from(value, 'base64');
      const at = 2 + Math.floor(numbers(n)() * (bytes.length - 2));
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      const moved = text.replace(`namespace: ns-${n}\n`, 'namespace: other\n').replace(/name: db-\d/, 'name: other');
      const changed = n % 3 === 2 || n % 2 === 0 ? text.replace(value, bytes.toString('base64')) : moved;
      expect(changed).not.toBe(text);
      expect({ n, code: (await unsealAll(changed)).code }).not.toEqual({ n, code: 0 });
    });
  }, 300_000);

  it('seals what synthesis takes as it is', async () => {
    const at = await secretProject({ fingerprint: certificate.fingerprint });
    writeFileSync(join(at.folder, 'eu.pem'), certificate.pem);
    const plaintext = async () => new Map(['password', 'user'].map((each) => [each, Buffer.from('p4ss')]));
    for (const unit of ['edge/checkout', 'prod/checkout']) {
      await secretSet({ cwd: at.folder, unit, name: 'db', env: at.env, plaintext });
    }
    const plain = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'checkout-db', namespace: 'dev-checkout' },
      data: { password: 'YQ==', user: 'Yg==' },
    };
    const made = await program(KUBESEAL, ['--cert', cert, '--format', 'yaml'], JSON.stringify(plain));
    expect(made.code).toBe(0);
    mkdirSync(join(at.folder, 'secrets/dev/checkout'), { recursive: true });
    writeFileSync(join(at.folder, 'secrets/dev/checkout/db.yaml'), made.stdout);
    await synth({ cwd: at.folder, env: at.env });
    for (const [unit, data] of [
      ['dev', plain.data],
      ['edge', { password: 'cDRzcw==', user: 'cDRzcw==' }],
    ] as const) {
      const path = join(at.folder, `dist/environments/${unit}/checkout/sealedsecret-checkout-db.yaml`);
      // The operator puts the object into its namespace.
      const applied = readFileSync(path, 'utf8').replace(
        '  name: checkout-db\n',
        `  name: checkout-db\n  namespace: ${unit}-checkout\n`,
      );
      expect(JSON.parse((await unsealAll(applied)).stdout)).toMatchObject({ data, type: 'Opaque' });
    }
  });
});
