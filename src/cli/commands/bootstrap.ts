import { type Command, InvalidArgumentError } from 'commander';
import { escapeText } from '../../diff/escape';
import { GitOpsError } from '../../errors';
import type { BootstrapResult } from '../../toolkit/bootstrap';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { duration, plural, shortId } from '../format';
import { toJson } from '../json';
import { addRemoteOptions, type RemoteOptions } from '../options';

interface Options extends RemoteOptions {
  readonly apply?: boolean;
  readonly context?: string;
  readonly timeout?: number;
  readonly knownHosts?: string;
  readonly trustHostKey?: boolean;
  readonly newDeployKey?: boolean;
  readonly repositoryUser?: string;
  readonly forge?: string;
}

/** `bootstrap`: what starts an operator on a cluster that has none. */
export function addBootstrap(program: Command, attach: Attach): void {
  const command = program
    .command('bootstrap')
    .description("print what starts a cluster's operator, or do it and wait until everything is healthy")
    .argument('<cluster>', 'the cluster, as the program calls it')
    .option('--apply', 'do it, with kubectl')
    .option('--context <name>', 'context of the kubeconfig; the current one is never taken')
    .option('--timeout <duration>', 'how long everything may take to become healthy (default: 10m)', milliseconds)
    .option('--known-hosts <file>', "keys of an SSH git server (default: what this machine's ssh knows)")
    .option('--trust-host-key', 'take the keys that an unknown SSH git server answers with')
    .option('--new-deploy-key', 'make a new deploy key in place of the one that is there')
    .option('--repository-user <name>', 'who the token of an https repository belongs to (default: git)')
    .option('--forge <kind>', 'where a deploy key is registered: github, gitlab, gitea, forgejo, or none');
  addRemoteOptions(command);
  attach<Options>(command, async (context, { apply, ...own }, [cluster = '']) => {
    const options = { ...context.options, ...own, cluster };
    const { bootstrap, printBootstrap } = await import('../../toolkit/bootstrap.js');
    if (apply !== true) {
      const script = await printBootstrap(options);
      const { bootstrapText } = await import('../scripts.js');
      context.print(context.json ? toJson(script) : bootstrapText(script));
      return EXIT.done;
    }
    const name = own.context;
    if (name === undefined) {
      throw new GitOpsError('USAGE', '--apply needs --context: no cluster is touched that was not named');
    }
    const result = await bootstrap({ ...options, context: name });
    context.print(context.json ? toJson(result) : render(result, context));
    return EXIT.done;
  });
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

function milliseconds(text: string): number {
  const [, number, unit = 's'] = /^(\d{1,5})(s|m|h)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('Write it like 90s, 10m or 1h.');
  return Number(number) * (UNITS[unit] ?? 1);
}

function render(result: BootstrapResult, { colors }: Context): string {
  const { cluster, context, operator, outcome, changed, unchanged, healthy, repositorySecret, commit } = result;
  const where = `${colors.bold(cluster)} (${escapeText(context)})`;
  const all = `${plural(healthy.length, 'object')} healthy, at ${shortId(commit)}`;
  if (outcome === 'unchanged') return `${colors.green('nothing to do')} in ${where}: ${all}\n`;
  const lines = [
    `${colors.green('started')} ${operator} in ${where} in ${duration(result.milliseconds)}: ${all}`,
    `  ${plural(changed.length, 'object')} applied, ${unchanged} as they were`,
  ];
  if (repositorySecret) {
    const { namespace, name, change, deployKey } = repositorySecret;
    lines.push(`  Secret ${namespace}/${name} ${change}`);
    if (deployKey) {
      const { fingerprint, registered, title, publicKey } = deployKey;
      lines.push(`  deploy key ${fingerprint} ${registered ? `registered as '${title}'` : 'has to be registered:'}`);
      if (!registered) lines.push(`  ${publicKey}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
