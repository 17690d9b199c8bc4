import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run';
import { gitEnv, temporaryFolder } from '../helpers/git';

function folderOf(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = join(temporaryFolder(), 'manifests');
  mkdirSync(folder);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

async function validate(...args: string[]) {
  let [stdout, stderr] = ['', ''];
  const terminal = {
    stdout: { write: (text: string | Uint8Array) => (stdout += text) },
    stderr: { write: (text: string | Uint8Array) => (stderr += text) },
    env: gitEnv,
  };
  const code = await run(['validate', ...args], terminal);
  return { code, stdout, stderr };
}

const rules = (stdout: string): string[] =>
  JSON.parse(stdout).issues.map(({ rule, file }: { rule: string; file: string }) => `${rule} ${file}`);

const object = (kind: string, rest: string) => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: x\n${rest}`;
const VALUE = 'Gravel41!otter';
const LEAK = object('ConfigMap', `data:\n  DB_PASSWORD: ${VALUE}\n`);
const FINE = object('ConfigMap', 'data:\n  LOG_LEVEL: info\n');

describe('validate', () => {
  it('finds secrets in streams, lists and JSON, at any depth, and tells them by file', async () => {
    const folder = folderOf({
      'a/stream.yaml': `---\n${FINE}---\n---\n${LEAK}`,
      'list.yml': `apiVersion: v1\nkind: List\nitems:\n  - ${object('Secret', `stringData: { a: ${VALUE} }\n`).replace(/\n(?=.)/g, '\n    ')}`,
      'b/one.json': JSON.stringify({
        apiVersion: 'v1',
        kind: 'SecretList',
        items: [{ metadata: { name: 'x' }, data: { a: 'eHl6eHl6' } }],
      }),
      'b/c/values.yaml': `auth:\n  password: ${VALUE}\n`,
      'empty.yaml': '',
      'notes.txt': `password: ${VALUE}`,
      '.git/config.yaml': LEAK,
      'node_modules/x/a.yaml': LEAK,
    });
    const { code, stdout } = await validate(folder, '--json');
    expect(code).toBe(1);
    expect(rules(stdout)).toEqual([
      'secret/named-literal a/stream.yaml',
      'secret/named-literal b/c/values.yaml',
      'secret/plain-secret b/one.json',
      'secret/plain-secret list.yml',
    ]);
    const result = JSON.parse(stdout);
    expect(Object.keys(result)).toEqual(['issues', 'objects', 'files']);
    expect(result).toMatchObject({ objects: 4, files: 5 });
    expect(result.issues[0].object).toEqual({ apiVersion: 'v1', kind: 'ConfigMap', namespace: '', name: 'x' });
    expect(result.issues[1].object).toBeUndefined();

    const text = await validate(folder);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('a/stream.yaml\n  error secret/named-literal ConfigMap x: data.DB_PASSWORD\n');
    expect(text.stdout).toMatch(/4 errors: 4 objects in 5 files\n$/);
    expect(text.stdout + stdout).not.toContain(VALUE);
  });

  it('is content with what holds none, and with other files of a project', async () => {
    const folder = folderOf({
      'a.yaml': FINE,
      'package.json': JSON.stringify({ name: 'x', version: '1.0.0', scripts: { test: 'vitest' } }),
      'en.json': JSON.stringify({ password: 'password', token: 'Your token' }),
      'tsconfig.json': '{ "compilerOptions": [1, }',
    });
    const { code, stdout } = await validate(folder);
    expect(code).toBe(0);
    expect(stdout).toMatch(/warning schema\/unreadable/);
    expect(stdout).toMatch(/valid, 1 warning: 1 object in 4 files\n$/);
  });

  it('tells what it cannot read, and looks for secrets in it all the same', async () => {
    const folder = folderOf({
      'broken.yaml': `a: [1\npassword: ${VALUE}\n`,
      'latin.yaml': Buffer.from('name: Jos\xe9\n', 'latin1'),
      'template.json': '{ "kind": "ConfigMap", {{ x }} }',
    });
    const { code, stdout } = await validate(folder, '--json', '--only', 'secret');
    expect(code).toBe(1);
    expect(rules(stdout)).toEqual([
      'schema/unreadable broken.yaml',
      'secret/named-literal broken.yaml',
      'schema/unreadable latin.yaml',
      'schema/unreadable template.json',
    ]);
    expect(stdout).not.toContain(VALUE);
  });

  it('follows no link out of the folder', async () => {
    const outside = folderOf({ 'x.yaml': LEAK });
    const folder = folderOf({ 'a.yaml': FINE, 'b.txt': LEAK });
    symlinkSync(join(outside, 'x.yaml'), join(folder, 'file.yaml'));
    symlinkSync(outside, join(folder, 'folder'));
    symlinkSync('b.txt', join(folder, 'c.yaml'));
    symlinkSync('.', join(folder, 'again'));
    const { code, stdout } = await validate(folder, '--json');
    expect(code).toBe(1);
    expect(rules(stdout)).toEqual(['schema/link file.yaml', 'secret/named-literal c.yaml']);
  });

  it('tells its progress when there are many files', async () => {
    const many = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`f${i}.yaml`, FINE]));
    const { code, stdout, stderr } = await validate(folderOf(many));
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('checking files: 200 of 250') });
    expect(stdout).toBe('valid: 250 objects in 250 files\n');
  });

  it('refuses what it cannot do', async () => {
    expect((await validate()).code).toBe(2);
    expect((await validate(join(temporaryFolder(), 'nowhere'))).code).toBe(2);
    const unknown = await validate(folderOf({ 'a.yaml': FINE }), '--only', 'colours', '--json');
    expect(unknown.code).toBe(2);
    expect(JSON.parse(unknown.stdout).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('secret'),
    });
  });
});
