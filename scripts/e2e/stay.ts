import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AgentKind, agents, type Push, type RunningAgent } from '../../test/e2e/cluster/agents';
import { bootstrap, cli } from '../../test/e2e/cluster/bootstrap';
import { startControlPlane } from '../../test/e2e/cluster/control-plane';
import { pinFile } from '../../test/helpers/releases';
import { serveRepository } from './git-server';
import { FOLDER, STATE, type State, startOf } from './state';

/** A cluster, its agent and an environment repository, for as long as this process is there. `up.ts` starts it. */
async function main(kind: AgentKind): Promise<void> {
  const agent = agents[kind];
  const folder = (name: string) => {
    mkdirSync(join(FOLDER, name), { recursive: true });
    return join(FOLDER, name);
  };
  const project = folder('project');
  pinFile(project, kind, agent.version, agent.manifest);
  const bare = join(FOLDER, 'environments.git');
  const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  git('init', '--quiet', '--bare', '--initial-branch=main', bare);
  for (const name of ['http.receivepack', 'uploadpack.allowFilter', 'uploadpack.allowAnySHA1InWant']) {
    git('-C', bare, 'config', name, 'true');
  }

  const base = { agent: kind, pid: process.pid, started: startOf(process.pid) ?? '', bare, project };
  const write = (state: Omit<State, keyof typeof base>) =>
    writeFileSync(STATE, `${JSON.stringify({ ...base, ...state }, null, 2)}\n`);
  write({ isReady: false, kubeconfig: '', url: '', api: '' });
  let end = async () => {};
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void end().finally(() => process.exit(0)));
  }

  say('starting a control plane');
  const plane = await startControlPlane(folder('control-plane'));
  let running: RunningAgent | undefined;
  end = async () => {
    await running?.stop();
    await plane.stop();
  };
  let seen = '';
  const url = await serveRepository(bare, () => {
    const after = git('-C', bare, 'rev-parse', 'main');
    const before = seen;
    seen = after;
    if (running === undefined || before === after) return;
    say(`telling the agent of ${after.slice(0, 7)}`);
    running.notify(plane, pushOf(bare, url, before, after)).catch((error) => say(`the agent did not listen: ${error}`));
  });

  say('publishing examples/shop');
  const env = { PATH: process.env.PATH, HOME: folder('home'), E2E_AGENT: kind, E2E_URL: url };
  await cli(['publish'], { cwd: project, env });
  seen = git('-C', bare, 'rev-parse', 'main');
  say('running what `cdk8s-gitops bootstrap` prints');
  const [workload, name] = agent.workload;
  await bootstrap({
    ...{ kind, project, url, kubeconfig: plane.kubeconfig, folder: folder('bootstrap') },
    isInstalled: async () => (await plane.get(workload, name, agent.namespace)) !== undefined,
    startAgent: async () => {
      running = await agent.start(plane);
    },
  });
  write({ isReady: true, kubeconfig: plane.kubeconfig, url, api: running?.api ?? '' });
  say('ready');
}

function pushOf(bare: string, url: string, before: string, after: string): Push {
  const changed = { added: [] as string[], modified: [] as string[], removed: [] as string[] };
  const lists: Record<string, string[]> = { A: changed.added, M: changed.modified, D: changed.removed };
  const args = ['-C', bare, 'diff', '--name-status', '--no-renames', before, after];
  for (const line of execFileSync('git', args, { encoding: 'utf8' }).split('\n')) {
    const [status = '', path = ''] = line.split('\t');
    lists[status]?.push(path);
  }
  return { url, before, after, changed };
}

function say(what: string): void {
  process.stdout.write(`${what}\n`);
}

main(process.argv[2] as AgentKind).catch((error) => {
  say(`failed: ${error instanceof Error ? error.stack : error}`);
  process.exit(1);
});
