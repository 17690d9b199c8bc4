import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { blobId, treeId } from '../src/model/git-objects';
import { layout } from '../src/model/layout';
import { publish } from '../src/publish';
import { serve } from './git-server';
import { run, table } from './measure';
import { type Lap, type Racer, race, sectionOf, startProcess } from './racers';
import { emptyRepository, FILES_PER_UNIT, git, repositoryTree } from './repository';

/**
 * Publishers that race each other into one repository.
 *
 *     npx tsx bench/race.ts race    every publisher publishes its own unit, round after round
 *     npx tsx bench/race.ts rebase  the same with a clone, and pull --rebase until the push lands
 *     npx tsx bench/race.ts kills   the same as race, with publishers killed at random and run again
 *
 * Options: --publishers 8 --rounds 3 --files 10000 --transport file|http --delay 0 (milliseconds before each answer)
 * --processes 0 (in how many processes the publishers run; 0: all in this one) --queue auto|always|off --kills 50
 */
interface Options {
  readonly publishers: number;
  readonly rounds: number;
  readonly files: number;
  readonly transport: 'file' | 'http';
  readonly delay: number;
  readonly processes: number;
  readonly queue: Racer['queue'];
  readonly kills: number;
}

/** Milliseconds that a killed publisher's place may block others: re-runs come at once here. */
const SOAK_LEASE = 2_000;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      publishers: { type: 'string', default: '8' },
      rounds: { type: 'string', default: '3' },
      files: { type: 'string', default: '10000' },
      transport: { type: 'string', default: 'file' },
      delay: { type: 'string', default: '0' },
      processes: { type: 'string', default: '0' },
      queue: { type: 'string', default: 'auto' },
      kills: { type: 'string', default: '50' },
    },
  });
  const options: Options = {
    publishers: Number(values.publishers),
    rounds: Number(values.rounds),
    files: Number(values.files),
    transport: values.transport === 'http' ? 'http' : 'file',
    delay: Number(values.delay),
    processes: Number(values.processes),
    queue: values.queue === 'always' || values.queue === 'off' ? values.queue : 'auto',
    kills: Number(values.kills),
  };
  const scratch = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'cdk8s-gitops-race-'));
  try {
    const bare = join(scratch, 'environments.git');
    emptyRepository(bare);
    git(bare, 'config', 'http.receivepack', 'true');
    const filled = { remote: { url: `file://${bare}`, branch: 'main' }, generator: 'bench' };
    await publish(repositoryTree(Math.max(1, options.files / FILES_PER_UNIT)), filled);
    const [verb = 'race'] = positionals;
    if (verb === 'rebase') await benchRebase(bare, scratch, options);
    else if (verb === 'kills') await benchKills(bare, options);
    else await benchRace(bare, options);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function benchRace(bare: string, options: Options): Promise<void> {
  const { publishers, rounds, processes, queue } = options;
  const server = options.transport === 'http' ? await serve(bare, options.delay) : undefined;
  const url = server?.url ?? `file://${bare}`;
  try {
    // One that nobody is in the way of: its time is what a queue without combining could at best be served in.
    const alone: number[] = [];
    const warm: Racer = { url, publisher: publishers, from: 0, to: 4, queue };
    await race(warm, ({ milliseconds }) => alone.push(milliseconds));
    const single = median(alone.slice(1));
    const before = Number(git(bare, 'rev-list', '--count', 'main'));

    const laps: Lap[] = [];
    const started = performance.now();
    const racers = Array.from({ length: publishers }, (_, publisher) => ({
      url,
      publisher,
      from: 0,
      to: rounds,
      queue,
    }));
    if (processes === 0) await Promise.all(racers.map((racer) => race(racer, (lap) => laps.push(lap))));
    else await inProcesses(racers, processes, (lap) => laps.push(lap));
    const wall = performance.now() - started;

    const commits = Number(git(bare, 'rev-list', '--count', 'main')) - before;
    const times = laps.map(({ milliseconds }) => milliseconds).sort((a, b) => a - b);
    const pushes = laps.reduce((sum, lap) => sum + lap.pushes, 0);
    const ceiling = 1_000 / single;
    report({
      landed: `${commits} of ${publishers * rounds}`,
      lost: lostRounds(bare, publishers, () => rounds).length,
      'pushes per commit': (pushes / commits).toFixed(2),
      'wall, s': seconds(wall),
      'commits/s': (commits / (wall / 1_000)).toFixed(2),
      'alone, s': seconds(single),
      'serial ceiling, commits/s': ceiling.toFixed(2),
      'times the ceiling': (commits / (wall / 1_000) / ceiling).toFixed(2),
      'p50, s': seconds(quantile(times, 0.5)),
      'p99, s': seconds(quantile(times, 0.99)),
      ...health(bare),
    });
  } finally {
    server?.close();
  }
}

async function inProcesses(racers: readonly Racer[], count: number, lap: (lap: Lap) => void): Promise<void> {
  const shares = Array.from({ length: count }, (_, i) => racers.filter((_, at) => at % count === i));
  await Promise.all(
    shares
      .filter((share) => share.length > 0)
      .map((share) => {
        const child = startProcess(share, lap);
        return new Promise<void>((done, fail) => {
          child.on('close', (code) => (code === 0 ? done() : fail(new Error(`a publisher failed (${code})`))));
        });
      }),
  );
}

/** Kills publishers at random moments, and runs each again where it was, as a pipeline's re-run does. */
async function benchKills(bare: string, options: Options): Promise<void> {
  const { publishers, queue } = options;
  const server = options.transport === 'http' ? await serve(bare, options.delay) : undefined;
  const url = server?.url ?? `file://${bare}`;
  const confirmed = new Array<number>(publishers).fill(0);
  let killed = 0;
  let started = 0;
  const began = performance.now();
  const soak = async (publisher: number): Promise<void> => {
    while (killed < options.kills) {
      const from = confirmed[publisher] ?? 0;
      started++;
      const racer = { url, publisher, from, to: from + 1_000, queue, lease: SOAK_LEASE };
      const child = startProcess([racer], ({ round }) => {
        confirmed[publisher] = round + 1;
      });
      const ended = new Promise((done) => child.on('close', done));
      await new Promise((done) => setTimeout(done, 500 + Math.random() * 4_000));
      if (child.kill('SIGKILL')) killed++;
      await ended;
    }
    // Once more, to its end; and once more with nothing to change.
    const from = confirmed[publisher] ?? 0;
    for (let again = 0; again < 2; again++) {
      await race({ url, publisher, from, to: from + 1, queue, lease: SOAK_LEASE }, () => {});
    }
    confirmed[publisher] = from + 1;
  };
  try {
    await Promise.all(confirmed.map((_, publisher) => soak(publisher)));
    const lost = lostRounds(bare, publishers, (publisher) => confirmed[publisher] ?? 0);
    report({
      kills: killed,
      runs: started,
      'rounds confirmed': confirmed.reduce((sum, rounds) => sum + rounds, 0),
      lost: lost.length,
      partial: partialCommits(bare, publishers, confirmed).length,
      'wall, s': seconds(performance.now() - began),
      ...health(bare),
    });
  } finally {
    server?.close();
  }
}

/** What pipelines do today, with the care that most of them do not take. */
async function benchRebase(bare: string, scratch: string, options: Options): Promise<void> {
  const { publishers, rounds } = options;
  const server = options.transport === 'http' ? await serve(bare, options.delay) : undefined;
  const url = server?.url ?? `file://${bare}`;
  const before = Number(git(bare, 'rev-list', '--count', 'main'));
  const times: number[] = [];
  const started = performance.now();
  try {
    await Promise.all(
      Array.from({ length: publishers }, async (_, publisher) => {
        for (let round = 0; round < rounds; round++) {
          const clone = join(scratch, `clone-${publisher}`);
          const folder = `environments/env${publisher % 20}/racer${publisher}`;
          const script = `
            export GIT_AUTHOR_NAME=r GIT_AUTHOR_EMAIL=r@example.com GIT_COMMITTER_NAME=r GIT_COMMITTER_EMAIL=r@example.com
            rm -rf ${clone} && git clone -q --depth 1 ${url} ${clone} && cd ${clone} && mkdir -p ${folder} &&
            for i in $(seq ${FILES_PER_UNIT}); do echo "version: ${round}" > ${folder}/file-$i.yaml; done &&
            git add -A && git commit -q -m change &&
            until echo push >> ${scratch}/pushes && git push -q 2>/dev/null; do git pull -q --rebase || exit 1; done`;
          const { seconds } = await run('sh', ['-c', script], { cwd: scratch, limit: 3_600 });
          times.push(seconds * 1_000);
        }
      }),
    );
    const wall = performance.now() - started;
    const commits = Number(git(bare, 'rev-list', '--count', 'main')) - before;
    const pushes = readFileSync(join(scratch, 'pushes'), 'utf8').split('\n').length - 1;
    times.sort((a, b) => a - b);
    report({
      landed: `${commits} of ${publishers * rounds}`,
      'pushes per commit': (pushes / commits).toFixed(2),
      'wall, s': seconds(wall),
      'commits/s': (commits / (wall / 1_000)).toFixed(2),
      'p50, s': seconds(quantile(times, 0.5)),
      'p99, s': seconds(quantile(times, 0.99)),
    });
  } finally {
    server?.close();
  }
}

const folderOf = (publisher: number) => layout.unitFolder(`env${publisher % 20}`, `racer${publisher}`);

/** Git id of a publisher's folder in a round. */
function idOf(publisher: number, round: number): string {
  const folder = `${folderOf(publisher)}/`;
  const files = [...sectionOf(publisher, round).files].filter(([path]) => path.startsWith(folder));
  return treeId(files.map(([path, text]) => ({ mode: '100644', name: path.slice(folder.length), id: blobId(text) })));
}

/** What a publisher's folder held, commit by commit. */
function historyOf(bare: string, publisher: number): string[] {
  const folder = folderOf(publisher);
  const commits = git(bare, 'log', '--reverse', '--format=%H', 'main', '--', folder).split('\n').filter(Boolean);
  const input = commits.map((commit) => `${commit}:${folder}\n`).join('');
  const output = execFileSync('git', ['-C', bare, 'cat-file', '--batch-check=%(objectname)'], {
    input,
    encoding: 'utf8',
  });
  return output.trim().split('\n');
}

/** Rounds that are missing from the history, or out of order. */
function lostRounds(bare: string, publishers: number, rounds: (publisher: number) => number): string[] {
  const lost: string[] = [];
  for (let publisher = 0; publisher < publishers; publisher++) {
    const history = historyOf(bare, publisher);
    let at = -1;
    for (let round = 0; round < rounds(publisher); round++) {
      const found = history.indexOf(idOf(publisher, round));
      if (found <= at) lost.push(`${publisher}/${round}`);
      else at = found;
    }
  }
  return lost;
}

/** Commits in which a publisher's folder is that of no round. */
function partialCommits(bare: string, publishers: number, rounds: readonly number[]): string[] {
  return Array.from({ length: publishers }, (_, publisher) => {
    const whole = new Set(Array.from({ length: (rounds[publisher] ?? 0) + 1 }, (_, round) => idOf(publisher, round)));
    return historyOf(bare, publisher).filter((id) => !whole.has(id));
  }).flat();
}

function health(bare: string): Record<string, string | number> {
  const fsck = execFileSync('git', ['-C', bare, 'fsck', '--full', '--strict', '--no-dangling'], { encoding: 'utf8' });
  return {
    merges: git(bare, 'rev-list', '--count', '--min-parents=2', 'main'),
    'queue refs left': git(bare, 'for-each-ref', '--format=%(refname)', 'refs/cdk8s-gitops').split('\n').filter(Boolean)
      .length,
    fsck: fsck.trim() === '' ? 'clean' : fsck.trim(),
  };
}

function report(values: Readonly<Record<string, string | number>>): void {
  console.log(table(Object.keys(values), [Object.values(values).map(String)]));
}

const seconds = (milliseconds: number) => (milliseconds / 1_000).toFixed(2);

/** @param sorted in ascending order */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
