import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type PublishOptions, publish } from '../src/publish';
import { unitSection } from './repository';

/** Publishers that race: each has one unit, and publishes it round after round. */

export interface Racer {
  readonly url: string;
  readonly publisher: number;
  /** Rounds from the first to the one before the last. */
  readonly from: number;
  readonly to: number;
  readonly queue: 'auto' | 'always' | 'off';
  /** Milliseconds. */
  readonly lease?: number;
}

/** One round of one publisher. */
export interface Lap {
  readonly publisher: number;
  readonly round: number;
  readonly milliseconds: number;
  readonly pushes: number;
  readonly outcome: string;
}

export const sourceOf = (publisher: number) => `acme/racer${publisher}`;
export const sectionOf = (publisher: number, round: number) =>
  unitSection(`env${publisher % 20}`, `racer${publisher}`, sourceOf(publisher), round + 1);

/** Runs a publisher in this process. */
export async function race({ url, publisher, from, to, queue, lease }: Racer, lap: (lap: Lap) => void): Promise<void> {
  const source = sourceOf(publisher);
  const options: PublishOptions = {
    remote: { url, branch: 'main' },
    generator: 'bench',
    author: { name: `Racer ${publisher}`, email: 'racer@example.com' },
    selection: { applications: [`racer${publisher}`] },
    retry: { attempts: 1_000, maxTime: 3_600_000 },
    queue: { mode: queue, ...(lease === undefined ? {} : { lease }) },
  };
  for (let round = from; round < to; round++) {
    const started = performance.now();
    const repository = { url, branch: 'main' };
    const tree = { platform: 'bench', source, repository, sections: [sectionOf(publisher, round)] };
    const { outcome, attempts } = await publish(tree, options);
    lap({ publisher, round, milliseconds: performance.now() - started, pushes: attempts, outcome });
  }
}

/** Runs publishers in a process of their own, one after another or at once as they are. */
export function startProcess(racers: readonly Racer[], lap: (lap: Lap) => void): ChildProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', __filename, JSON.stringify(racers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => lap(JSON.parse(line) as Lap));
  return child;
}

async function main(): Promise<void> {
  const racers = JSON.parse(process.argv[2] ?? '[]') as Racer[];
  await Promise.all(racers.map((racer) => race(racer, (lap) => process.stdout.write(`${JSON.stringify(lap)}\n`))));
}

if (require.main === module) {
  main().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}
