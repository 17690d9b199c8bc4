import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publish } from '../src/publish';
import { type Cost, median, megabytes, run, seconds, table, times } from './measure';
import { teamProgram } from './programs';
import { emptyRepository, FILES_PER_UNIT, git, repositoryTree, unitSection } from './repository';
import { linkSelf } from './synthesis';

/** Files of manifests in the repository; twenty for each unit. */
const SIZES = [1_000, 10_000, 100_000];

/** Measures a publish of one changed unit, and one with nothing changed, beside what a pipeline does with a clone. */
export async function benchPublishing(root: string, scratch: string, log: (line: string) => void): Promise<string> {
  const project = join(scratch, 'team');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'main.ts'), teamProgram(FILES_PER_UNIT));
  writeFileSync(join(project, 'cdk8s.yaml'), 'language: typescript\napp: main.ts\n');
  linkSelf(root, project);
  const cli = join(root, 'lib', 'cli', 'main.js');
  const rows: string[][] = [];
  const costs: { whole: Cost; narrowed: Cost; command: Cost }[] = [];

  for (const files of SIZES) {
    const bare = join(scratch, `${files}.git`);
    emptyRepository(bare);
    const url = `file://${bare}`;
    const everything = repositoryTree(files / FILES_PER_UNIT);
    const options = { remote: { url, branch: 'main' }, generator: 'bench' };
    await publish(everything, options);
    log(`a repository of ${files} files is there`);

    let version = 0;
    const stage = (selection?: { applications: string[] }) =>
      median(7, async () => {
        const tree = {
          ...everything,
          source: 'acme/one',
          sections: [unitSection('env0', 'one', 'acme/one', ++version)],
        };
        const started = performance.now();
        const result = await publish(tree, { ...options, ...(selection ? { selection } : {}) });
        if (result.outcome !== 'published') throw new Error(`expected a commit: ${result.outcome}`);
        return { seconds: (performance.now() - started) / 1000 };
      });
    const publishOnce = (...more: string[]) =>
      run(process.execPath, [cli, 'publish', '--remote', url, '--json', ...more], {
        cwd: project,
        env: { VERSION: String(++version) },
      });
    await stage();
    const narrowed = await stage({ applications: ['one'] });
    const whole = await stage();
    await publishOnce();
    const command = await median(5, () => publishOnce());
    const baseline = await median(files > 10_000 ? 3 : 5, () => clonePublish(bare, join(scratch, 'clone'), ++version));
    const head = git(bare, 'rev-parse', 'main');
    const unchanged = await median(3, async () => {
      const tree = repositoryTree(files / FILES_PER_UNIT);
      const started = performance.now();
      const result = await publish(tree, options);
      if (result.outcome !== 'unchanged' || result.attempts !== 0)
        throw new Error(`expected no change: ${result.outcome}`);
      return { seconds: (performance.now() - started) / 1000 };
    });
    if (git(bare, 'rev-parse', 'main') !== head) throw new Error('publishing nothing moved the branch');
    costs.push({ whole, narrowed, command });
    log(
      `publish, ${files} files: ${seconds(whole)} s, baseline ${seconds(baseline)} s, unchanged ${seconds(unchanged)} s`,
    );
    rows.push([
      files.toLocaleString('en'),
      seconds(baseline),
      seconds(narrowed),
      times(baseline, narrowed),
      seconds(whole),
      times(baseline, whole),
      seconds(command),
      times(baseline, command),
      megabytes(command),
      seconds(unchanged),
    ]);
    rmSync(bare, { recursive: true, force: true });
  }
  const small = costs[0] as (typeof costs)[0];
  const large = costs.at(-1) as (typeof costs)[0];
  const growth = (key: 'whole' | 'narrowed' | 'command') => (large[key].seconds / small[key].seconds).toFixed(1);
  const head = [
    'files',
    'baseline, s',
    'stage, narrowed, s',
    'ratio',
    'stage, s',
    'ratio',
    'command, s',
    'ratio',
    'MB',
  ];
  return [
    table([...head, 'nothing changed, s'], rows),
    '',
    `A hundred times the files cost the command ${growth('command')} times as much, the stage ${growth('whole')} times (${growth('narrowed')} narrowed).`,
  ].join('\n');
}

/** What a pipeline does today, with the care that most of them do not take: rebase, then push. */
async function clonePublish(bare: string, clone: string, version: number): Promise<Cost> {
  rmSync(clone, { recursive: true, force: true });
  const script = `
    git clone -q --depth 1 file://${bare} ${clone} && cd ${clone} &&
    mkdir -p environments/env0/copied &&
    for i in $(seq ${FILES_PER_UNIT}); do echo "version: ${version}" > environments/env0/copied/file-$i.yaml; done &&
    git add -A && git -c user.name=b -c user.email=b@example.com commit -q -m change &&
    git pull -q --rebase && git push -q`;
  return run('sh', ['-c', script], { cwd: join(bare, '..') });
}
