import type { Command } from 'commander';

/** Options of commands that work on the environment repository. */
export interface RemoteOptions {
  readonly remote?: string;
  readonly branch?: string;
}

export function addRemoteOptions(command: Command): Command {
  return command
    .option('--remote <url>', 'the environment repository (default: as the program declares it)')
    .option('--branch <name>', 'its branch (default: as the program declares it, else main)');
}

/** Options that narrow a command to some units. */
export interface NarrowingOptions {
  readonly environment?: readonly string[];
  readonly application?: readonly string[];
}

export function addNarrowingOptions(command: Command): Command {
  return command
    .option('-e, --environment <name...>', 'only units of these environments')
    .option('-a, --application <name...>', 'only units of these applications');
}
