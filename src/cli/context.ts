import type { Command } from 'commander';
import type { createColors } from 'picocolors';
import type { AppOptions } from '../toolkit/app';
import type { Terminal } from './terminal';

/** What a command is given to work with. */
export interface Context {
  readonly terminal: Terminal;
  /** Colours for standard output. */
  readonly colors: ReturnType<typeof createColors>;
  /** Whether standard output is watched by somebody. */
  readonly interactive: boolean;
  /** Print JSON, and nothing else. */
  readonly json: boolean;
  readonly color: boolean;
  /** What every verb of the toolkit takes. */
  readonly options: AppOptions;
  /** Milliseconds since the command started. */
  elapsed(): number;
  /** Prints to standard output. */
  print(text: string): void;
}

/** What a command does: it prints its result, and returns an exit code. */
export type Action<O> = (context: Context, options: O, args: readonly string[]) => Promise<number>;

/** Makes a command run an action. */
export type Attach = <O>(command: Command, action: Action<O>) => Command;

/** Options of every command. */
export interface GlobalOptions {
  readonly app?: string;
  readonly json?: boolean;
  readonly color: boolean;
  readonly verbose?: boolean;
}
