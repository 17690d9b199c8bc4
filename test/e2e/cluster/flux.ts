import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { agentFolder, requireAgents } from '../../helpers/agents';
import type { ControlPlane } from './control-plane';
import { freePorts, type Program, startProgram, until } from './processes';

/** Flux's four controllers as plain processes, unmodified. */
export interface FluxAgent {
  readonly programs: readonly Program[];
  /** Where its receivers listen. */
  readonly receiver: string;
  program(name: string): Program;
  restart(name: string): Promise<void>;
  stop(): Promise<void>;
}

export interface FluxOptions {
  /** Flags that the installed Deployments have, by the names of controllers: `kustomize`. @default - none */
  readonly settings?: Readonly<Record<string, readonly string[]>>;
}

export async function startFlux(
  plane: ControlPlane,
  namespace = 'flux-system',
  { settings = {} }: FluxOptions = {},
): Promise<FluxAgent> {
  requireAgents('flux-source', 'flux-kustomize', 'flux-helm', 'flux-notification');
  const folder = join(plane.folder, 'flux');
  const [storage = 0, events = 0, receiver = 0, ...others] = await freePorts(11);
  let next = 0;
  const port = () => others[next++] ?? 0;
  const commands: Record<string, { readonly args: readonly string[]; readonly health: number }> = {};
  const add = (name: string, args: readonly string[]) => {
    const health = port();
    commands[name] = {
      health,
      // Of a flag that is there twice, the last one counts: addresses are this machine's.
      args: [
        ...(settings[name] ?? []),
        '--enable-leader-election=false',
        '--watch-all-namespaces',
        `--metrics-addr=127.0.0.1:${port()}`,
        `--health-addr=127.0.0.1:${health}`,
        ...args,
      ],
    };
  };
  const eventsUrl = `--events-addr=http://127.0.0.1:${events}/`;
  add('notification', [`--events-addr=127.0.0.1:${events}`, `--receiverAddr=127.0.0.1:${receiver}`]);
  add('source', [
    `--storage-path=${join(folder, 'storage')}`,
    `--storage-addr=127.0.0.1:${storage}`,
    `--storage-adv-addr=127.0.0.1:${storage}`,
    eventsUrl,
  ]);
  // What a Deployment says wins: then the tests show how long it really takes.
  add('kustomize', [...(settings.kustomize === undefined ? ['--requeue-dependency=1s'] : []), eventsUrl]);
  add('helm', [eventsUrl]);

  const programs = new Map<string, Program>();
  const start = (name: string) => {
    const own = join(folder, name);
    for (const path of [own, join(folder, 'storage')]) mkdirSync(path, { recursive: true });
    programs.set(
      name,
      startProgram({
        name: `flux-${name}`,
        file: join(agentFolder(`flux-${name}`), `${name}-controller`),
        args: commands[name]?.args ?? [],
        env: { KUBECONFIG: plane.kubeconfig, RUNTIME_NAMESPACE: namespace, TMPDIR: own, HOME: own },
        folder,
      }),
    );
  };
  for (const name of Object.keys(commands)) start(name);
  await until(
    "Flux's controllers",
    async () => {
      for (const { health } of Object.values(commands)) {
        if (!(await fetch(`http://127.0.0.1:${health}/healthz`)).ok) return false;
      }
      return true;
    },
    { programs: [...programs.values()] },
  );
  return {
    get programs() {
      return [...programs.values()];
    },
    receiver: `http://127.0.0.1:${receiver}`,
    program: (name) => programs.get(name) as Program,
    async restart(name) {
      await programs.get(name)?.stop('SIGKILL');
      start(name);
    },
    async stop() {
      for (const program of [...programs.values()].reverse()) await program.stop();
    },
  };
}
