import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobId, type TreeEntry, treeId } from '../src/model/git-objects';
import { layout } from '../src/model/layout';
import { serializeRecord } from '../src/model/record';
import { type DesiredTree, recordOf, type Section } from '../src/model/section';
import { publish } from '../src/publish';
import { type Cost, median, megabytes, run, seconds, table, times } from './measure';
import { teamProgram } from './programs';
import { linkSelf } from './synthesis';

/** Files of manifests in the repository; twenty for each unit. */
const SIZES = [1_000, 10_000, 100_000];
const FILES_PER_UNIT = 20;
const ENVIRONMENTS = 20;

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
    execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare]);
    git(bare, 'config', 'uploadpack.allowFilter', 'true');
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

/** A repository of many units. They are declared by one source, as a monorepo does; the measured unit is not among them. */
function repositoryTree(units: number): DesiredTree {
  const sections: Section[] = [];
  for (let i = 0; i < units; i++) {
    const environment = `env${i % ENVIRONMENTS}`;
    const application = `app${Math.floor(i / ENVIRONMENTS)}`;
    sections.push(unitSection(environment, application));
  }
  const repository = { url: 'https://git.example.com/acme/bench.git', branch: 'main' };
  return { platform: 'bench', source: 'acme/rest', repository, sections };
}

function unitSection(environment: string, application: string, repository = 'acme/rest', version = 0): Section {
  const owner = { kind: 'unit', environment, application, cluster: 'one' } as const;
  const folder = layout.unitFolder(environment, application);
  const files = new Map<string, string>();
  const ids: TreeEntry[] = [];
  for (let i = 0; i < FILES_PER_UNIT; i++) {
    const content = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${environment}-${application}-${i}\ndata:\n  version: "${version}"\n  text: ${'x'.repeat(1_200)}\n`;
    files.set(`${folder}/configmap-${i}.yaml`, content);
    ids.push({ mode: '100644', name: `configmap-${i}.yaml`, id: blobId(content) });
  }
  const registration = layout.registration('one', environment, application);
  const text = `kind: Application\nmetadata:\n  name: ${environment}.${application}\n`;
  files.set(registration, text);
  const record = recordOf(owner);
  const content = { [folder]: treeId(ids), [registration]: blobId(text) };
  const source = { repository };
  files.set(
    record,
    serializeRecord({ kind: 'Release', environment, application, cluster: 'one', images: [], source, content }),
  );
  return { owner, source: repository, record, files };
}

function git(folder: string, ...args: string[]): string {
  return execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' }).trim();
}
