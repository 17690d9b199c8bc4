import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cost, median, megabytes, run, seconds, table, times } from './measure';
import { plainProgram, platformProgram } from './programs';

const SIZES = [10, 100, 1_000, 5_000];

/** Seconds after which cdk8s is not waited for. */
const LIMIT = 300;

/** Measures `cdk8s-gitops synth` beside `cdk8s synth`, from process start to the last file written. */
export async function benchSynthesis(root: string, scratch: string, log: (line: string) => void): Promise<string> {
  const cdk8s = await installCdk8s(root, log);
  const rows: string[][] = [];
  const ours = new Map<number, Cost>();
  for (const units of SIZES) {
    const plain = join(cdk8s, `plain-${units}`);
    write(plain, plainProgram(units), 'npx ts-node main.ts', join(cdk8s, 'node_modules'));
    const mine = join(scratch, `platform-${units}`);
    write(mine, platformProgram(units), 'main.ts', join(root, 'node_modules'));
    linkSelf(root, mine);

    const cli = join(root, 'lib', 'cli', 'main.js');
    const cost = await median(units > 1_000 ? 3 : 5, async () => {
      rmSync(join(mine, 'dist'), { recursive: true, force: true });
      return run(process.execPath, [cli, 'synth'], { cwd: mine });
    });
    ours.set(units, cost);
    const again = await median(3, () => run(process.execPath, [cli, 'synth'], { cwd: mine }));
    log(`synth, ${units} units: ${seconds(cost)} s, ${megabytes(cost)} MB; again ${seconds(again)} s`);
    // Quadratic: where a fifth of the units took over a 25th of the limit, it will not finish.
    const baseline =
      units > 1_000 && estimate(rows) > LIMIT
        ? undefined
        : await median(units >= 1_000 ? 1 : 3, () =>
            run(join(cdk8s, 'node_modules', '.bin', 'cdk8s'), ['synth'], {
              cwd: plain,
              limit: LIMIT,
              env: { CI: '1' },
            }),
          );
    if (baseline) log(`cdk8s synth, ${units} units: ${seconds(baseline)} s, ${megabytes(baseline)} MB`);
    rows.push([
      units.toLocaleString('en'),
      (units * 6).toLocaleString('en'),
      baseline ? seconds(baseline) : `skipped (over ${LIMIT} s)`,
      seconds(cost),
      baseline ? times(baseline, cost) : '–',
      seconds(again),
      baseline ? megabytes(baseline) : '–',
      megabytes(cost),
    ]);
  }
  const growth = (ours.get(5_000)?.seconds ?? 0) / (ours.get(1_000)?.seconds ?? 1);
  return [
    table(
      [
        'units',
        'objects',
        '`cdk8s synth`, s',
        '`cdk8s-gitops synth`, s',
        'ratio',
        'again, nothing changed, s',
        'cdk8s, MB',
        'ours, MB',
      ],
      rows,
    ),
    '',
    `Five times the units take ${growth.toFixed(1)} times as long (1,000 to 5,000).`,
  ].join('\n');
}

/** Seconds that the next size would take, if five times the charts take twenty-five times as long. */
function estimate(rows: readonly (readonly string[])[]): number {
  const last = Number(rows.at(-1)?.[2]);
  return Number.isNaN(last) ? Number.POSITIVE_INFINITY : last * 25;
}

/** cdk8s as `cdk8s init typescript-app` sets it up, in a cache: its command line is large, and needed for nothing else. */
async function installCdk8s(root: string, log: (line: string) => void): Promise<string> {
  const folder = join(root, 'bench', '.cache', 'cdk8s');
  mkdirSync(folder, { recursive: true });
  const manifest = {
    private: true,
    dependencies: {
      cdk8s: '2.70.106',
      'cdk8s-cli': '2.207.60',
      'cdk8s-plus-27': '2.9.5',
      constructs: '10.8.1',
      'ts-node': '10.9.2',
      typescript: '5.9.3',
      '@types/node': '20.19.0',
    },
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  log('installing cdk8s-cli and ts-node');
  await run('npm', ['install', '--no-audit', '--no-fund', '--silent'], { cwd: folder });
  return folder;
}

function write(folder: string, program: string, app: string, modules: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'main.ts'), program);
  writeFileSync(join(folder, 'cdk8s.yaml'), `language: typescript\napp: ${app}\n`);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'commonjs',
        target: 'ES2022',
        esModuleInterop: true,
        strict: true,
        skipLibCheck: true,
      },
    }),
  );
  if (!folder.startsWith(modules.replace(/node_modules$/, ''))) symlinkSync(modules, join(folder, 'node_modules'));
}

/** The project imports this package by its name. */
export function linkSelf(root: string, folder: string): void {
  rmSync(join(folder, 'node_modules'), { recursive: true, force: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['cdk8s', 'cdk8s-plus-27', 'constructs']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  symlinkSync(root, join(folder, 'node_modules', 'cdk8s-gitops'));
}
