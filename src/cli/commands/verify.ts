import { type Command, Option } from 'commander';
import { escapeText } from '../../diff/escape';
import type { VerifyResult } from '../../toolkit/verify';
import type { CiSystem } from '../../toolkit/verify-workflow';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { plural, shortId } from '../format';
import { toJson } from '../json';
import { addRemoteOptions, type RemoteOptions } from '../options';

interface Options extends RemoteOptions {
  readonly allowedSigners?: string;
  readonly since?: string;
  readonly scaffold?: CiSystem;
}

/** `verify`: the environment repository against its records. */
export function addVerify(program: Command, attach: Attach): void {
  const command = program
    .command('verify')
    .description('check the environment repository against its release records; for its own CI as well')
    .argument('[folder]', 'a clone of it (default: what the program declares, else the clone around)')
    .option('--allowed-signers <file>', 'the commit has to be signed by one of these, as ssh-keygen reads them')
    .option('--since <commit>', 'with --allowed-signers: and so has every commit that this one does not have')
    .addOption(
      new Option('--scaffold <system>', 'write the workflow that verifies a clone in its own CI, and end').choices([
        'github',
        'gitlab',
        'gitea',
      ]),
    );
  addRemoteOptions(command);
  attach<Options>(command, async (context, options, [dir]) => {
    const { remote, branch, allowedSigners, since, scaffold } = options;
    if (scaffold !== undefined) return write(scaffold, options, dir, context);
    const { verify } = await import('../../toolkit/verify.js');
    const result = await verify({ ...context.options, remote, branch, dir, allowedSigners, since });
    context.print(context.json ? toJson(result) : render(result, context));
    return result.ok ? EXIT.done : EXIT.failed;
  });
}

async function write(
  system: CiSystem,
  { branch, remote }: Options,
  dir: string | undefined,
  context: Context,
): Promise<number> {
  const { GitOpsError } = await import('../../errors.js');
  if (remote !== undefined) throw new GitOpsError('USAGE', '--scaffold writes into a clone: leave --remote out');
  const { scaffoldWorkflow } = await import('../../toolkit/verify-workflow.js');
  const result = scaffoldWorkflow({ ...context.options, system, dir, branch });
  const { green } = context.colors;
  const said = result.change === 'unchanged' ? 'is up to date' : `${result.change}; commit it`;
  context.print(context.json ? toJson(result) : `${green(result.file)} ${said}\n`);
  return EXIT.done;
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
    ...(checked.commits === undefined ? [] : [plural(checked.commits, 'commit')]),
  ].join(', ');
  const verdict = ok
    ? `${colors.green('verified')} ${counts} in ${where}`
    : `${colors.red(plural(problems.length, 'problem'))} among ${counts} in ${where}`;
  return `${[...lines, verdict].join('\n')}\n`;
}
