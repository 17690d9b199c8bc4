import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentFolder, requireAgents, requireRedis } from '../../helpers/agents';
import type { ControlPlane } from './control-plane';
import { freePorts, type Program, startProgram, until } from './processes';

/** Argo CD's own programs as plain processes, unmodified: what runs in its pods on a real cluster. */
export interface ArgoCdAgent {
  readonly programs: readonly Program[];
  /** Address of its API server, which takes webhooks as well. Empty without one. */
  readonly api: string;
  program(name: string): Program;
  /** Ends a program the hard way, and starts it anew. */
  restart(name: string): Promise<void>;
  stop(): Promise<void>;
}

const CONFIG_MAPS = [
  'argocd-cm',
  'argocd-rbac-cm',
  'argocd-cmd-params-cm',
  'argocd-tls-certs-cm',
  'argocd-ssh-known-hosts-cm',
  'argocd-gpg-keys-cm',
];

/** What has to be in the cluster before the processes start, and does not come from the repository. */
export function argocdBasics(namespace = 'argocd'): string {
  const labels = '{ app.kubernetes.io/part-of: argocd }';
  return [
    ...CONFIG_MAPS.map(
      (name) =>
        `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${name}, namespace: ${namespace}, labels: ${labels} }\n`,
    ),
    `apiVersion: v1\nkind: Secret\nmetadata: { name: argocd-secret, namespace: ${namespace}, labels: ${labels} }\nstringData: { server.secretkey: for-tests-only }\n`,
  ].join('---\n');
}

export interface ArgoCdOptions {
  /** Its API server too, which serves webhooks, and makes its own key when it starts. @default false */
  readonly server?: boolean;
  /** Environment variables that the installed workloads have, by the names of programs. @default - none */
  readonly settings?: Readonly<Record<string, NodeJS.ProcessEnv>>;
}

export async function startArgoCd(
  plane: ControlPlane,
  namespace = 'argocd',
  { server = false, settings = {} }: ArgoCdOptions = {},
): Promise<ArgoCdAgent> {
  requireAgents('argocd', 'kustomize');
  requireRedis();
  const folder = join(plane.folder, 'argocd');
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const binary = join(agentFolder('argocd'), 'cmd');
  const names = ['argocd-repo-server', 'argocd-application-controller', 'argocd-notifications', 'argocd-server'];
  for (const name of names) symlinkSync(binary, join(bin, name));
  copyFileSync(join(agentFolder('kustomize'), 'kustomize'), join(bin, 'kustomize'));
  // Argo CD calls it for every revision, whether signatures are wanted or not.
  writeFileSync(join(bin, 'git-verify-wrapper.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const [redisPort = 0, repoPort = 0, apiPort = 0, ...metrics] = await freePorts(7);
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    KUBECONFIG: plane.kubeconfig,
    HOME: folder,
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    REDIS_SERVER: `127.0.0.1:${redisPort}`,
    TMPDIR: folder,
  };
  const redis = `--redis=127.0.0.1:${redisPort}`;
  const commands: Record<string, readonly [file: string, args: readonly string[]]> = {
    redis: ['redis-server', ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']],
    'argocd-repo-server': [
      join(bin, 'argocd-repo-server'),
      [
        redis,
        '--disable-tls',
        '--client-ca-path',
        '',
        `--port=${repoPort}`,
        `--metrics-port=${metrics[0]}`,
        '--address=127.0.0.1',
        '--metrics-address=127.0.0.1',
      ],
    ],
    'argocd-application-controller': [
      join(bin, 'argocd-application-controller'),
      [
        redis,
        '--repo-server-plaintext',
        `--repo-server=127.0.0.1:${repoPort}`,
        `--namespace=${namespace}`,
        `--metrics-port=${metrics[1]}`,
      ],
    ],
    'argocd-notifications': [
      join(bin, 'argocd-notifications'),
      [
        '--argocd-repo-server-plaintext',
        `--argocd-repo-server=127.0.0.1:${repoPort}`,
        `--namespace=${namespace}`,
        `--metrics-port=${metrics[2]}`,
      ],
    ],
  };
  if (server) {
    const assets = join(folder, 'assets');
    mkdirSync(assets, { recursive: true });
    commands['argocd-server'] = [
      join(bin, 'argocd-server'),
      [
        redis,
        '--insecure',
        '--repo-server-plaintext',
        `--repo-server=127.0.0.1:${repoPort}`,
        `--namespace=${namespace}`,
        `--port=${apiPort}`,
        '--address=127.0.0.1',
        `--metrics-port=${metrics[3]}`,
        `--staticassets=${assets}`,
      ],
    ];
  }
  const programs = new Map<string, Program>();
  const start = (name: string) => {
    const [file, args] = commands[name] as (typeof commands)[string];
    programs.set(name, startProgram({ name, file, args, env: { ...settings[name], ...env }, folder }));
  };
  const answers = (what: string, url: string) =>
    until(what, async () => (await fetch(url)).ok, { programs: [...programs.values()] });
  // The others read the key that the server makes.
  const first = ['redis', 'argocd-server'].filter((name) => name in commands);
  for (const name of first) start(name);
  if (server) await answers("Argo CD's server", `http://127.0.0.1:${apiPort}/healthz`);
  for (const name of Object.keys(commands)) if (!first.includes(name)) start(name);
  await answers('the repo-server', `http://127.0.0.1:${metrics[0]}/metrics`);
  return {
    get programs() {
      return [...programs.values()];
    },
    api: server ? `http://127.0.0.1:${apiPort}` : '',
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
