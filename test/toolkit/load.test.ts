import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DesiredTree } from '../../src/model/section';
import { loadTree } from '../../src/toolkit/app';
import { failure } from './failure';
import { CJS, project, ROOT, shop } from './project';

const load = (files: Record<string, string>, app: string): Promise<DesiredTree> =>
  loadTree({ cwd: project(files), app });

const names = ({ sections }: DesiredTree): string[] =>
  sections.flatMap(({ owner }) => (owner.kind === 'unit' ? [`${owner.environment}/${owner.application}`] : []));

const UNITS = ['dev/checkout', 'dev/search', 'prod/checkout', 'prod/search'];

const SYNTH = 'platform.synth();';

describe('a program that is loaded in process', () => {
  const programs: [string, string, string, Record<string, string>?][] = [
    ['TypeScript', 'main.ts', shop({ end: `const name: string = 'typed';\nvoid name;\n${SYNTH}` })],
    ['TypeScript that exports by default', 'main.ts', shop({ end: 'export default platform;' })],
    ['TypeScript that exports by name', 'src/app.ts', shop({ end: 'export { platform };' })],
    ['TypeScript that exports with =', 'main.cts', shop({ imports: CJS, end: 'export = platform;' })],
    ['TypeScript in ESM with top-level await', 'main.mts', shop({ end: `await Promise.resolve();\n${SYNTH}` })],
    ['TypeScript with top-level await', 'main.ts', shop({ end: `await Promise.resolve();\n${SYNTH}` })],
    ['TypeScript in a package of ESM', 'main.ts', shop({ end: `await 0;\n${SYNTH}` }), { type: 'module' }],
    ['CommonJS', 'main.js', shop({ imports: CJS, end: SYNTH })],
    ['CommonJS by its extension', 'main.cjs', shop({ imports: CJS, end: SYNTH })],
    ['CommonJS that exports the platform', 'main.js', shop({ imports: CJS, end: 'module.exports = platform;' })],
    ['CommonJS that exports by name', 'main.cjs', shop({ imports: CJS, end: 'exports.platform = platform;' })],
    ['ESM', 'main.mjs', shop({ end: SYNTH })],
    ['ESM with top-level await', 'main.mjs', shop({ end: `await Promise.resolve();\n${SYNTH}` })],
    ['ESM that exports by default', 'main.mjs', shop({ end: 'export default platform;' })],
    ['ESM that exports by name', 'main.mjs', shop({ end: 'export const it = platform;' })],
    ['JavaScript in a package of ESM', 'main.js', shop({ end: 'export default platform;' }), { type: 'module' }],
    ['a function', 'main.ts', shop({ end: 'export default function make() { return platform; }' })],
    ['an async function', 'main.ts', shop({ end: 'export default async () => platform;' })],
    ['an async function that synthesizes', 'main.ts', shop({ end: `export default async () => { ${SYNTH} };` })],
    ['a CommonJS function', 'main.cjs', shop({ imports: CJS, end: 'module.exports = () => platform;' })],
    ['a platform by two names', 'main.ts', shop({ end: 'export default platform;\nexport { platform };' })],
    ['synth() and an export', 'main.ts', shop({ end: `${SYNTH}\nexport default platform;` })],
    ['synth() twice', 'main.ts', shop({ end: `${SYNTH}\n${SYNTH}` })],
    ['a main() that nobody awaits', 'main.ts', shop({ end: `void (async () => { await 0; ${SYNTH} })();` })],
    ['a timer', 'main.mjs', shop({ end: `setTimeout(() => { ${SYNTH} }, 40);` })],
    ['process.exit(0) at its end', 'main.ts', shop({ end: `${SYNTH}\nprocess.exit(0);` })],
  ];
  it.each(programs)('%s', async (_, file, content, manifest) => {
    const files: Record<string, string> = { [file]: content };
    if (manifest) files['package.json'] = JSON.stringify(manifest);
    expect(names(await load(files, file))).toEqual(UNITS);
  });

  it('takes the last of two syntheses of one platform', async () => {
    const end = `${SYNTH}\nnew gitops.Environment(platform, 'extra', { cluster });\n${SYNTH}`;
    const { sections } = await load({ 'main.ts': shop({ end }) }, 'main.ts');
    expect(sections.map(({ owner }) => owner.kind === 'environment' && owner.environment)).toContain('extra');
  });

  it('imports modules of its own', async () => {
    const files = {
      'main.ts': `${shop({ end: "import { end } from './lib/end';\nend(platform);" })}`,
      'lib/end.ts':
        "import type { Platform } from 'cdk8s-gitops';\nexport const end = (platform: Platform): void => platform.synth();",
    };
    expect(names(await load(files, 'main.ts'))).toEqual(UNITS);
  });

  it.each([
    'node main.mjs',
    'npx tsx main.mjs',
    'npx ts-node main.mjs',
    'tsx main.mjs',
    './main.mjs',
    'node "main.mjs"',
  ])("recognizes '%s' as a program", async (app) => {
    // A command would have its output folder set.
    const end = `if (process.env.CDK8S_OUTDIR) throw new Error('a command');\n${SYNTH}`;
    expect(names(await load({ 'main.mjs': shop({ end }) }, app))).toEqual(UNITS);
  });

  it('gives it its own arguments and working folder', async () => {
    const end = `if (!process.argv[1].endsWith('main.mjs') || process.argv.length > 2) throw new Error(process.argv.join());
      if (!process.cwd().endsWith('project')) throw new Error(process.cwd());\n${SYNTH}`;
    const before = [process.cwd(), process.argv];
    await load({ 'main.mjs': shop({ end }) }, 'main.mjs');
    expect([process.cwd(), process.argv]).toEqual(before);
  });

  it('hands on what it prints, and prints nothing itself', async () => {
    const printed: string[] = [];
    const output = (chunk: string | Uint8Array) => void printed.push(Buffer.from(chunk).toString());
    const cwd = project({ 'main.ts': shop({ end: `process.stdout.write('noise\\n');\n${SYNTH}` }) });
    await loadTree({ cwd, app: 'main.ts', host: { output } });
    expect(printed.join('')).toBe('noise\n');
  });

  it('loads the examples, which import this package by its own name', async () => {
    const tree = await loadTree({ cwd: join(ROOT, 'examples', 'shop'), app: 'main.ts' });
    expect(names(tree).length).toBeGreaterThan(1);
  });
});

describe('a program that cannot be used', () => {
  it('is not there', async () => {
    expect((await failure(load({}, 'main.ts'), 'APP_NOT_FOUND')).message).toMatch(/main\.ts does not exist; name a/);
    await failure(load({}, 'node lib/main.js'), 'APP_NOT_FOUND');
    expect((await failure(load({ 'src/a.ts': '' }, 'src'), 'APP_NOT_FOUND')).message).toContain('is a folder');
  });

  it('is not named', async () => {
    const message = (await failure(loadTree({ cwd: project({}) }), 'APP_NOT_FOUND')).message;
    expect(message).toMatch(/app: main\.ts.*cdk8s\.yaml.*--app/);
    await failure(loadTree({ cwd: project({ 'cdk8s.yaml': 'language: typescript\n' }) }), 'APP_NOT_FOUND');
  });

  it.each([
    ['app: [', /cdk8s\.yaml is not YAML/],
    ['app: 3', /app in cdk8s\.yaml has to be a text, not 3/],
    ['- a\n- b', /has to hold one map/],
    ['app: ""', /app in cdk8s\.yaml/],
  ])('has a broken configuration: %s', async (text, message) => {
    const cwd = project({ 'cdk8s.yaml': text });
    expect((await failure(loadTree({ cwd }), 'CONFIG_INVALID')).message).toMatch(message);
  });

  it('throws', async () => {
    const content = `const fail = (): void => {\n  throw new TypeError('no such region: eu-9');\n};\nfail();\n`;
    const error = await failure(load({ 'src/main.ts': content }, 'src/main.ts'), 'APP_FAILED');
    expect(error.message.split('\n')).toEqual([
      'src/main.ts failed: TypeError: no such region: eu-9',
      expect.stringMatching(/^ {2}at src\/main\.ts:2:\d+$/),
      expect.stringMatching(/^ {2}at src\/main\.ts:4:\d+$/),
    ]);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it.each(['main.mjs', 'main.cjs', 'main.mts'])('throws in %s', async (file) => {
    const error = await failure(load({ [file]: `\nthrow new Error('on purpose');\n` }, file), 'APP_FAILED');
    expect(error.message).toMatch(new RegExp(`^${file} failed: on purpose\\n  at ${file}:2:\\d+$`));
  });

  it('throws what is no error', async () => {
    const error = await failure(load({ 'main.ts': "throw 'a text';" }, 'main.ts'), 'APP_FAILED');
    expect(error.message).toContain('it threw a text');
    await failure(load({ 'main.ts': 'throw undefined;' }, 'main.ts'), 'APP_FAILED');
  });

  it('rejects', async () => {
    const content = "await Promise.reject(new Error('late'));";
    expect((await failure(load({ 'main.ts': content }, 'main.ts'), 'APP_FAILED')).message).toContain('late');
    const fn = "export default async () => { throw new Error('later'); };";
    expect((await failure(load({ 'main.ts': fn }, 'main.ts'), 'APP_FAILED')).message).toContain('later');
  });

  it.each(['main.ts', 'main.mts', 'main.cts'])('does not compile: %s', async (file) => {
    const error = await failure(load({ [file]: '\nconst a: string = {;\n' }, file), 'APP_FAILED');
    expect(error.message).toMatch(new RegExp(`${file} does not compile: .+\\n  at ${file}:2:\\d+$`, 's'));
  });

  it.each(['main.mjs', 'main.cjs', 'main.js'])('does not parse: %s', async (file) => {
    const error = await failure(load({ [file]: '\nconst a = {;\n' }, file), 'APP_FAILED');
    expect(error.message).toContain(file);
  });

  it('imports what is not there', async () => {
    const error = await failure(load({ 'main.ts': "import 'no-such-package';" }, 'main.ts'), 'APP_FAILED');
    expect(error.message).toMatch(/Cannot find (module|package) 'no-such-package'/);
  });

  it('gives no platform', async () => {
    const error = await failure(load({ 'main.ts': 'export const a = 1;' }, 'main.ts'), 'APP_NO_PLATFORM');
    expect(error.message).toMatch(/platform\.synth\(\) or export it/);
    await failure(load({ 'main.ts': '' }, 'main.ts'), 'APP_NO_PLATFORM');
    await failure(load({ 'main.ts': 'export default () => 3;' }, 'main.ts'), 'APP_NO_PLATFORM');
    await failure(load({ 'main.ts': 'export default class Main {}' }, 'main.ts'), 'APP_NO_PLATFORM');
    await failure(
      load({ 'main.ts': "import { App } from 'cdk8s'; export default new App();" }, 'main.ts'),
      'APP_NO_PLATFORM',
    );
  });

  it('declares several platforms', async () => {
    const second = "const other = new gitops.Platform({ name: 'other', environmentRepository: { url: 'file:///x' } });";
    const inputs = [
      `${SYNTH} ${second} new gitops.ArgoCd(new gitops.Cluster(other, 'c')); other.synth();`,
      `${second} export { platform, other };`,
    ];
    for (const end of inputs) {
      const error = await failure(load({ 'main.ts': shop({ end }) }, 'main.ts'), 'MODEL_INVALID');
      expect(error.message).toContain('declares 2 platforms (other, shop): keep one');
    }
  });

  it('ends the process', async () => {
    const error = await failure(load({ 'main.ts': shop({ end: 'process.exit(7);' }) }, 'main.ts'), 'APP_FAILED');
    expect(error.message).toContain('exit code 7');
    await failure(load({ 'main.ts': `${shop()}process.exitCode = 4;` }, 'main.ts'), 'APP_FAILED');
    await failure(load({ 'main.ts': 'process.exit(0);' }, 'main.ts'), 'APP_NO_PLATFORM');
    expect(process.exitCode ?? 0).toBe(0);
  });

  it('declares what cannot be synthesized', async () => {
    const end = "new gitops.Cluster(platform, 'Not_A_Label');\nplatform.synth();";
    const error = await failure(load({ 'main.ts': shop({ end }) }, 'main.ts'), 'MODEL_INVALID');
    expect(error.problems.length).toBeGreaterThan(0);
  });
});

describe('a program that is a command', () => {
  it('is run in a shell', async () => {
    const tree = await load({ 'main.cjs': shop({ imports: CJS }) }, 'node main.cjs && true');
    expect(names(tree)).toEqual(UNITS);
  });

  it('fails', async () => {
    const error = await failure(load({}, 'echo something >&2; exit 5'), 'APP_FAILED');
    expect(error.message).toBe("the command 'echo something >&2; exit 5' failed with exit code 5\n  something");
    expect((await failure(load({}, 'no-such-command-at-all'), 'APP_FAILED')).message).toContain('exit code 127');
  });

  it('writes nothing', async () => {
    expect((await failure(load({}, 'true'), 'APP_NO_PLATFORM')).message).toContain("the command 'true'");
  });

  it('is ended when the caller gives up', async () => {
    const signal = AbortSignal.timeout(100);
    const started = performance.now();
    await expect(loadTree({ cwd: project({}), app: 'sleep 20; true', signal })).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
