import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { agentFolder } from '../../helpers/agents';
import type { AgentKind } from './agents';
import { until } from './processes';

const ROOT = resolve(__dirname, '../../..');

/** The program that declares the platform, as the command line takes it. */
export const APP = `${join(ROOT, 'node_modules/.bin/tsx')} --tsconfig ${join(ROOT, 'tsconfig.dev.json')} ${join(__dirname, 'program.ts')}`;
const CLI = join(ROOT, 'lib/cli/main.js');

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Runs a program to its end, and returns what it printed. */
export function command(file: string, args: readonly string[], { cwd, env }: CommandOptions): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.on('error', fail);
    child.on('close', (code) => {
      if (code === 0) done(stdout);
      else
        fail(
          new Error(`${file} ${args.join(' ')} ended with ${code}:\n${stderr.slice(-4_000)}${stdout.slice(-2_000)}`),
        );
    });
  });
}

/** The command line, as people run it; of the machine's own settings it sees nothing. */
export function cli(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  return command(process.execPath, [CLI, ...args, '--app', APP], { cwd, env });
}

export interface BootstrapInput {
  readonly kind: AgentKind;
  /** Folder of the project: its pinned manifest lies there. */
  readonly project: string;
  readonly url: string;
  readonly kubeconfig: string;
  /** An empty folder. */
  readonly folder: string;
  /** Does what the kubelet would do: starts the agent as soon as its workloads are there. */
  startAgent(): Promise<void>;
  /** The agent's workloads are there. */
  isInstalled(): Promise<boolean>;
}

/** Prints the commands that start the operator, and runs exactly these in a clone of the environment repository. */
export async function bootstrap(input: BootstrapInput): Promise<void> {
  const { kind, project, url, kubeconfig, folder } = input;
  const path = `${agentFolder('kubernetes')}:${process.env.PATH}`;
  const home = { PATH: path, HOME: folder };
  const script = await cli(['bootstrap', 'eu-1'], { cwd: project, env: { ...home, E2E_AGENT: kind, E2E_URL: url } });
  const file = join(folder, 'bootstrap.sh');
  writeFileSync(file, script);
  await command('git', ['clone', '--quiet', url, 'clone'], { cwd: folder, env: home });
  const ran = command('sh', ['-eu', file], { cwd: join(folder, 'clone'), env: { ...home, KUBECONFIG: kubeconfig } });
  const started = until("the agent's workloads", () => input.isInstalled(), { within: 120 }).then(() =>
    input.startAgent(),
  );
  await Promise.all([ran, started]);
}
