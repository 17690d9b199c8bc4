import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { agentFolder } from '../../helpers/agents';
import type { ControlPlane } from './control-plane';

export interface Watch {
  /** Ends it. Returns how many events there were. */
  stop(): Promise<number>;
}

/**
 * Follows every change of objects, so that nothing is missed between two looks. What there is already counts as well.
 * @param template what is told of an object, for kubectl's jsonpath
 */
export function watch(
  plane: ControlPlane,
  resource: string,
  template: string,
  told: (name: string, state: string) => void,
): Watch {
  const line = `{.metadata.name}{"|"}${template.replaceAll('} {', '}{" "}{')}{"\\n"}`;
  const args = ['get', resource, '--all-namespaces', '--watch', '-o', `jsonpath=${line}`];
  const child = spawn(join(agentFolder('kubernetes'), 'kubectl'), args, {
    env: { PATH: process.env.PATH, KUBECONFIG: plane.kubeconfig, HOME: plane.folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let events = 0;
  createInterface({ input: child.stdout }).on('line', (text) => {
    const [name = '', state = ''] = text.split('|');
    // The list that comes first is an object as well.
    if (name.trim() === '') return;
    events++;
    told(name.trim(), state.trim());
  });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  return {
    async stop() {
      const isEarly = child.exitCode !== null;
      child.kill();
      await ended;
      if (isEarly) throw new Error('the watch ended by itself');
      if (events === 0) throw new Error('the watch saw nothing');
      return events;
    },
  };
}
