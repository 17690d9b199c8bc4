import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What `race.ts` found, by its own names. */
type Found = Readonly<Record<string, string>>;

const COLUMNS = [
  'landed',
  'lost',
  'pushes per commit',
  'wall, s',
  'commits/s',
  'p50, s',
  'p99, s',
  'times the ceiling',
];

/** Races of many publishers, each run as a process of its own. */
export async function benchRacing(root: string, log: (line: string) => void): Promise<string> {
  const race = async (what: string, ...args: string[]): Promise<Found> => {
    log(`${what} …`);
    const found = await runRace(root, args);
    log(JSON.stringify(found));
    return found;
  };
  const rows: [what: string, found: Found][] = [];
  const add = async (what: string, ...args: string[]) => {
    const found = await race(what, ...args);
    rows.push([what, found]);
    return found;
  };
  await add('64 publishers × 20, file', 'race', '--publishers', '64', '--rounds', '20');
  await add('64 publishers × 20, HTTP', 'race', '--publishers', '64', '--rounds', '20', '--transport', 'http');
  const once = await add('64 publishers at once, file', 'race', '--publishers', '64', '--rounds', '1');
  const slow = ['--transport', 'http', '--delay', '500'];
  await add('32 publishers × 5, HTTP, 0.5 s for each answer', 'race', '--publishers', '32', '--rounds', '5', ...slow);
  const rebase = await add('rebase loop, 64 at once, file', 'rebase', '--publishers', '64', '--rounds', '1');
  const kills = await race(
    'publishers killed 200 times',
    'kills',
    '--publishers',
    '6',
    '--kills',
    '200',
    '--files',
    '1000',
  );

  const head = ['', ...COLUMNS];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const ratio = Number(rebase['wall, s']) / Number(once['wall, s']);
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.map(([what, found]) => line([what, ...COLUMNS.map((column) => found[column] ?? '')])),
    '',
    `64 at once take the rebase loop ${ratio.toFixed(1)} times as long. In every race: ${healthOf(rows.map(([, found]) => found))}.`,
    '',
    `Killed ${kills.kills} times in ${kills.runs} runs, with ${kills['rounds confirmed']} rounds confirmed: ${kills.lost} lost, ${kills.partial} partial, ${kills['queue refs left']} queue refs left, fsck ${kills.fsck}.`,
  ].join('\n');
}

function healthOf(all: readonly Found[]): string {
  const sum = (name: string) => all.reduce((total, found) => total + Number(found[name] ?? 0), 0);
  const unclean = all.map(({ fsck }) => fsck ?? 'clean').filter((text) => text !== 'clean');
  return `${sum('merges')} merges, ${sum('queue refs left')} queue refs left, fsck ${unclean.length === 0 ? 'clean' : unclean.join('; ')}`;
}

async function runRace(root: string, args: readonly string[]): Promise<Found> {
  const script = join(root, 'bench', 'race.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  const cells = (line: string | undefined) =>
    (line ?? '')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const lines = stdout.trim().split('\n');
  const names = cells(lines.at(-3));
  const values = cells(lines.at(-1));
  return Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
}
