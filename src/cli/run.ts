import { type Command, CommanderError } from 'commander';
import { createColors } from 'picocolors';
import { GitOpsError } from '../errors';
import type { Action, Context, GlobalOptions } from './context';
import { EXIT } from './exit-codes';
import { failureJson, failureText } from './failure';
import { toJson } from './json';
import { buildProgram } from './program';
import { progressHost } from './progress';
import { interruption } from './signals';
import { isInteractive, type Terminal, wantsColor } from './terminal';

/**
 * Runs the command line.
 * @returns the exit code
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<number> {
  const started = performance.now();
  let exitCode: number = EXIT.done;
  const wantsJson = argv.includes('--json');
  const program = buildProgram(<O>(command: Command, action: Action<O>) =>
    command.action(async (...given: unknown[]) => {
      exitCode = await perform(command, action, given, terminal, started);
    }),
  );
  let complaint = '';
  configure(program, (command) => {
    command.exitOverride().configureOutput({
      writeOut: (text) => void terminal.stdout.write(text),
      writeErr: (text) => {
        complaint += text;
      },
    });
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (wantsJson) {
      const message = error.code === 'commander.help' ? 'a command is missing: see --help' : plain(error.message);
      terminal.stdout.write(toJson(failureJson(new GitOpsError('USAGE', message))));
    } else terminal.stderr.write(complaint);
    return EXIT.usage;
  }
}

/**
 * Says that the process ends with the command undone.
 * @returns the exit code
 */
export function reportAbandoned(argv: readonly string[], { stdout, stderr, env }: Terminal): number {
  const error = new GitOpsError(
    'APP_FAILED',
    'the process ended before the command was done: let the program not call process.exit()',
  );
  if (argv.includes('--json')) stdout.write(toJson(failureJson(error)));
  else stderr.write(failureText(error, createColors(wantsColor(stderr, env, !argv.includes('--no-color'))), false));
  return EXIT.failed;
}

function configure(command: Command, apply: (command: Command) => void): void {
  apply(command);
  for (const child of command.commands) configure(child, apply);
}

function plain(message: string): string {
  return message.replace(/^error: /, '');
}

async function perform<O>(
  command: Command,
  action: Action<O>,
  given: readonly unknown[],
  terminal: Terminal,
  started: number,
): Promise<number> {
  const { env, stdout, stderr } = terminal;
  const options = command.optsWithGlobals() as O & GlobalOptions;
  const json = options.json === true;
  const interrupted = interruption();
  const errorColors = createColors(wantsColor(stderr, env, options.color));
  const host = progressHost({
    stream: stderr,
    colors: errorColors,
    interactive: isInteractive(stderr, env),
    quiet: json,
    onEvent: ({ phase }) => interrupted.setBlocking(phase === 'load'),
  });
  const color = wantsColor(stdout, env, options.color);
  const context: Context = {
    terminal,
    colors: createColors(color),
    color,
    interactive: isInteractive(stdout, env),
    json,
    options: { app: options.app, host, signal: interrupted.signal, env },
    elapsed: () => performance.now() - started,
    print: (text) => {
      host.end();
      stdout.write(text);
    },
  };
  try {
    return await action(
      context,
      options,
      given.flat().filter((value) => typeof value === 'string'),
    );
  } catch (error) {
    host.end();
    const code = interrupted.exitCode();
    if (code !== undefined) {
      stderr.write('interrupted\n');
      return code;
    }
    if (json) stdout.write(toJson(failureJson(error)));
    if (!json || options.verbose) stderr.write(failureText(error, errorColors, options.verbose === true));
    return GitOpsError.is(error) && error.code === 'USAGE' ? EXIT.usage : EXIT.failed;
  } finally {
    host.end();
    interrupted.dispose();
  }
}
