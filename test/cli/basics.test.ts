import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/git';
import { CLI, cli, project, ROOT, shop, shopProject } from '../toolkit/project';

const VERBS = ['synth', 'diff', 'publish', 'status', 'verify', 'vendor', 'completion'];
const ESCAPE = '\u001b[';

describe('help and usage', () => {
  it('tells the version', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(await cli(temporaryFolder(), ['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('lists every verb', async () => {
    const { code, stdout } = await cli(temporaryFolder(), ['--help']);
    expect(code).toBe(0);
    for (const verb of VERBS) expect(stdout).toContain(`  ${verb} `);
    expect(stdout).toContain('Exit codes:');
  });

  it.each(VERBS)('explains %s', async (verb) => {
    const { code, stdout } = await cli(temporaryFolder(), [verb, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`Usage: cdk8s-gitops ${verb}`);
    expect(stdout).toContain('--json');
  });

  it('loads neither cdk8s nor jiti for help and version', () => {
    const script = `process.argv = ['node', 'cli', '--help'];
      process.on('exit', () => console.error(Object.keys(require.cache).filter((f) => /cdk8s[/]lib|jiti|constructs[/]lib|simple-git/.test(f)).join()));
      require(${JSON.stringify(CLI)});`;
    const output = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stderr;
    expect(output).toBe('\n');
  });

  it.each([
    [['nope'], /unknown command 'nope'/],
    [['synth', '--nope'], /unknown option '--nope'/],
    [['completion', 'tcsh'], /Allowed choices are bash, zsh, fish/],
    [['completion'], /missing required argument/],
    [['publish', '--remote'], /argument missing/],
    [[], /Usage: cdk8s-gitops/],
  ])('refuses %j', async (args, message) => {
    const { code, stdout, stderr } = await cli(temporaryFolder(), args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('refuses as JSON when asked to', async () => {
    for (const args of [['nope', '--json'], ['synth', '--nope', '--json'], ['--json']]) {
      const { code, stdout, stderr } = await cli(temporaryFolder(), args);
      expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
      expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
    }
  });
});

describe('completions', () => {
  it('completes verbs and options in bash', async () => {
    const { stdout } = await cli(temporaryFolder(), ['completion', 'bash']);
    const complete = (...words: string[]): string[] => {
      const script = `${stdout}\nCOMP_WORDS=(${words.join(' ')} ''); COMP_CWORD=${words.length - 1}
        COMP_WORDS[COMP_CWORD]='${words.at(-1)}'; _cdk8s_gitops; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
    };
    expect(complete('cdk8s-gitops', 'p')).toEqual(['publish']);
    expect(complete('cdk8s-gitops', 'publish', '--dr')).toEqual(['--dry-run']);
    expect(complete('cdk8s-gitops', 'diff', '--ex')).toEqual(['--exit-code']);
    expect(complete('cdk8s-gitops', '--json', 'synth', '--out')).toEqual(['--output']);
    expect(complete('cdk8s-gitops', 'completion', 'z')).toEqual(['zsh']);
  });

  it.each(['zsh', 'fish'])('names every verb in %s', async (shell) => {
    const { code, stdout } = await cli(temporaryFolder(), ['completion', shell]);
    expect(code).toBe(0);
    for (const verb of VERBS) expect(stdout).toContain(verb);
    expect(stdout).toContain('dry-run');
  });
});

describe('output', () => {
  it('is pure JSON with --json, whatever the program prints', async () => {
    const end = "console.log('noise'); process.stdout.write('more noise'); platform.synth();";
    const folder = project({ 'main.ts': shop({ end }), 'cdk8s.yaml': 'app: main.ts' });
    const { code, stdout, stderr } = await cli(folder, ['synth', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ platform: 'shop', units: 4, objects: 4, output: 'dist', removed: [] });
    expect(stderr).toBe('noise\nmore noise\n');
  });

  it('is pure JSON with --json when the program is a command', async () => {
    const folder = project({ 'main.mjs': `console.log('noise');\n${shop()}` });
    const { stdout, stderr } = await cli(folder, ['--json', 'synth', '--app', 'node main.mjs && echo noise']);
    expect(JSON.parse(stdout)).toMatchObject({ units: 4 });
    expect(stderr).toBe('noise\nnoise\n');
  });

  it('shows errors as text, or as JSON', async () => {
    const folder = project({});
    const text = await cli(folder, ['synth']);
    expect({ code: text.code, stdout: text.stdout }).toEqual({ code: 1, stdout: '' });
    expect(text.stderr).toMatch(/^error APP_NOT_FOUND: there is no program/);
    const json = await cli(folder, ['synth', '--json']);
    expect({ code: json.code, stderr: json.stderr }).toEqual({ code: 1, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'APP_NOT_FOUND', problems: [{ where: '' }] } });
  });

  it('shows every problem of a model', async () => {
    const end = "new gitops.Cluster(platform, 'A'); new gitops.Cluster(platform, 'B'); platform.synth();";
    const folder = project({ 'main.ts': shop({ end }) });
    const { stdout } = await cli(folder, ['synth', '--app', 'main.ts', '--json']);
    const { error } = JSON.parse(stdout) as { error: { problems: { where: string }[] } };
    expect(error.problems.map(({ where }) => where)).toEqual(expect.arrayContaining(['A', 'B']));
  });

  it('fails when the program rejects where nobody listens', async () => {
    const files = { 'main.ts': `${shop()}\nvoid Promise.reject(new Error('nobody listens'));` };
    const { code, stderr } = await cli(project(files), ['synth', '--app', 'main.ts']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error APP_FAILED: main\.ts failed: nobody listens\n {2}at main\.ts:\d+/);
    const late = { 'main.mjs': "setTimeout(() => { throw new Error('too late'); }, 20);" };
    expect((await cli(project(late), ['synth', '--app', 'main.mjs'])).stderr).toMatch(
      /APP_FAILED: main\.mjs failed: too late/,
    );
  });

  it.each([
    ['void (async () => { await 0; process.exit(3); })();', 'exit code 3'],
    [
      "void main().catch((error) => { console.error(error.message); process.exit(1); });\nasync function main() { throw new Error('x'); }",
      'exit code 1',
    ],
    ['process.exitCode = 9;', 'exit code 9'],
  ])('fails when the program ends itself: %s', async (end, message) => {
    const folder = project({ 'main.ts': shop({ end: `platform.synth();\n${end}` }) });
    const { code, stderr, stdout } = await cli(folder, ['synth', '--app', 'main.ts']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`error APP_FAILED: main.ts ended itself with ${message}`);
  });

  it('fails when the program never comes to an end', async () => {
    const folder = project({ 'main.mts': 'await new Promise(() => {});' });
    const { code, stderr } = await cli(folder, ['synth', '--app', 'main.mts']);
    expect(code).toBe(1);
    expect(stderr).toContain('error APP_FAILED: main.mts failed: it awaits something that never happens');
  });

  it('is not fooled by what the program does later on', async () => {
    const { folder } = shopProject({ end: 'platform.synth(); setTimeout(() => process.exit(0), 30);' });
    const { code, stdout } = await cli(folder, ['publish', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'APP_FAILED' } });
    const loud = shopProject({ end: "platform.synth(); setInterval(() => console.log('noise'), 1);" });
    const published = await cli(loud.folder, ['publish', '--json']);
    expect(JSON.parse(published.stdout)).toMatchObject({ outcome: 'published' });
    expect(published.stderr).toContain('noise');
  });

  it('shows stacks when asked to', async () => {
    const folder = project({ 'main.ts': "throw new Error('broken', { cause: new Error('deeper') });" });
    expect((await cli(folder, ['synth', '--app', 'main.ts'])).stderr).not.toContain('deeper');
    const { stderr } = await cli(folder, ['synth', '--app', 'main.ts', '--verbose']);
    expect(stderr).toContain('caused by Error: broken');
    expect(stderr).toContain('caused by Error: deeper');
  });

  it('never lets a message act on the terminal', async () => {
    const folder = project({ 'main.ts': "throw new Error('a\\u001b[2Jb\\u202ec\\u009bd');" });
    const { stderr } = await cli(folder, ['synth', '--app', 'main.ts']);
    expect(stderr).toContain('a\\u001b[2Jb\\u202ec\\u009bd');
    const { stdout } = await cli(folder, ['synth', '--app', 'main.ts', '--json']);
    expect(stdout).not.toMatch(/[\u0080-\u009f\u202e]/);
    expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.stringContaining('\u202ec\u009bd') } });
  });

  it.each([
    [{}, [], false],
    [{ FORCE_COLOR: '1' }, [], true],
    [{ FORCE_COLOR: '0' }, [], false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    [{ FORCE_COLOR: '1', NO_COLOR: '' }, [], true],
    [{ FORCE_COLOR: '1' }, ['--no-color'], false],
  ])('is coloured or not: %j %j', async (env, args, isColored) => {
    const folder = project({ 'main.ts': shop() });
    const { stdout } = await cli(folder, ['synth', '--app', 'main.ts', ...args], env);
    expect(stdout.includes(ESCAPE)).toBe(isColored);
    expect((await cli(folder, ['synth', '--app', 'no.ts', ...args], env)).stderr.includes(ESCAPE)).toBe(isColored);
  });
});

describe('synth', () => {
  it('writes, and writes again only what differs', async () => {
    const { folder } = shopProject();
    expect((await cli(folder, ['synth'])).stdout).toMatch(
      /^synthesized 4 units, 4 objects to dist \(\d+ written, 0 removed/,
    );
    expect(existsSync(join(folder, 'dist/environments/dev/checkout/deployment-checkout-api.yaml'))).toBe(true);
    expect((await cli(folder, ['synth'])).stdout).toContain('(0 written, 0 removed');
  });

  it('writes to the folder that is named, or configured', async () => {
    const files = { 'main.ts': shop(), 'cdk8s.yaml': 'app: main.ts\noutput: rendered\n' };
    const folder = project(files);
    await cli(folder, ['synth']);
    expect(existsSync(join(folder, 'rendered/README.md'))).toBe(true);
    await cli(folder, ['synth', '--output', 'elsewhere']);
    expect(existsSync(join(folder, 'elsewhere/README.md'))).toBe(true);
  });

  it('refuses a folder that holds something else', async () => {
    const { folder } = shopProject();
    for (const output of ['.', '..', 'node_modules']) {
      const { code, stderr } = await cli(folder, ['synth', '--output', output]);
      expect({ output, code }).toEqual({ output, code: 1 });
      expect(stderr).toContain('OUTPUT_FOREIGN_FILES');
    }
  });
});
