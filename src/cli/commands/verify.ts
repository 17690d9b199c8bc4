import type { Command } from 'commander';
import { escapeText } from '../../diff/escape';
import type { VerifyResult } from '../../toolkit/verify';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { plural, shortId } from '../format';
import { toJson } from '../json';
import { addRemoteOptions, type RemoteOptions } from '../options';

/** `verify`: the environment repository against its records. */
export function addVerify(program: Command, attach: Attach): void {
  const command = program
    .command('verify')
    .description('check the environment repository against its release records; for its own CI as well')
    .argument('[folder]', 'a clone of it (default: what the program declares, else the clone around)');
  addRemoteOptions(command);
  attach<RemoteOptions>(command, async (context, { remote, branch }, [dir]) => {
    const { verify } = await import('../../toolkit/verify.js');
    const result = await verify({ ...context.options, remote, branch, dir });
    context.print(context.json ? toJson(result) : render(result, context));
    return result.ok ? EXIT.done : EXIT.failed;
  });
}

function render({ repository, commit, ok, checked, problems, warnings }: VerifyResult, { colors }: Context): string {
  const lines = [
    ...warnings.map(({ path, message }) => `${colors.yellow('warning')} ${escapeText(`${path} ${message}`)}`),
    ...problems.map(({ path, message }) => `${colors.red('problem')} ${escapeText(`${path} ${message}`)}`),
  ];
  const where = `${repository}${commit === null ? ', which is empty' : ` at ${shortId(commit)}`}`;
  const counts = [
    plural(checked.units, 'unit'),
    plural(checked.environments, 'environment'),
    plural(checked.clusters, 'cluster'),
  ].join(', ');
  const verdict = ok
    ? `${colors.green('verified')} ${counts} in ${where}`
    : `${colors.red(plural(problems.length, 'problem'))} among ${counts} in ${where}`;
  return `${[...lines, verdict].join('\n')}\n`;
}
