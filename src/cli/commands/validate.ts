import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { escapeText } from '../../diff/escape';
import { GitOpsError } from '../../errors';
import type { ValidateResult } from '../../toolkit/validate';
import { unitOf } from '../../toolkit/validate-groups';
import type { Attach, Context } from '../context';
import { EXIT } from '../exit-codes';
import { plural } from '../format';
import { toJson } from '../json';

interface Options {
  readonly only?: readonly string[];
  readonly kubernetesVersion?: string;
  readonly crds?: readonly string[];
  readonly podSecurity?: string;
  readonly sarif?: string;
}

type Issue = ValidateResult['issues'][number];

/** `validate`: what the program declares, or the manifests in a folder, against the rules of the gate. */
export function addValidate(program: Command, attach: Attach): void {
  const command = program
    .command('validate')
    .description(
      'check what is declared, or the manifests in a folder, which needs no program: secrets, schemas, policies',
    )
    .argument('[folder]', 'with YAML and JSON files, at any depth (default: what the program declares)')
    .option('--only <family...>', 'only rules of these families: secret, schema, policy')
    .option('--kubernetes-version <version>', 'of a folder: version to check for, such as 1.33 (default: the newest)')
    .option('--crds <file...>', 'of a folder: CustomResourceDefinitions that are not in it')
    .option('--pod-security <level>', 'of a folder: privileged, baseline or restricted')
    .option('--sarif <file>', 'write the issues to a file, as SARIF 2.1.0');
  attach<Options>(command, async (context, options, [dir]) => {
    const { only, kubernetesVersion, crds, podSecurity, sarif } = options;
    const { validate } = await import('../../toolkit/validate.js');
    const result = await validate({ ...context.options, dir, only, kubernetesVersion, crds, podSecurity });
    const { issues, objects, files } = result;
    if (sarif !== undefined) await writeSarif(sarif, issues);
    context.print(context.json ? toJson({ issues, objects, files }) : render(result, context));
    return issues.some(isError) ? EXIT.failed : EXIT.done;
  });
}

async function writeSarif(file: string, issues: readonly Issue[]): Promise<void> {
  const { sarifOf } = await import('../sarif.js');
  try {
    writeFileSync(file, toJson(sarifOf(issues)));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new GitOpsError('OUTPUT_UNWRITABLE', `${file} cannot be written: ${why}`, { cause });
  }
}

const isError = ({ severity }: Issue): boolean => severity === 'error';

/** Issues by unit, and by file. */
function render({ issues, objects, files }: ValidateResult, { colors }: Context): string {
  const byFile = new Map<string, Issue[]>();
  for (const issue of issues) {
    const same = byFile.get(issue.file);
    if (same) same.push(issue);
    else byFile.set(issue.file, [issue]);
  }
  const lines: string[] = [];
  let unit: string | undefined;
  for (const [file, found] of byFile) {
    const own = unitOf(file);
    if (own !== unit && own !== undefined) lines.push(colors.bold(`unit ${escapeText(own)}`));
    unit = own;
    if (file !== '') lines.push(colors.bold(escapeText(file)));
    for (const issue of found) {
      const severity = isError(issue) ? colors.red('error') : colors.yellow('warning');
      const where = [nameOf(issue), issue.field].filter((part) => part !== '').join(': ');
      lines.push(`  ${severity} ${issue.rule} ${escapeText(where)}`.trimEnd());
      if (issue.path !== undefined && issue.path !== '') lines.push(colors.dim(`    ${escapeText(issue.path)}`));
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
