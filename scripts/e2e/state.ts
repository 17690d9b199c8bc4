import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { AgentKind } from '../../test/e2e/cluster/agents';

export const ROOT = resolve(__dirname, '../..');
/** Everything that a cluster to play with is made of. */
export const FOLDER = join(ROOT, '.cache/e2e/up');
export const STATE = join(ROOT, '.cache/e2e/up.json');
export const LOG = join(ROOT, '.cache/e2e/up.log');

/** The cluster that runs in the background. */
export interface State {
  readonly agent: AgentKind;
  /** The process that all others belong to, and when it was started, as the system counts. */
  readonly pid: number;
  readonly started: string;
  /** The shop is healthy. */
  readonly isReady: boolean;
  readonly kubeconfig: string;
  readonly url: string;
  readonly bare: string;
  readonly project: string;
  readonly api: string;
}

export function readState(): State | undefined {
  return existsSync(STATE) ? (JSON.parse(readFileSync(STATE, 'utf8')) as State) : undefined;
}

/** When a process was started; undefined when there is none of that id. Ids are used again. */
export function startOf(pid: number): string | undefined {
  try {
    // The name of the program, in brackets, may hold anything.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
  } catch {
    return undefined;
  }
}

export function isRunning({ pid, started }: State): boolean {
  return startOf(pid) === started;
}
