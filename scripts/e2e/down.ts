import { rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { FOLDER, isRunning, readState, STATE } from './state';

/**
 * Ends the cluster that `up.ts` left running.
 *
 * usage: npm run e2e:down
 */
async function main(): Promise<void> {
  const state = readState();
  if (state === undefined || !isRunning(state)) {
    process.stdout.write('no cluster is up\n');
  } else {
    process.kill(state.pid, 'SIGTERM');
    const deadline = performance.now() + 60_000;
    while (isRunning(state)) {
      if (performance.now() > deadline) process.kill(state.pid, 'SIGKILL');
      await setTimeout(200);
    }
    process.stdout.write(`the cluster with ${state.agent} is gone\n`);
  }
  rmSync(STATE, { force: true });
  rmSync(FOLDER, { recursive: true, force: true });
}

void main();
