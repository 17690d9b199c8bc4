import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What a command cost: wall clock in seconds, peak memory of it and its children in megabytes (Linux only). */
export interface Cost {
  readonly seconds: number;
  readonly megabytes?: number;
  /** It was ended at the limit. */
  readonly timedOut?: boolean;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Seconds until it is ended. */
  readonly limit?: number;
}

/** Runs a command to its end, sampling the memory of its process group. */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Cost> {
  const started = performance.now();
  const env = { ...process.env, ...options.env };
  const child = spawn(command, args, { cwd: options.cwd, env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const group = child.pid ?? 0;
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-4000);
  });
  let peak = 0;
  let timedOut = false;
  const sampler = setInterval(() => {
    peak = Math.max(peak, residentMegabytes(group));
  }, 25);
  const timer = setTimeout(
    () => {
      timedOut = true;
      process.kill(-group, 'SIGKILL');
    },
    (options.limit ?? 600) * 1000,
  );
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearInterval(sampler);
  clearTimeout(timer);
  if (code !== 0 && !timedOut) throw new Error(`${command} ${args.join(' ')} failed (${code}):\n${stderr}`);
  const seconds = (performance.now() - started) / 1000;
  return { seconds, ...(peak > 0 ? { megabytes: peak } : {}), ...(timedOut ? { timedOut } : {}) };
}

/** Median by seconds of several runs. */
export async function median(times: number, once: () => Promise<Cost>): Promise<Cost> {
  const costs: Cost[] = [];
  for (let i = 0; i < times; i++) costs.push(await once());
  return costs.sort((a, b) => a.seconds - b.seconds)[Math.floor(times / 2)] as Cost;
}

/** Resident memory of every process in a group. */
function residentMegabytes(group: number): number {
  let pages = 0;
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return 0;
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(fields[2]) === group) pages += Number(fields[21]);
    } catch {
      // It ended while we looked.
    }
  }
  return (pages * 4096) / 1e6;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function seconds({ seconds, timedOut }: Cost): string {
  return `${timedOut ? '> ' : ''}${seconds.toFixed(seconds < 10 ? 2 : 1)}`;
}

export function megabytes({ megabytes }: Cost): string {
  return megabytes === undefined ? '–' : megabytes.toFixed(0);
}

export function times(baseline: Cost, ours: Cost): string {
  return `${baseline.timedOut ? '> ' : ''}${(baseline.seconds / ours.seconds).toFixed(1)}×`;
}
