import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentFolder } from '../../helpers/agents';
import type { ControlPlane } from './control-plane';
import { freePorts, type Program, startProgram, until } from './processes';

/** Argo CD's own programs as plain processes, unmodified: what runs in its pods on a real cluster. */
export interface ArgoCdAgent {
  readonly programs: readonly Program[];
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

export async function startArgoCd(plane: ControlPlane, namespace = 'argocd'): Promise<ArgoCdAgent> {
  const folder = join(plane.folder, 'argocd');
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const binary = join(agentFolder('argocd'), 'cmd');
  for (const name of ['argocd-repo-server', 'argocd-application-controller', 'argocd-notifications'])
    symlinkSync(binary, join(bin, name));
  copyFileSync(join(agentFolder('kustomize'), 'kustomize'), join(bin, 'kustomize'));
  // Argo CD calls it for every revision, whether signatures are wanted or not.
  writeFileSync(join(bin, 'git-verify-wrapper.sh'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  const [redisPort = 0, repoPort = 0, ...metrics] = await freePorts(6);
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
  const programs = new Map<string, Program>();
  const start = (name: string) => {
    const [file, args] = commands[name] as (typeof commands)[string];
    programs.set(name, startProgram({ name, file, args, env, folder }));
  };
  for (const name of Object.keys(commands)) start(name);
  await until(
    'the repo-server',
    async () => {
      const answer = await fetch(`http://127.0.0.1:${metrics[0]}/metrics`);
      return answer.ok;
    },
    { programs: [...programs.values()] },
  );
  return {
    get programs() {
      return [...programs.values()];
    },
    async restart(name) {
      await programs.get(name)?.stop('SIGKILL');
      start(name);
    },
    async stop() {
      for (const program of [...programs.values()].reverse()) await program.stop();
    },
  };
}
