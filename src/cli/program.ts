import { Command } from 'commander';
import { packageVersion } from '../toolkit/version';
import { addBootstrap } from './commands/bootstrap';
import { addCompletion } from './commands/completion';
import { addDiff } from './commands/diff';
import { addHistory } from './commands/history';
import { addOperator } from './commands/operator';
import { addPublish } from './commands/publish';
import { addSecret } from './commands/secret';
import { addStatus } from './commands/status';
import { addSynth } from './commands/synth';
import { addValidate } from './commands/validate';
import { addVendor } from './commands/vendor';
import { addVerify } from './commands/verify';
import type { Attach } from './context';

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 there are differences (diff --exit-code).`;

/** The command line, with nothing run yet. */
export function buildProgram(attach: Attach): Command {
  const program = new Command('cdk8s-gitops')
    .description('Declare a whole Kubernetes system in TypeScript, and deliver it the GitOps way.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .option('--app <program>', "the program, or the command that runs it (default: 'app' in cdk8s.yaml)")
    .option('--json', 'print the result, or the error, as JSON')
    .option('--no-color', 'print no colours')
    .option('--verbose', 'print the stacks of errors')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', EXIT_CODES);
  for (const add of [
    addSynth,
    addDiff,
    addPublish,
    addStatus,
    addHistory,
    addVerify,
    addValidate,
    addVendor,
    addBootstrap,
    addOperator,
    addSecret,
    addCompletion,
  ])
    add(program, attach);
  return program;
}
