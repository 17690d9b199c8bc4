import { type Command, Option } from 'commander';
import { GitOpsError } from '../../errors';
import type { SecretSetOptions, SecretWriteResult } from '../../toolkit/secret';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { toJson } from '../json';
import { type InputOptions, keysNamed, plaintextSource } from '../secret-input';
import { renderDoctor, renderList, renderWritten } from '../secret-report';

interface WriteOptions extends InputOptions {
  readonly commitKeyEnv?: string;
  readonly commitments: boolean;
}

interface DoctorOptions {
  readonly certificate?: readonly string[];
}

/** `secret`: values of Secrets, encrypted into the source repository. */
export function addSecret(program: Command, attach: Attach): void {
  const secret = program
    .command('secret')
    .description('encrypt values of Secrets into this repository, and look after them')
    .helpCommand(false);
  const set = writing(secret.command('set'), 'encrypt values: from standard input, or typed unseen');
  attach<WriteOptions>(set, async (context, options, args) => {
    const { secretSet } = await import('../../toolkit/secret.js');
    return report(context, await secretSet(requestOf(context, options, args)));
  });
  const rotate = writing(
    secret.command('rotate'),
    'encrypt anew: new values, or to the recipients that are declared now',
  );
  attach<WriteOptions>(rotate, async (context, options, args) => {
    const { secretRotate } = await import('../../toolkit/secret.js');
    return report(context, await secretRotate(requestOf(context, options, args)));
  });
  const list = secret.command('list').description('the encrypted Secrets that the program declares, and their keys');
  attach(list, async (context) => {
    const { secretList } = await import('../../toolkit/secret.js');
    const result = await secretList(context.options);
    context.print(context.json ? toJson(result) : await renderList(result, context));
    return EXIT.done;
  });
  const doctor = secret
    .command('doctor')
    .description('what is wrong with encrypted Secrets: files, certificates, recipients, keys')
    .option(
      '--certificate <file>',
      "a cluster's current certificate, or <cluster>=<file>: is it newer than the pinned one? (may be repeated)",
      collect,
    );
  attach<DoctorOptions>(doctor, async (context, { certificate }) => {
    const { secretDoctor } = await import('../../toolkit/secret.js');
    const result = await secretDoctor({ ...context.options, certificates: certificate });
    context.print(context.json ? toJson(result) : renderDoctor(result, context));
    return result.errors > 0 ? EXIT.failed : EXIT.done;
  });
}

function writing(command: Command, description: string): Command {
  return (
    command
      .description(description)
      .argument('<environment/application>', 'the unit, e.g. dev/checkout')
      .argument('<secret>', "the Secret's name in it, e.g. db")
      .argument('[key...]', 'keys to give a value (default: all that are declared)')
      .addOption(new Option('--input <format>', 'standard input has several values').choices(['env', 'json']))
      .option('--from-file <key=path>', 'take a value from a file, byte by byte (may be repeated)', collect)
      .option('--from-env <key=variable>', 'take a value from an environment variable (may be repeated)', collect)
      .option('--commit-key-env <variable>', 'keep the ciphertext of values that did not change, by the key in there')
      .option('--no-commitments', 'give up commitments that are there')
      // A value in the wrong place would be repeated in the complaint about it. The toolkit refuses it unseen.
      .allowUnknownOption()
  );
}

/** Each of them takes one value, so that what follows is an argument. */
function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function requestOf(
  { options, terminal }: Context,
  given: WriteOptions,
  [unit = '', name = '', ...keys]: readonly string[],
): SecretSetOptions {
  if ([unit, name].some((each) => each.startsWith('-'))) {
    throw new GitOpsError('USAGE', 'an option is not known: see --help; values are never arguments');
  }
  const all = keys.length === 0 && given.input === undefined ? keysNamed(given) : keys;
  return {
    ...options,
    unit,
    name,
    keys: all,
    plaintext: plaintextSource(given, all.length === 0, terminal, options.signal),
    commitKeyEnv: given.commitKeyEnv,
    dropCommitments: !given.commitments,
  };
}

function report(context: Context, result: SecretWriteResult): number {
  context.print(context.json ? toJson(result) : renderWritten(result, context));
  return EXIT.done;
}
