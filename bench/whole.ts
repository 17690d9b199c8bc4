import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Cost, megabytes, run, seconds, table, times } from './measure';
import { emptyRepository, FILES_PER_UNIT } from './repository';

const FILES = 100_000;

/** A whole repository of 100,000 files published at once, beside a clone that is overwritten, committed and pushed. */
export async function benchWhole(root: string, scratch: string, log: (line: string) => void): Promise<string> {
  const bare = join(scratch, 'whole.git');
  emptyRepository(bare);
  const units = String(FILES / FILES_PER_UNIT);
  const publishAll = async (version: string): Promise<Cost> => {
    const cost = await run(
      process.execPath,
      ['--import', 'tsx', join(root, 'bench', 'whole-publish.ts'), bare, units, version],
      { cwd: root },
    );
    log(`100,000 files, version ${version}: ${seconds(cost)} s, ${megabytes(cost)} MB`);
    return cost;
  };
  const first = await publishAll('0');
  const changed = await publishAll('1');
  const unchanged = await publishAll('1');
  const clone = join(scratch, 'whole-clone');
  const baseline = (edit: string) =>
    run(
      'sh',
      [
        '-c',
        `rm -rf ${clone} && git clone -q --depth 1 file://${bare} ${clone} && cd ${clone} && ${edit} git add -A && { git diff --cached --quiet || { git -c user.name=b -c user.email=b@example.com commit -q -m change && git pull -q --rebase && git push -q; }; }`,
      ],
      {
        cwd: scratch,
      },
    );
  const rewritten = await baseline(
    'find environments -name "*.yaml" -exec sed -i "s/version: .*/version: \\"2\\"/" {} + &&',
  );
  const nothing = await baseline('');
  rmSync(bare, { recursive: true, force: true });
  rmSync(clone, { recursive: true, force: true });
  const row = (what: string, cost: Cost, base?: Cost) => [
    what,
    seconds(cost),
    base === undefined ? '' : seconds(base),
    base === undefined ? '' : times(base, cost),
    megabytes(cost),
  ];
  return table(
    ['100,000 files', 'publish, s', 'baseline, s', 'ratio', 'MB'],
    [
      row('into an empty repository', first),
      row('all of them changed', changed, rewritten),
      row('none changed', unchanged, nothing),
    ],
  );
}
