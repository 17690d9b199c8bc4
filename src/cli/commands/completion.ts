import { Argument, type Command } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion';
import type { Attach } from '../context';
import { EXIT } from '../exit-codes';

/** `completion`: a script that lets a shell complete commands and options. */
export function addCompletion(program: Command, attach: Attach): void {
  const command = program
    .command('completion')
    .description('print a script that lets a shell complete commands and options')
    .addArgument(new Argument('<shell>', 'whose script to print').choices(SHELLS))
    .addHelpText('after', '\nIn bash: source <(cdk8s-gitops completion bash)');
  attach<object>(command, async (context, _, [shell]) => {
    context.print(completionScript(program, shell as Shell));
    return EXIT.done;
  });
}
