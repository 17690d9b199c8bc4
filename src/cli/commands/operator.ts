import type { Command } from 'commander';
import type { Attach } from '../context';
import { EXIT } from '../exit-codes';
import { toJson } from '../json';
import { addRemoteOptions, type RemoteOptions } from '../options';

interface Options extends RemoteOptions {
  readonly from?: string;
  readonly dir?: string;
  readonly revision?: string;
  readonly context?: string;
}

/** `operator switch`: the way from one operator to another. */
export function addOperator(program: Command, attach: Attach): void {
  const group = program.command('operator').description("look after a cluster's operator");
  const command = group
    .command('switch')
    .description('print the way from the operator that is published to the one that the program declares')
    .argument('<cluster>', 'the cluster, as the program calls it')
    .option('--from <operator>', 'the operator that is to go (default: the one that is published)')
    .option('--dir <folder>', 'a clone of the environment repository, to read instead of the remote')
    .option('--revision <name>', 'commit of the clone that still has the old operator (default: HEAD)')
    .option('--context <name>', 'context of the kubeconfig, for the commands');
  addRemoteOptions(command);
  attach<Options>(command, async (context, options, [cluster = '']) => {
    const { operatorSwitch } = await import('../../toolkit/operator-switch.js');
    const script = await operatorSwitch({ ...context.options, ...options, cluster });
    const { switchText } = await import('../scripts.js');
    context.print(context.json ? toJson(script) : switchText(script));
    return EXIT.done;
  });
}
