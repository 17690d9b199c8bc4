import type { Command } from 'commander';
import { escapeText } from '../../diff/escape';
import type { ValidateResult } from '../../toolkit/validate';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { plural } from '../format';
import { toJson } from '../json';

interface Options {
  readonly only?: readonly string[];
}

type Issue = ValidateResult['issues'][number];

/** `validate`: the manifests in a folder against the rules of the gate. */
export function addValidate(program: Command, attach: Attach): void {
  const command = program
    .command('validate')
    .description('check the manifests in a folder: nothing secret may be in them; needs no program')
    .argument('<folder>', 'with YAML and JSON files, at any depth')
    .option('--only <family...>', 'only rules of these families, such as secret');
  attach<Options>(command, async (context, { only }, [dir = '']) => {
    const { validate } = await import('../../toolkit/validate.js');
    const { issues, objects, files } = await validate({ ...context.options, dir, only });
    context.print(context.json ? toJson({ issues, objects, files }) : render({ issues, objects, files }, context));
    return issues.some(isError) ? EXIT.failed : EXIT.done;
  });
}

const isError = ({ severity }: Issue): boolean => severity === 'error';

function render({ issues, objects, files }: ValidateResult, { colors }: Context): string {
  const byFile = new Map<string, Issue[]>();
  for (const issue of issues) {
    const same = byFile.get(issue.file);
    if (same) same.push(issue);
    else byFile.set(issue.file, [issue]);
  }
  const lines: string[] = [];
  for (const [file, found] of byFile) {
    lines.push(colors.bold(escapeText(file)));
    for (const issue of found) {
      const severity = isError(issue) ? colors.red('error') : colors.yellow('warning');
      const where = [nameOf(issue), issue.field].filter((part) => part !== '').join(': ');
      lines.push(`  ${severity} ${issue.rule} ${escapeText(where)}`.trimEnd());
      lines.push(`    ${escapeText(issue.message)}`, colors.dim(`    ${escapeText(issue.remedy)}`));
    }
  }
  const errors = issues.filter(isError).length;
  const warnings = issues.length - errors;
  const counts = `${plural(objects, 'object')} in ${plural(files, 'file')}`;
  const verdict = errors === 0 ? colors.green('valid') : colors.red(plural(errors, 'error'));
  const more = warnings === 0 ? '' : `, ${plural(warnings, 'warning')}`;
  return `${[...lines, `${verdict}${more}: ${counts}`].join('\n')}\n`;
}

function nameOf({ object }: Issue): string {
  if (object === undefined) return '';
  const { kind, namespace, name } = object;
  return `${kind} ${namespace === '' ? name : `${namespace}/${name}`}`;
}
