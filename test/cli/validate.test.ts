import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run';
import { gitEnv, temporaryFolder } from '../helpers/git';
import { cli, project } from '../toolkit/project';

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

  const POD = (extra = '') => object('Pod', `spec:\n  containers: [{ name: a, image: "a:1" }]\n${extra}`);

  it('checks schemas and policies, and as much of them as is asked for', async () => {
    const folder = folderOf({
      'pod.yaml': POD('  hostNetwork: true\n  nodeNam: x\n'),
      'leak.yaml': LEAK,
      'old.yaml': `apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: { name: x }\nspec: { minAvailable: 1, selector: { matchLabels: { a: b } } }\n`,
    });
    const errors = async (...args: string[]) => {
      const { issues } = JSON.parse((await validate(folder, '--json', ...args)).stdout);
      return issues
        .filter(({ severity }: { severity: string }) => severity === 'error')
        .map(({ rule }: { rule: string }) => rule);
    };
    const all = [
      'secret/named-literal',
      'schema/removed-api',
      'schema/unknown-field',
      'policy/pod-security-host-namespaces',
    ];
    expect(await errors()).toEqual(all);
    expect(await errors('--only', 'schema')).toEqual(all.slice(1, 3));
    expect(await errors('--only', 'secret', 'policy')).toEqual([all[0], all[3]]);
    expect(await errors('--kubernetes-version', '1.27', '--only', 'schema')).toEqual(all.slice(1, 3));
    expect(await errors('--only', 'policy', '--pod-security', 'privileged')).toEqual([]);
    expect(await errors('--only', 'policy', '--pod-security', 'restricted')).toContain('policy/pod-security-non-root');
  });

  it('checks kinds of definitions that are named', async () => {
    const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: toys.example.com }
spec:
  group: example.com
  names: { kind: Toy, plural: toys }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { size: { type: integer } } } } } }
`;
    const folder = folderOf({
      'toy.yaml': 'apiVersion: example.com/v1\nkind: Toy\nmetadata: { name: x }\nspec: { sise: 3 }\n',
    });
    const file = join(temporaryFolder(), 'crd.yaml');
    writeFileSync(file, definition);
    expect(rules((await validate(folder, '--json')).stdout)).toEqual(['schema/unknown-kind toy.yaml']);
    expect(rules((await validate(folder, '--json', '--crds', file)).stdout)).toEqual(['schema/unknown-field toy.yaml']);
  });

  it('looks at units of an environment repository one by one', async () => {
    const unit = (name: string) => ({
      [`environments/dev/${name}/pod.yaml`]: POD('  serviceAccountName: api\n'),
      [`releases/dev/${name}.yaml`]: `apiVersion: cdk8s-gitops/v1\nkind: Release\nenvironment: dev\napplication: ${name}\nnamespace: dev-${name}\n`,
    });
    const folder = folderOf({
      ...unit('a'),
      ...unit('b'),
      'environments/dev/b/account.yaml': object('ServiceAccount', ''),
      'environments/dev/a/account.yaml': 'apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: api }\n',
    });
    const { stdout } = await validate(folder);
    expect(stdout).toMatch(/^unit dev\/a\nenvironments\/dev\/a\/pod\.yaml\n {2}warning/);
    expect(stdout).toContain(
      'unit dev/b\nenvironments/dev/b/pod.yaml\n  error policy/missing-service-account Pod x: spec.serviceAccountName',
    );
    expect(stdout).toMatch(/1 error, \d warnings: 4 objects in 6 files\n$/);
  });

  it('writes SARIF', async () => {
    const folder = folderOf({ 'a b.yaml': LEAK, 'pod.yaml': POD() });
    const file = join(temporaryFolder(), 'issues.sarif');
    const { code } = await validate(folder, '--sarif', file);
    expect(code).toBe(1);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toContain(VALUE);
    const log = JSON.parse(text);
    // What the schema of SARIF 2.1.0 requires of each of these objects.
    expect(log).toMatchObject({ version: '2.1.0', $schema: expect.stringContaining('sarif-2.1.0') });
    expect(log.runs).toHaveLength(1);
    const [{ tool, results }] = log.runs;
    expect(tool.driver.name).toBe('cdk8s-gitops');
    expect(tool.driver.semanticVersion).toMatch(/^\d+\.\d+\.\d+/);
    const ids = tool.driver.rules.map(({ id }: { id: string }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    for (const rule of tool.driver.rules) {
      expect(rule).toMatchObject({
        shortDescription: { text: rule.id },
        help: { text: expect.stringMatching(/.{5}/) },
      });
      expect(['error', 'warning']).toContain(rule.defaultConfiguration.level);
    }
    expect(results.length).toBeGreaterThan(3);
    for (const { ruleId, ruleIndex, level, message, locations, partialFingerprints } of results) {
      expect(ids[ruleIndex]).toBe(ruleId);
      expect(['error', 'warning']).toContain(level);
      expect(message.text.length).toBeGreaterThan(10);
      const [{ physicalLocation, logicalLocations }] = locations;
      expect(['a%20b.yaml', 'pod.yaml']).toContain(physicalLocation.artifactLocation.uri);
      expect(physicalLocation.region.startLine).toBe(1);
      expect(logicalLocations[0]).toMatchObject({ kind: 'object', fullyQualifiedName: expect.stringMatching(/ x$/) });
      expect(Object.values(partialFingerprints).every((each) => typeof each === 'string')).toBe(true);
    }
    const nowhere = await validate(folder, '--sarif', join(temporaryFolder(), 'no', 'where', 'x'), '--json');
    expect(JSON.parse(nowhere.stdout).error.code).toBe('OUTPUT_UNWRITABLE');
  });

  const LEAKING = `import { ApiObject } from 'cdk8s';
import * as gitops from 'cdk8s-gitops';
const platform = new gitops.Platform({ name: 'shop', source: 'acme/shop', environmentRepository: { url: 'https://git.example.com/x.git' } });
const cluster = new gitops.Cluster(platform, 'eu-1');
new gitops.Flux(cluster);
const app = new gitops.Application(new gitops.Environment(platform, 'dev', { cluster }), 'web');
new ApiObject(app, 'db', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'db' }, stringData: { a: '${VALUE}' } });
platform.synth();
`;

  for (const [how, app] of [
    ['in this process', 'main.ts'],
    ['as a command', 'node --import tsx ./main.ts --color'],
  ] as const) {
    it(`reports on what a program declares, ${how}, and writes nothing`, async () => {
      const folder = project({ 'main.ts': LEAKING, 'cdk8s.yaml': `app: ${app}\n` });
      const { code, stdout, stderr } = await cli(folder, ['validate', '--json']);
      expect(code, stderr).toBe(1);
      const result = JSON.parse(stdout);
      expect(Object.keys(result)).toEqual(['issues', 'objects', 'files']);
      expect(result.objects).toBe(1);
      expect(result.issues).toMatchObject([
        {
          rule: 'secret/plain-secret',
          severity: 'error',
          file: 'environments/dev/web/secret-db.yaml',
          path: 'dev/web/db',
        },
      ]);
      expect((await cli(folder, ['validate'])).stdout).toContain(
        'unit dev/web\nenvironments/dev/web/secret-db.yaml\n  error',
      );
      expect(JSON.parse((await cli(folder, ['validate', '--json', '--only', 'policy'])).stdout).issues).toEqual([]);
      // The same variables must not let anything pass elsewhere.
      const env = { CDK8S_GITOPS_CHECK_ONLY: '1', CDK8S_GITOPS_ISSUES: join(folder, 'issues.json') };
      const synth = await cli(folder, ['synth', '--json'], env);
      expect({ code: synth.code, written: existsSync(join(folder, 'dist')) }).toEqual({ code: 1, written: false });
      expect(stdout + stderr + synth.stdout + synth.stderr).not.toContain(VALUE);
    });
  }

  it('refuses what it cannot do', async () => {
    const level = await validate(folderOf({ 'a.yaml': FINE }), '--pod-security', 'none', '--json');
    expect(JSON.parse(level.stdout).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('baseline'),
    });
    const version = await validate(folderOf({ 'a.yaml': FINE }), '--kubernetes-version', '1.2', '--json');
    expect(JSON.parse(version.stdout).error.code).toBe('KUBERNETES_VERSION_UNKNOWN');
    const crds = await validate(folderOf({ 'a.yaml': FINE }), '--crds', 'nowhere.yaml', '--json');
    expect(JSON.parse(crds.stdout).error.code).toBe('DEFINITION_INVALID');
    expect((await validate('--kubernetes-version', '1.30')).code).toBe(2);
    expect((await validate(join(temporaryFolder(), 'nowhere'))).code).toBe(2);
    const unknown = await validate(folderOf({ 'a.yaml': FINE }), '--only', 'colours', '--json');
    expect(unknown.code).toBe(2);
    expect(JSON.parse(unknown.stdout).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('secret'),
    });
  });
});
