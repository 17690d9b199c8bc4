import { escapeText } from '../diff/escape';
import { type ErrorCode, GitOpsError } from '../errors';
import { runTool, type ToolResult } from './shell';

export interface KubectlOptions {
  /** Context of the kubeconfig. It is always said: whatever context happens to be the current one is never touched. */
  readonly context: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
}

export interface RunOptions {
  readonly input?: string;
  /** Milliseconds until kubectl is ended. */
  readonly timeout?: number;
  /** How long each answer of the API server may take, in seconds. @default 60 */
  readonly patience?: number;
}

/** An object as the API server has it. */
export interface LiveObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly generation?: number;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Of what a tool printed, as much as an error repeats. */
const MOST_LINES = 12;

/** What kubectl says when nobody answers, or nobody that it trusts. */
const UNREACHABLE =
  /unable to connect to the server|the connection to the server .* was refused|connection refused|no such host|i\/o timeout|context deadline exceeded|tls handshake|x509|network is unreachable|no route to host|client\.timeout|unexpected eof|the server has asked for the client to provide credentials|you must be logged in|exec: executable/i;

/** kubectl, on one cluster. */
export class Kubectl {
  /** What must not be shown, whatever kubectl has to say. */
  private readonly secrets: string[] = [];

  constructor(private readonly options: KubectlOptions) {}

  get context(): string {
    return this.options.context;
  }

  /** Keeps a text out of every error. */
  hide(secret: string): void {
    if (secret === '') return;
    this.secrets.push(secret, Buffer.from(secret).toString('base64'), JSON.stringify(secret).slice(1, -1));
  }

  /**
   * Runs kubectl, and returns what it printed.
   * @throws GitOpsError KUBECTL_MISSING, CLUSTER_UNREACHABLE, CLUSTER_FORBIDDEN, KUBECTL_FAILED
   */
  async run(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await this.try(args, options);
    if (result.code === 0) return result.stdout;
    throw this.failure(result, args);
  }

  /** As {@link run}, but a failure is for the caller to look at. */
  async try(args: readonly string[], { input, timeout, patience = 60 }: RunOptions = {}): Promise<ToolResult> {
    const { context, env, signal } = this.options;
    const own = [`--context=${context}`, `--request-timeout=${patience}s`];
    const result = await runTool('kubectl', [...own, ...args], { env, input, timeout, signal });
    if (result === undefined) throw kubectlMissing();
    return result;
  }

  /** Objects of a list, or the one that is asked for. */
  async objects(args: readonly string[], options: RunOptions = {}): Promise<LiveObject[]> {
    return objectsOf(await this.run([...args, '--output=json'], options));
  }

  /** @param isFirst of the first question to the cluster: whatever goes wrong with it, the cluster cannot be talked to */
  failure({ code, stderr }: ToolResult, args: readonly string[], isFirst = false): GitOpsError {
    const said = this.redact(stderr);
    const verb = args.find((arg) => !arg.startsWith('-')) ?? '';
    const lines = said.split('\n').filter((line) => line.trim() !== '' && !/^[EWI]\d{4} /.test(line));
    // Errors of the client library alone are better than nothing.
    const shown = (lines.length > 0 ? lines : said.split('\n'))
      .slice(-MOST_LINES)
      .map((line) => `\n  ${escapeText(line)}`)
      .join('');
    if (isFirst || UNREACHABLE.test(said)) {
      return problem(
        'CLUSTER_UNREACHABLE',
        `the cluster of the context '${escapeText(this.context)}' does not answer; look at its address, at the network, and whether you are logged in${shown}`,
      );
    }
    const isForbidden = /\(Forbidden\)|is forbidden:/.test(said);
    const how = typeof code === 'number' ? `exit code ${code}` : `signal ${code}`;
    return problem(isForbidden ? 'CLUSTER_FORBIDDEN' : 'KUBECTL_FAILED', `kubectl ${verb} failed with ${how}${shown}`);
  }

  private redact(text: string): string {
    return this.secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text);
  }
}

export function objectsOf(text: string): LiveObject[] {
  if (text.trim() === '') return [];
  const found = JSON.parse(text) as LiveObject & { readonly items?: LiveObject[] };
  return found.items ?? [found];
}

/** Contexts that the kubeconfig knows. */
export async function contexts(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string[]> {
  const result = await runTool('kubectl', ['config', 'get-contexts', '--output=name'], { env, signal });
  if (result === undefined) throw kubectlMissing();
  return result.stdout.split('\n').filter((line) => line !== '');
}

export function problem(code: ErrorCode, message: string): GitOpsError {
  return new GitOpsError(code, message);
}

function kubectlMissing(): GitOpsError {
  return problem('KUBECTL_MISSING', 'there is no kubectl on the PATH: install it, 1.26 or later');
}
